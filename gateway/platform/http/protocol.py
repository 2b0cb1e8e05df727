"""uvicorn's HTTP protocol with the two caps it lacks: header bytes and header time.

llhttp puts no limit on a request's head, and nothing in uvicorn ends a connection that never
finishes one (RFC 6585 section 5 for 431, RFC 9110 section 15.5.9 for 408).
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.platform.http.stall import CutsStalled

MAX_HEAD_BYTES = 32 << 10
HEAD_TIMEOUT_S = 10.0


class CappedHttpProtocol(CutsStalled, HttpToolsProtocol):
    """Pass it as ``http=`` to uvicorn's ``Config``."""

    head_timeout_s = HEAD_TIMEOUT_S
    _head_bytes = 0
    _fields_bytes = 0
    _is_in_head = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
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
