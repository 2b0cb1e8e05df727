"""Business hours: when a time zone's local clock stands inside a window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from gateway.acd.wire import HoursBody, OpenWindow
from gateway.kernel.errors import WeccError

_MINUTES_PER_DAY = 1_440
_LOOK_AHEAD_DAYS = 400


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Windows per weekday in one IANA zone, and the dates on which nothing opens.

    Windows are local wall-clock times: on the day the clock goes forward a window that lies in
    the missing hour does not open, and on the day it goes back the repeated hour counts twice.
    """

    time_zone: str
    windows: Sequence[OpenWindow]
    closed_dates: frozenset[str] = frozenset()

    def is_open(self, at_ms: int) -> bool:
        """Tell whether it is open at this moment."""
        local = dt.datetime.fromtimestamp(at_ms / 1000, zone(self.time_zone))
        if local.date().isoformat() in self.closed_dates:
            return False
        minute = local.hour * 60 + local.minute
        return any(
            window.weekday == local.weekday() and window.from_minute <= minute < window.to_minute
            for window in self.windows
        )

    def next_change_ms(self, at_ms: int) -> int | None:
        """Return when ``is_open`` changes next; None when it never does within a year."""
        here = zone(self.time_zone)
        today = dt.datetime.fromtimestamp(at_ms / 1000, here).date()
        now_open = self.is_open(at_ms)
        for offset in range(_LOOK_AHEAD_DAYS):
            for edge_ms in _edges(today + dt.timedelta(days=offset), here, self.windows):
                if edge_ms > at_ms and self.is_open(edge_ms) != now_open:
                    return edge_ms
        return None


def _edges(day: dt.date, here: ZoneInfo, windows: Sequence[OpenWindow]) -> list[int]:
    """Return the moments of a day at which something may change, in order."""
    minutes = {0}
    for window in windows:
        if window.weekday == day.weekday():
            minutes.update((window.from_minute, window.to_minute))
    moments: set[int] = set()
    for minute in minutes:
        date = day + dt.timedelta(days=minute // _MINUTES_PER_DAY)
        clock = dt.time(minute % _MINUTES_PER_DAY // 60, minute % 60)
        for fold in (0, 1):
            local = dt.datetime.combine(date, clock, here).replace(fold=fold)
            moments.add(int(local.timestamp() * 1000))
    return sorted(moments)


@lru_cache(maxsize=600)
def zone(name: str) -> ZoneInfo:
    """Return a time zone; ``bad_value`` when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise WeccError(
            "bad_value",
            "This is not a known time zone. Use an IANA name such as Europe/Berlin.",
            field="time_zone",
        ) from None


def checked(body: HoursBody) -> Hours:
    """Return the hours of a request, or say what is wrong with them."""
    zone(body.time_zone)
    for window in body.windows:
        if window.from_minute >= window.to_minute:
            raise WeccError(
                "bad_value",
                "A window must end after it begins; write one that crosses midnight as two.",
                field="windows",
            )
    for date in body.closed_dates:
        try:
            dt.date.fromisoformat(date)
        except ValueError:
            raise WeccError(
                "bad_value", "A closed date is not a day of the calendar.", field="closed_dates"
            ) from None
    return Hours(
        time_zone=body.time_zone,
        windows=tuple(body.windows),
        closed_dates=frozenset(body.closed_dates),
    )
