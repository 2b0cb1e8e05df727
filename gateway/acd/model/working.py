"""Decisions about interactions."""

from __future__ import annotations

from typing import Literal

from gateway.acd.model import changes
from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.configuration import DIRECT_WAIT_MS, KIND_NUMBER, REOFFER_AFTER_MS
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matching import Matching
from gateway.acd.model.offering import item_of, withdraw
from gateway.kernel.errors import WeccError, not_found


def enqueue(engine: Matching, command: c.Enqueue) -> None:
    """Put work into its queue; a known id does nothing."""
    state = engine.state
    if state.knows(command.interaction_id):
        return
    queue = state.queues.get(command.queue_id)
    if queue is None:
        raise not_found("queue")
    priority = queue.priority + command.priority
    began_ms = min(command.created_at_ms, engine.now_ms)
    engine.emit(
        e.Enqueued(
            at_ms=engine.now_ms,
            interaction_id=command.interaction_id,
            interaction_kind=command.kind,
            conversation_id=command.conversation_id,
            call_id=command.call_id,
            queue_id=command.queue_id,
            skills=command.skills,
            priority=priority,
            created_at_ms=command.created_at_ms,
            score=changes.score_of(began_ms, priority),
            is_robot=command.is_robot,
        )
    )
    engine.match(state.interactions[command.interaction_id])


def abandon(engine: Matching, command: c.Abandon) -> None:
    """The contact left: waiting work is over, answered work goes to wrap-up."""
    item = engine.state.interactions.get(command.interaction_id)
    if item is None or item.state == "wrap_up":
        return
    if item.state == "active":
        end_work(engine, item, "contact")
        return
    agent = withdraw(engine, item)
    engine.emit(e.Abandoned(at_ms=engine.now_ms, interaction_id=item.id))
    if agent is not None:
        engine.fill(agent)


def transfer(engine: Matching, command: c.Transfer) -> None:
    """Hand work in progress to a queue or an agent, in one step."""
    item = item_of(engine, command.interaction_id)
    if item.state != "active" or item.agent_id is None:
        raise WeccError("wrong_state", "Only work that an agent has now can be handed over.")
    if (command.to_queue_id is None) == (command.to_agent_id is None):
        raise WeccError("bad_value", "Name either a queue or an agent to hand over to.")
    if command.to_agent_id is not None:
        check_target(engine, item, command.to_agent_id)
    elif command.to_queue_id not in engine.state.queues:
        raise not_found("queue")
    giver = engine.state.agents[item.agent_id]
    direct = command.to_agent_id is not None
    engine.emit(
        e.Transferred(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=giver.id,
            queue_id=command.to_queue_id or item.queue_id,
            excluded_until_ms=engine.now_ms + REOFFER_AFTER_MS,
            to_agent_id=command.to_agent_id,
            direct_until_ms=engine.now_ms + DIRECT_WAIT_MS if direct else None,
        )
    )
    engine.match(item)
    engine.fill(giver)


def check_target(engine: Matching, item: Interaction, agent_id: str) -> None:
    """Refuse a target agent who is not there or takes no such work."""
    if agent_id == item.agent_id:
        raise WeccError("bad_value", "It is already with that agent.", field="to_agent_id")
    agent = engine.state.agents.get(agent_id)
    is_there = agent is not None and agent.state == "ready" and agent.away_until_ms is None
    if agent is None or not is_there or agent.next_state is not None:
        raise WeccError(
            "nobody_there",
            "That agent is not ready now. Choose another agent or a queue.",
            field="to_agent_id",
        )
    if not engine.index.seats[agent_id].limits[KIND_NUMBER[item.kind]]:
        raise WeccError(
            "nobody_there", "That agent does not take this kind of work.", field="to_agent_id"
        )


def end(engine: Matching, command: c.End) -> None:
    """The agent ends the exchange; repeating it is harmless."""
    item = item_of(engine, command.interaction_id)
    if item.state == "wrap_up":
        return
    if item.state != "active":
        raise WeccError("wrong_state", "Only work that an agent has now can be ended.")
    end_work(engine, item, "agent")


def end_work(engine: Matching, item: Interaction, by: Literal["agent", "contact"]) -> None:
    """Go to wrap-up, or close at once where the queue has none."""
    agent_id = str(item.agent_id)
    queue = engine.state.queues.get(item.queue_id)
    rule = queue.wrap_up_of(item.kind) if queue is not None else None
    until_ms = engine.now_ms + 1000 * rule.seconds if rule is not None and rule.seconds else None
    engine.emit(
        e.Ended(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=agent_id,
            by=by,
            wrap_up_until_ms=until_ms,
        )
    )
    if until_ms is None:
        engine.fill(engine.state.agents[agent_id])


def wrap_up(engine: Matching, command: c.WrapUp) -> None:
    """Finish wrap-up with its outcome."""
    item = item_of(engine, command.interaction_id)
    if item.state != "wrap_up":
        raise WeccError("wrong_state", "End it first; wrap-up comes after.")
    wrap(engine, item, command.disposition_id, by_timer=False)


def wrap(
    engine: Matching, item: Interaction, disposition_id: str | None, *, by_timer: bool
) -> None:
    """Close the work and give the capacity back."""
    agent_id = str(item.agent_id)
    engine.emit(
        e.Wrapped(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=agent_id,
            disposition_id=disposition_id,
            by_timer=by_timer,
        )
    )
    engine.fill(engine.state.agents[agent_id])
