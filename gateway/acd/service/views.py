"""Interactions, agents and queues as browsers see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import CHAT, KINDS
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Requirement
from gateway.acd.model.state import State
from gateway.acd.service.book import Book
from gateway.acd.service.partition import Partition
from gateway.acd.service.waits import would_wait
from gateway.acd.wire import AgentView, InteractionView, QueueLive


def interaction_view(book: Book, item: Interaction) -> InteractionView:
    """Return live work."""
    return InteractionView(
        id=item.id,
        kind=item.kind,
        conversation_id=item.conversation_id,
        call_id=item.call_id,
        queue_id=item.queue_id,
        queue_name=book.queue_name(item.queue_id),
        state=item.state,
        priority=item.priority,
        required_skills=dict(item.skills),
        agent_id=item.agent_id,
        agent_name=book.agent_name(item.agent_id),
        created_at_ms=item.created_at_ms,
        enqueued_at_ms=item.enqueued_at_ms,
        accepted_at_ms=item.accepted_at_ms,
        ended_at_ms=item.ended_at_ms,
        wrap_up_until_ms=item.wrap_up_until_ms,
        disposition_id=item.disposition_id,
        transfer_note=book.notes.get(item.id, ""),
        is_robot=item.is_robot,
        wrap_up=item.wrap_up,
        can_extend=_can_extend(book, item),
    )


def _can_extend(book: Book, item: Interaction) -> bool:
    queue = book.queues.get(item.queue_id)
    rule = queue.wrap_up.get(item.kind) if queue is not None else None
    has_time = item.state == "wrap_up" and item.wrap_up_until_ms is not None
    return has_time and not item.is_extended and rule is not None and rule.extension_s > 0


_NOT_STORED = {"queue_name", "agent_name", "wrap_up", "can_extend"}


def row_view(book: Book, row: Mapping[str, Any]) -> InteractionView:
    """Return work that is over, from its row."""
    names = set(InteractionView.__struct_fields__) - _NOT_STORED
    return InteractionView(
        **{name: row[name] for name in names},
        queue_name=book.queue_name(row["queue_id"]),
        agent_name=book.agent_name(row["agent_id"]),
    )


def agent_view(partition: Partition, agent_id: str) -> AgentView:
    """Return an agent; who never came is offline."""
    state, book = partition.engine.state, partition.book
    agent = state.agents.get(agent_id) or Agent(id=agent_id)
    profile = state.profile(agent_id)
    return AgentView(
        user_id=agent_id,
        name=book.agent_name(agent_id),
        state=agent.state,
        reason=agent.reason,
        since_ms=agent.since_ms,
        until_ms=agent.until_ms,
        overdue=agent.is_overdue,
        set_by_name=book.agent_name(agent.set_by or None),
        next_state=agent.next_state,
        next_reason=agent.next_reason,
        load=dict(zip(KINDS, agent.load, strict=True)),
        capacity={kind: profile.limit(kind) for kind in KINDS},
    )


def queue_live(partition: Partition, queue_id: str) -> QueueLive:
    """Return what waits in a queue now, and how many ready agents serve it."""
    index = partition.engine.index
    line = index.backlog.lines.get(queue_id)
    steps = steps_of(partition.engine.state, index, queue_id)
    return QueueLive(
        queue_id=queue_id,
        name=partition.book.queue_name(queue_id),
        waiting=dict(zip(KINDS, line.counts if line else [0, 0, 0], strict=True)),
        longest_wait_since_ms=line.oldest_ms() if line else None,
        ready_agents=index.ready_for(*steps),
        waits=would_wait(partition, queue_id),
    )


def steps_of(state: State, index: Index, queue_id: str) -> list[Requirement]:
    """Return what each step of a queue needs of an agent; the first counts at once."""
    queue = state.queues.get(queue_id)
    count = len(queue.steps) if queue is not None else 1
    keys = [(CHAT, queue_id, (), step) for step in range(count)]
    return [index.matrix.requirement(key, queue) for key in keys]
