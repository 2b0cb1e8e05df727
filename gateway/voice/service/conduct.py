"""How every change of a call is made: one at a time per call, decided in the pure model inside one
unit of work, then carried out. The media plan is idempotent, so a crash between the two is put
right by the next change or by ``attach``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError, not_found
from gateway.platform.bus import Bus, agent_topic, visitor_topic
from gateway.platform.database.port import Database, Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.voice import model, store
from gateway.voice.model import Call, Party
from gateway.voice.ports import LegReport, MediaEngine, Queueing, TimeLine
from gateway.voice.wire import CallChanged, CallLegLost, CallUpdateWanted, EndReason

log = logging.getLogger("wecc.voice")

LOOK_EVERY_S = 1.0
TELL_AGAIN_MS = 600_000
_SEPARATOR = "/"

Change = Callable[[Call], Call]


class Conductor:
    """Keeps calls on disk, legs in the media engine and both browsers in step."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        acd: Queueing,
        engine: MediaEngine,
        time_line: TimeLine,
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._acd = acd
        self._engine = engine
        self._time_line = time_line
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._waiting: dict[tuple[str, str], Call] = {}
        """Calls with a lost leg, until it is back or overdue."""
        self._watch: asyncio.Task[None] | None = None
        self._behind: set[asyncio.Task[None]] = set()
        engine.on_report(self._reported)

    # ---- life of the process ---------------------------------------------------------------

    async def attach(self, tenant_ids: Sequence[str]) -> None:
        """Match the calls on disk with the legs that live in the (started) media engine.

        A party whose leg is gone must reconnect within its grace; legs of no call are closed; of
        calls that ended shortly before, the ACD is told once more.
        """
        alive = await self._engine.legs()
        wanted: set[str] = set()
        for tenant_id in tenant_ids:
            for call in await self._database.read(tenant_id, store.living):
                wanted |= model.leg_ids(call)
                await self._take_up(tenant_id, call, alive)
            await self._tell_again(tenant_id)
        for leg_id in alive.keys() - wanted:
            await self._close_leg(leg_id)
        self._watch = asyncio.create_task(self._look_after())

    async def stop(self) -> None:
        """Stop watching; the calls live on in the media workers."""
        running = [*self._behind, *([self._watch] if self._watch is not None else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._watch = None

    async def forget(self, tenant_id: str) -> None:
        """End the media of a tenant that is being dropped; its rows go with the tenant."""
        for key in [key for key in self._waiting if key[0] == tenant_id]:
            del self._waiting[key]
        for leg_id in await self._engine.legs():
            if leg_id.startswith(tenant_id + _SEPARATOR):
                await self._close_leg(leg_id)

    async def _take_up(self, tenant_id: str, call: Call, alive: Mapping[str, str]) -> None:
        for leg in (call.visitor_leg, call.agent_leg):
            if leg is not None and alive.get(leg.id) in (None, "lost", "closed"):
                await self._lose(tenant_id, call.id, leg.id, "media_lost")
        async with self._alone(tenant_id, call.id):
            now = await self._find(tenant_id, call.id)
            if now is not None:
                self._note(tenant_id, now)
                await self._carry_out(now)

    async def _tell_again(self, tenant_id: str) -> None:
        since_ms = self._clock.now_ms() - TELL_AGAIN_MS
        ended = await self._database.read(
            tenant_id, lambda tx: store.interactions_ended_since(tx, since_ms)
        )
        for interaction_id in ended:
            try:
                await self._leave_queue(tenant_id, interaction_id)
            except WeccError as error:
                extra = {"interaction_id": interaction_id, "code": error.code}
                log.warning("queue not told of an ended call", extra=extra)

    async def _look_after(self) -> None:
        """End calls whose lost leg did not come back in time."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for (tenant_id, _), call in list(self._waiting.items()):
                reason = model.overdue(call, self._clock.now_ms())
                if reason is not None:
                    await self._end_overdue(tenant_id, call, reason)

    async def _end_overdue(self, tenant_id: str, call: Call, reason: EndReason) -> None:
        try:
            await self._give_up(tenant_id, call.id, reason)
        except Exception as error:
            code = error.code if isinstance(error, WeccError) else type(error).__name__
            if code == "not_found":  # dropped with its tenant
                self._waiting.pop((tenant_id, call.id), None)
                return
            self._waiting[tenant_id, call.id] = call  # and try again in a second
            log.warning("overdue call not ended", extra={"call_id": call.id, "code": code})

    async def _give_up(self, tenant_id: str, call_id: str, reason: EndReason) -> None:
        async with self._alone(tenant_id, call_id):
            after = await self._end(tenant_id, call_id, reason)
        await self._leave_queue(tenant_id, after.interaction_id)

    # ---- reports of the engine -------------------------------------------------------------

    async def _reported(self, report: LegReport) -> None:
        tenant_id, _, rest = report.leg_id.partition(_SEPARATOR)
        call_id = rest.partition(_SEPARATOR)[0]
        if report.state == "lost":
            await self._lose(tenant_id, call_id, report.leg_id, report.cause)
        elif report.cause == "codecs":
            call = await self._find(tenant_id, call_id)
            party = None if call is None else model.party_of_leg(call, report.leg_id)
            if call is not None and party is not None:
                self._publish(tenant_id, call, party, CallUpdateWanted(call_id=call_id))

    async def _lose(self, tenant_id: str, call_id: str, leg_id: str, cause: str) -> None:
        now_ms = self._clock.now_ms()
        async with self._alone(tenant_id, call_id):
            call = await self._find(tenant_id, call_id)
            if call is None or leg_id not in model.leg_ids(call):
                await self._close_leg(leg_id)
                return
            await self._change(
                tenant_id, call_id, lambda now: model.lose_leg(now, leg_id, cause, now_ms)
            )

    # ---- one change ------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _alone(self, tenant_id: str, call_id: str) -> AsyncIterator[None]:
        """One thing at a time per call."""
        key = f"{tenant_id}{_SEPARATOR}{call_id}"
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield

    async def _find(self, tenant_id: str, call_id: str) -> Call | None:
        return await self._database.read(tenant_id, lambda tx: store.find(tx, call_id))

    async def _change(self, tenant_id: str, call_id: str, change: Change) -> Call:
        """Make one change of the model and everything that follows; returns the call after it."""
        before, after = await self._database.write(
            tenant_id, lambda tx: self._apply(tx, call_id, change)
        )
        await self._follow(tenant_id, before, after)
        return after

    def _apply(self, tx: Tx, call_id: str, change: Change) -> tuple[Call, Call]:
        before = store.find(tx, call_id, lock=True)
        if before is None:
            raise not_found("call")
        after = change(before)
        if after == before:
            return before, after
        store.update(tx, after)
        for leg_id in _ended_legs(before, after):
            store.end_leg(tx, leg_id, after.end_reason or "replaced")
        if after.state == "ended":
            self._write_end(tx, after)
        elif after.state != before.state:
            tx.record(f"call.{after.state}", call_id=call_id, agent_id=after.agent_id)
        return before, after

    def _write_end(self, tx: Tx, call: Call) -> None:
        duration_ms = 0
        if call.connected_at_ms is not None and call.ended_at_ms is not None:
            duration_ms = max(0, call.ended_at_ms - call.connected_at_ms)
        params = {
            "call_id": call.id,
            "duration_ms": str(duration_ms),
            "reason": call.end_reason,
        }
        self._time_line.add_system_message(tx, call.conversation_id, "call_ended", params)
        tx.record("call.ended", call_id=call.id, reason=call.end_reason, duration_ms=duration_ms)

    async def _follow(self, tenant_id: str, before: Call, after: Call) -> None:
        if after == before:
            return
        self._note(tenant_id, after)
        for leg_id in _ended_legs(before, after):
            await self._close_leg(leg_id, tenant_id)
        await self._carry_out(after)
        self._tell(tenant_id, after, before.agent_id)
        already = model.lost_parties(before)
        for party in model.lost_parties(after):
            if party not in already:
                self._publish(tenant_id, after, party, CallLegLost(call_id=after.id))

    def _note(self, tenant_id: str, call: Call) -> None:
        if model.lost_parties(call):
            self._waiting[tenant_id, call.id] = call
        else:
            self._waiting.pop((tenant_id, call.id), None)

    async def _end(self, tenant_id: str, call_id: str, reason: EndReason) -> Call:
        now_ms = self._clock.now_ms()
        return await self._change(tenant_id, call_id, lambda call: model.end(call, reason, now_ms))

    async def _leave_queue(self, tenant_id: str, interaction_id: str) -> None:
        """Tell the ACD that the contact is done, answered or not; a repeat does nothing."""
        await self._acd.close_for_contact(tenant_id, interaction_id)

    # ---- media -----------------------------------------------------------------------------

    async def _carry_out(self, call: Call) -> None:
        """Make the engine do what the call's state asks for; a dead leg reports itself."""
        for action in model.media_plan(call):
            try:
                await self._act(action)
            except WeccError as error:
                extra = {"call_id": call.id, "code": error.code, "action": type(action).__name__}
                log.warning("media action failed", extra=extra)

    async def _act(self, action: model.MediaAction) -> None:
        match action:
            case model.Bridge(leg_a, leg_b):
                await self._engine.bridge(leg_a, leg_b)
            case model.Unbridge(leg_id):
                await self._engine.unbridge(leg_id)
            case model.Play(leg_id, source):
                await self._engine.play(leg_id, source)

    async def _close_leg(self, leg_id: str, tenant_id: str | None = None) -> None:
        """Close a leg; its last counters are kept when it belonged to a tenant's call."""
        with contextlib.suppress(WeccError):
            stats = await self._engine.stats(leg_id)
            await self._engine.close_leg(leg_id)
            if tenant_id is not None and stats is not None:
                kept = stats
                await self._database.write(tenant_id, lambda tx: store.keep_stats(tx, leg_id, kept))

    # ---- browsers --------------------------------------------------------------------------

    def _tell(self, tenant_id: str, call: Call, agent_before: str = "") -> None:
        frame = CallChanged(call=model.view(call), muted=list(call.muted))
        self._publish(tenant_id, call, "visitor", frame)
        self._publish(tenant_id, call, "agent", frame)
        if agent_before and agent_before != call.agent_id:
            self._bus.publish(agent_topic(tenant_id, agent_before), frame)

    def _publish(
        self,
        tenant_id: str,
        call: Call,
        party: Party,
        frame: CallChanged | CallLegLost | CallUpdateWanted,
    ) -> None:
        if party == "visitor":
            self._bus.publish(visitor_topic(tenant_id, call.visitor_id), frame)
        elif call.agent_id:
            self._bus.publish(agent_topic(tenant_id, call.agent_id), frame)

    # ---- who -------------------------------------------------------------------------------

    async def _mine(self, actor: Actor, call_id: str, operation: str) -> tuple[Call, Party]:
        """Return the call and the actor's side of it, if the actor may do ``operation``."""
        call = await self._find(actor.tenant_id, call_id)
        party = None if call is None else party_of(call, actor)
        authorize(actor, operation, Relation.FOREIGN if party is None else Relation.PARTICIPANT)
        if call is None or party is None:
            raise not_found("call")
        return call, party


def party_of(call: Call, actor: Actor) -> Party | None:
    """Which side of the call the actor is, if any."""
    if actor.kind == "visitor":
        return "visitor" if actor.id == call.visitor_id else None
    accepting = call.prepared is not None and call.prepared.agent_id == actor.id
    return "agent" if accepting or actor.id == call.agent_id else None


def leg_id_for(tenant_id: str, call_id: str, party: str, sdp_offer: str) -> str:
    """Return the id of the leg for this ``sdp_offer``: the same offer is the same leg."""
    print_ = hashlib.sha256(sdp_offer.encode("utf-8", "replace")).hexdigest()[:16]
    return _SEPARATOR.join((tenant_id, call_id, party, print_))


def _ended_legs(before: Call, after: Call) -> set[str]:
    if after.state == "ended":
        return model.leg_ids(before)
    return model.leg_ids(before) - model.leg_ids(after)
