"""Wait estimates: the formulas, what is unknown, and ranges that hold."""

from __future__ import annotations

from math import log, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.acd.model import commands as c
from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.engine import Engine
from gateway.acd.model.estimate import Estimates, Range
from gateway.acd.model.estimate.calibration import Calibration, band_of
from gateway.acd.model.estimate.quantiles import (
    Z50,
    Z90,
    digamma,
    gamma_quantile,
    place_moments,
    trigamma,
)
from gateway.bench import waits

EULER = 0.5772156649015329
KEY = ("qu_1", "chat", ())


def test_digamma_and_trigamma_have_their_known_values() -> None:
    assert digamma(1.0) == pytest.approx(-EULER, abs=1e-11)
    assert digamma(0.5) == pytest.approx(-EULER - 2 * log(2), abs=1e-11)
    assert digamma(10.0) == pytest.approx(2.251752589066721, abs=1e-11)
    assert trigamma(1.0) == pytest.approx(pi * pi / 6, abs=1e-11)
    assert trigamma(0.5) == pytest.approx(pi * pi / 2, abs=1e-11)


@given(
    ahead=st.integers(0, 400),
    service=st.floats(1e-6, 1.0),
    patience=st.floats(0.0, 10.0),
)
def test_the_closed_form_is_the_sum_over_places(
    ahead: int, service: float, patience: float
) -> None:
    leaving = service * patience
    mean, variance = place_moments(ahead, service, leaving)
    rates = [service + k * leaving for k in range(ahead + 1)]
    assert mean == pytest.approx(sum(1 / rate for rate in rates), rel=1e-4)
    assert variance == pytest.approx(sum(1 / rate**2 for rate in rates), rel=1e-3)


@given(service=st.floats(1e-6, 1.0), patience=st.floats(0.0, 5.0), ahead=st.integers(0, 300))
def test_further_back_is_never_sooner(service: float, patience: float, ahead: int) -> None:
    here = place_moments(ahead, service, service * patience)
    behind = place_moments(ahead + 1, service, service * patience)
    assert behind[0] > here[0]
    assert gamma_quantile(*behind, Z90) > gamma_quantile(*here, Z90)
    assert gamma_quantile(*here, Z90) >= gamma_quantile(*here, Z50)


def test_quantiles_of_an_exponential_wait() -> None:
    assert gamma_quantile(60.0, 3600.0, Z50) == pytest.approx(60 * log(2), rel=0.02)
    assert gamma_quantile(60.0, 3600.0, Z90) == pytest.approx(60 * log(10), rel=0.02)


def test_a_told_range_is_rounded_outwards() -> None:
    told = Range(mean_ms=1.0, p50_ms=50_000, p90_ms=121_000, basis="queue_length")
    assert told.rounded() == (45_000, 150_000)


def test_a_promise_that_fails_moves_until_it_holds() -> None:
    calibration = Calibration()
    for number in range(4_000):
        told_ms = round(1_000 * calibration.most.factor)
        calibration.check(waited_ms=number * 7_919 % 4_000, p50_ms=1, p90_ms=told_ms)
    assert calibration.most.factor == pytest.approx(3.6, rel=0.1)
    assert calibration.most.coverage == pytest.approx(0.9, abs=0.02)
    assert band_of(0) == 0
    assert band_of(1_000) == 4


