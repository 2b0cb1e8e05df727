"""uvicorn's WebSocket protocol with the caps it lacks (RFC 6455 sections 5.4 and 5.5).

It stops reading only when a whole message has come, and answers every ping at once. So one peer
could fill our memory with thousands of tiny messages from one read, with empty fragments that
never end, or with pongs it does not fetch; and a peer that reads nothing could never be closed.
"""

from __future__ import annotations

from collections.abc import Callable

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import State

from gateway.platform.http.stall import CutsStalled

PIECE_BYTES = 4_096
EXTRA_FRAMES = 300
"""Pings, pongs and fragments a peer may send between two whole messages, per ten seconds."""
WINDOW_S = 10.0
LANE = "wecc.lane"
"""Name of the ASGI extension under which an application finds this protocol."""


class CappedSocketProtocol(CutsStalled, WebSocketsSansIOProtocol):
    """Pass it as ``ws=`` to uvicorn's ``Config``."""

    _unread: bytearray | None = None
    _extra_frames = 0
    _window_until_s = 0.0

    relay: Callable[[bytes], bool] | None = None
    """Set by the application: handles a text message here and now and returns True, or leaves
    it to ``receive``. Asked only while nothing else waits to be received.
    """

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            self.scope["extensions"][LANE] = self  # type: ignore[assignment]

    def send_receive_event_to_app(self) -> None:
        if (
            self.relay is not None
            and self.curr_msg_data_type == "text"
            and len(self.frames) == 1
            and not self.read_paused
            and not self.close_sent
            and self.relay(bytes(self.frames[0]))
        ):
            self.frames = []
            return
        super().send_receive_event_to_app()

    def write_text(self, data: bytes) -> bool:
        """Send a text message now; False when it has to wait or the socket is going."""
        if not self.writable.is_set() or self.disconnected or self.close_sent:
            return False
        if not self.handshake_complete or self.transport.is_closing():
            return False
        self.conn.send_text(data)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    # ---- reading: a little at a time, and nothing while a message waits ---------------------

    def data_received(self, data: bytes) -> None:
        if self._unread is None and len(data) <= PIECE_BYTES:
            super().data_received(data)
            return
        if self._unread is None:
            self._unread = bytearray()
        self._unread += data
        self._go_on()

    def _go_on(self) -> None:
        while self._unread and not self.read_paused and not self.transport.is_closing():
            piece = bytes(self._unread[:PIECE_BYTES])
            del self._unread[:PIECE_BYTES]
            super().data_received(piece)
        if not self._unread:
            self._unread = None

    async def receive(self) -> ASGIReceiveEvent:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._go_on()
            if not self.read_paused and not self.transport.is_closing():
                self.transport.resume_reading()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.close":
            self._go_on()  # the peer's own close may wait there

    # ---- frames that are no message --------------------------------------------------------

    def handle_cont(self, event: Frame) -> None:
        if event.fin or self._count_extra():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        if not self._count_extra():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # whoever does not read gets no pong

    def handle_pong(self, event: Frame) -> None:
        if self._count_extra():
            super().handle_pong(event)

    def _count_extra(self) -> bool:
        """Count a frame that is no message; end the connection when there are too many."""
        now_s = self.loop.time()
        if now_s > self._window_until_s:
            self._window_until_s, self._extra_frames = now_s + WINDOW_S, 0
        self._extra_frames += 1
        if self._extra_frames <= EXTRA_FRAMES:
            return True
        if self.conn.state is not State.OPEN:
            self.transport.abort()
        elif not self.close_sent and not self.transport.is_closing():
            self.conn.fail(CloseCode.POLICY_VIOLATION, "too many frames without a message")
            self.handle_parser_exception()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread = None
        super().connection_lost(exc)
