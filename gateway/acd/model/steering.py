"""Decisions of leads about work that nobody has yet: where it waits, how soon, who gets it."""

from __future__ import annotations

from gateway.acd.model import changes
from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.capacity import check_room, has_room, present
from gateway.acd.model.configuration import KIND_NUMBER
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matching import Matching
from gateway.acd.model.offering import item_of, withdraw
from gateway.acd.model.queueing import begin, skip
from gateway.kernel.errors import WeccError, not_found


def move(engine: Matching, command: c.Move) -> None:
    """Let work wait in another queue; its clock goes on."""
    item = _unassigned(engine, command.interaction_id)
    if command.to_queue_id not in engine.state.queues:
        raise not_found("queue")
    if command.to_queue_id == item.queue_id:
        return
    rung = withdraw(engine, item)
    engine.emit(
        e.Moved(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            from_queue_id=item.queue_id,
            queue_id=command.to_queue_id,
            by=command.by,
        )
    )
    if rung is not None:
        skip(engine, item)
        engine.fill_up_to(rung, item)
    begin(engine, item)
    _refill(engine, rung)


def prioritize(engine: Matching, command: c.Prioritize) -> None:
    """Change the place of work; what rings goes on ringing."""
    item = _unassigned(engine, command.interaction_id)
    if command.priority == item.priority:
        return
    engine.emit(
        e.Prioritized(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            priority=command.priority,
            score=changes.score_of(item.enqueued_at_ms, command.priority),
            by=command.by,
        )
    )


def assign(engine: Matching, command: c.Assign) -> None:
    """Have work ring at an agent who is at the desk, ready or not."""
    item = _unassigned(engine, command.interaction_id)
    agent = present(engine, command.agent_id)
    offer = engine.state.offers.get(item.offer_id or "")
    if offer is not None and offer.agent_id == agent.id:
        return
    kind = KIND_NUMBER[item.kind]
    if not command.over_capacity:
        check_room(engine, agent, kind, item.queue_id)
    is_over = not has_room(engine, agent, kind, item.queue_id)
    rung = withdraw(engine, item)
    seat = engine.index.seats[agent.id]
    engine.offer(item, [seat], "hand", by=command.by, over_capacity=is_over)
    _refill(engine, rung)


def _unassigned(engine: Matching, interaction_id: str) -> Interaction:
    item = item_of(engine, interaction_id)
    if item.state not in ("waiting", "offered"):
        raise WeccError("conflict", "An agent has it by now. Hand it over instead.")
    return item


def _refill(engine: Matching, rung: Agent | None) -> None:
    if rung is not None:
        engine.fill(rung)
