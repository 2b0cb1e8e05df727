"""What visitors and agents do with calls."""

from __future__ import annotations

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.wire import ServerFrame
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.voice import model, store
from gateway.voice.model import Call, Leg, Party
from gateway.voice.service.conduct import leg_id_for, party_of
from gateway.voice.service.handling import Handling
from gateway.voice.wire import CallChanged, CallLegLost, CallView, EndReason

CALLS_PER_VISITOR_MAX = 2
"""One, and one that is being given up after its page was closed."""


class VoiceService(Handling):
    """Use cases of calls, and the ACD's ``InteractionHandler`` for the kind ``call``."""

    async def start(
        self,
        actor: Actor,
        call_id: str,
        conversation_id: str,
        interaction_id: str,
        sdp_offer: str,
    ) -> str:
        """Give the visitor a leg with music and return its ``sdp_answer``.

        The same ``sdp_offer`` again gets the same answer; another one replaces the leg.
        """
        authorize(actor, "call.start")
        tenant_id = actor.tenant_id
        async with self._alone(tenant_id, call_id):
            known = await self._find(tenant_id, call_id)
            if known is None:
                await self._check_quota(actor)
                return await self._begin(actor, call_id, conversation_id, interaction_id, sdp_offer)
            if (known.visitor_id, known.conversation_id) != (actor.id, conversation_id):
                raise WeccError("already_exists", "This call id is taken.", field="call_id")
        return await self.reconnect(actor, call_id, sdp_offer)

    async def _check_quota(self, actor: Actor) -> None:
        if len(await self._calls_of(actor)) >= CALLS_PER_VISITOR_MAX:
            raise WeccError("quota_exceeded", "Hang up your other call first.")

    async def _begin(
        self, actor: Actor, call_id: str, conversation_id: str, interaction_id: str, sdp_offer: str
    ) -> str:
        leg_id = leg_id_for(actor.tenant_id, call_id, "visitor", sdp_offer)
        answer = await self._engine.create_leg(leg_id, call_id, sdp_offer)
        call = Call(
            id=call_id,
            conversation_id=conversation_id,
            interaction_id=interaction_id,
            visitor_id=actor.id,
            state="queued",
            visitor_leg=Leg(leg_id),
            started_at_ms=self._clock.now_ms(),
        )

        def write(tx: Tx) -> None:
            if self._time_line.relation(tx, actor, conversation_id) < Relation.PARTICIPANT:
                raise not_found("conversation")
            store.insert(tx, call)
            store.begin_leg(tx, leg_id, call_id, "visitor")
            params = {"call_id": call_id}
            self._time_line.add_system_message(tx, conversation_id, "call_started", params)
            tx.record("call.started", call_id=call_id, interaction_id=interaction_id)

        try:
            await self._database.write(actor.tenant_id, write)
        except BaseException:
            await self._close_leg(leg_id)
            raise
        self._note(actor.tenant_id, call)
        await self._carry_out(call)
        self._tell(actor.tenant_id, call)
        return answer

    async def reconnect(self, actor: Actor, call_id: str, sdp_offer: str) -> str:
        """Replace the party's leg by a new one and return its ``sdp_answer``."""
        tenant_id = actor.tenant_id
        async with self._alone(tenant_id, call_id):
            call, party = await self._mine(actor, call_id, "call.reconnect")
            model.require_alive(call)
            leg_id = leg_id_for(tenant_id, call_id, party, sdp_offer)
            partner = model.partner_leg(call, party)
            answer = await self._engine.create_leg(leg_id, call_id, sdp_offer, partner)

            def write(tx: Tx) -> tuple[Call, Call]:
                store.begin_leg(tx, leg_id, call_id, party)
                return self._apply(tx, call_id, lambda now: model.reconnect(now, party, leg_id))

            try:
                before, after = await self._database.write(tenant_id, write)
            except BaseException:
                if leg_id not in model.leg_ids(call):
                    await self._close_leg(leg_id)
                raise
            await self._follow(tenant_id, before, after)
        return answer

    async def update(self, actor: Actor, call_id: str, sdp_offer: str) -> str:
        """Negotiate the party's leg anew on its connection and return the ``sdp_answer``."""
        async with self._alone(actor.tenant_id, call_id):
            call, party = await self._mine(actor, call_id, "call.update")
            model.require_alive(call)
            leg_id = _own_leg(call, party, actor)
            if not leg_id:
                raise WeccError("wrong_state", "This leg is gone: send call.reconnect.")
            return await self._engine.update_leg(leg_id, sdp_offer, model.partner_leg(call, party))

    async def candidate(
        self, actor: Actor, call_id: str, candidate: str | None, sdp_mid: str | None
    ) -> None:
        """Hand a trickled ICE candidate to the party's leg; too late is no error."""
        call, party = await self._mine(actor, call_id, "call.candidate")
        leg_id = _own_leg(call, party, actor)
        try:
            await self._engine.add_candidate(leg_id, candidate, sdp_mid)
        except WeccError as error:
            if error.code != "not_found":
                raise

    async def hold(self, actor: Actor, call_id: str, on: bool) -> None:
        """Hold or resume; the other side hears music meanwhile."""
        async with self._alone(actor.tenant_id, call_id):
            _, party = await self._mine(actor, call_id, "call.hold")
            await self._change(
                actor.tenant_id, call_id, lambda call: model.hold(call, party, on=on)
            )

    async def mute(self, actor: Actor, call_id: str, on: bool) -> None:
        """Tell the other side whether one's microphone is muted."""
        async with self._alone(actor.tenant_id, call_id):
            _, party = await self._mine(actor, call_id, "call.mute")
            await self._change(
                actor.tenant_id, call_id, lambda call: model.mute(call, party, on=on)
            )

    async def show(self, actor: Actor, call_id: str, *, camera: bool, screen: bool) -> None:
        """Tell the other side what one shows."""
        async with self._alone(actor.tenant_id, call_id):
            _, party = await self._mine(actor, call_id, "call.media")
            await self._change(
                actor.tenant_id,
                call_id,
                lambda call: model.show(call, party, camera=camera, screen=screen),
            )

    async def hang_up(self, actor: Actor, call_id: str) -> None:
        """End the call; a repeat is a no-op."""
        async with self._alone(actor.tenant_id, call_id):
            call, party = await self._mine(actor, call_id, "call.hang_up")
            reason: EndReason = "agent_hung_up"
            if party == "visitor":
                reason = "visitor_hung_up" if call.agent_id else "abandoned"
            await self._end(actor.tenant_id, call_id, reason)
        if party == "visitor":
            await self._leave_queue(actor.tenant_id, call.interaction_id)
            return
        try:
            await self._acd.end(actor, call.interaction_id)
        except WeccError as error:
            if error.code not in ("wrong_state", "not_found"):  # over already
                raise

    def hand_over(self, tx: Tx, visitor_id: str, to_visitor_id: str) -> None:
        """A visitor turned out to be another one: their calls go on as that one's."""
        store.hand_over(tx, visitor_id, to_visitor_id)

    async def calls_for(self, actor: Actor) -> list[CallView]:
        """Return the actor's calls that are not over."""
        return [model.view(call) for call in await self._calls_of(actor)]

    async def frames_for(self, actor: Actor) -> list[ServerFrame]:
        """Return what a fresh socket of the actor must be told about calls."""
        frames: list[ServerFrame] = []
        for call in await self._calls_of(actor):
            frames.append(CallChanged(call=model.view(call), muted=list(call.muted)))
            if party_of(call, actor) in model.lost_parties(call):
                frames.append(CallLegLost(call_id=call.id))
        return frames

    async def exists(self, tenant_id: str, call_id: str) -> bool:
        """Tell whether the call was started and is not over."""
        call = await self._find(tenant_id, call_id)
        return call is not None and call.state != "ended"

    async def has_ended(self, tenant_id: str, call_id: str) -> bool:
        """Tell whether the call was started and is over."""
        call = await self._find(tenant_id, call_id)
        return call is not None and call.state == "ended"

    async def _calls_of(self, actor: Actor) -> list[Call]:
        find = store.living_of_visitor if actor.kind == "visitor" else store.living_of_agent
        return await self._database.read(actor.tenant_id, lambda tx: find(tx, actor.id))


def _own_leg(call: Call, party: Party, actor: Actor) -> str:
    """Return the leg the actor's browser has now, living or lost; empty when there is none."""
    if call.prepared is not None and call.prepared.agent_id == actor.id:
        return call.prepared.leg_id
    leg = model.leg_of(call, party)
    return leg.id if leg is not None else ""
