"""Decisions about configuration and agents."""

from __future__ import annotations

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.agent import State as AgentState
from gateway.acd.model.configuration import ENGINE_VERSION, GRACE_MS
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matching import Matching
from gateway.acd.model.queueing import open_up
from gateway.kernel.errors import WeccError


def start(engine: Matching, command: c.Start) -> None:
    """A writer takes over. Sockets died with the last one, so everyone gets the grace to come
    back, and what rang goes on ringing at least as long.
    """
    now_ms = engine.now_ms
    until_ms = now_ms + GRACE_MS
    engine.emit(e.Started(at_ms=now_ms, version=ENGINE_VERSION, epoch=command.epoch))
    for agent in list(engine.state.agents.values()):
        if agent.state != "offline":
            engine.emit(e.AgentAway(at_ms=now_ms, agent_id=agent.id, until_ms=until_ms))
    for offer in list(engine.state.offers.values()):
        if offer.expires_at_ms < until_ms:
            engine.emit(e.OfferHeld(at_ms=now_ms, offer_id=offer.id, expires_at_ms=until_ms))


def set_queue(engine: Matching, command: c.SetQueue) -> None:
    """Add or change a queue and match everything that waits anew."""
    if engine.state.queues.get(command.queue.queue_id) == command.queue:
        return
    engine.emit(e.QueueSet(at_ms=engine.now_ms, queue=command.queue))
    engine.sweep()


def remove_queue(engine: Matching, command: c.RemoveQueue) -> None:
    """Remove a queue that holds no work."""
    queue_id = command.queue_id
    if queue_id not in engine.state.queues:
        return
    if any(item.queue_id == queue_id for item in engine.state.interactions.values()):
        raise WeccError("in_use", "The queue still holds work. Let it be finished or moved.")
    engine.emit(e.QueueRemoved(at_ms=engine.now_ms, queue_id=queue_id))


def set_profile(engine: Matching, command: c.SetProfile) -> None:
    """Change what an agent can do and look for work that fits now."""
    if engine.state.profiles.get(command.agent_id) == command.profile:
        return
    engine.emit(
        e.ProfileSet(at_ms=engine.now_ms, agent_id=command.agent_id, profile=command.profile)
    )
    agent = engine.state.agents.get(command.agent_id)
    if agent is not None:
        engine.fill(agent)


def connect(engine: Matching, command: c.Connect) -> None:
    """The first socket is there: from offline to not ready, or back from the grace."""
    agent = engine.state.agents.get(command.agent_id)
    if agent is None or agent.state == "offline":
        engine.enter(command.agent_id, "not_ready")
    elif agent.away_until_ms is not None:
        engine.emit(e.AgentBack(at_ms=engine.now_ms, agent_id=agent.id))
        engine.fill(agent)


def drop(engine: Matching, command: c.Drop) -> None:
    """The last socket is gone: the grace begins."""
    agent = engine.state.agents.get(command.agent_id)
    if agent is None or agent.state == "offline" or agent.away_until_ms is not None:
        return
    until_ms = engine.now_ms + GRACE_MS
    engine.emit(e.AgentAway(at_ms=engine.now_ms, agent_id=agent.id, until_ms=until_ms))


def set_state(engine: Matching, command: c.SetState) -> None:
    """Go ready or not ready by hand, or be set so by a lead. Takes a declared state back."""
    agent = on_duty(engine, command.agent_id)
    state: AgentState = "ready" if command.ready else "not_ready"
    reason = "" if command.ready else command.reason
    if (agent.state, agent.reason) == (state, reason):
        take_back(engine, agent)
    else:
        begin(engine, agent, state, reason, command.max_s, command.by)


def begin(
    engine: Matching, agent: Agent, state: AgentState, reason: str, max_s: int, by: str = ""
) -> None:
    """Let a state begin now; a grace that runs goes on."""
    away_until_ms = agent.away_until_ms
    engine.enter(agent.id, state, reason, max_s, by)
    if away_until_ms is not None:
        engine.emit(e.AgentAway(at_ms=engine.now_ms, agent_id=agent.id, until_ms=away_until_ms))
    if state == "ready":
        engine.fill(agent)
    else:
        engine.match_all(open_direct(engine, agent.id))


def declare_next(engine: Matching, command: c.DeclareNext) -> None:
    """Say what begins when the last work ends: at once when there is none."""
    agent = on_duty(engine, command.agent_id)
    if command.ready is None:
        take_back(engine, agent)
        return
    state: AgentState = "ready" if command.ready else "not_ready"
    reason = "" if command.ready else command.reason
    if (agent.state, agent.reason) == (state, reason):
        take_back(engine, agent)
    elif engine.is_empty_handed(agent):
        begin(engine, agent, state, reason, command.max_s)
    elif (agent.next_state, agent.next_reason) != (state, reason):
        declared = e.NextDeclared(
            at_ms=engine.now_ms,
            agent_id=agent.id,
            state=state,
            reason=reason,
            max_s=command.max_s,
        )
        engine.emit(declared)
        engine.match_all(open_direct(engine, agent.id))


def take_back(engine: Matching, agent: Agent) -> None:
    """Forget a declared state; a ready agent gets offers again."""
    if agent.next_state is not None:
        engine.emit(e.NextDeclared(at_ms=engine.now_ms, agent_id=agent.id, state=None))
        engine.fill(agent)


def on_duty(engine: Matching, agent_id: str) -> Agent:
    """Return an agent who is not offline."""
    agent = engine.state.agents.get(agent_id)
    if agent is None or agent.state == "offline":
        raise WeccError("wrong_state", "Offline: the desk must be open first, then go ready.")
    return agent


def open_direct(engine: Matching, agent_id: str, *, is_lost: bool = False) -> list[Interaction]:
    """What waits for this agent alone waits for everyone from now on.

    Work for the contact's last agent goes on waiting where the policy says so, unless the agent
    is lost.
    """
    keeps = engine.state.policy.sticky_waits and not is_lost
    backlog = engine.index.backlog
    directed = [backlog.waiting[key] for key in backlog.direct.get(agent_id, ())]
    opened = [item for item in directed if not (keeps and item.is_sticky)]
    for item in opened:
        open_up(engine, item)
    return opened
