"""The ACD: everything other rooms and transports ask of queue, agents and routing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from gateway.acd.model.audit import broken
from gateway.acd.model.interaction import SlotCause
from gateway.acd.ports import InteractionHandler
from gateway.acd.service.book import People
from gateway.acd.service.duty import Duty
from gateway.acd.service.explanations import Explanations
from gateway.acd.service.live import Live
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.presence import Presence
from gateway.acd.service.reach import Availability
from gateway.acd.service.rehearsals import Rehearsals
from gateway.acd.service.settings import Audit, InUse, Settings
from gateway.acd.service.start import defaults
from gateway.acd.service.steering import EndLogins, Steering
from gateway.acd.service.work import Enqueue, InteractionWork
from gateway.acd.store import configuration, interactions, retention
from gateway.acd.wire import (
    AgentView,
    AssignmentChanged,
    DirectoryView,
    EstimateView,
    InteractionKind,
    InteractionView,
    LiveView,
    OfferView,
    QueueLive,
    QueuePlace,
    WaitingView,
)
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.platform.bus import Bus
from gateway.platform.database.port import Database, Tx
from gateway.platform.isolation import Isolation

__all__ = ["AcdService", "Enqueue", "defaults"]

_BETWEEN_PIECES_S = 0.05


class AcdService:
    """The room's parts by noun, and the functions every other room asks for."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        people: People,
        audit: Audit,
        isolation: Isolation | None = None,
        end_logins: EndLogins | None = None,
    ) -> None:
        """``people`` returns a tenant's users; ``audit`` writes to the audit log; ``isolation``
        starts the children that rehearse, explain and read calendars: without it none is possible;
        ``end_logins`` ends all logins of a person in the caller's commit.
        """
        self.partitions = Partitions(database, bus, clock, people)
        self.presence = Presence(self.partitions)
        self.work = InteractionWork(self.partitions)
        self.live_view = Live(self.partitions)
        self.settings = Settings(self.partitions, audit, isolation)
        self.rehearsals = Rehearsals(self.partitions, self.settings.of_queues, isolation)
        self.explanations = Explanations(self.partitions, isolation)
        self.duty = Duty(self.partitions, audit)
        self.steering = Steering(self.partitions, audit, bus, end_logins)

    # ---- life

    def register_handler(self, kind: InteractionKind, handler: InteractionHandler) -> None:
        """Have ``handler`` called for interactions of a kind; before ``start``."""
        self.partitions.register(kind, handler)

    def register_guard(self, guard: InUse) -> None:
        """Have ``guard(tx, noun, id)`` asked before a queue or skill is removed."""
        self.settings.guards.append(guard)

    def on_committed(self, follower: Callable[[str], None]) -> None:
        """Have ``follower(tenant_id)`` called after each commit of a tenant's journal."""
        self.partitions.followers.append(follower)

    def on_fenced(self, follower: Callable[[], None]) -> None:
        """Have ``follower`` called when another process has taken work from this one."""
        self.partitions.on_fenced.append(follower)

    async def start(self, tenant_ids: Iterable[str]) -> None:
        """Take over these tenants: fold journals, go on with timers and owed calls."""
        await self.partitions.open_all(tenant_ids)

    def refused(self) -> dict[str, str]:
        """Return the tenants that are not routed, because their journal is not sound, and why."""
        return {key: error.message for key, error in self.partitions.refused.items()}

    async def stop(self) -> None:
        """Stop; everything is on disk."""
        await self.partitions.close()

    async def forget(self, tenant_id: str) -> None:
        """Let go of a tenant that is being dropped."""
        await self.partitions.forget(tenant_id)

    async def prune(self, tenant_id: str, before_ms: int) -> None:
        """Delete journal entries that are older, as far as what is left can still be replayed."""
        database = self.partitions.database
        is_more = True
        while is_more:
            is_more = await database.write(tenant_id, lambda tx: retention.prune(tx, before_ms))
            await asyncio.sleep(_BETWEEN_PIECES_S)  # live work goes first

    async def audit(self) -> tuple[int, list[tuple[str, str]]]:
        """Return how much waits, and the promises found broken with the id each is about."""
        waiting, found = 0, []
        for partition in self.partitions.living():
            ids = await self.partitions.database.read(partition.tenant_id, interactions.live_ids)
            state = partition.engine.state
            waiting += sum(item.state == "waiting" for item in state.interactions.values())
            found += broken(state, ids)
        return waiting, [(str(code), object_id) for code, object_id in found]

    def defaults(self, tx: Tx) -> str:
        """Write a new tenant's first queue, hours and dispositions; returns the queue's id."""
        return defaults(tx)

    # ---- within another room's unit of work

    def has_open(self, tx: Tx, conversation_id: str) -> bool:
        """Tell whether work of the conversation waits, rings or is being handled."""
        return interactions.has_open(tx, conversation_id)

    def queue_exists(self, tx: Tx, queue_id: str) -> bool:
        """Tell whether the tenant has that queue."""
        return configuration.find(tx, "queue", queue_id) is not None

    def skill_exists(self, tx: Tx, skill_id: str) -> bool:
        """Tell whether the tenant has that skill."""
        return configuration.find(tx, "skill", skill_id) is not None

    def first_queue(self, tx: Tx) -> str | None:
        """Return the tenant's oldest queue: ids sort by age."""
        ids = sorted(row["id"] for row in configuration.all_of(tx, "queue"))
        return ids[0] if ids else None

    # ---- agents

    async def connected(self, actor: Actor, socket_id: str) -> AgentView:
        """A socket of this agent is there."""
        return await self.presence.connected(actor, socket_id)

    async def disconnected(self, actor: Actor, socket_id: str) -> None:
        """A socket of this agent is gone; after the last one 20 s of grace begin."""
        await self.presence.disconnected(actor, socket_id)

    async def set_state(self, actor: Actor, state: str, reason: str | None) -> AgentView:
        """Go ready or not ready."""
        return await self.presence.set_state(actor, state, reason)

    async def set_next(self, actor: Actor, state: str | None, reason: str | None) -> AgentView:
        """Declare which state begins when the last work ends; None takes it back."""
        return await self.presence.set_next(actor, state, reason)

    async def agent_view(self, actor: Actor) -> AgentView:
        """Return how routing sees this agent."""
        return await self.live_view.agent_view(actor)

    async def offers_for(self, actor: Actor) -> list[OfferView]:
        """Return what rings at this agent now."""
        return await self.live_view.offers_for(actor)

    async def assignments_for(self, actor: Actor) -> list[AssignmentChanged]:
        """Return the work this agent has in hand or wraps up."""
        return await self.live_view.assignments_for(actor)

    # ---- interactions

    async def enqueue(self, tenant_id: str, order: Enqueue) -> InteractionView:
        """Put work into its queue; repeating it returns what became of it."""
        return await self.work.enqueue(tenant_id, order)

    async def abandon(self, tenant_id: str, interaction_id: str) -> None:
        """The contact left the queue; answered work ends instead. Idempotent."""
        await self.work.abandon(tenant_id, interaction_id)

    async def close_for_contact(self, tenant_id: str, interaction_id: str) -> None:
        """The contact is done: the agent goes to wrap-up, what still waits is abandoned."""
        await self.work.abandon(tenant_id, interaction_id)

    async def interaction(self, tenant_id: str, interaction_id: str) -> InteractionView:
        """Return an interaction, live or over."""
        return await self.work.view(tenant_id, interaction_id)

    async def accept(self, actor: Actor, offer_id: str, sdp_offer: str | None) -> str | None:
        """Take an offer; a call returns the ``sdp_answer``."""
        return await self.work.accept(actor, offer_id, sdp_offer)

    async def reject(self, actor: Actor, offer_id: str) -> None:
        """Turn an offer down; the interaction keeps its place."""
        await self.work.reject(actor, offer_id)

    async def transfer(
        self,
        actor: Actor,
        interaction_id: str,
        *,
        to_queue_id: str | None = None,
        to_agent_id: str | None = None,
        note: str = "",
    ) -> None:
        """Hand over to a queue or to an agent who is ready; place and clock stay."""
        await self.work.transfer(
            actor, interaction_id, to_queue_id=to_queue_id, to_agent_id=to_agent_id, note=note
        )

    async def end(self, actor: Actor, interaction_id: str) -> None:
        """End the exchange; the agent goes to wrap-up."""
        await self.work.end(actor, interaction_id)

    async def wrap_up(
        self, actor: Actor, interaction_id: str, disposition_id: str | None, note: str = ""
    ) -> None:
        """Finish wrap-up with its outcome."""
        await self.work.wrap_up(actor, interaction_id, disposition_id, note)

    async def extend_wrap_up(self, actor: Actor, interaction_id: str) -> InteractionView:
        """Give a wrap-up the more time its queue allows, once."""
        return await self.work.extend_wrap_up(actor, interaction_id)

    async def replied(self, tenant_id: str, conversation_id: str, agent_id: str) -> None:
        """An agent wrote to the contact; idempotent, and nearly free after the first time."""
        await self.work.replied(tenant_id, conversation_id, agent_id)

    async def heard(self, tenant_id: str, conversation_id: str) -> None:
        """The contact wrote; idempotent, and nearly free while every chat counts."""
        await self.work.heard(tenant_id, conversation_id)

    async def take(self, actor: Actor, interaction_id: str) -> None:
        """Take waiting work by hand; a call rings at once instead."""
        await self.work.take(actor, interaction_id)

    async def hold_slot(
        self, tenant_id: str, slot_id: str, agent_id: str, cause: SlotCause
    ) -> None:
        """Take an agent's call capacity for a consult, a conference or a call of their own.

        Raises ``conflict`` when there is none and ``nobody_there`` when the agent is not at the
        desk. Repeating the id does nothing; it stays held until ``release_slot``.
        """
        await self.work.hold_slot(tenant_id, slot_id, agent_id, cause)

    async def release_slot(self, tenant_id: str, slot_id: str) -> None:
        """Give a slot back; an unknown one does nothing."""
        await self.work.release_slot(tenant_id, slot_id)

    # ---- the present

    async def place(self, tenant_id: str, interaction_id: str) -> QueuePlace:
        """Return where an open interaction stands."""
        return await self.live_view.place(tenant_id, interaction_id)

    async def places_for(self, tenant_id: str, conversation_ids: Iterable[str]) -> list[QueuePlace]:
        """Return where the open interactions of these conversations stand."""
        return await self.live_view.places_for(tenant_id, conversation_ids)

    async def queues_live(self, actor: Actor) -> list[QueueLive]:
        """Return the figures of the queues this person serves; leads see all."""
        return await self.live_view.queues_live(actor)

    async def waiting(self, actor: Actor) -> list[WaitingView]:
        """Return what waits in one's own queues, to take it by hand."""
        return await self.live_view.waiting(actor)

    async def live(self, actor: Actor) -> LiveView:
        """Return queues, agents and what waits, for leads."""
        return await self.live_view.live(actor)

    async def ready_agents(self, tenant_id: str, queue_ids: Sequence[str]) -> dict[str, int]:
        """Return how many agents who could serve each of these queues are ready."""
        return await self.live_view.ready_agents(tenant_id, queue_ids)

    async def waits(self, actor: Actor) -> list[EstimateView]:
        """Return what the wait estimates go by, for leads."""
        return await self.live_view.waits(actor)

    async def directory(self, actor: Actor, search: str = "") -> DirectoryView:
        """Return whom work can be handed to; agents whose names hold ``search``."""
        return await self.live_view.directory(actor, search)

    async def availability(self, tenant_id: str, queue_ids: Sequence[str]) -> Availability:
        """Tell what a contact would meet in these queues now."""
        return await self.live_view.availability(tenant_id, queue_ids)
