"""What happens in a conversation when its interaction is offered, taken, passed on and closed."""

from __future__ import annotations

from gateway.acd.ports import InteractionHandler
from gateway.acd.service import AcdService
from gateway.acd.wire import InteractionView
from gateway.engagement.service import EngagementService
from gateway.intake import model, store
from gateway.intake.model import Intake
from gateway.intake.steps import Steps, close_when_done
from gateway.kernel.actor import Actor
from gateway.kernel.ids import new_id
from gateway.platform.database.port import Database, Tx


class WrittenHandler:
    """Chats and left messages: lines in the conversation, each told once."""

    def __init__(
        self, *, database: Database, engagement: EngagementService, acd: AcdService, steps: Steps
    ) -> None:
        self._database, self._engagement, self._acd = database, engagement, acd
        self._steps = steps

    hears_offers = False

    async def offered(self, interaction: InteractionView, agent: Actor) -> None:
        """Nothing: the contact does not see offers."""

    async def accepting(
        self, interaction: InteractionView, agent: Actor, sdp_offer: str | None
    ) -> str | None:
        del interaction, agent, sdp_offer  # a written exchange needs no preparation
        return None

    async def accept_failed(self, interaction: InteractionView, agent: Actor) -> None:
        """Nothing was prepared."""

    async def accepted(self, interaction: InteractionView, agent: Actor) -> None:
        what = f"joined/{agent.id}/{interaction.accepted_at_ms}"
        await self._tell(agent.tenant_id, interaction, what, "joined", {"name": agent.name})

    async def released(
        self, tenant_id: str, interaction: InteractionView, agent_id: str, cause: str
    ) -> None:
        code = "transferred" if cause == "transferred" else "requeued"
        what = f"{code}/{agent_id}/{interaction.enqueued_at_ms}"
        await self._tell(tenant_id, interaction, what, code, {})

    async def overflowed(self, tenant_id: str, interaction: InteractionView, reason: str) -> None:
        """What was written becomes a message in the same queue, with the same clock."""

        def work(tx: Tx) -> Intake | None:
            known = store.find(tx, interaction.id)
            if known is None or not store.announce(tx, interaction.id, "overflowed"):
                return None
            left = model.left_message(known, new_id("in", tx.now_ms), interaction.queue_id)
            store.insert(tx, left)
            self._engagement.add_system_message(tx, interaction.conversation_id, "left_message", {})
            tx.record(
                "intake.overflowed", interaction_id=known.id, became_id=left.id, reason=reason
            )
            return left

        left = await self._database.write(tenant_id, work)
        if left is not None:
            self._steps.advance(tenant_id, left)

    async def closed(self, tenant_id: str, interaction: InteractionView, cause: str) -> None:
        code = "missed" if cause == "abandoned" else "ended"
        await self._tell(tenant_id, interaction, f"closed/{cause}", code, {}, ends=True)

    async def _tell(
        self,
        tenant_id: str,
        interaction: InteractionView,
        what: str,
        code: str,
        params: dict[str, str],
        *,
        ends: bool = False,
    ) -> None:
        def work(tx: Tx) -> None:
            if not store.announce(tx, interaction.id, what):
                return
            if code == "joined":
                self._engagement.add_joined(tx, interaction.conversation_id, params["name"])
            else:
                self._engagement.add_system_message(tx, interaction.conversation_id, code, params)
            if ends:
                close_when_done(tx, interaction.conversation_id, self._acd, self._engagement)

        await self._database.write(tenant_id, work)


class ClosingHandler:
    """Around the handler of calls: the conversation ends with its last interaction."""

    def __init__(
        self,
        inner: InteractionHandler,
        *,
        database: Database,
        engagement: EngagementService,
        acd: AcdService,
    ) -> None:
        self._inner = inner
        self._database, self._engagement, self._acd = database, engagement, acd

    @property
    def hears_offers(self) -> bool:
        return self._inner.hears_offers

    async def offered(self, interaction: InteractionView, agent: Actor) -> None:
        await self._inner.offered(interaction, agent)

    async def accepting(
        self, interaction: InteractionView, agent: Actor, sdp_offer: str | None
    ) -> str | None:
        return await self._inner.accepting(interaction, agent, sdp_offer)

    async def accept_failed(self, interaction: InteractionView, agent: Actor) -> None:
        await self._inner.accept_failed(interaction, agent)

    async def accepted(self, interaction: InteractionView, agent: Actor) -> None:
        await self._inner.accepted(interaction, agent)

    async def released(
        self, tenant_id: str, interaction: InteractionView, agent_id: str, cause: str
    ) -> None:
        await self._inner.released(tenant_id, interaction, agent_id, cause)

    async def closed(self, tenant_id: str, interaction: InteractionView, cause: str) -> None:
        await self._inner.closed(tenant_id, interaction, cause)
        await self._close(tenant_id, interaction)

    async def overflowed(self, tenant_id: str, interaction: InteractionView, reason: str) -> None:
        await self._inner.overflowed(tenant_id, interaction, reason)
        await self._close(tenant_id, interaction)

    async def _close(self, tenant_id: str, interaction: InteractionView) -> None:
        def work(tx: Tx) -> None:
            close_when_done(tx, interaction.conversation_id, self._acd, self._engagement)

        await self._database.write(tenant_id, work)
