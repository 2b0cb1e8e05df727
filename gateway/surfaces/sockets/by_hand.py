"""What leads do by hand, by their sockets: to work that nobody has yet, and to agents."""

from __future__ import annotations

from gateway.acd.wire import steering
from gateway.surfaces.sockets.side import BaseSide


async def set_agent(side: BaseSide, frame: steering.AgentSet) -> None:
    """Set another agent's state."""
    await side.rooms.acd.steering.set_agent(
        side.known_actor(), frame.agent_id, frame.state, frame.reason, frame.why
    )
    side.ack(frame.ref)


async def sign_out(side: BaseSide, frame: steering.AgentSignOut) -> None:
    """Sign another agent out."""
    await side.rooms.acd.steering.sign_out(side.known_actor(), frame.agent_id, frame.why)
    side.ack(frame.ref)


async def undo(side: BaseSide, frame: steering.InterventionUndo) -> None:
    """Take back what a lead did."""
    await side.rooms.acd.steering.undo(side.known_actor(), frame.intervention_id, frame.why)
    side.ack(frame.ref)


async def move(side: BaseSide, frame: steering.InteractionMove) -> None:
    """Move waiting work to another queue."""
    await side.rooms.acd.steering.move(
        side.known_actor(), frame.interaction_id, frame.to_queue_id, frame.why
    )
    side.ack(frame.ref)


async def prioritize(side: BaseSide, frame: steering.InteractionPrioritize) -> None:
    """Change the priority of waiting work."""
    await side.rooms.acd.steering.prioritize(
        side.known_actor(), frame.interaction_id, frame.priority, frame.why
    )
    side.ack(frame.ref)


async def assign(side: BaseSide, frame: steering.InteractionAssign) -> None:
    """Have waiting work ring at an agent."""
    await side.rooms.acd.steering.assign(
        side.known_actor(),
        frame.interaction_id,
        frame.agent_id,
        frame.why,
        over_capacity=frame.over_capacity,
    )
    side.ack(frame.ref)
