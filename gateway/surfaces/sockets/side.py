"""What both audiences' halves of a connection share: answers, heartbeats, typing and calls.

A side subscribes before it asks how things stand, so that nothing falls between the two; what is
published until the welcome is sent waits and follows it, so that no older picture comes last.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from gateway.engagement.wire import HistoryGet, HistoryPage, ReceiptSet
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.surfaces import wire
from gateway.surfaces.rooms import Rooms
from gateway.surfaces.sockets.connection import Connection
from gateway.voice import wire as voice


class BaseSide:
    """The gateway's half of one connection. ``actor`` is None until ``hello``."""

    __slots__ = ("_held", "actor", "connection", "rooms")

    def __init__(self, connection: Connection, rooms: Rooms) -> None:
        self.connection, self.rooms = connection, rooms
        self.actor: Actor | None = None
        self._held: list[tuple[Callable[[object], None], object]] | None = None

    def after_welcome(self, deliver: Callable[[object], None]) -> Callable[[object], None]:
        """Return ``deliver``, put off while a welcome is being put together."""

        def heard(frame: object) -> None:
            if self._held is None:
                deliver(frame)
            else:
                self._held.append((deliver, frame))

        return heard

    @contextlib.contextmanager
    def welcoming(self) -> Iterator[None]:
        """Keep back what is published meanwhile; it goes out at the end, in its order."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            for deliver, frame in held:
                deliver(frame)

    def known_actor(self) -> Actor:
        """Return who this is; raises ``hello_expected`` before the hello."""
        if self.actor is None:
            raise WeccError("hello_expected")
        return self.actor

    def ack(
        self,
        ref: str | None,
        message_id: str | None = None,
        seq: int | None = None,
        at_ms: int | None = None,
    ) -> None:
        """Answer a request that is durable now."""
        if ref is not None:
            self.connection.send(wire.Ack(ref=ref, id=message_id, seq=seq, at_ms=at_ms))

    def answer(self, ref: str | None, call_id: str, sdp_answer: str) -> None:
        """Answer a request for a leg."""
        self.connection.send(voice.CallAnswer(ref=ref, call_id=call_id, sdp_answer=sdp_answer))
        self.ack(ref)

    async def ping(self, _frame: wire.Ping) -> None:
        """Answer a heartbeat."""
        self.connection.send(wire.Pong(at_ms=self.rooms.clock.now_ms()))

    async def receipt(self, frame: ReceiptSet) -> None:
        """Move one's receipt forward."""
        await self.rooms.engagement.receive(
            self.known_actor(), frame.conversation_id, frame.delivered_seq, frame.read_seq
        )
        self.ack(frame.ref)

    async def history(self, frame: HistoryGet) -> None:
        """Send older messages."""
        page = await self.rooms.engagement.history(
            self.known_actor(), frame.conversation_id, frame.before_seq, frame.limit
        )
        self.connection.send(HistoryPage(ref=frame.ref, page=page, gap=False))
        self.ack(frame.ref)

    # ---- calls -----------------------------------------------------------------------------

    async def reconnect_call(self, frame: voice.CallReconnect) -> None:
        """Replace the leg."""
        actor = self.known_actor()
        sdp_answer = await self.rooms.voice.reconnect(actor, frame.call_id, frame.sdp_offer)
        self.answer(frame.ref, frame.call_id, sdp_answer)

    async def add_candidate(self, frame: voice.CallCandidate) -> None:
        """Add a trickled candidate."""
        await self.rooms.voice.candidate(
            self.known_actor(), frame.call_id, frame.candidate, frame.sdp_mid
        )
        self.ack(frame.ref)

    async def update_call(self, frame: voice.CallUpdate) -> None:
        """Negotiate the leg anew."""
        actor = self.known_actor()
        sdp_answer = await self.rooms.voice.update(actor, frame.call_id, frame.sdp_offer)
        self.answer(frame.ref, frame.call_id, sdp_answer)

    async def show(self, frame: voice.CallMedia) -> None:
        """Tell the other side about camera and screen."""
        await self.rooms.voice.show(
            self.known_actor(), frame.call_id, camera=frame.camera, screen=frame.screen
        )
        self.ack(frame.ref)

    async def hold(self, frame: voice.CallHold) -> None:
        """Hold or resume."""
        await self.rooms.voice.hold(self.known_actor(), frame.call_id, on=frame.on)
        self.ack(frame.ref)

    async def mute(self, frame: voice.CallMute) -> None:
        """Tell the other side about the microphone."""
        await self.rooms.voice.mute(self.known_actor(), frame.call_id, on=frame.on)
        self.ack(frame.ref)

    async def hang_up(self, frame: voice.CallHangUp) -> None:
        """End the call."""
        await self.rooms.voice.hang_up(self.known_actor(), frame.call_id)
        self.ack(frame.ref)


CALL_COMMANDS: dict[type, Any] = {
    voice.CallReconnect: BaseSide.reconnect_call,
    voice.CallCandidate: BaseSide.add_candidate,
    voice.CallUpdate: BaseSide.update_call,
    voice.CallMedia: BaseSide.show,
    voice.CallHold: BaseSide.hold,
    voice.CallMute: BaseSide.mute,
    voice.CallHangUp: BaseSide.hang_up,
}
"""What both audiences may say about their calls."""
