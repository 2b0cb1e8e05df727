"""Holidays out of an iCalendar file (RFC 5545): the days on which whole-day events lie.

One pass over the lines, all sizes bounded. Understood are single days, spans of days, and
events that return every year, also "the fourth Thursday of November". Events with a time of day
and other repetitions are counted as skipped, never guessed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from gateway.kernel.errors import WeccError

MAX_BYTES = 512 << 10
MAX_EVENTS = 2_000
MAX_DAYS = 1_000
MAX_NAME_CHARS = 80
YEARS_AHEAD = 5
_LONGEST_DAYS = 62
_FIRST_YEAR, _LAST_YEAR = 1_900, 9_000
_READ_CHARS = 4 * MAX_NAME_CHARS
_ESCAPED = re.compile(r"\\([\\;,nN])")
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})$", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)$", re.ASCII)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYDAY", "BYMONTHDAY", "WKST"}
Event = dict[str, str]


class Holidays(NamedTuple):
    """The days found, in order, with what the file calls them; how many events were skipped."""

    days: list[str]
    names: dict[str, str]
    skipped: int


def holidays(data: bytes, today: dt.date) -> Holidays:
    """Return the whole days from this year's first to some years ahead; refuse other files."""
    if len(data) > MAX_BYTES:
        raise _bad(f"A calendar file has at most {MAX_BYTES} bytes.")
    text = data.decode(errors="replace")
    first, last = dt.date(today.year, 1, 1), dt.date(today.year + YEARS_AHEAD, 12, 31)
    days: dict[dt.date, str] = {}
    skipped = 0
    for event in _events(text):
        found = _days(event, first, last)
        if found is None:
            skipped += 1
            continue
        name = _name(event.get("SUMMARY", ""))
        for day in found:
            days[day] = days.get(day) or name
        if len(days) > MAX_DAYS:
            raise _bad(f"These are more than {MAX_DAYS} days. Upload fewer years or calendars.")
    names = {day.isoformat(): days[day] for day in sorted(days)}
    return Holidays(list(names), {date: name for date, name in names.items() if name}, skipped)


def _name(text: str) -> str:
    """Return what an event is called, on one line without signs that nobody sees."""
    plain = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], text[:_READ_CHARS])
    shown = "".join(sign if sign.isprintable() else " " for sign in plain)
    return " ".join(shown.split())[:MAX_NAME_CHARS]


def _bad(message: str) -> WeccError:
    return WeccError("bad_file", message, field="calendar")


# ---- lines (RFC 5545 section 3.1) ------------------------------------------------------------


def _lines(text: str) -> Iterator[str]:
    """Unfold: a line that begins with a space goes on with the one before."""
    parts: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t"):
            parts.append(line[1:])
            continue
        yield "".join(parts)
        parts = [line]
    yield "".join(parts)


def _events(text: str) -> Iterator[Event]:
    """Return the events' properties that tell days; what lies nested in an event is left out."""
    lines = (line for line in _lines(text.lstrip("\ufeff")) if line.strip())
    if next(lines, "").strip().upper() != "BEGIN:VCALENDAR":
        raise _bad("This is not an iCalendar file: it must begin with BEGIN:VCALENDAR.")
    event, depth, count = Event(), 0, 0
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.upper(), value.strip()
        if name == "BEGIN" and (depth or value.upper() == "VEVENT"):
            depth += 1
            event = event if depth > 1 else {}
        elif name == "END" and depth:
            depth -= 1
            if not depth:
                count += 1
                if count > MAX_EVENTS:
                    raise _bad(f"A calendar file has at most {MAX_EVENTS} events.")
                yield event
        elif depth == 1:
            event[name.partition(";")[0]] = value


# ---- days ------------------------------------------------------------------------------------


def _days(event: Event, first: dt.date, last: dt.date) -> list[dt.date] | None:
    """Return an event's days between two dates; None when it is not understood."""
    begin = _date(event.get("DTSTART", ""))
    if begin is None or {"RDATE", "EXDATE", "RECURRENCE-ID"} & event.keys():
        return None
    length = 1
    if "DTEND" in event:
        end = _date(event["DTEND"])
        length = (end - begin).days if end is not None else 0
    elif event.get("DURATION", "P1D") != "P1D":
        return None
    if not 1 <= length <= _LONGEST_DAYS:
        return None
    starts = [begin] if "RRULE" not in event else _yearly(event["RRULE"], begin, last)
    if starts is None:
        return None
    found = [start + dt.timedelta(days=offset) for start in starts for offset in range(length)]
    return [day for day in found if first <= day <= last]


def _date(text: str) -> dt.date | None:
    found = _DATE.match(text)
    if found is None or int(found[1]) > _LAST_YEAR:
        return None
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _yearly(text: str, begin: dt.date, last: dt.date) -> list[dt.date] | None:
    """Return when something that returns every year does so, up to ``last``."""
    rule = dict(part.partition("=")[::2] for part in text.upper().split(";"))
    if rule.get("FREQ") != "YEARLY" or not rule.keys() <= _KNOWN_PARTS:
        return None
    every, count = _number(rule.get("INTERVAL", "1")), _number(rule.get("COUNT", "9999"))
    until = _date(rule["UNTIL"][:8]) if "UNTIL" in rule else last
    month = _number(rule.get("BYMONTH", str(begin.month)))
    if not every or not count or until is None or begin.year < _FIRST_YEAR:
        return None
    if _number(rule.get("BYMONTHDAY", str(begin.day))) != begin.day or month != begin.month:
        return None
    found: list[dt.date] = []
    for year in range(begin.year, last.year + 1, every):
        day = _day_of(year, begin, rule.get("BYDAY", ""))
        if day is not None and begin <= day <= min(until, last) and len(found) < count:
            found.append(day)
    return found or ([] if _is_plain(rule.get("BYDAY", "")) else None)


def _is_plain(by_day: str) -> bool:
    return not by_day or _WEEKDAY.match(by_day) is not None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("9999") else 0


def _day_of(year: int, begin: dt.date, by_day: str) -> dt.date | None:
    """Return the day of a year: the same date, or the n-th weekday of the month."""
    if not by_day:
        is_leap_day = (begin.month, begin.day) == (2, 29)
        return None if is_leap_day and not calendar.isleap(year) else begin.replace(year=year)
    found = _WEEKDAY.match(by_day)
    if found is None:
        return None
    weekday, number = _WEEKDAYS.index(found[2]), int(found[1])
    length = calendar.monthrange(year, begin.month)[1]
    if number > 0:
        first = dt.date(year, begin.month, 1)
        day = 1 + (weekday - first.weekday()) % 7 + 7 * (number - 1)
    else:
        last = dt.date(year, begin.month, length)
        day = length - (last.weekday() - weekday) % 7 + 7 * (number + 1)
    return dt.date(year, begin.month, day) if 1 <= day <= length else None


# ---- in a child process ----------------------------------------------------------------------


class Order(msgspec.Struct, frozen=True):
    """A file to be read, and the day it is read on."""

    data: bytes
    today: dt.date


class Answer(msgspec.Struct, frozen=True):
    """What was found; ``refused`` says why nothing was."""

    days: list[str] = []
    names: dict[str, str] = {}
    skipped: int = 0
    refused: str = ""


def holidays_bytes(payload: bytes) -> bytes:
    """Read the file of an order in msgpack; the answer is in msgpack too."""
    order = msgspec.msgpack.decode(payload, type=Order)
    try:
        answer = Answer(*holidays(order.data, order.today))
    except WeccError as error:
        answer = Answer(refused=error.message)
    return msgspec.msgpack.encode(answer)
