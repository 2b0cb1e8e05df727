"""What the ACD tells about a call's interaction (``acd.ports.InteractionHandler``)."""

from __future__ import annotations

import asyncio

from gateway.acd.wire import InteractionView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.voice import model, store
from gateway.voice.model import Call
from gateway.voice.service.conduct import Change, Conductor, leg_id_for
from gateway.voice.wire import EndReason

_END_REASONS: dict[str, EndReason] = {
    "abandoned": "abandoned",
    "ended": "agent_hung_up",
    "overflowed": "nobody_there",
}


class Handling(Conductor):
    """The ACD's side of calls; every method may be called again after a restart."""

    hears_offers = True

    async def offered(self, interaction: InteractionView, agent: Actor) -> None:
        """An agent's desk rings."""
        call = await self._change_known(agent.tenant_id, interaction, model.offered)
        if call is None or call.state == "ended":
            self._give_back(agent.tenant_id, interaction)

    async def accepting(
        self, interaction: InteractionView, agent: Actor, sdp_offer: str | None
    ) -> str | None:
        """Prepare the agent's leg and return its ``sdp_answer``; it hears music until accepted."""
        if not sdp_offer:
            raise WeccError("bad_sdp", "Accepting a call needs an sdp_offer.", field="sdp_offer")
        tenant_id, call_id = agent.tenant_id, _call_id(interaction)
        leg_id = leg_id_for(tenant_id, call_id, "agent", sdp_offer)
        async with self._alone(tenant_id, call_id):
            call = await self._find(tenant_id, call_id)
            if call is None or call.state == "ended":
                self._give_back(tenant_id, interaction)
                raise WeccError("closed", "The visitor has hung up.")
            model.prepare(call, agent.id, leg_id)
            partner = model.partner_leg(call, "agent")
            answer = await self._engine.create_leg(leg_id, call_id, sdp_offer, partner)

            def write(tx: Tx) -> tuple[Call, Call]:
                store.begin_leg(tx, leg_id, call_id, "agent")
                return self._apply(tx, call_id, lambda now: model.prepare(now, agent.id, leg_id))

            try:
                before, after = await self._database.write(tenant_id, write)
            except BaseException:
                await self._close_leg(leg_id)
                raise
            await self._follow(tenant_id, before, after)
        return answer

    async def accept_failed(self, interaction: InteractionView, agent: Actor) -> None:
        """Close what ``accepting`` prepared."""
        await self._change_known(
            agent.tenant_id, interaction, lambda call: model.unprepare(call, agent.id)
        )

    async def accepted(self, interaction: InteractionView, agent: Actor) -> None:
        """The call is the agent's: bridge the legs."""
        tenant_id, call_id = agent.tenant_id, _call_id(interaction)
        now_ms = self._clock.now_ms()

        def write(tx: Tx) -> tuple[Call, Call]:
            before, after = self._apply(
                tx, call_id, lambda call: model.accepted(call, agent.id, now_ms)
            )
            if after.agent_id != before.agent_id:
                self._time_line.add_joined(tx, after.conversation_id, agent.name)
            return before, after

        async with self._alone(tenant_id, call_id):
            call = await self._find(tenant_id, call_id)
            if call is None or call.state == "ended":  # hung up while the agent pressed accept
                self._give_back(tenant_id, interaction)
                return
            before, after = await self._database.write(tenant_id, write)
            await self._follow(tenant_id, before, after)
            alive = await self._engine.legs()
        leg = after.agent_leg
        if leg is not None and alive.get(leg.id) in (None, "lost"):
            await self._lose(tenant_id, call_id, leg.id, "media_lost")

    async def released(
        self, tenant_id: str, interaction: InteractionView, agent_id: str, cause: str
    ) -> None:
        """Close the agent's leg; the visitor waits with music again, and is told why."""
        call_id = _call_id(interaction)
        code = "transferred" if cause == "transferred" else "requeued"

        def write(tx: Tx) -> tuple[Call, Call]:
            before, after = self._apply(tx, call_id, lambda call: model.released(call, agent_id))
            if after != before:
                self._time_line.add_system_message(tx, after.conversation_id, code, {})
            return before, after

        async with self._alone(tenant_id, call_id):
            if await self._find(tenant_id, call_id) is not None:
                before, after = await self._database.write(tenant_id, write)
                await self._follow(tenant_id, before, after)

    async def closed(self, tenant_id: str, interaction: InteractionView, cause: str) -> None:
        """End the call, if the one who ended the interaction did not do it by hanging up."""
        reason, now_ms = _END_REASONS.get(cause, "agent_hung_up"), self._clock.now_ms()
        await self._change_known(
            tenant_id, interaction, lambda call: model.end(call, reason, now_ms)
        )

    async def overflowed(self, tenant_id: str, interaction: InteractionView, reason: str) -> None:
        """Nobody can answer: the call ends and says so."""
        del reason  # for the caller every one of them is the same
        await self.closed(tenant_id, interaction, "overflowed")

    async def _change_known(
        self, tenant_id: str, interaction: InteractionView, change: Change
    ) -> Call | None:
        """Change the call and return it; one that was never stored needs nothing."""
        call_id = _call_id(interaction)
        async with self._alone(tenant_id, call_id):
            if await self._find(tenant_id, call_id) is None:
                return None
            return await self._change(tenant_id, call_id, change)

    def _give_back(self, tenant_id: str, interaction: InteractionView) -> None:
        """Tell the ACD that the call is over, as should have been told before.

        From a task of its own: the ACD waits for the handler that calls this.
        """
        leaving = asyncio.create_task(self._leave_queue(tenant_id, interaction.id))
        self._behind.add(leaving)
        leaving.add_done_callback(self._behind.discard)


def _call_id(interaction: InteractionView) -> str:
    if interaction.call_id is None:
        raise WeccError("bad_value", "This interaction has no call.", field="call_id")
    return interaction.call_id
