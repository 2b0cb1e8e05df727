"""People with a real WebRTC peer on the product's real sockets."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Frame, Visitor
from tests.patience import until
from tests.voice.rig import FRAME, Peer, gaps, main_hertz, share_below

VISITOR_HZ, AGENT_HZ = 660.0, 440.0
MUSIC_BELOW_HZ = 4_000
QUIET = 0.02
ATTEMPTS = 15


def _is_music(sound: Any) -> bool:
    is_loud = bool(np.sqrt(np.mean(sound**2)) > QUIET / 4)
    is_other = min(abs(main_hertz(sound) - hz) for hz in (VISITOR_HZ, AGENT_HZ)) > 5
    return is_loud and is_other and share_below(sound, MUSIC_BELOW_HZ) > 0.9


class Party:
    """What both parties of a call do alike."""

    hertz: float

    def __init__(self, wire: Visitor | Agent) -> None:
        self.wire = wire
        self.peer = Peer(self.hertz)
        self.call_id = str(uuid.uuid4())

    async def answered(self, frame: Frame) -> None:
        """Send a frame with this peer's ``sdp_offer`` and use the answer it gets."""
        ref, start = uuid.uuid4().hex, len(self.wire.frames)
        await self.wire.send(frame | {"ref": ref, "sdp_offer": await self.peer.offer()})
        answer = await self.wire.wait(lambda f: f.get("ref") == ref, start=start)
        assert answer["type"] == "call.answer", answer
        self.call_id = answer["call_id"]
        await self.peer.answer(answer["sdp_answer"])

    async def reconnect(self) -> None:
        """Come back with a new leg, as a browser does after ``call.leg_lost``."""
        await self.peer.close()
        self.peer = Peer(self.hertz)
        await self.answered({"type": "call.reconnect", "call_id": self.call_id})

    async def lost(self, start: int, limit_s: float = 30) -> None:
        """Wait until this party is told to reconnect."""
        await self.wire.wait(self.of_call("call.leg_lost"), limit_s, start)

    async def state(self, state: str, start: int = 0, limit_s: float = 30) -> Frame:
        """Wait until the call is in a state."""
        return await self.wire.wait(
            lambda f: (
                f["type"] == "call.changed"
                and f["call"]["id"] == self.call_id
                and f["call"]["state"] == state
            ),
            limit_s,
            start,
        )

    def of_call(self, kind: str) -> Callable[[Frame], bool]:
        """Match frames of a kind about this call."""
        return lambda f: f["type"] == kind and f["call_id"] == self.call_id

    async def request(self, kind: str, **fields: Any) -> None:
        """Send a request about this call that has to succeed."""
        await self.wire.must({"type": kind, "call_id": self.call_id, **fields})

    async def hears_hertz(self, hertz: float) -> None:
        """The sound that comes in is this tone, and nothing else is loud.

        Tried a few times: where the machine is busy, the test's own peers stutter.
        """
        heard: list[tuple[float, float]] = []
        for _ in range(ATTEMPTS):
            await self.peer.hear(0.5)  # what was under way
            sound = await self.peer.hear(1.0)
            power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
            share = float(power[int(hertz) - 20 : int(hertz) + 21].sum() / power.sum())
            heard.append((round(main_hertz(sound)), round(share, 3)))
            if abs(main_hertz(sound) - hertz) < 5 and share > 0.9:
                return
        raise AssertionError(f"not {hertz} Hz alone but (strongest, share of it): {heard}")

    async def hears_music(self) -> None:
        """Something sounds, made of more than one tone, and none of them is a party's."""
        await self.peer.hear(0.5)
        await self.peer.hears(_is_music, "music", 1.5)

    async def hears_some_sound(self) -> None:
        """Something is heard within a few seconds."""
        for _ in range(ATTEMPTS):
            sound = await self.peer.hear(1.0)
            if np.sqrt(np.mean(sound**2)) > QUIET / 4:
                return
        raise AssertionError("there was silence")

    async def gone(self) -> None:
        """Close peer and socket."""
        await self.peer.close()
        with contextlib.suppress(AttributeError):
            await self.wire.close()


class Caller(Party):
    """A visitor who calls."""

    hertz = VISITOR_HZ

    def __init__(self, product: Product, site: Frame) -> None:
        self.visitor = Visitor(product, site)
        super().__init__(self.visitor)

    async def call(self) -> None:
        """Say hello and call."""
        await self.visitor.hello()
        await self.answered(self.frame())

    def frame(self) -> Frame:
        """The request for a call, without its ``sdp_offer``."""
        return {
            "type": "call.start",
            "call_id": self.call_id,
            "conversation_id": self.visitor.conversation,
            "form": {"name": "Kim"},
        }


class Answerer(Party):
    """An agent who answers calls."""

    hertz = AGENT_HZ

    def __init__(self, product: Product, staff: Staff) -> None:
        self.agent = Agent(product, staff)
        super().__init__(self.agent)

    async def on_duty(self) -> None:
        """Connect and go ready."""
        await self.agent.hello()
        await self.agent.ready()

    async def rings(self, conversation_id: str, limit_s: float = 30, start: int = 0) -> Frame:
        """Wait for the offer of a conversation."""
        frame = await self.agent.wait(
            lambda f: (
                f["type"] == "offer.new" and f["offer"]["conversation"]["id"] == conversation_id
            ),
            limit_s,
            start,
        )
        offer: Frame = frame["offer"]
        return offer

    async def take(self, conversation_id: str) -> Frame:
        """Answer the call when it rings; returns its offer."""
        offer = await self.rings(conversation_id)
        await self.answered({"type": "offer.accept", "offer_id": offer["id"]})
        return offer

    async def wrap_up(self, interaction_id: str, start: int = 0) -> None:
        """Wait for wrap-up, and finish it."""
        await self.agent.wait(
            lambda f: (
                f["type"] == "assignment.changed"
                and f["interaction"]["id"] == interaction_id
                and f["interaction"]["state"] == "wrap_up"
            ),
            start=start,
        )
        request = {"type": "interaction.wrap_up", "interaction_id": interaction_id}
        await self.agent.must(request)


class Listening:
    """Proves that a peer heard its tone without a gap for a while."""

    def __init__(self, party: Party) -> None:
        self._peer = party.peer
        self._peer.headers.clear()
        self._peer.heard.clear()

    async def heard_without_gap(self, seconds: float) -> None:
        """Every packet came, in order; and none of the decoded sound is silence."""
        await until(lambda: self._has_heard(seconds), f"{seconds:.1f} s of sound")
        headers, heard = self._peer.headers, list(self._peer.heard)
        assert gaps(headers) == 0
        assert len({ssrc for _, _, ssrc, _ in headers}) == 1
        loudness = [float(np.sqrt(np.mean(frame**2))) for frame in heard]
        assert min(loudness) > QUIET, "there was silence"

    async def _has_heard(self, seconds: float) -> bool:
        return len(self._peer.headers) * FRAME / 48_000 > seconds * 0.95


def carrier(product: Product) -> int:
    """Return the pid of the media worker that carries the call: it has more sockets open."""
    return max(product.processes()["media"], key=_sockets)


def _sockets(pid: int) -> int:
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(entry.readlink()).startswith("socket:")
    return count
