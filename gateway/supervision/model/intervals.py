"""Intervals of a report: local to a time zone, with the days that have 23 or 25 hours."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from gateway.kernel.errors import WeccError
from gateway.supervision.model.tally import BUCKET_MS

Length = Literal["5", "15", "30", "60", "day", "week", "month"]
LENGTHS: dict[str, int] = {"5": 5, "15": 15, "30": 30, "60": 60}
LONGEST_DAYS = {"5": 7, "15": 35, "30": 62, "60": 93, "day": 800, "week": 1100, "month": 1100}
"""How many days one report may span, by the length of its intervals."""

_DAY_MS = 86_400_000
_LOCAL = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?", re.ASCII)
_MILLISECONDS = re.compile(r"[0-9]{12,13}", re.ASCII)
_FIRST_YEAR = 2000


class Interval(NamedTuple):
    """From ``start_ms`` up to, not including, ``end_ms``."""

    start_ms: int
    end_ms: int


class Intervals:
    """The intervals of a report in order, and which of them holds a time."""

    def __init__(self, every: list[Interval]) -> None:
        self.every = every
        self._starts = [interval.start_ms for interval in every]

    def of(self, at_ms: int) -> int:
        """Return the number of the interval that holds ``at_ms``."""
        return bisect_right(self._starts, at_ms) - 1


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    try:
        if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,64}", name):
            raise ValueError
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise WeccError(
            "bad_value", "There is no such time zone; write one like Europe/Berlin.", field="tz"
        ) from None


def moment_ms(text: str, where: ZoneInfo, field: str) -> int:
    """Read a local ``2026-03-29`` or ``2026-03-29T08:30``, or milliseconds since 1970.

    A time that a clock change skips or repeats is taken as the first it can be.
    """
    if _MILLISECONDS.fullmatch(text):
        return _on_border(int(text), field)
    match = _LOCAL.fullmatch(text)
    try:
        if match is None or int(match[1]) < _FIRST_YEAR:
            raise ValueError
        year, month, day, hour, minute = (int(part or 0) for part in match.groups())
        local = datetime(year, month, day, hour, minute, tzinfo=where)
        at_ms = round(local.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise WeccError(
            "bad_value",
            f"Write a local date or time like 2026-03-29 or 2026-03-29T08:30, from {_FIRST_YEAR}.",
            field=field,
        ) from None
    return _on_border(at_ms, field)


def _on_border(at_ms: int, field: str) -> int:
    if at_ms % BUCKET_MS:
        raise WeccError("bad_value", "Times are multiples of five minutes.", field=field)
    return at_ms


def day_start_ms(at_ms: int, where: ZoneInfo) -> int:
    """Return when the local day that holds ``at_ms`` began."""
    local = datetime.fromtimestamp(at_ms / 1000, where)
    return _midnight_ms(local, where)


def _midnight_ms(day: datetime, where: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=where).timestamp() * 1000)


def next_day_ms(at_ms: int, where: ZoneInfo) -> int:
    """Return when the local day after the one that holds ``at_ms`` begins."""
    local = datetime.fromtimestamp(at_ms / 1000, where).replace(tzinfo=None)
    return _midnight_ms(local + timedelta(days=1), where)


def split(from_ms: int, to_ms: int, length: str, where: ZoneInfo) -> Intervals:
    """Cut a range into intervals; a clock change ends the interval it falls into.

    Raises ``bad_value`` for an empty range and one that is too long for such intervals.
    """
    if length not in LONGEST_DAYS:
        message = "The interval is 5, 15, 30, 60, day, week or month."
        raise WeccError("bad_value", message, field="interval")
    if to_ms <= from_ms:
        raise WeccError("bad_value", "The end must come after the beginning.", field="to")
    longest = LONGEST_DAYS[length]
    if to_ms - from_ms > longest * _DAY_MS + 2 * 3_600_000:
        raise WeccError(
            "bad_value",
            f"At most {longest} days in intervals of this length. Choose longer ones or less time.",
            field="to",
        )
    minutes = LENGTHS.get(length)
    if minutes is None:
        return Intervals(_spans(from_ms, to_ms, where, _NEXT[length]))
    return Intervals(_parts(from_ms, to_ms, minutes, where))


def next_week_ms(at_ms: int, where: ZoneInfo) -> int:
    """Return when the local week after the one that holds ``at_ms`` begins: on its Monday."""
    local = datetime.fromtimestamp(at_ms / 1000, where).replace(tzinfo=None)
    return _midnight_ms(local + timedelta(days=7 - local.weekday()), where)


def next_month_ms(at_ms: int, where: ZoneInfo) -> int:
    """Return when the local month after the one that holds ``at_ms`` begins."""
    local = datetime.fromtimestamp(at_ms / 1000, where).replace(tzinfo=None, day=1)
    return _midnight_ms((local + timedelta(days=31)).replace(day=1), where)


_NEXT = {"day": next_day_ms, "week": next_week_ms, "month": next_month_ms}


def _spans(
    from_ms: int, to_ms: int, where: ZoneInfo, following: Callable[[int, ZoneInfo], int]
) -> list[Interval]:
    found, start_ms = [], from_ms
    while start_ms < to_ms:
        end_ms = min(to_ms, following(start_ms, where))
        found.append(Interval(start_ms, end_ms))
        start_ms = end_ms
    return found


def _parts(from_ms: int, to_ms: int, minutes: int, where: ZoneInfo) -> list[Interval]:
    found: list[Interval] = []
    start_ms = from_ms
    while start_ms < to_ms:
        end_ms = min(to_ms, _end_ms(start_ms, minutes, where))
        found.append(Interval(start_ms, end_ms))
        start_ms = end_ms
    return found


def _end_ms(start_ms: int, minutes: int, where: ZoneInfo) -> int:
    """Return where the local interval that holds ``start_ms`` ends."""
    local = datetime.fromtimestamp(start_ms / 1000, where)
    into = (local.hour * 60 + local.minute) % minutes
    end_ms = start_ms + (minutes - into) * 60_000
    if _offset(start_ms, where) == _offset(end_ms, where):
        return end_ms
    at_ms = start_ms + BUCKET_MS
    while at_ms < end_ms and _offset(at_ms, where) == local.utcoffset():
        at_ms += BUCKET_MS
    return min(at_ms, end_ms)


def _offset(at_ms: int, where: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(at_ms / 1000, where).utcoffset()


def iso(at_ms: int, where: ZoneInfo, *, seconds: bool = False) -> str:
    """Write a time as local ISO 8601 with its offset."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(where)
    return local.isoformat(timespec="seconds" if seconds else "minutes")
