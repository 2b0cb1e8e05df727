"""uvicorn's HTTP protocol with the caps it lacks: header bytes, header time, body time.

llhttp puts no limit on a request's head, and nothing in uvicorn ends a connection that never
finishes one (RFC 6585 section 5 for 431, RFC 9110 section 15.5.9 for 408).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.platform.http.stall import CutsStalled

MAX_HEAD_BYTES = 32 << 10
HEAD_TIMEOUT_S = 10.0
BODY_GRACE_S = 20.0
BODY_BYTES_PER_S = 1_024
"""What a body must bring on average once its time of grace is over; phones bring ten times it."""


class CappedHttpProtocol(CutsStalled, HttpToolsProtocol):
    """Pass it as ``http=`` to uvicorn's ``Config``."""

    head_timeout_s = HEAD_TIMEOUT_S
    body_grace_s = BODY_GRACE_S
    leave: Callable[[], None] | None = None
    """Set by the door: counts this connection out of its address."""
    _body: asyncio.TimerHandle | None = None
    _body_bytes = 0
    _body_since_s = 0.0
    _head_bytes = 0
    _fields_bytes = 0
    _is_in_head = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_body()
        self._leave()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """A socket of the product has caps of its own."""
        self._leave()
        super().handle_websocket_upgrade()

    def _leave(self) -> None:
        if self.leave is not None:
            self.leave()
            self.leave = None

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._is_in_head and self.cycle is not None and self.cycle.more_body:
            self._await_body(len(data))
        elif self._body is not None:
            self._stop_body()
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._cut(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.cycle is not None:  # what came before belongs to an earlier request
            self._head_bytes = 0
        self._fields_bytes = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MAX_HEAD_BYTES:
            self._refuse_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count what was parsed too: a whole head can come with one read."""
        super().on_header(name, value)
        self._fields_bytes += len(name) + len(value)
        if self._fields_bytes > MAX_HEAD_BYTES:
            self._refuse_head()

    def _refuse_head(self) -> None:
        self._cut(b"431 Request Header Fields Too Large")
        raise ValueError("the head of the request is too long")  # stops the parser

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._stop_timer()
        self._is_in_head = True
        self._timer = self.loop.call_later(self.head_timeout_s, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ---- a body that comes too slowly holds a connection and a handler ----------------------

    def _await_body(self, size_bytes: int) -> None:
        if self._body is None:
            self._body_bytes, self._body_since_s = 0, self.loop.time()
            self._body = self.loop.call_later(self.body_grace_s, self._look_at_body)
        self._body_bytes += size_bytes

    def _stop_body(self) -> None:
        if self._body is not None:
            self._body.cancel()
            self._body = None

    def _look_at_body(self) -> None:
        """Go on while it is we who do not read, or enough has come; else end the connection."""
        self._body = None
        if self.cycle is None or not self.cycle.more_body or self.transport.is_closing():
            return
        is_ours = self.flow.read_paused or self.cycle.waiting_for_100_continue
        took_s = self.loop.time() - self._body_since_s
        if is_ours:
            self._body_since_s += self.body_grace_s
        elif self._body_bytes < took_s * BODY_BYTES_PER_S:
            self._cut(b"408 Request Timeout")
            return
        self._body = self.loop.call_later(self.body_grace_s, self._look_at_body)

    def _on_timeout(self) -> None:
        self._cut(b"408 Request Timeout")

    def _cut(self, status: bytes) -> None:
        if self.transport.is_closing():
            return
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self._head_bytes > 0:  # browsers open connections ahead and say nothing
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()
