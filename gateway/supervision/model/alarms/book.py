"""Which alarms are on, and whom it is worth telling again.

An alarm is over as soon as its reason is, so that a screen never shows what is not so. When the
same reason comes back within ``CALM_MS``, the alarm is on again without being told again: a queue
at its limit does not ring every second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from gateway.supervision.model.alarms.lookout import Fact, Key
from gateway.supervision.model.alarms.rule import What

CALM_MS = 60_000
"""How long an alarm is kept in mind after it is over."""


class Alarm(msgspec.Struct, kw_only=True):
    """One alarm: what it is about, since when, until when (0: still on) and how bad it became.

    ``number`` is how many contacts it is about now; of ``level`` it is the percent expected.
    ``worst`` is the most of them at once; of ``level`` the lowest percent.
    """

    id: str
    queue_id: str
    kind: str
    what: What
    limit: int
    began_ms: int
    ended_ms: int = 0
    number: int = 0
    worst: int = 0

    @property
    def key(self) -> Key:
        """Return what makes it the same alarm."""
        return self.queue_id, self.kind, self.what


class News(msgspec.Struct, frozen=True):
    """What became of one alarm. ``is_told``: worth a toast and a sound."""

    alarm: Alarm
    is_told: bool
    is_stored: bool


class AlarmBook:
    """The alarms of one tenant that are on, or were a moment ago."""

    def __init__(self, alarms: Iterable[Alarm], new_id: Callable[[int], str]) -> None:
        self._alarms = {alarm.key: alarm for alarm in alarms}
        self._new_id = new_id

    def on(self) -> list[Alarm]:
        """Return the alarms that are on."""
        return [alarm for alarm in self._alarms.values() if not alarm.ended_ms]

    def judge(self, facts: Mapping[Key, Fact], now_ms: int) -> list[News]:
        """Return what changed, now that these are the facts."""
        found = [news for key, fact in facts.items() if (news := self._see(key, fact, now_ms))]
        for key, alarm in list(self._alarms.items()):
            if key in facts:
                continue
            if not alarm.ended_ms:
                alarm.ended_ms, alarm.number = now_ms, 0
                found.append(News(alarm, is_told=False, is_stored=True))
            elif now_ms - alarm.ended_ms > CALM_MS:
                del self._alarms[key]
        return found

    def _see(self, key: Key, fact: Fact, now_ms: int) -> News | None:
        alarm = self._alarms.get(key)
        if alarm is None or (alarm.ended_ms and now_ms - alarm.ended_ms > CALM_MS):
            queue_id, kind, what = key
            alarm = self._alarms[key] = Alarm(
                id=self._new_id(now_ms),
                queue_id=queue_id,
                kind=kind,
                what=what,
                limit=fact.limit,
                began_ms=now_ms,
                number=fact.number,
                worst=fact.number,
            )
            return News(alarm, is_told=True, is_stored=True)
        was_over = alarm.ended_ms > 0
        if not was_over and (alarm.number, alarm.limit) == (fact.number, fact.limit):
            return None
        alarm.ended_ms, alarm.number, alarm.limit = 0, fact.number, fact.limit
        is_worse = fact.number < alarm.worst if alarm.what == "level" else fact.number > alarm.worst
        if is_worse:
            alarm.worst = fact.number
        return News(alarm, is_told=False, is_stored=was_over or is_worse)
