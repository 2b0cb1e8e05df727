"""Holidays from calendar files: what is understood, what is skipped, what is refused."""

from __future__ import annotations

import datetime as dt
import time

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gateway.acd.model.holidays import MAX_BYTES, MAX_NAME_CHARS, Holidays, holidays
from gateway.acd.service.calendars import read_calendar
from gateway.kernel.errors import WeccError
from gateway.platform.isolation import Isolation

TODAY = dt.date(2026, 3, 1)


def file(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n"


def days(*events: str) -> Holidays:
    return holidays(file(*events).encode(), TODAY)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART;VALUE=DATE:20261225", ["2026-12-25"]),
        ("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227",
         ["2026-12-24", "2026-12-25", "2026-12-26"]),
        ("SUMMARY:A long\r\n  one\r\nDTSTART;VALUE=DATE:2026\r\n 1225\r\nDURATION:P1D",
         ["2026-12-25"]),
        ("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY;UNTIL=20280101",
         ["2026-01-01", "2027-01-01", "2028-01-01"]),
        ("DTSTART;VALUE=DATE:20231123\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=5",
         ["2026-11-26", "2027-11-25"]),
        ("DTSTART;VALUE=DATE:20240527\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20270601",
         ["2026-05-25", "2027-05-31"]),
        ("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY", ["2028-02-29"]),
        ("DTSTART:20261225\r\nBEGIN:VALARM\r\nDTSTART:20260601\r\nEND:VALARM",
         ["2026-12-25"]),
        ("DTSTART;VALUE=DATE:20240101", []),
        ("DTSTART;VALUE=DATE:20990101", []),
    ],
)  # fmt: skip
def test_days(event: str, expected: list[str]) -> None:
    found = days(event)
    assert (found.days, found.skipped) == (expected, 0)


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:no date",
        "DTSTART:20261225T090000Z",
        "DTSTART;VALUE=DATE:20261332",
        "DTSTART;VALUE=DATE:99991231\r\nDTEND;VALUE=DATE:99991231",
        "DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20270101",
        "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY",
        "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYSETPOS=1",
        "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYDAY=9MO",
        "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;INTERVAL=0",
        "DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=YEARLY",
        "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20270101",
    ],
)
def test_what_is_not_understood_is_counted(event: str) -> None:
    assert days(event, "DTSTART;VALUE=DATE:20261225") == Holidays(["2026-12-25"], {}, 1)


@pytest.mark.parametrize(
    ("summary", "name"),
    [
        ("Christmas Day", "Christmas Day"),
        (r"Bread\, wine\; and\nsong \\", "Bread, wine; and song \\"),
        ("\u202eevil\u0000\u200b\ttab", "evil tab"),
        ("元旦", "元旦"),
        ("x" * 500, "x" * MAX_NAME_CHARS),
    ],
)
def test_a_name_is_one_short_line(summary: str, name: str) -> None:
    assert days(f"DTSTART:20261225\r\nSUMMARY;LANGUAGE=en:{summary}").names == {"2026-12-25": name}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<html>",
        "\x00" * 100,
        "BEGIN:VCALENDAR" + "x" * MAX_BYTES,
        file(*["UID:1"] * 2_001),
        file(*[f"DTSTART;VALUE=DATE:2026{m:02}01\r\nDTEND;VALUE=DATE:2026{m + 1:02}28\r\n"
               "RRULE:FREQ=YEARLY" for m in range(1, 12)]),
    ],
)  # fmt: skip
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(WeccError) as refused:
        holidays(text.encode(), TODAY)
    assert refused.value.code == "bad_file"


def test_the_worst_file_is_read_quickly() -> None:
    event = "DTSTART:19000101\nRRULE:FREQ=YEARLY;BYDAY=1MO"
    texts = [
        "BEGIN:VCALENDAR\n" + f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" * 1_900,
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 38_000,
        "BEGIN:VCALENDAR\n" + "\n " * 250_000,
    ]
    for text in texts:
        began = time.process_time()
        holidays(text.encode()[:MAX_BYTES], TODAY)
        assert time.process_time() - began < 15


@given(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "DTSTART:20260101",
                "DTEND:20260103",
                "RRULE:FREQ=YEARLY",
                "RRULE:FREQ=YEARLY;COUNT=x",
                "BEGIN:VEVENT",
                "END:VEVENT",
                "END:VCALENDAR",
                ":",
                ";",
                " ",
                "RRULE:=;;=",
            ]
        ),
        max_size=12,
    ),
)
def test_any_text_is_read_or_refused(tail: str, lines: list[str]) -> None:  # fmt: skip
    found = holidays("\n".join(["BEGIN:VCALENDAR", *lines, tail]).encode(), TODAY)
    assert found.days == sorted(set(found.days))


async def test_a_file_is_read_in_a_child_that_has_limits() -> None:
    isolation = Isolation(parallel=1)
    found = await read_calendar(isolation, file("DTSTART:20261225", "UID:1").encode(), TODAY)
    assert (found.days, found.skipped) == (["2026-12-25"], 1)
    worst = "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nDTSTART:19000101\nRRULE:FREQ=YEARLY\nEND:VEVENT\n"
    found = await read_calendar(isolation, worst.encode(), TODAY)
    assert len(found.days) == 6
    for data in (b"<html>", b"x" * (MAX_BYTES + 1), b"\x00" * MAX_BYTES):
        with pytest.raises(WeccError) as refused:
            await read_calendar(isolation, data, TODAY)
        assert (refused.value.code, refused.value.field) == ("bad_file", "calendar")
    await isolation.close()
    with pytest.raises(WeccError) as refused:
        await read_calendar(None, b"", TODAY)
    assert refused.value.code == "not_ready"
