"""What each journal entry does to the state. Nothing else changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.model import ranking
from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import AGEING_MS_PER_PRIORITY, KIND_NUMBER
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction, Offer, Slot
from gateway.acd.model.pieces import (
    activate,
    begin_waiting,
    close,
    enter_queue,
    free,
    occupy,
    open_to_all,
    overflow_after,
    owe_no_reply,
    pause,
    time_waiting,
    to_back,
    wait,
    watch_silence,
    weigh,
)
from gateway.acd.model.queue_changes import (
    overflow_passed,
    overflowed,
    queue_open,
    queue_removed,
    queue_set,
    relaxed,
)
from gateway.acd.model.state import State


def apply(state: State, index: Index, entry: e.Entry) -> Interaction | None:
    """Fold one entry in; return the interaction it changed, if any."""
    state.at_ms = entry.at_ms
    state.position += 1
    return _TABLE[type(entry)](state, index, entry)


def score_of(enqueued_at_ms: int, priority: int) -> int:
    """Return the place in the order: enqueue time, less a minute per unit of priority."""
    return enqueued_at_ms - AGEING_MS_PER_PRIORITY * priority


def _started(state: State, _index: Index, entry: e.Started) -> None:
    state.version, state.epoch = entry.version, entry.epoch


def _profile_set(state: State, index: Index, entry: e.ProfileSet) -> None:
    if entry.profile is None:
        state.profiles.pop(entry.agent_id, None)
    else:
        state.profiles[entry.agent_id] = entry.profile
    agent = state.agents.get(entry.agent_id)
    if agent is not None:
        index.seat(state, agent)


def _agent_set(state: State, index: Index, entry: e.AgentSet) -> None:
    agent = state.agents.get(entry.agent_id)
    if agent is None:
        agent = state.agents[entry.agent_id] = Agent(id=entry.agent_id)
        index.seat(state, agent)
    agent.state, agent.reason, agent.since_ms = entry.state, entry.reason, entry.at_ms
    agent.set_by, agent.until_ms, agent.is_overdue = entry.by, entry.until_ms, False
    agent.next_state, agent.next_reason, agent.next_max_s = None, "", 0
    agent.strikes = 0
    if entry.state == "ready":
        agent.share_used = max(agent.share_used, state.share_clock)
    agent.away_until_ms = None
    if entry.until_ms is not None:
        index.timers.add(entry.until_ms, "overdue", agent.id)
    agent.idle_since_ms = entry.at_ms
    agent.rank = state.next_rank
    state.next_rank += 1
    index.refresh(agent)


def _agent_overdue(state: State, _index: Index, entry: e.AgentOverdue) -> None:
    state.agents[entry.agent_id].is_overdue = True


def _next_declared(state: State, index: Index, entry: e.NextDeclared) -> None:
    agent = state.agents[entry.agent_id]
    agent.next_state, agent.next_reason = entry.state, entry.reason
    agent.next_max_s = entry.max_s
    index.refresh(agent)


def _policy_set(state: State, index: Index, entry: e.PolicySet) -> None:
    state.policy = entry.policy
    for agent in state.agents.values():
        index.seat(state, agent)
    for item in state.interactions.values():
        if item.state == "active":
            watch_silence(state, index, item)


def _slot_held(state: State, index: Index, entry: e.SlotHeld) -> None:
    state.slots[entry.slot_id] = Slot(
        id=entry.slot_id, agent_id=entry.agent_id, kind=entry.interaction_kind, cause=entry.cause
    )
    agent = state.agents[entry.agent_id]
    agent.slots += 1
    agent.load[KIND_NUMBER[entry.interaction_kind]] += 1
    to_back(state, index, index.seats[agent.id])


def _slot_released(state: State, index: Index, entry: e.SlotReleased) -> None:
    slot = state.slots.pop(entry.slot_id)
    agent = state.agents[entry.agent_id]
    agent.slots -= 1
    agent.load[KIND_NUMBER[slot.kind]] -= 1
    to_back(state, index, index.seats[agent.id])


def _agent_away(state: State, index: Index, entry: e.AgentAway) -> None:
    agent = state.agents[entry.agent_id]
    agent.away_until_ms = entry.until_ms
    index.timers.add(entry.until_ms, "away", agent.id)
    index.refresh(agent)


def _agent_back(state: State, index: Index, entry: e.AgentBack) -> None:
    agent = state.agents[entry.agent_id]
    agent.away_until_ms = None
    index.refresh(agent)


# ---- interactions ----------------------------------------------------------------------------


def _enqueued(state: State, index: Index, entry: e.Enqueued) -> Interaction:
    item = Interaction(
        id=entry.interaction_id,
        kind=entry.interaction_kind,
        conversation_id=entry.conversation_id,
        call_id=entry.call_id,
        queue_id=entry.queue_id,
        skills=entry.skills,
        priority=entry.priority,
        created_at_ms=entry.created_at_ms,
        enqueued_at_ms=entry.score + AGEING_MS_PER_PRIORITY * entry.priority,
        score=entry.score,
        number=state.next_number,
        is_robot=entry.is_robot,
        direct_agent_id=entry.direct_agent_id,
        direct_until_ms=entry.direct_until_ms,
        is_sticky=entry.is_sticky,
        queued_at_ms=entry.at_ms,
    )
    state.next_number += 1
    state.interactions[item.id] = item
    index.know(item)
    if item.direct_until_ms is not None:
        index.timers.add(item.direct_until_ms, "direct", item.id)
    begin_waiting(state, index, item)
    return item


def _offered(state: State, index: Index, entry: e.Offered) -> Interaction:
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    pause(item, entry.at_ms)
    ranking.count_turn(state, state.queues.get(item.queue_id), entry.agent_id)
    item.state = "offered"
    item.epoch += 1
    item.offer_id = entry.offer_id
    state.offers[entry.offer_id] = Offer(
        id=entry.offer_id,
        interaction_id=item.id,
        agent_id=entry.agent_id,
        offered_at_ms=entry.at_ms,
        expires_at_ms=entry.expires_at_ms,
    )
    state.next_offer += 1
    index.timers.add(entry.expires_at_ms, "offer", entry.offer_id)
    occupy(state, index, entry.agent_id, item)
    return item


def _offer_held(state: State, index: Index, entry: e.OfferHeld) -> None:
    state.offers[entry.offer_id].expires_at_ms = entry.expires_at_ms
    index.timers.add(entry.expires_at_ms, "offer", entry.offer_id)


def _offer_ended(state: State, index: Index, entry: e.OfferEnded) -> Interaction:
    del state.offers[entry.offer_id]
    item = state.interactions[entry.interaction_id]
    if entry.excluded_until_ms is not None:
        item.excluded[entry.agent_id] = entry.excluded_until_ms
    if entry.outcome == "expired":
        state.agents[entry.agent_id].strikes += 1
    front = entry.at_ms if entry.outcome == "withdrawn" else None
    free(state, index, entry.agent_id, item, front_at_ms=front)
    wait(state, index, item)
    return item


def _accepted(state: State, index: Index, entry: e.Accepted) -> Interaction:
    del state.offers[entry.offer_id]
    item = state.interactions[entry.interaction_id]
    activate(state, index, item, entry)
    return item


def _taken(state: State, index: Index, entry: e.Taken) -> Interaction:
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    activate(state, index, item, entry)
    occupy(state, index, entry.agent_id, item)
    return item


def _readmitted(state: State, index: Index, entry: e.Readmitted) -> None:
    item = state.interactions[entry.interaction_id]
    waits = item.id in index.backlog.placed
    if waits:
        index.backlog.leave(item)
    item.excluded.pop(entry.agent_id, None)
    if waits:
        index.backlog.join(item, state.queues.get(item.queue_id))


def _opened(state: State, index: Index, entry: e.Opened) -> Interaction:
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    open_to_all(item)
    queue = state.queues.get(item.queue_id)
    index.backlog.join(item, queue)
    time_waiting(state, index, item, queue)
    return item


def _moved(state: State, index: Index, entry: e.Moved) -> Interaction:
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    item.queue_id = entry.queue_id
    item.direct_agent_id = item.direct_until_ms = None
    begin_waiting(state, index, item)
    return item


def _prioritized(state: State, index: Index, entry: e.Prioritized) -> Interaction:
    item = state.interactions[entry.interaction_id]
    waits = item.id in index.backlog.placed
    if waits:
        index.backlog.leave(item)
    item.priority, item.score = entry.priority, entry.score
    if waits:
        index.backlog.join(item, state.queues.get(item.queue_id))
    return item


def _transferred(state: State, index: Index, entry: e.Transferred) -> Interaction:
    item = state.interactions[entry.interaction_id]
    item.queue_id = entry.queue_id
    item.direct_agent_id = entry.to_agent_id
    item.direct_until_ms = entry.direct_until_ms
    item.excluded[entry.agent_id] = entry.excluded_until_ms
    item.accepted_at_ms = None
    item.left_queues = ()
    enter_queue(state, item, state.queues.get(item.queue_id))
    free(state, index, entry.agent_id, item)
    wait(state, index, item)
    return item


def _released(state: State, index: Index, entry: e.Released) -> Interaction:
    item = state.interactions[entry.interaction_id]
    item.accepted_at_ms = None
    if entry.excluded_until_ms is not None:
        item.excluded[entry.agent_id] = entry.excluded_until_ms
    if entry.cause == "no_reply":
        state.agents[entry.agent_id].strikes += 1
    item.queued_at_ms = entry.at_ms
    item.overflow_at_ms = overflow_after(item, state.queues.get(item.queue_id), entry.at_ms)
    free(state, index, entry.agent_id, item)
    wait(state, index, item)
    return item


def _ended(state: State, index: Index, entry: e.Ended) -> Interaction:
    item = state.interactions[entry.interaction_id]
    item.ended_at_ms = entry.at_ms
    if entry.wrap_up == "none":
        close(state, index, item)
        return item
    item.state = "wrap_up"
    item.epoch += 1
    item.wrap_up = entry.wrap_up
    owe_no_reply(item)
    weigh(state, index, item, 0 if entry.wrap_up == "optional" else 1)
    item.wrap_up_until_ms = entry.wrap_up_until_ms
    if entry.wrap_up_until_ms is not None:
        index.timers.add(entry.wrap_up_until_ms, "wrap_up", item.id)
    return item


def _wrap_up_extended(state: State, index: Index, entry: e.WrapUpExtended) -> Interaction:
    item = state.interactions[entry.interaction_id]
    item.wrap_up_until_ms, item.is_extended = entry.until_ms, True
    index.timers.add(entry.until_ms, "wrap_up", item.id)
    return item


def _reply_given(state: State, _index: Index, entry: e.ReplyGiven) -> Interaction:
    item = state.interactions[entry.interaction_id]
    owe_no_reply(item)
    item.is_replied = True
    return item


def _reply_warned(state: State, _index: Index, entry: e.ReplyWarned) -> None:
    state.interactions[entry.interaction_id].reply_warn_ms = None


def _heard(state: State, index: Index, entry: e.Heard) -> None:
    item = state.interactions[entry.interaction_id]
    item.heard_ms = entry.at_ms
    if not item.weight:
        weigh(state, index, item, 1)
    watch_silence(state, index, item)


def _quieted(state: State, index: Index, entry: e.Quieted) -> None:
    item = state.interactions[entry.interaction_id]
    if entry.counts:
        item.heard_ms = entry.at_ms
        watch_silence(state, index, item)
    else:
        weigh(state, index, item, 0)


def _wrapped(state: State, index: Index, entry: e.Wrapped) -> Interaction:
    item = state.interactions[entry.interaction_id]
    item.disposition_id = entry.disposition_id
    close(state, index, item)
    return item


def _abandoned(state: State, index: Index, entry: e.Abandoned) -> Interaction:
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    item.state = "abandoned"
    item.epoch += 1
    item.ended_at_ms = entry.at_ms
    index.unknow(item)
    state.forget(item)
    return item


_TABLE: dict[type[e.Entry], Callable[[State, Index, Any], Interaction | None]] = {
    e.Started: _started,
    e.QueueSet: queue_set,
    e.QueueRemoved: queue_removed,
    e.ProfileSet: _profile_set,
    e.AgentSet: _agent_set,
    e.AgentOverdue: _agent_overdue,
    e.NextDeclared: _next_declared,
    e.PolicySet: _policy_set,
    e.SlotHeld: _slot_held,
    e.SlotReleased: _slot_released,
    e.AgentAway: _agent_away,
    e.AgentBack: _agent_back,
    e.Enqueued: _enqueued,
    e.QueueOpen: queue_open,
    e.Relaxed: relaxed,
    e.Overflowed: overflowed,
    e.OverflowPassed: overflow_passed,
    e.Offered: _offered,
    e.OfferHeld: _offer_held,
    e.OfferEnded: _offer_ended,
    e.Accepted: _accepted,
    e.Taken: _taken,
    e.Readmitted: _readmitted,
    e.Opened: _opened,
    e.Moved: _moved,
    e.Prioritized: _prioritized,
    e.Transferred: _transferred,
    e.Released: _released,
    e.Ended: _ended,
    e.WrapUpExtended: _wrap_up_extended,
    e.Wrapped: _wrapped,
    e.ReplyGiven: _reply_given,
    e.ReplyWarned: _reply_warned,
    e.Heard: _heard,
    e.Quieted: _quieted,
    e.Abandoned: _abandoned,
}
