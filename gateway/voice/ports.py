"""The media engine as the voice room sees it: legs, bridges, music. No SIP, no codec here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gateway.kernel.actor import Actor

if TYPE_CHECKING:
    from gateway.platform.database.port import Tx
    from gateway.tenancy.authorization import Relation

LegState = Literal["connecting", "connected", "lost", "closed"]


@dataclass(frozen=True, slots=True)
class LegReport:
    """A change of a leg, told by the engine; ``cause`` is a short code.

    ``codecs`` in a living leg: it sends what its partner cannot decode, and must negotiate anew.
    """

    leg_id: str
    state: LegState
    cause: str = ""


@dataclass(frozen=True, slots=True)
class LegStats:
    """Counters since the leg began; ``jitter_ms`` and ``rtt_ms`` are null when unknown."""

    leg_id: str
    packets_received: int
    packets_sent: int
    packets_lost: int
    bytes_received: int
    bytes_sent: int
    jitter_ms: float | None
    rtt_ms: float | None


class MediaEngine(Protocol):
    """Terminates legs and connects them. All methods are idempotent by id.

    Raises ``bad_sdp`` for a session description it cannot use and ``media_unavailable`` when no
    media worker answers.
    """

    async def create_leg(
        self, leg_id: str, call_id: str, sdp_offer: str, partner: str | None = None
    ) -> str:
        """Return the ``sdp_answer`` for a browser's ``sdp_offer`` (JSEP, RFC 8829).

        With ``partner``, the leg it will be bridged to, only codecs both can do are answered.
        """
        ...

    async def update_leg(self, leg_id: str, sdp_offer: str, partner: str | None = None) -> str:
        """Negotiate a leg anew on its connection; a bad offer leaves it as it was."""
        ...

    async def add_candidate(self, leg_id: str, candidate: str | None, sdp_mid: str | None) -> None:
        """Add a trickled remote candidate (RFC 8838)."""
        ...

    async def bridge(self, leg_a: str, leg_b: str) -> None:
        """Forward media between two legs; ends music on both."""
        ...

    async def unbridge(self, leg_id: str) -> None:
        """Stop forwarding to and from the leg."""
        ...

    async def play(self, leg_id: str, source: str | None) -> None:
        """Send pre-encoded music (``"hold"``, ``"queue"``) to the leg; None stops."""
        ...

    async def close_leg(self, leg_id: str) -> None:
        """End the leg and free its ports."""
        ...

    async def stats(self, leg_id: str) -> LegStats | None:
        """Return the leg's counters, or None when it is gone."""
        ...

    async def legs(self) -> dict[str, LegState]:
        """Every leg that lives in the workers now; used to re-attach after a restart."""
        ...

    def on_report(self, listener: Callable[[LegReport], Awaitable[None]]) -> None:
        """Call ``listener`` for every change of a leg."""
        ...

    @property
    def is_available(self) -> bool:
        """Whether a call could be started now."""
        ...

    def on_availability(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever ``is_available`` has changed."""
        ...

    async def close(self) -> None:
        """Let go of the workers; they and their calls live on."""
        ...


class TimeLine(Protocol):
    """The conversation a call belongs to (``engagement.service``)."""

    def relation(self, tx: Tx, actor: Actor, conversation_id: str) -> Relation:
        """How the actor is related to the conversation; ``FOREIGN`` when there is none."""
        ...

    def add_system_message(
        self, tx: Tx, conversation_id: str, code: str, params: dict[str, str]
    ) -> Any:
        """Add an entry in this commit and show it to who watches."""
        ...

    def add_joined(self, tx: Tx, conversation_id: str, name: str) -> None:
        """Say that an agent joined, unless they are there already."""
        ...


class Queueing(Protocol):
    """The ACD, as far as a call must tell it that it is over (``acd.service``)."""

    async def close_for_contact(self, tenant_id: str, interaction_id: str) -> None:
        """Answered: the agent goes to wrap-up. Waiting: it is abandoned. Idempotent; an unknown
        interaction is no error.
        """
        ...

    async def end(self, actor: Actor, interaction_id: str) -> None:
        """The agent is done. Raises ``wrong_state`` or ``not_found`` when it is over."""
        ...
