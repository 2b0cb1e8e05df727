"""Scenarios and recorded work: the real engine in virtual time, repeatable and bounded."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import Overflow, QueueRule
from gateway.acd.model.hours import Hours
from gateway.acd.simulation import rehearsal
from gateway.acd.simulation.driver import Driver
from gateway.acd.simulation.laws import (
    NEVER,
    NEVER_MS,
    Empirical,
    Exponential,
    Fixed,
    Law,
    Lognormal,
    draw_ms,
    quantile_ms,
    survival,
)
from gateway.acd.simulation.openings import Calendar
from gateway.acd.simulation.recording import Closure, Recording, record
from gateway.acd.simulation.rehearsal import Comparison, Configuration, Order, rehearse
from gateway.acd.simulation.run import simulate
from gateway.acd.simulation.scenario import Scenario, read
from gateway.acd.simulation.tally import QueueOutcome, table
from gateway.acd.wire import OpenWindow
from gateway.kernel.errors import WeccError

EXAMPLE = Path(__file__).parents[2] / "docs/examples/scenario.toml"
SHORT = b"""
hours = 3
[[queue]]
id = "sales"
[[queue]]
id = "help"
[[agents]]
name = "both"
count = 4
capacity = { chat = 2 }
shifts_h = [[0, 1.5], [1.6, 3]]
[[work]]
queue = "sales"
per_hour = [40, 60, 50]
handling = { law = "exponential", mean_s = 180 }
patience = { law = "exponential", mean_s = 120 }
answer = { law = "fixed", s = 2 }
[[work]]
queue = "help"
kind = "chat"
per_hour = [30, 30, 30]
handling = { law = "lognormal", mean_s = 240, cv = 0.8 }
patience = { law = "exponential", mean_s = 300 }
"""


# ---- laws


@pytest.mark.parametrize(
    ("law", "mean_s"),
    [(Fixed(30), 30), (Exponential(60), 60), (Lognormal(90, 0.7), 90), (Empirical([10, 30]), 20)],
)
def test_laws_have_their_means(law: Law, mean_s: float) -> None:
    rng = Random(5)
    drawn = [draw_ms(law, rng) for _ in range(20_000)]
    assert sum(drawn) / len(drawn) / 1000 == pytest.approx(mean_s, rel=0.03)


def test_patience_that_nobody_saw_end_is_endless() -> None:
    assert survival([1_000, 2_000], [False, False]) == NEVER
    assert quantile_ms(NEVER, 0.5) == NEVER_MS
    law = survival([1_000, 2_000, 3_000], [True, False, False])
    assert isinstance(law, Empirical)
    assert quantile_ms(law, 0.3) == 1_000
    assert quantile_ms(law, 0.9) == NEVER_MS


def test_kaplan_and_meier_worked_by_hand() -> None:
    times = [6_000, 6_000, 6_000, 6_000, 7_000, 9_000, 10_000, 10_000]
    ended = [True, True, True, False, True, False, True, False]
    law = survival(times, ended)
    assert isinstance(law, Empirical)
    assert law.values_s == [6.0, 7.0, 10.0]
    alive = [5 / 8, 5 / 8 * 3 / 4, 5 / 8 * 3 / 4 * 1 / 2]
    assert law.shares == pytest.approx([1 - share for share in alive])


# ---- scenarios


def test_the_example_of_the_documentation_runs() -> None:
    outcome = simulate(read(EXAMPLE.read_bytes()), 3)
    sales = outcome.queues[0]
    assert (sales.queue_id, sales.kind) == ("sales", "call")
    assert sales.offered == sales.answered + sales.abandoned + sales.unfinished
    assert sales.overflowed == 0
    assert outcome.occupancy is not None
    assert 0.5 < outcome.occupancy < 1.0
    assert outcome.fairness is not None
    assert 0.8 < outcome.fairness <= 1.0
    assert "sales" in table(outcome)


def test_a_seed_repeats_a_run_and_another_does_not() -> None:
    scenario = read(SHORT)
    assert simulate(scenario, 1) == simulate(scenario, 1)
    assert simulate(scenario, 1) != simulate(scenario, 2)


def test_who_overflows_is_counted_in_both_queues() -> None:
    rule = b"""overflow = [{ when = "size", limit = 2, to_queue_id = "help" }]
