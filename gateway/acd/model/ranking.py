"""Which of several fitting agents gets the work: the order of agents that a queue chose.

``longest_idle``: who has the fewest interactions in hand; among equals, who went longest
without getting or finishing anything. It is the order in which the idle lines stand, so it
costs nothing. The other orders look at every fitting agent; ties fall back to this one.
With a fairness window who got the fewest interactions of the queue within it comes first; the
order decides among equals.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.expression import Needs, meets
from gateway.acd.model.idle import Idle, Seat
from gateway.acd.model.matrix import Requirement
from gateway.acd.model.state import State

_EVERYBODY = 1 << 40
_SHARE = 1_000_000
Excluded = dict[str, int]
Key = Callable[[Seat], tuple[int, ...]]


def first(
    state: State, idle: Idle, needed: Requirement, groups: int, excluded: Excluded, limit: int
) -> list[Seat]:
    """Return up to ``limit`` seats of the masked groups, the best first."""
    if needed.preferred is None:
        return _ordered(state, idle, needed, groups, excluded, limit)
    liked = groups & needed.liked
    chosen = _ordered(state, idle, needed, liked, excluded, limit)
    rest = groups & ~liked
    if rest and len(chosen) < limit:
        chosen += _ordered(state, idle, needed, rest, excluded, limit - len(chosen))
    return chosen


def _ordered(
    state: State, idle: Idle, needed: Requirement, groups: int, excluded: Excluded, limit: int
) -> list[Seat]:
    window_s = needed.queue.fairness_window_s if needed.queue is not None else 0
    if not window_s:
        return _by_order(state, idle, needed, groups, excluded, limit)
    seats = _by_order(state, idle, needed, groups, excluded, _EVERYBODY)
    since_ms = state.at_ms - 1000 * window_s
    return sorted(seats, key=lambda seat: got_since(seat, needed.queue_id, since_ms))[:limit]


def got_since(seat: Seat, queue_id: str, since_ms: int) -> int:
    """How much work of a queue the agent got lately; who got least comes first."""
    times = seat.agent.got.get(queue_id, ())
    return sum(at_ms > since_ms for at_ms in times)


def _by_order(
    state: State, idle: Idle, needed: Requirement, groups: int, excluded: Excluded, limit: int
) -> list[Seat]:
    order = needed.queue.order if needed.queue is not None else "longest_idle"
    if order in ("longest_idle", "manual"):
        return idle.first(groups, excluded, limit)
    seats = idle.first(groups, excluded, _EVERYBODY)
    if order == "round_robin":
        return _after(seats, state.turns.get(needed.queue_id, ""))[:limit]
    keys: dict[str, Key] = {
        "least_loaded": lambda seat: (_load(seat, needed.kind),),
        "best_skill": lambda seat: (-skill_of(state.profile(seat.agent.id), needed),),
        "weighted": lambda seat: (finish_of(state, seat.agent.id),),
    }
    return sorted(seats, key=keys[order])[:limit]


def _after(seats: list[Seat], last_id: str) -> list[Seat]:
    """Agents by id, beginning with the one after who had the last turn."""
    by_id = sorted(seats, key=lambda seat: seat.agent.id)
    return sorted(by_id, key=lambda seat: seat.agent.id <= last_id)


def _load(seat: Seat, kind: int) -> int:
    """The share of the capacity for this kind that is in use."""
    return seat.agent.load[kind] * _SHARE // seat.limits[kind]


def skill_of(profile: Profile, needed: Requirement) -> int:
    """How good an agent is at what is asked for: the levels of the skills it names, added up.

    Of several alternatives the one at which the agent is best counts.
    """
    return _best(profile.skills, needed.needed) + _best(profile.skills, needed.preferred)


def _best(skills: dict[str, int], needs: Needs | None) -> int:
    return max(
        (
            sum(skills.get(skill, 0) for skill, _, _ in alternative)
            for alternative in needs or ()
            if meets(skills, (alternative,))
        ),
        default=0,
    )


# ---- turns -----------------------------------------------------------------------------------


def finish_of(state: State, agent_id: str) -> int:
    """When the agent's next share would be used up, on the clock of shares.

    Whoever has twice the weight moves on half as far with each interaction, and so has twice
    the turns. Who goes ready joins at the present time of that clock and does not catch up.
    """
    return state.agents[agent_id].share_used + _SHARE // state.profile(agent_id).weight


def count_turn(state: State, queue: QueueRule | None, agent_id: str) -> None:
    """The agent got work of a queue that goes by turns or shares."""
    if queue is None or queue.order not in ("round_robin", "weighted"):
        return
    if queue.order == "round_robin":
        state.turns[queue.queue_id] = agent_id
        return
    agent, finish = state.agents[agent_id], finish_of(state, agent_id)
    state.share_clock = max(agent.share_used, state.share_clock)
    agent.share_used = finish
