"""Decisions that time brings."""

from __future__ import annotations

from collections.abc import Callable

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.capacity import release_slots
from gateway.acd.model.matching import Matching
from gateway.acd.model.offering import end_offer, withdraw_all
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
    items = [end_offer(engine, offer, "expired")]
    if agent.state == "ready":
        away_until_ms = agent.away_until_ms
        engine.enter(agent.id, "not_ready", "no_answer")
        if away_until_ms is not None:
            away = e.AgentAway(at_ms=engine.now_ms, agent_id=agent.id, until_ms=away_until_ms)
            engine.emit(away)
    engine.match_all(items + withdraw_all(engine, agent) + open_direct(engine, agent.id))
    engine.fill(agent)


def _away_due(engine: Matching, timer: Timer) -> None:
    """The agent did not come back: everything they held waits again at its old place."""
    agent = engine.state.agents[timer[2]]
    engine.enter(agent.id, "offline")
    release_slots(engine, agent)
    items = withdraw_all(engine, agent) + open_direct(engine, agent.id)
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


def _direct_due(engine: Matching, timer: Timer) -> None:
    item = engine.state.interactions[timer[2]]
    engine.emit(e.Opened(at_ms=engine.now_ms, interaction_id=item.id))
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
}
