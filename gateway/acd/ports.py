"""What the ACD needs from the rooms above it: somebody who handles each kind of interaction."""

from __future__ import annotations

from typing import Protocol

from gateway.acd.wire import InteractionView
from gateway.kernel.actor import Actor


class InteractionHandler(Protocol):
    """Called by the ACD for one kind of interaction, always after the journal is on disk
    (except ``accepting``), in order per interaction, and again after a restart until it returned
    once: so every method is idempotent. Raising is logged and retried with back-off.
    """

    @property
    def hears_offers(self) -> bool:
        """Whether ``offered`` does anything: where not, it is neither owed nor called."""
        ...

    async def offered(self, interaction: InteractionView, agent: Actor) -> None:
        """An offer rings at ``agent``."""
        ...

    async def accepting(
        self, interaction: InteractionView, agent: Actor, sdp_offer: str | None
    ) -> str | None:
        """``agent`` presses accept; the journal does not know yet. Raise ``WeccError`` to refuse.

        A call prepares the agent's leg here and returns its ``sdp_answer``.
        """
        ...

    async def accept_failed(self, interaction: InteractionView, agent: Actor) -> None:
        """What ``accepting`` prepared is not needed: the offer was gone."""
        ...

    async def accepted(self, interaction: InteractionView, agent: Actor) -> None:
        """The interaction is the agent's. A chat announces the agent, a call bridges its legs."""
        ...

    async def released(
        self, tenant_id: str, interaction: InteractionView, agent_id: str, cause: str
    ) -> None:
        """The agent no longer has it and it waits again; ``cause``: transferred,
        agent_lost, or no_reply when the contact waited too long for a first reply.
        """
        ...

    async def overflowed(self, tenant_id: str, interaction: InteractionView, reason: str) -> None:
        """Its queue cannot help and asks for a message instead; it is over for routing.

        ``reason``: wait, size, nobody_on_duty, closed. What the contact wrote must not be lost.
        """
        ...

    async def closed(self, tenant_id: str, interaction: InteractionView, cause: str) -> None:
        """It is over for the contact; ``cause``: ended, abandoned."""
        ...
