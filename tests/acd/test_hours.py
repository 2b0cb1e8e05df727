"""Business hours across daylight saving, holidays and bad input."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gateway.acd.model.hours import Hours, checked
from gateway.acd.wire import HoursBody, OpenWindow
from gateway.kernel.errors import WeccError

BERLIN = "Europe/Berlin"
WEEKDAYS = [OpenWindow(weekday=day, from_minute=540, to_minute=1_020) for day in range(5)]


def at(text: str, zone: str = BERLIN, fold: int = 0) -> int:
    local = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(local.timestamp() * 1000)


def hours(*windows: OpenWindow, closed: tuple[str, ...] = ()) -> Hours:
    return Hours(time_zone=BERLIN, windows=windows, closed_dates=frozenset(closed))


def test_nine_is_nine_in_summer_and_winter() -> None:
    office = hours(*WEEKDAYS)
    for day in ("2026-03-27", "2026-03-30", "2026-10-23", "2026-10-26"):
        assert not office.is_open(at(f"{day}T08:59"))
        assert office.is_open(at(f"{day}T09:00"))
        assert office.is_open(at(f"{day}T16:59"))
        assert not office.is_open(at(f"{day}T17:00"))
    assert not office.is_open(at("2026-03-28T12:00")), "a Saturday"


def test_the_missing_hour_does_not_open() -> None:
    night = hours(OpenWindow(weekday=6, from_minute=120, to_minute=180))
    before = at("2026-03-29T01:59")
    assert not any(night.is_open(before + minute * 60_000) for minute in range(120))


def test_the_repeated_hour_is_open_twice() -> None:
    night = hours(OpenWindow(weekday=6, from_minute=120, to_minute=180))
    start = at("2026-10-25T01:00")
    assert sum(night.is_open(start + minute * 60_000) for minute in range(300)) == 120


def test_closed_dates_close_the_local_day() -> None:
    office = hours(*WEEKDAYS, closed=("2026-12-25",))
    assert not office.is_open(at("2026-12-25T12:00"))
    assert office.is_open(at("2026-12-24T12:00"))


def test_next_change() -> None:
    office = hours(*WEEKDAYS, closed=("2026-12-25",))
    assert office.next_change_ms(at("2026-12-24T12:00")) == at("2026-12-24T17:00")
    assert office.next_change_ms(at("2026-12-24T18:00")) == at("2026-12-28T09:00")
    always = hours(*[OpenWindow(weekday=d, from_minute=0, to_minute=1_440) for d in range(7)])
    assert always.next_change_ms(at("2026-12-24T12:00")) is None
    assert hours().next_change_ms(0) is None


@given(
    st.integers(min_value=1_600_000_000_000, max_value=2_000_000_000_000),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_nothing_changes_before_the_next_change(moment_ms: int, zone: str) -> None:
    windows = (
        OpenWindow(weekday=0, from_minute=60, to_minute=200),
        OpenWindow(weekday=6, from_minute=90, to_minute=170),
    )
    office = Hours(time_zone=zone, windows=windows)
    change_ms = office.next_change_ms(moment_ms)
    assert change_ms is not None
    assert office.is_open(change_ms) != office.is_open(moment_ms)
    step = max(60_000, (change_ms - moment_ms) // 50)
    for between in range(moment_ms, change_ms, step):
        assert office.is_open(between) == office.is_open(moment_ms)


@pytest.mark.parametrize(
    "body",
    [
        HoursBody(name="x", time_zone="Mars/Olympus", windows=[]),
        HoursBody(name="x", time_zone="../../etc/passwd", windows=[]),
        HoursBody(name="x", time_zone="", windows=[]),
        HoursBody(
            name="x",
            time_zone="UTC",
            windows=[OpenWindow(weekday=0, from_minute=600, to_minute=60)],
        ),
        HoursBody(name="x", time_zone="UTC", windows=[], closed_dates=["2026-02-30"]),
    ],
)
def test_bad_hours_are_refused(body: HoursBody) -> None:
    with pytest.raises(WeccError) as refused:
        checked(body)
    assert refused.value.code == "bad_value"
