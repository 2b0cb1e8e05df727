"""What intake needs from the rooms beside it, as far as they are not called directly."""

from __future__ import annotations

from typing import Protocol

from gateway.kernel.actor import Actor


class Calls(Protocol):
    """The voice room, as intake sees it: it gives the visitor a leg with music."""

    async def start(
        self,
        actor: Actor,
        call_id: str,
        conversation_id: str,
        interaction_id: str,
        sdp_offer: str,
    ) -> str:
        """Return the ``sdp_answer`` of the visitor's leg; idempotent by ``call_id``."""
        ...

    async def hang_up(self, actor: Actor, call_id: str) -> None:
        """End the call; a repeat is a no-op."""
        ...

    async def exists(self, tenant_id: str, call_id: str) -> bool:
        """Tell whether the call was started and is not over."""
        ...

    async def has_ended(self, tenant_id: str, call_id: str) -> bool:
        """Tell whether the call was started and is over."""
        ...
