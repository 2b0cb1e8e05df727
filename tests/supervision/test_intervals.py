"""Intervals are local: days of 23 and 25 hours, half-hour zones, changes in the middle."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel.errors import WeccError
from gateway.supervision.model import intervals as cut
from gateway.supervision.model.tally import BUCKET_MS

HOUR_MS = 3_600_000
BERLIN, KOLKATA, LORD_HOWE, SANTIAGO = (
    ZoneInfo(name)
    for name in ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago")
)


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def hours(from_local: str, to_local: str, length: str, where: ZoneInfo) -> list[float]:
    from_ms = cut.moment_ms(from_local, where, "from")
    to_ms = cut.moment_ms(to_local, where, "to")
    found = cut.split(from_ms, to_ms, length, where).every
    assert found[0].start_ms == from_ms
    assert found[-1].end_ms == to_ms
    assert all(one.end_ms == two.start_ms for one, two in itertools.pairwise(found))
    return [(each.end_ms - each.start_ms) / HOUR_MS for each in found]


def test_days_have_23_and_25_hours_when_the_clock_changes() -> None:
    assert hours("2026-03-28", "2026-03-31", "day", BERLIN) == [24, 23, 24]
    assert hours("2026-10-24", "2026-10-27", "day", BERLIN) == [24, 25, 24]
    assert hours("2026-03-28", "2026-03-31", "day", ZoneInfo("UTC")) == [24, 24, 24]


def test_weeks_begin_on_monday_and_have_an_hour_less_or_more() -> None:
    # 2026-03-29 and 2026-10-25 are Sundays; 2026-03-18 is a Wednesday.
    assert hours("2026-03-18", "2026-04-06", "week", BERLIN) == [5 * 24, 7 * 24 - 1, 7 * 24]
    assert hours("2026-10-19", "2026-10-27", "week", BERLIN) == [7 * 24 + 1, 24]


def test_months_are_the_calendars() -> None:
    days = [each / 24 for each in hours("2027-12-15", "2028-04-01", "month", ZoneInfo("UTC"))]
    assert days == [17, 31, 29, 31]
    assert hours("2026-03-01", "2026-04-01", "month", BERLIN) == [31 * 24 - 1]
    assert hours("2026-10-01", "2026-11-01", "month", BERLIN) == [31 * 24 + 1]


def test_a_clock_that_changes_at_midnight() -> None:
    # 2026-09-06 begins at 01:00 there: the hour after midnight does not exist.
    assert hours("2026-09-05", "2026-09-08", "day", SANTIAGO) == [24, 23, 24]
    assert hours("2026-04-03", "2026-04-06", "day", SANTIAGO) == [24, 25, 24]


def test_the_hour_that_comes_twice_is_two_intervals() -> None:
    parts = hours("2026-10-25T01:00", "2026-10-25T05:00", "60", BERLIN)
    assert parts == [1, 1, 1, 1, 1]  # 01, 02 (summer), 02 (winter), 03, 04
    assert hours("2026-03-29T01:00", "2026-03-29T05:00", "60", BERLIN) == [1, 1, 1]


def test_intervals_follow_the_local_hour_in_half_hour_zones() -> None:
    found = cut.split(
        cut.moment_ms("2026-05-05T08:00", KOLKATA, "from"),
        cut.moment_ms("2026-05-05T10:00", KOLKATA, "to"),
        "60",
        KOLKATA,
    ).every
    assert [each.start_ms for each in found] == [utc("2026-05-05T02:30"), utc("2026-05-05T03:30")]


def test_a_change_by_half_an_hour_ends_its_interval() -> None:
    # Lord Howe goes back from 02:00 to 01:30: 01:00-02:00, then 01:30-02:00 once more.
    assert hours("2026-04-05T01:00", "2026-04-05T03:00", "60", LORD_HOWE) == [1, 0.5, 1]


@given(
    start=st.integers(utc("2024-01-01") // BUCKET_MS, utc("2027-01-01") // BUCKET_MS),
    length=st.sampled_from(["5", "15", "30", "60", "day"]),
    count=st.integers(1, 600),
    where=st.sampled_from([BERLIN, KOLKATA, LORD_HOWE, SANTIAGO]),
)
def test_every_moment_is_in_exactly_one_interval(
    start: int, length: str, count: int, where: ZoneInfo
) -> None:
    from_ms, to_ms = start * BUCKET_MS, (start + count) * BUCKET_MS
    parts = cut.split(from_ms, to_ms, length, where)
    assert parts.every[0].start_ms == from_ms
    assert parts.every[-1].end_ms == to_ms
    for at_ms in range(from_ms, to_ms, BUCKET_MS):
        interval = parts.every[parts.of(at_ms)]
        assert interval.start_ms <= at_ms < interval.end_ms


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("from", "yesterday"),
        ("from", "2026-13-01"),
        ("to", "1999-12-31"),
        ("to", "2026-01-01T08:03"),
        ("from", "٢٠٢٦-٠١-٠١"),
        ("from", "2026-01-01T24:00"),
        ("to", "9999-12-31T23:55:00"),
    ],
)
def test_times_that_are_none_are_refused_by_field(field: str, text: str) -> None:
    with pytest.raises(WeccError) as refused:
        cut.moment_ms(text, BERLIN, field)
    assert (refused.value.code, refused.value.field) == ("bad_value", field)
    assert text not in refused.value.message


@pytest.mark.parametrize("name", ["", "../etc/passwd", "Mars/Olympus", "/etc/localtime", "x" * 99])
def test_zones_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(WeccError) as refused:
        cut.zone(name)
    assert refused.value.field == "tz"


@pytest.mark.parametrize("length", list(cut.LENGTHS))
def test_ranges_have_an_end(length: str) -> None:
    days, from_ms = cut.LONGEST_DAYS[length], utc("2024-01-01")
    cut.split(from_ms, from_ms + days * 24 * HOUR_MS, length, BERLIN)
    with pytest.raises(WeccError) as refused:
        cut.split(from_ms, from_ms + (days + 1) * 24 * HOUR_MS, length, BERLIN)
    assert f"{days} days" in refused.value.message
    with pytest.raises(WeccError):
        cut.split(from_ms, from_ms, length, BERLIN)
