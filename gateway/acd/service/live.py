"""What is going on now: for agents, supervisors, visitors and the widget's light."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from gateway.acd.model.agent import Agent
from gateway.acd.model.interaction import Interaction
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.queue_rules import shown
from gateway.acd.service.reach import Availability, reach
from gateway.acd.service.views import agent_view, interaction_view, queue_live, steps_of
from gateway.acd.service.waits import estimate_views
from gateway.acd.wire import (
    AgentView,
    AssignmentChanged,
    DirectoryView,
    EstimateView,
    LiveView,
    OfferView,
    QueueLive,
    QueuePlace,
    WaitingView,
)
from gateway.kernel.actor import Actor
from gateway.kernel.errors import not_found
from gateway.tenancy.authorization import Relation, authorize

_SHOWN = 500
_TAKEABLE = 100
_FOUND = 50


class Live:
    """Questions about the present."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def agent_view(self, actor: Actor) -> AgentView:
        """Return how routing sees this agent."""
        return agent_view(await self._partitions.get(actor.tenant_id), actor.id)

    async def offers_for(self, actor: Actor) -> list[OfferView]:
        """Return what rings at this agent now."""
        partition = await self._partitions.get(actor.tenant_id)
        effects = self._partitions.effects
        offers = [
            offer for offer in partition.engine.state.offers.values() if offer.agent_id == actor.id
        ]
        items = partition.engine.state.interactions
        ids = {items[offer.interaction_id].conversation_id for offer in offers}
        views = await effects.conversation_views(partition, ids)
        shown = [effects.offer_view(partition, offer.id, views) for offer in offers]
        return [view for view in shown if view is not None]

    async def assignments_for(self, actor: Actor) -> list[AssignmentChanged]:
        """Return the work this agent has in hand or wraps up."""
        partition = await self._partitions.get(actor.tenant_id)
        work = partition.engine.index.work_of.get(actor.id, {})
        items = [partition.engine.state.interactions[key] for key in work]
        held = [item for item in items if item.agent_id == actor.id]
        ids = {item.conversation_id for item in held}
        views = await self._partitions.effects.conversation_views(partition, ids)
        return [
            AssignmentChanged(
                interaction=interaction_view(partition.book, item),
                conversation=views[item.conversation_id],
                gone=False,
            )
            for item in held
            if item.conversation_id in views
        ]

    async def queues_live(self, actor: Actor) -> list[QueueLive]:
        """Return the figures of the queues this person serves; leads see all."""
        partition = await self._partitions.get(actor.tenant_id)
        return [queue_live(partition, key) for key in _seen_queues(partition, actor)]

    async def waiting(self, actor: Actor) -> list[WaitingView]:
        """Return what one may take by hand: of each of one's own queues the oldest so many."""
        authorize(actor, "interaction.take", Relation.QUEUE)
        partition = await self._partitions.get(actor.tenant_id)
        items = _takeable(partition, actor)
        ids = {item.conversation_id for item in items}
        views = await self._partitions.effects.conversation_views(partition, ids)
        return [
            WaitingView(
                interaction=interaction_view(partition.book, item),
                conversation=views[item.conversation_id],
            )
            for item in items
            if item.conversation_id in views
        ]

    async def live(self, actor: Actor) -> LiveView:
        """Return queues, agents and the first of what waits."""
        authorize(actor, "live.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        agents = partition.engine.state.agents.values()
        shown_agents = heapq.nsmallest(_SHOWN, agents, key=lambda agent: _place(partition, agent))
        first = _first_waiting(partition, list(partition.book.queues), _SHOWN)
        return LiveView(
            queues=[queue_live(partition, key) for key in partition.book.queues],
            agents=[agent_view(partition, agent.id) for agent in shown_agents],
            agent_counts=dict(partition.engine.index.statuses),
            in_hand=sum(agent.total for agent in agents),
            waiting=[interaction_view(partition.book, item) for item in first],
        )

    async def ready_agents(self, tenant_id: str, queue_ids: Sequence[str]) -> dict[str, int]:
        """Return how many agents who could serve each of these queues are ready."""
        partition = await self._partitions.get(tenant_id)
        state, index = partition.engine.state, partition.engine.index
        here = [key for key in queue_ids if key in partition.book.queues]
        return {key: index.ready_for(*steps_of(state, index, key)) for key in here}

    async def waits(self, actor: Actor) -> list[EstimateView]:
        """Return what every queue's wait estimates go by, and how what was told held."""
        authorize(actor, "live.read", Relation.TENANT)
        return estimate_views(await self._partitions.get(actor.tenant_id))

    async def directory(self, actor: Actor, search: str = "") -> DirectoryView:
        """Return whom work can be handed to: agents who are there, by name, and queues."""
        authorize(actor, "directory.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        sought = search.strip().casefold()
        there = [
            agent
            for agent in partition.engine.state.agents.values()
            if agent.state != "offline"
            and agent.id != actor.id
            and sought in partition.book.agent_name(agent.id).casefold()
        ]
        first = heapq.nsmallest(_FOUND, there, key=lambda agent: _place(partition, agent))
        return DirectoryView(
            agents=[agent_view(partition, agent.id) for agent in first],
            more=len(there) - len(first),
            queues=[shown(view, partition.book.skills) for view in partition.book.queues.values()],
        )

    async def place(self, tenant_id: str, interaction_id: str) -> QueuePlace:
        """Return where an interaction stands that is not over."""
        partition = await self._partitions.get(tenant_id)
        item = partition.engine.state.interactions.get(interaction_id)
        if item is None:
            raise not_found("interaction")
        return self._partitions.places.place(partition, item)

    async def places_for(self, tenant_id: str, conversation_ids: Iterable[str]) -> list[QueuePlace]:
        """Return where the open interactions of these conversations stand."""
        partition = await self._partitions.get(tenant_id)
        of = partition.engine.index.of_conversation
        items = partition.engine.state.interactions
        return [
            self._partitions.places.place(partition, items[key])
            for conversation_id in conversation_ids
            for key in of.get(conversation_id, ())
        ]

    async def availability(self, tenant_id: str, queue_ids: Sequence[str]) -> Availability:
        """Tell what a contact would meet in these queues; in no queue named: in any."""
        partition = await self._partitions.get(tenant_id)
        now_ms = self._partitions.clock.now_ms()
        found: set[Availability] = set()
        for queue_id in queue_ids or list(partition.book.queues):
            found.add(reach(partition, queue_id, now_ms))
            if "online" in found:
                return "online"
        return "busy" if "busy" in found else "offline"


_STATES = {"ready": 0, "not_ready": 1, "offline": 2}


def _place(partition: Partition, agent: Agent) -> tuple[int, str, str]:
    """Return where an agent stands in lists: who is there first, then by name."""
    return _STATES[agent.state], partition.book.agent_name(agent.id), agent.id


def _seen_queues(partition: Partition, actor: Actor) -> list[str]:
    if actor.role in ("supervisor", "admin"):
        return list(partition.book.queues)
    profile = partition.engine.state.profile(actor.id)
    return [key for key in partition.book.queues if profile.serves(key)]


def _first_waiting(partition: Partition, queue_ids: Sequence[str], limit: int) -> list[Interaction]:
    backlog = partition.engine.index.backlog
    keys: list[int] = []
    for queue_id in queue_ids:
        line = backlog.lines.get(queue_id)
        if line is not None:
            keys.extend(key for key, _ in zip(line.order, range(limit), strict=False))
    return [backlog.waiting[key] for key in sorted(keys)[:limit]]


def _takeable(partition: Partition, actor: Actor) -> list[Interaction]:
    is_lead = actor.role in ("supervisor", "admin")
    found: list[Interaction] = []
    for queue_id in _seen_queues(partition, actor):
        oldest = _TAKEABLE if is_lead else partition.book.queues[queue_id].pull_oldest
        if oldest:
            found.extend(_first_waiting(partition, [queue_id], oldest))
    return sorted(found, key=lambda item: (item.score, item.number))[:_TAKEABLE]
