"""Frames to screens, after the commit. They may be lost: a screen that reconnects asks again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.acd.model import entries as e
from gateway.acd.model.interaction import Interaction
from gateway.acd.service.decision import Decision
from gateway.acd.service.partition import Partition
from gateway.acd.service.places import Places, Visitors
from gateway.acd.service.views import agent_view, interaction_view
from gateway.acd.wire import (
    AgentChanged,
    AssignmentChanged,
    OfferGone,
    OfferNew,
    OfferView,
    QueuePlace,
)
from gateway.acd.wire.steering import ReplyDue
from gateway.engagement.service import announce, conversations
from gateway.engagement.wire import ConversationView
from gateway.platform.bus import Bus, agent_topic, staff_topic
from gateway.platform.database.port import Database, Tx

_logger = logging.getLogger("wecc.acd")
Outcome = Literal["accepted", "rejected", "expired", "withdrawn"]
Views = dict[str, ConversationView]


@dataclass(slots=True)
class _News:
    """What a batch of entries means for screens."""

    offers: list[str] = field(default_factory=list)
    offers_gone: list[tuple[str, str, Outcome]] = field(default_factory=list)
    assigned: list[tuple[str, Interaction, bool]] = field(default_factory=list)
    agents: dict[str, None] = field(default_factory=dict)
    items: dict[str, Interaction] = field(default_factory=dict)
    left_queues: dict[str, None] = field(default_factory=dict)
    reminders: list[tuple[str, ReplyDue]] = field(default_factory=list)


class Effects:
    """Publishes what was committed, in order, tenant by tenant."""

    def __init__(self, database: Database, bus: Bus, places: Places) -> None:
        self._database = database
        self._bus = bus
        self._places = places
        self._waiting: dict[str, list[Decision]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def add(self, partition: Partition, batch: Sequence[Decision]) -> None:
        """Publish what these decisions changed."""
        tenant_id = partition.tenant_id
        self._waiting.setdefault(tenant_id, []).extend(batch)
        running = self._running.get(tenant_id)
        if running is None or running.done():
            self._running[tenant_id] = asyncio.create_task(self._work(partition))

    async def settle(self) -> None:
        """Wait until everything was published."""
        while running := [task for task in self._running.values() if not task.done()]:
            await asyncio.wait(running)

    async def _work(self, partition: Partition) -> None:
        while batch := self._waiting.pop(partition.tenant_id, None):
            try:
                await self._publish(partition, _news(batch))
            except Exception:
                facts = {"tenant_id": partition.tenant_id}
                _logger.exception("screens were not told of a change", extra=facts)

    async def _publish(self, partition: Partition, news: _News) -> None:
        live = partition.engine.state.offers
        offers = [live[offer_id] for offer_id in news.offers if offer_id in live]
        items = partition.engine.state.interactions
        needed = {items[offer.interaction_id].conversation_id for offer in offers}
        needed |= {item.conversation_id for _, item, _ in news.assigned}
        places = self._places.news(partition, news.items.values())
        try:
            views, visitors = await self._needed(partition, needed, places)
        except Exception:
            self._places.untold(places)
            raise
        self._tell_offers(partition, news, [offer.id for offer in offers], views)
        self._tell_assigned(partition, news, views)
        for agent_id, due in news.reminders:
            self._bus.publish(agent_topic(partition.tenant_id, agent_id), due)
        for agent_id in news.agents:
            self.agent_changed(partition, agent_id)
        self._places.tell(partition, places, visitors)
        in_queues = dict.fromkeys(item.queue_id for item in news.items.values())
        for queue_id in {**in_queues, **news.left_queues}:
            self._places.queue_changed(partition, queue_id)
        for item in news.items.values():
            if item.state in ("closed", "abandoned", "overflowed"):
                partition.book.notes.pop(item.id, None)

    def _tell_offers(
        self, partition: Partition, news: _News, offers: list[str], views: Views
    ) -> None:
        for agent_id, offer_id, outcome in news.offers_gone:
            gone = OfferGone(offer_id=offer_id, outcome=outcome)
            self._bus.publish(agent_topic(partition.tenant_id, agent_id), gone)
        for offer_id in offers:
            view = self.offer_view(partition, offer_id, views)
            if view is not None:
                agent_id = partition.engine.state.offers[offer_id].agent_id
                self._bus.publish(agent_topic(partition.tenant_id, agent_id), OfferNew(offer=view))

    def _tell_assigned(self, partition: Partition, news: _News, views: Views) -> None:
        for agent_id, item, is_gone in news.assigned:
            conversation = views.get(item.conversation_id)
            if conversation is not None:
                frame = AssignmentChanged(
                    interaction=interaction_view(partition.book, item),
                    conversation=conversation,
                    gone=is_gone,
                )
                self._bus.publish(agent_topic(partition.tenant_id, agent_id), frame)

    def agent_changed(self, partition: Partition, agent_id: str) -> None:
        """Tell the agent and supervisors how the agent stands."""
        frame = AgentChanged(agent=agent_view(partition, agent_id))
        self._bus.publish(agent_topic(partition.tenant_id, agent_id), frame)
        self._bus.publish(staff_topic(partition.tenant_id), frame)

    def offer_view(self, partition: Partition, offer_id: str, views: Views) -> OfferView | None:
        """Return a live offer with its conversation, or None when either is gone."""
        offer = partition.engine.state.offers.get(offer_id)
        if offer is None:
            return None
        item = partition.engine.state.interactions[offer.interaction_id]
        conversation = views.get(item.conversation_id)
        if conversation is None:
            return None
        return OfferView(
            id=offer.id,
            interaction=interaction_view(partition.book, item),
            conversation=conversation,
            offered_at_ms=offer.offered_at_ms,
            expires_at_ms=offer.expires_at_ms,
        )

    async def _needed(
        self, partition: Partition, ids: set[str], places: Sequence[QueuePlace]
    ) -> tuple[Views, Visitors]:
        """Return the conversations, and who must hear of these places, in one read."""
        wanted, placed = sorted(ids), sorted({frame.conversation_id for frame in places})
        if not wanted and not placed:
            return {}, {}

        def work(tx: Tx) -> tuple[Views, Visitors]:
            views = conversations.views_of(tx, wanted) if wanted else {}
            return views, announce.visitors_of_all(tx, placed) if placed else {}

        return await self._database.read(partition.tenant_id, work)

    async def conversation_views(
        self, partition: Partition, ids: set[str]
    ) -> dict[str, ConversationView]:
        """Return the conversations that exist."""
        if not ids:
            return {}

        wanted = sorted(ids)
        return await self._database.read(
            partition.tenant_id, lambda tx: conversations.views_of(tx, wanted)
        )


def _news(batch: Sequence[Decision]) -> _News:
    news = _News()
    for decision in batch:
        news.items.update(decision.touched)
        for entry in decision.entries:
            _add(news, decision, entry)
            if isinstance(entry, e.Moved):
                news.left_queues[entry.from_queue_id] = None
            elif isinstance(entry, e.Overflowed):
                news.left_queues[entry.queue_id] = None
    return news


def _add(news: _News, decision: Decision, entry: e.Entry) -> None:
    agent_id: str | None = getattr(entry, "agent_id", None)
    if agent_id is not None:
        news.agents[agent_id] = None
    _add_hands(news, decision, entry)
    match entry:
        case e.Offered():
            news.offers.append(entry.offer_id)
        case e.OfferEnded():
            news.offers_gone.append((entry.agent_id, entry.offer_id, entry.outcome))
        case e.Accepted():
            news.offers_gone.append((entry.agent_id, entry.offer_id, "accepted"))
        case e.ReplyWarned():
            due = ReplyDue(interaction_id=entry.interaction_id, due_at_ms=entry.due_ms)
            news.reminders.append((entry.agent_id, due))


def _add_hands(news: _News, decision: Decision, entry: e.Entry) -> None:
    if isinstance(entry, e.Accepted | e.Taken | e.WrapUpExtended):
        _assign(news, decision, entry, is_gone=False)
    elif isinstance(entry, e.Transferred | e.Released | e.Wrapped):
        _assign(news, decision, entry, is_gone=True)
    elif isinstance(entry, e.Ended):
        _assign(news, decision, entry, is_gone=entry.is_over)


def _assign(
    news: _News,
    decision: Decision,
    entry: e.Accepted
    | e.Taken
    | e.Transferred
    | e.Released
    | e.Wrapped
    | e.Ended
    | e.WrapUpExtended,
    *,
    is_gone: bool,
) -> None:
    item = decision.touched[entry.interaction_id]
    news.assigned.append((entry.agent_id, item, is_gone))
