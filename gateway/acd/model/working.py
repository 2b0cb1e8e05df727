"""Decisions about interactions."""

from __future__ import annotations

from typing import Literal

from gateway.acd.model import changes
from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import (
    DIRECT_WAIT_MS,
    KIND_NUMBER,
    REOFFER_AFTER_MS,
    QueueRule,
    WrapUpMode,
    WrapUpRule,
    is_skilled,
    required,
)
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matching import Matching
from gateway.acd.model.offering import item_of, withdraw
from gateway.acd.model.queueing import arrive
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
    now_ms = engine.now_ms
    since_ms = command.created_at_ms if command.since_ms is None else command.since_ms
    began_ms = min(since_ms, now_ms)
    direct_agent_id = direct_until_ms = None
    if command.for_agent_id is not None:
        direct_agent_id, direct_until_ms = for_one(engine, queue, command)
    item = engine.emit(
        e.Enqueued(
            at_ms=now_ms,
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
            direct_agent_id=direct_agent_id,
            direct_until_ms=direct_until_ms,
            is_sticky=direct_agent_id is not None and command.is_sticky,
            returned_to=command.returned_to,
        )
    )
    if item is not None:
        arrive(engine, item)


def for_one(
    engine: Matching, queue: QueueRule, command: c.Enqueue
) -> tuple[str, int] | tuple[None, None]:
    """Return for whom alone new work waits first, and until when: nobody, when that agent would
    not take it or has enough waiting.
    """
    agent_id = command.for_agent_id
    wait_ms = 1000 * queue.sticky_s if command.is_sticky else DIRECT_WAIT_MS
    agent = engine.state.agents.get(agent_id or "")
    if agent is None or not wait_ms or not _would_wait(engine, agent, queue, command):
        return None, None
    return agent.id, engine.now_ms + wait_ms


def _would_wait(engine: Matching, agent: Agent, queue: QueueRule, command: c.Enqueue) -> bool:
    """Tell whether it makes sense to wait for an agent."""
    if agent.state == "offline" or agent.away_until_ms is not None:
        return False
    waits_anyway = command.is_sticky and engine.state.policy.sticky_waits
    if not waits_anyway and (agent.state != "ready" or agent.next_state is not None):
        return False
    if not engine.index.seats[agent.id].limits[KIND_NUMBER[command.kind]]:
        return False
    if not has_personal_room(engine, agent.id):
        return False
    profile = engine.state.profile(agent.id)
    is_able = profile.serves(queue.queue_id) and is_skilled(
        profile.skills, required(queue, command.skills)
    )
    return is_able or not command.is_sticky


def has_personal_room(engine: Matching, agent_id: str) -> bool:
    """Tell whether less waits for this agent alone than the policy allows."""
    waiting = engine.index.backlog.direct.get(agent_id, ())
    return len(waiting) < engine.state.policy.personal_limit


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
    arrive(engine, item)
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
    if not has_personal_room(engine, agent_id):
        raise WeccError(
            "conflict",
            "As much as allowed waits for that agent alone. Choose another agent or a queue.",
            field="to_agent_id",
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
    rule = queue.wrap_up_of(item.kind) if queue is not None else WrapUpRule(mode="none")
    mode: WrapUpMode = rule.mode if rule.seconds or rule.mode == "forced" else "none"
    is_timed = mode in ("timed", "optional")
    until_ms = engine.now_ms + 1000 * rule.seconds if is_timed else None
    engine.emit(
        e.Ended(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=agent_id,
            by=by,
            wrap_up=mode,
            wrap_up_until_ms=until_ms,
        )
    )
    if mode in ("none", "optional"):
        engine.fill(engine.index.seats[agent_id].agent)


def wrap_up(engine: Matching, command: c.WrapUp) -> None:
    """Finish wrap-up with its outcome."""
    item = item_of(engine, command.interaction_id)
    if item.state != "wrap_up":
        raise WeccError("wrong_state", "End it first; wrap-up comes after.")
    if item.wrap_up == "forced" and command.disposition_id is None:
        raise WeccError(
            "bad_value", "This queue needs an outcome. Choose one.", field="disposition_id"
        )
    wrap(engine, item, command.disposition_id, by_timer=False)


def extend_wrap_up(engine: Matching, command: c.ExtendWrapUp) -> None:
    """Give a wrap-up with a time the extension of its queue, once."""
    item = item_of(engine, command.interaction_id)
    queue = engine.state.queues.get(item.queue_id)
    extension_s = queue.wrap_up_of(item.kind).extension_s if queue is not None else 0
    if item.state != "wrap_up" or item.wrap_up_until_ms is None or not extension_s:
        raise WeccError("wrong_state", "This wrap-up has no time that could be extended.")
    if item.is_extended:
        raise WeccError("wrong_state", "It was extended already; once is all.")
    engine.emit(
        e.WrapUpExtended(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=str(item.agent_id),
            until_ms=item.wrap_up_until_ms + 1000 * extension_s,
        )
    )


def reply(engine: Matching, command: c.Reply) -> None:
    """The agent wrote: nothing is due any more. Only the first reply does something."""
    item = engine.state.interactions.get(command.interaction_id)
    if item is None or item.is_replied or item.agent_id != command.agent_id:
        return
    if item.state != "active" or item.kind == "call":
        return
    engine.emit(e.ReplyGiven(at_ms=engine.now_ms, interaction_id=item.id))


def hear(engine: Matching, command: c.Hear) -> None:
    """The contact wrote: a quiet chat counts again. Others are noted four times per span."""
    item = engine.state.interactions.get(command.interaction_id)
    quiet_s = engine.state.policy.quiet_chat_s
    if item is None or item.state != "active" or item.kind != "chat":
        return
    is_due = quiet_s and engine.now_ms - item.heard_ms >= 250 * quiet_s
    if is_due or not item.weight:
        heard = e.Heard(at_ms=engine.now_ms, interaction_id=item.id, agent_id=str(item.agent_id))
        engine.emit(heard)


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
    engine.fill(engine.index.seats[agent_id].agent)