class Room:
    """A queue, two agents with room for one chat each, and an estimator behind the engine."""

    def __init__(self, agents: int = 2) -> None:
        self.engine = Engine()
        self.estimates = Estimates()
        self.now_ms = 0
        self.number = 0
        self.do(c.SetQueue(queue=QueueRule(queue_id="qu_1")))
        for number in range(agents):
            profile = Profile(capacity={"chat": 1})
            self.do(c.SetProfile(agent_id=f"us_{number}", profile=profile))
            self.do(c.Connect(agent_id=f"us_{number}"))
            self.do(c.SetState(agent_id=f"us_{number}", ready=True))

    def do(self, command: c.Command) -> None:
        self.estimates.fold_all(self.engine.handle(command, self.now_ms))

    def come(self) -> str:
        self.number += 1
        key = f"in_{self.number}"
        self.do(
            c.Enqueue(
                interaction_id=key,
                kind="chat",
                conversation_id=key,
                queue_id="qu_1",
                created_at_ms=self.now_ms,
            )
        )
        return key

    def serve(self, handling_ms: int) -> None:
        """One contact comes to a free agent and is done."""
        self.come()
        (offer,) = self.engine.state.offers.values()
        self.do(c.Accept(offer_id=offer.id, agent_id=offer.agent_id))
        self.now_ms += handling_ms
        self.do(c.End(interaction_id=offer.interaction_id))

    def tell(self, key: str, ahead: int) -> Range | None:
        return self.estimates.tell(key, ahead, self.now_ms)


def test_unknown_stays_unknown() -> None:
    room = Room(agents=0)
    waiting = room.come()
    assert room.tell(waiting, 0) is None  # nobody is there
    room.now_ms += 600_000
    assert room.tell(waiting, 0) is None
    assert room.estimates.estimate(("qu_2", "chat", ()), 0, room.now_ms) is None


def test_who_was_served_at_once_promises_others_nothing() -> None:
    room = Room(agents=1)
    room.do(c.SetState(agent_id="us_0", ready=False))
    room.come()
    room.now_ms += 20
    room.do(c.SetState(agent_id="us_0", ready=True))
    assert room.engine.state.offers
    waiting = room.come()
    assert room.tell(waiting, 0) is None
    room.now_ms += 300_000
    assert room.tell(waiting, 0) is None


def test_the_first_rates_take_over_from_the_head_of_the_line() -> None:
    room = Room()
    room.come(), room.come()
    first, second = room.come(), room.come()
    room.now_ms += 30_000
    assert room.tell(first, 0) is None  # the head itself, and nobody was served before
    told = room.tell(second, 1)
    assert told is not None
    assert (told.basis, told.mean_ms) == ("head_of_line", 30_000)
    other = Room()
    for _ in range(12):
        other.serve(60_000)
    other.come(), other.come()
    told = other.tell(other.come(), 0)
    assert told is not None
    assert told.basis == "queue_length"
    assert told.mean_ms == pytest.approx(30_000, rel=0.1)  # two agents, a minute each


def test_fewer_agents_mean_a_longer_wait_at_once() -> None:
    room = Room()
    for _ in range(20):
        room.serve(60_000)
    room.come(), room.come()
    third = room.come()
    before = room.tell(third, 0)
    room.do(c.SetState(agent_id="us_0", ready=False, reason="meal"))
    room.now_ms += 2_000
    after = room.tell(third, 0)
    assert before is not None
    assert after is not None
    assert after.mean_ms > 1.7 * before.mean_ms
    room.do(c.SetState(agent_id="us_1", ready=False, reason="meal"))
    room.now_ms += 2_000
    assert room.tell(third, 0) is None


def test_a_fresh_fold_of_the_state_knows_who_waits() -> None:
    room = Room()
    for _ in range(12):
        room.serve(60_000)
    room.come(), room.come()
    third = room.come()
    room.estimates.begin(room.engine.state)
    told = room.tell(third, 0)
    assert told is not None
    assert told.mean_ms == pytest.approx(30_000, rel=0.1)
    assert list(room.estimates.flows[KEY].waiting) == [third]


def test_ranges_hold_and_ours_is_nearest_on_a_short_trace() -> None:
    figures = waits.run(seed=7, measured=12_000)
    rivals = [figures[f"rmse_c60_{name}"] for name in waits.RIVALS]
    assert figures["rmse_c60"] < min(rivals)
    assert figures["rmse_c60"] <= 0.45
    assert 0.85 <= figures["p90_coverage"] <= 0.95
