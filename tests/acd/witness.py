"""Sees every entry before and after it changes the state, and knows the rules by itself.

What the oracle reads off a state at rest, this follows over time: the clocks of steps, steps that
had to be skipped at once, and that a place in the order comes from the clock and the priority.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.acd.model import entries as e
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State
from tests.acd.oracle import is_met, limit

_ENTERS = (e.Enqueued, e.Opened, e.Moved, e.Transferred, e.Overflowed, e.Relaxed)
_STOPS = (e.Offered, e.Taken, e.Accepted)
_GOES_ON = (e.OfferEnded, e.Released)


@dataclass
class StepClock:
    """How long a piece of work waited in its step; it stands still while ``since_ms`` is None."""

    budget_ms: int
    since_ms: int | None
    spent_ms: int = 0

    def spent_at(self, at_ms: int) -> int:
        return self.spent_ms + (at_ms - self.since_ms if self.since_ms is not None else 0)


class Witness:
    """Raises where an entry is not what the rules say."""

    def __init__(self) -> None:
        self._clocks: dict[str, StepClock] = {}
        self._must_pass: str | None = None
        self._late_ms = 0

    def before(self, state: State, entry: e.AnyEntry) -> None:
        """Look at an entry that is about to be applied."""
        if self._must_pass is not None:
            assert isinstance(entry, e.Relaxed | e.Overflowed), "nobody is there: skip the step"
            assert entry.interaction_id == self._must_pass
        if isinstance(entry, e.Enqueued):
            began_ms = min(entry.created_at_ms, entry.at_ms)
            assert entry.score == began_ms - 60_000 * entry.priority, "a minute per priority"
        elif isinstance(entry, e.Prioritized):
            item = state.interactions[entry.interaction_id]
            assert entry.score == item.enqueued_at_ms - 60_000 * entry.priority
        elif isinstance(entry, e.Relaxed):
            self._relaxes(state, entry)

    def _relaxes(self, state: State, entry: e.Relaxed) -> None:
        item = state.interactions[entry.interaction_id]
        steps = state.queues[item.queue_id].steps
        assert item.state == "waiting", "an offer is out: the step's clock stands still"
        assert entry.step == item.step + 1 < len(steps), "one step after the other"
        assert entry.priority == item.priority + steps[entry.step].priority
        assert entry.score == item.enqueued_at_ms - 60_000 * entry.priority
        clock = self._clocks.get(item.id)
        spent_ms = clock.spent_at(entry.at_ms) - clock.budget_ms if clock is not None else 0
        self._late_ms = max(0, spent_ms)
        if entry.reason == "expired":
            assert clock is not None
            assert spent_ms >= 0, "it waited as long as the step lasts, offers not counted"
        else:
            assert steps[item.step].skip_if == entry.reason
            assert not is_staffed(state, item), "somebody is there: the step is not skipped"

    def after(self, state: State, entry: e.AnyEntry) -> None:
        """Look at what it did."""
        self._must_pass = None
        if isinstance(entry, e.QueueSet):
            for one in state.interactions.values():
                if one.queue_id == entry.queue.queue_id and one.state == "waiting":
                    self._go_on(state, one)
            return
        item = state.interactions.get(getattr(entry, "interaction_id", ""))
        if item is None:
            return
        if isinstance(entry, _ENTERS):
            self._clocks.pop(item.id, None)
            self._go_on(state, item)
            if item.state == "waiting" and _is_skipped(state, item):
                self._must_pass = item.id
        elif isinstance(entry, _STOPS):
            clock = self._clocks.get(item.id)
            if clock is not None and clock.since_ms is not None:
                spent_ms = clock.spent_at(entry.at_ms)
                clock.spent_ms, clock.since_ms = min(spent_ms, clock.budget_ms), None
        elif isinstance(entry, _GOES_ON):
            self._go_on(state, item)
        self._late_ms = 0
        self._compare(item)

    def _go_on(self, state: State, item: Interaction) -> None:
        steps = state.queues[item.queue_id].steps
        clock = self._clocks.get(item.id)
        if item.direct_agent_id is not None or item.step >= len(steps) - 1:
            self._clocks.pop(item.id, None)
        elif clock is None:
            budget_ms = 1000 * (steps[item.step].after_s or 0) - self._late_ms
            self._clocks[item.id] = StepClock(budget_ms, state.at_ms)
        elif clock.since_ms is None:
            clock.since_ms = state.at_ms

    def _compare(self, item: Interaction) -> None:
        clock = self._clocks.get(item.id)
        due_ms = None
        if item.state == "waiting" and clock is not None and clock.since_ms is not None:
            due_ms = clock.since_ms + clock.budget_ms - clock.spent_ms
        assert item.step_until_ms == due_ms, "a step lasts as long as it says, offers not counted"

    def finish(self) -> None:
        """Nothing comes any more."""
        assert self._must_pass is None, "nobody is there: skip the step"


def _is_skipped(state: State, item: Interaction) -> bool:
    """Tell whether a step that just began should not have: it is passed over at once."""
    steps = state.queues[item.queue_id].steps
    if item.direct_agent_id is not None or item.step >= len(steps) - 1:
        return False
    return steps[item.step].skip_if != "none" and not is_staffed(state, item)


def is_staffed(state: State, item: Interaction) -> bool:
    """Tell whether somebody fits the step, ready or only on duty as its condition asks."""
    step = state.queues[item.queue_id].steps[item.step]
    for agent in state.agents.values():
        profile = state.profile(agent.id)
        skills = profile.skills
        is_there = agent.state != "offline"
        if step.skip_if == "nobody_ready":
            is_there = agent.state == "ready" and agent.away_until_ms is None
        has_own = step.drops_own or all(
            skill in skills and skills[skill] >= level for skill, level in item.skills.items()
        )
        is_member = profile.queue_ids is None or item.queue_id in profile.queue_ids
        fits = has_own and is_member and any(is_met(skills, one) for one in step.needs)
        if is_there and fits and limit(state, agent, item.kind):
            return True
    return False
