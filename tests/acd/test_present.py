"""What the live page and the widget's light are told without looking at every agent."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.acd.model.engine import Engine
from gateway.acd.service.views import steps_of
from tests.supervision.journals import QUEUES, random_journal


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 120))
def test_who_is_ready_and_free_equals_looking_at_everybody(seed: int, steps: int) -> None:
    engine = Engine()
    for entry in random_journal(seed, steps):
        engine.apply(entry)
    state, index = engine.state, engine.index
    for queue_id in QUEUES:
        needs = steps_of(state, index, queue_id)
        groups = index.matrix.groups_for(needs[0])
        fitting = [seat for seat in index.seats.values() if groups >> seat.base & 1]
        ready = [seat for seat in fitting if seat.agent.state == "ready"]
        assert index.ready_for(*needs) == len(ready)
        assert index.has_free(needs[0]) == any(seat.open for seat in ready)
    assert sum(index.statuses.values()) == len(state.agents)
