"""Decisions about capacity that is not a queue's work: policy, and slots."""

from __future__ import annotations

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import KIND_NUMBER
from gateway.acd.model.matching import Matching
from gateway.kernel.errors import WeccError


def set_policy(engine: Matching, command: c.SetPolicy) -> None:
    """Change the rules of capacity and match everything that waits anew."""
    if engine.state.policy == command.policy:
        return
    engine.emit(e.PolicySet(at_ms=engine.now_ms, policy=command.policy))
    engine.sweep()


def hold_slot(engine: Matching, command: c.HoldSlot) -> None:
    """Take an agent's capacity for a consult, a conference or a call of their own."""
    if command.slot_id in engine.state.slots:
        return
    agent = present(engine, command.agent_id)
    if not command.over_capacity:
        check_room(engine, agent, KIND_NUMBER[command.kind])
    engine.emit(
        e.SlotHeld(
            at_ms=engine.now_ms,
            slot_id=command.slot_id,
            agent_id=agent.id,
            interaction_kind=command.kind,
            cause=command.cause,
            over_capacity=command.over_capacity,
        )
    )


def release_slot(engine: Matching, command: c.ReleaseSlot) -> None:
    """Give the capacity back and look for work."""
    slot = engine.state.slots.get(command.slot_id)
    if slot is None:
        return
    engine.emit(e.SlotReleased(at_ms=engine.now_ms, slot_id=slot.id, agent_id=slot.agent_id))
    engine.fill(engine.state.agents[slot.agent_id])


def release_slots(engine: Matching, agent: Agent) -> None:
    """The agent is lost: nothing of theirs goes on."""
    if not agent.slots:
        return
    for slot in list(engine.state.slots.values()):
        if slot.agent_id == agent.id:
            engine.emit(e.SlotReleased(at_ms=engine.now_ms, slot_id=slot.id, agent_id=agent.id))


def present(engine: Matching, agent_id: str) -> Agent:
    """Return an agent who is on duty and whose desk is connected."""
    agent = engine.state.agents.get(agent_id)
    if agent is None or agent.state == "offline" or agent.away_until_ms is not None:
        raise WeccError(
            "nobody_there", "That agent is not at the desk now. Choose another.", field="agent_id"
        )
    return agent


def has_room(engine: Matching, agent: Agent, kind: int, queue_id: str = "") -> bool:
    """Tell whether the agent's capacity holds one more of this kind, and of this queue."""
    seat = engine.index.seats[agent.id]
    return agent.load[kind] < seat.limits[kind] and queue_id not in seat.closed


def check_room(engine: Matching, agent: Agent, kind: int, queue_id: str = "") -> None:
    """Refuse what the agent's capacity does not hold."""
    if not has_room(engine, agent, kind, queue_id):
        raise WeccError(
            "conflict", "That agent holds as much of this kind as allowed.", field="agent_id"
        )
