"""Decisions that time brings."""

from __future__ import annotations

from collections.abc import Callable

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.capacity import release_slots
from gateway.acd.model.configuration import CHAT, REOFFER_AFTER_MS
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matching import Matching
from gateway.acd.model.offering import end_offer, withdraw_all
from gateway.acd.model.queueing import open_up, overflow_due, step_due
from gateway.acd.model.staffing import open_direct
from gateway.acd.model.timers import Timer, TimerKind
from gateway.acd.model.working import wrap


def tick(engine: Matching, _: c.Tick) -> None:
    """Do everything that is due, in the order it became due."""
    while True:
        timer = engine.index.timers.first(engine.state)
        if timer is None or timer[0] > engine.now_ms:
            return
        _TIMERS[timer[1]](engine, timer)


def _offer_due(engine: Matching, timer: Timer) -> None:
    """Nobody answered: the agent is not there after all, the work goes to somebody else."""
    offer = engine.state.offers[timer[2]]
    agent = engine.state.agents[offer.agent_id]
    item = end_offer(engine, offer, "expired")
    engine.match_all([item, *strike(engine, agent, item, "no_answer")])
    engine.fill(agent)


def strike(engine: Matching, agent: Agent, item: Interaction, reason: str) -> list[Interaction]:
    """After so many misses in a row as the queue allows the agent is not ready, until they are
    back by hand. Returns what waits again or is open to everyone because of it.
    """
    queue = engine.state.queues.get(item.queue_id)
    allowed = queue.no_answer_strikes if queue is not None else 1
    if agent.state != "ready" or agent.strikes < allowed:
        return []
    away_until_ms = agent.away_until_ms
    engine.enter(agent.id, "not_ready", reason)
    if away_until_ms is not None:
        engine.emit(e.AgentAway(at_ms=engine.now_ms, agent_id=agent.id, until_ms=away_until_ms))
    return withdraw_all(engine, agent) + open_direct(engine, agent.id)


def _away_due(engine: Matching, timer: Timer) -> None:
    """The agent did not come back."""
    let_go(engine, engine.state.agents[timer[2]])


def let_go(engine: Matching, agent: Agent, by: str = "") -> None:
    """The agent is offline: everything they held waits again at its old place."""
    engine.enter(agent.id, "offline", by=by)
    release_slots(engine, agent)
    items = withdraw_all(engine, agent) + open_direct(engine, agent.id, is_lost=True)
    work = [engine.state.interactions[key] for key in engine.index.work_of.get(agent.id, ())]
    for item in sorted(work, key=lambda item: item.number):
        if item.state == "active":
            released = e.Released(at_ms=engine.now_ms, interaction_id=item.id, agent_id=agent.id)
            engine.emit(released)
            items.append(item)
    engine.match_all(items)


def _overdue(engine: Matching, timer: Timer) -> None:
    engine.emit(e.AgentOverdue(at_ms=engine.now_ms, agent_id=timer[2]))


def _wrap_up_due(engine: Matching, timer: Timer) -> None:
    wrap(engine, engine.state.interactions[timer[2]], None, by_timer=True)


def _reply_warn_due(engine: Matching, timer: Timer) -> None:
    item = engine.state.interactions[timer[2]]
    engine.emit(
        e.ReplyWarned(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=str(item.agent_id),
            due_ms=int(item.reply_due_ms or engine.now_ms),
        )
    )


def _reply_due(engine: Matching, timer: Timer) -> None:
    """The contact got no first reply: somebody else gets the chat, at its old place."""
    item = engine.state.interactions[timer[2]]
    agent = engine.state.agents[str(item.agent_id)]
    engine.emit(
        e.Released(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=agent.id,
            cause="no_reply",
            excluded_until_ms=engine.now_ms + REOFFER_AFTER_MS,
        )
    )
    engine.match_all([item, *strike(engine, agent, item, "no_reply")])
    engine.fill(agent)


def _quiet_due(engine: Matching, timer: Timer) -> None:
    """A quiet chat takes no capacity; an agent holds at most as many quiet ones as others."""
    item = engine.state.interactions[timer[2]]
    seat = engine.index.seats[str(item.agent_id)]
    held = [engine.state.interactions[key] for key in seat.work]
    quiet = sum(one.kind == "chat" and not one.weight for one in held)
    quieted = e.Quieted(
        at_ms=engine.now_ms,
        interaction_id=item.id,
        agent_id=seat.agent.id,
        counts=quiet >= seat.limits[CHAT],
    )
    engine.emit(quieted)
    engine.fill(seat.agent)


def _direct_due(engine: Matching, timer: Timer) -> None:
    item = engine.state.interactions[timer[2]]
    open_up(engine, item)
    engine.match(item)


def _readmit_due(engine: Matching, timer: Timer) -> None:
    item = engine.state.interactions[timer[2]]
    engine.emit(e.Readmitted(at_ms=engine.now_ms, interaction_id=item.id, agent_id=timer[3]))
    if item.state == "waiting":
        engine.match(item)


_TIMERS: dict[TimerKind, Callable[[Matching, Timer], None]] = {
    "offer": _offer_due,
    "away": _away_due,
    "overdue": _overdue,
    "wrap_up": _wrap_up_due,
    "direct": _direct_due,
    "readmit": _readmit_due,
    "reply": _reply_due,
    "reply_warn": _reply_warn_due,
    "quiet": _quiet_due,
    "step": step_due,
    "overflow": overflow_due,
}