[[queue]]
id = "help"
"""
    text = SHORT.replace(b'[[queue]]\nid = "help"\n', rule, 1)
    outcome = simulate(read(text.replace(b"[40, 60, 50]", b"[200, 200, 200]")), 1)
    calls = {one.queue_id: one for one in outcome.queues if one.kind == "call"}
    assert calls["sales"].overflowed > 10
    assert calls["help"].offered == calls["sales"].overflowed
    for one in calls.values():
        assert one.offered == one.answered + one.abandoned + one.overflowed + one.unfinished


def test_arrivals_follow_the_rate_of_their_interval() -> None:
    text = SHORT.replace(b"[40, 60, 50]", b"[600, 0, 1200]")
    came = [one.at_ms for one in read(text).arrivals("4") if one.queue_id == "sales"]
    hours = [sum(at_ms // 3_600_000 == hour for at_ms in came) for hour in range(3)]
    assert hours[0] == pytest.approx(600, abs=100)
    assert hours[1] == 0
    assert hours[2] == pytest.approx(1_200, abs=140)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b"hours = 3", b"hours = -1"), "hours"),
        ((b"hours = 3", b"hours = 3\nspeed = 2"), "'speed' is not known"),
        ((b'id = "help"', b'id = "sales"'), "same id"),
        ((b'id = "help"', b'id = "help"\ncolour = 1'), "queue 2: 'colour' is not known"),
        ((b'id = "help"', b"id = 7"), "queue 2"),
        ((b"count = 4", b"count = 400000"), "agents 1"),
        ((b"count = 4", b'count = 4\nqueues = ["none"]'), "no queue 'none'"),
        ((b"{ chat = 2 }", b"{ fax = 2 }"), "no kind 'fax'"),
        ((b"[[0, 1.5], [1.6, 3]]", b"[[0, 2], [1.6, 3]]"), "do not overlap"),
        ((b'queue = "help"', b'queue = "nowhere"'), "no queue 'nowhere'"),
        ((b"per_hour = [40, 60, 50]", b""), "per_hour or at_s"),
        ((b"per_hour = [40, 60, 50]", b"at_s = [3, 1]"), "at_s must rise"),
        ((b"per_hour = [40, 60, 50]", b"per_hour = [nan]"), "work 1"),
        ((b"per_hour = [40, 60, 50]", b"per_hour = [1000000, 1000000, 1000000]"), "contacts"),
        ((b"mean_s = 180", b"mean_s = 0"), "work 1"),
        ((b'law = "lognormal"', b'law = "weibull"'), "work 2"),
        (
            (b'{ law = "fixed", s = 2 }', b'{ law = "empirical", values_s = [3, 1] }'),
            "answer: values_s must rise",
        ),
        ((b'{ law = "exponential", mean_s = 180 }', b'{ law = "never" }'), "handling must end"),
        ((b"[[work]]", b"[work"), "not TOML"),
    ],
)
def test_a_broken_scenario_is_named(change: tuple[bytes, bytes], words: str) -> None:
    with pytest.raises(WeccError) as caught:
        read(SHORT.replace(*change, 1))
    assert caught.value.code == "bad_value"
    assert words in caught.value.message


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a = " + b"[" * 50_000, b"#" * 4_000_001, b""])
def test_hostile_files_are_refused(data: bytes) -> None:
    with pytest.raises(WeccError, match="scenario"):
        read(data)


# ---- recorded work


def _recorded(scenario: Scenario, seed: int) -> list[str]:
    bodies: list[str] = []
    driver = Driver(scenario.floor(), lambda entry: bodies.append(e.encode(entry).decode()))
    driver.run(scenario.arrivals(str(seed)), scenario.until_ms + 3_600_000)
    return bodies


def _configuration(scenario: Scenario, **priorities: int) -> Configuration:
    floor = scenario.floor()
    queues = [
        msgspec.structs.replace(rule, priority=priorities.get(rule.queue_id, rule.priority))
        for rule in floor.queues
    ]
    return Configuration(queues=tuple(queues), profiles=floor.profiles)


@pytest.fixture(scope="module")
def week() -> tuple[Scenario, Recording]:
    scenario = read(SHORT)
    recording, unread = record(_recorded(scenario, 8))
    assert unread == 0
    return scenario, recording


def test_recorded_work_comes_out_as_it_was(week: tuple[Scenario, Recording]) -> None:
    scenario, recording = week
    present = _configuration(scenario)
    compared = rehearse(recording, "sales", (present, present), 1)
    assert compared.before is not None
    assert compared.before == compared.after
    for was, again in zip(compared.recorded, compared.before.queues, strict=True):
        assert (was.offered, was.kind) == (again.offered, again.kind)
        assert again.answered == pytest.approx(was.answered, abs=3)
        assert again.asa_s == pytest.approx(was.asa_s, rel=0.1)


def test_a_change_shows_in_the_queue_it_helps(week: tuple[Scenario, Recording]) -> None:
    scenario, recording = week
    present, first = _configuration(scenario), _configuration(scenario, help=30)
    compared = rehearse(recording, "help", (present, first), 1)
    assert compared == rehearse(recording, "help", (present, first), 1)
    assert compared.before is not None
    assert compared.after is not None
    waits = {
        run_name: {one.queue_id: one.asa_s or 0.0 for one in run.queues}
        for run_name, run in (("before", compared.before), ("after", compared.after))
    }
    assert waits["after"]["help"] < waits["before"]["help"]


def test_too_little_work_is_said_to_be_too_little(week: tuple[Scenario, Recording]) -> None:
    scenario, recording = week
    few = msgspec.structs.replace(recording, contacts=recording.contacts[:20])
    present = _configuration(scenario)
    compared = rehearse(few, "sales", (present, present), 1)
    assert compared.before is None
    assert compared.after is None
    assert compared.contacts == 20


def test_a_rehearsal_ends_after_so_many_steps(week: tuple[Scenario, Recording]) -> None:
    scenario, recording = week
    present = _configuration(scenario)
    compared = rehearse(recording, "sales", (present, present), 1, most_steps=100)
    assert compared.before is not None
    assert compared.before.is_complete is False


def test_a_rehearsal_survives_what_is_not_a_journal(week: tuple[Scenario, Recording]) -> None:
    scenario, _ = week
    present = _configuration(scenario)
    gone = Configuration(queues=(QueueRule(queue_id="other"),))
    bodies = ["{", '{"kind":"unheard_of","at_ms":1}', *_recorded(scenario, 9)]
    order = Order(bodies=bodies, since_ms=0, queue_id="sales", before=present, after=gone, seed=1)
    answer = rehearsal.rehearse_bytes(msgspec.msgpack.encode(order))
    compared = msgspec.msgpack.decode(answer, type=Comparison)
    assert compared.after is not None
    assert compared.after.queues == []


def test_what_came_before_the_time_asked_for_is_left_out(week: tuple[Scenario, Recording]) -> None:
    scenario, whole = week
    late, _ = record(_recorded(scenario, 8), since_ms=3_600_000)
    assert late.from_ms == 3_600_000
    assert len(late.contacts) == sum(one.at_ms >= 3_600_000 for one in whole.contacts)
    assert len(late.shifts) == len(whole.shifts)
    assert min(shift.from_ms for shift in late.shifts) == 3_600_000


def _fields(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def test_nothing_a_person_wrote_is_in_a_recording(week: tuple[Scenario, Recording]) -> None:
    _, recording = week
    assert set(_fields(recording.contacts[0])) == {
        "at_ms", "kind", "queue_id", "skills", "priority", "waited_ms", "answer_ms",
        "handling_ms", "wrap_up_ms", "has_left", "has_overflowed",
    }  # fmt: skip


def _day(open_hour: int, close_hour: int) -> Hours:
    windows = [
        OpenWindow(weekday=day, from_minute=60 * open_hour, to_minute=60 * close_hour)
        for day in range(7)
        if open_hour < close_hour
    ]
    return Hours(time_zone="UTC", windows=windows)


def _outcomes(found: Comparison) -> tuple[QueueOutcome, QueueOutcome]:
    assert found.before is not None
    assert found.after is not None
    pair = [
        next(one for one in run.queues if one.queue_id == "sales")
        for run in (found.before, found.after)
    ]
    return pair[0], pair[1]


def test_a_rehearsal_keeps_the_hours_of_each_configuration(
    week: tuple[Scenario, Recording],
) -> None:
    scenario, recording = week
    present = _configuration(scenario)
    never = msgspec.structs.replace(present, hours={"sales": _day(0, 0)})
    before, after = _outcomes(rehearse(recording, "sales", (present, never), 1))
    assert before.overflowed == 0
    assert (after.offered, after.answered, after.overflowed) == (before.offered, 0, before.offered)

    elsewhere = Overflow(when="closed", to_queue_id="help")
    queues = tuple(
        msgspec.structs.replace(rule, overflow=(elsewhere,) if rule.queue_id == "sales" else ())
        for rule in never.queues
    )
    sent_on = msgspec.structs.replace(never, queues=queues)
    found = rehearse(recording, "sales", (present, sent_on), 1)
    before, after = _outcomes(found)
    assert after.overflowed == before.offered
    assert found.after is not None
    helped = sum(one.offered for one in found.after.queues if one.queue_id == "help")
    assert helped > before.offered


def test_a_rehearsal_keeps_the_emergencies_that_were(week: tuple[Scenario, Recording]) -> None:
    scenario, _ = week
    bodies = _recorded(scenario, 8)
    at_ms = [e.decode(body).at_ms for body in bodies]
    half = len(bodies) // 2
    shut = e.QueueOpen(at_ms=at_ms[half], queue_id="sales", closed="emergency")
    bodies.insert(half, e.encode(shut).decode())
    recording, _ = record(bodies)
    (closure,) = recording.closures
    assert (closure.queue_id, closure.from_ms) == ("sales", at_ms[half])
    present = _configuration(scenario)
    before, after = _outcomes(rehearse(recording, "sales", (present, present), 1))
    late = sum(
        one.at_ms >= closure.from_ms and one.queue_id == "sales" for one in recording.contacts
    )
    assert before == after
    assert before.overflowed == late > 0


@given(st.integers(0, 23), st.integers(1, 24), st.integers(0, 300), st.integers(1, 300))
def test_a_calendar_says_what_the_hours_say(
    open_hour: int, close_hour: int, from_h: int, for_h: int
) -> None:
    hours = _day(min(open_hour, close_hour - 1), close_hour)
    start_ms = 1_800_000_000_000 + from_h * 3_600_000
    closure = Closure(queue_id="q", from_ms=start_ms + 7_200_000, to_ms=start_ms + 9_000_000)
    calendar = Calendar({"q": hours}, [closure], (start_ms, start_ms + for_h * 3_600_000))
    for at_ms in range(start_ms, start_ms + for_h * 3_600_000, 1_700_000):
        emergency = closure.from_ms <= at_ms < closure.to_ms
        expected = "emergency" if emergency else "" if hours.is_open(at_ms) else "hours"
        assert calendar.closed("q", at_ms) == expected
    assert calendar.closed("other", start_ms) == ""
