"""The moves that journal entries are made of: holding, freeing, waiting, closing."""

from __future__ import annotations

from gateway.acd.model.configuration import KIND_NUMBER
from gateway.acd.model.idle import Seat
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State


def occupy(state: State, index: Index, agent_id: str, item: Interaction) -> None:
    """The agent holds one more interaction."""
    seat = index.seats[agent_id]
    seat.agent.load[KIND_NUMBER[item.kind]] += 1
    seat.work[item.id] = None
    to_back(state, index, seat)


def free(
    state: State, index: Index, agent_id: str, item: Interaction, *, front_at_ms: int | None = None
) -> None:
    """The agent holds one less; a withdrawn offer gives the place in the idle order back."""
    seat = index.seats[agent_id]
    seat.agent.load[KIND_NUMBER[item.kind]] -= 1
    del seat.work[item.id]
    if front_at_ms is None:
        to_back(state, index, seat)
        return
    seat.agent.rank = state.front_rank
    state.front_rank -= 1
    index.move(seat)


def to_back(state: State, index: Index, seat: Seat) -> None:
    """The agent is the last in the idle order of their load."""
    agent = seat.agent
    agent.rank = state.next_rank
    agent.idle_since_ms = state.at_ms
    state.next_rank += 1
    index.move(seat)


def wait(state: State, index: Index, item: Interaction) -> None:
    """The interaction waits, at its old place."""
    item.state = "waiting"
    item.epoch += 1
    item.agent_id = item.offer_id = None
    index.backlog.join(item, state.queues.get(item.queue_id))
    for agent_id, until_ms in item.excluded.items():
        index.timers.add(until_ms, "readmit", item.id, agent_id)
    if item.direct_until_ms is not None:
        index.timers.add(item.direct_until_ms, "direct", item.id)


def activate(item: Interaction, agent_id: str, at_ms: int) -> None:
    """The interaction is in the agent's hands."""
    item.state = "active"
    item.epoch += 1
    item.agent_id = agent_id
    item.accepted_at_ms = at_ms
    item.direct_agent_id = item.direct_until_ms = None
    item.excluded = {}


def close(state: State, index: Index, item: Interaction) -> None:
    """The interaction is over and leaves."""
    item.state = "closed"
    item.epoch += 1
    item.wrap_up_until_ms = None
    if item.agent_id is not None:
        free(state, index, item.agent_id, item)
    index.unknow(item)
    state.forget(item)
