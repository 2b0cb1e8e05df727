"""Who waits, and what becomes of each wait as time passes: near its target, past it, too long.

A wait stands in one heap with the next moment at which it becomes worth an alarm, so the lookout
costs a logarithm per wait and knows when it has to be asked again; it never looks at everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush

import msgspec

from gateway.supervision.model.alarms.rule import DEFAULT_RULE, LIVE_KINDS, AlarmRule, What
from gateway.supervision.model.dictionary import Targets
from gateway.supervision.model.ledger import Stay
from gateway.supervision.model.tally import BUCKET_MS, bucket_of

LEVEL_MS = 6 * BUCKET_MS
"""The service level of an alarm is that of the last half hour."""
LEVEL_LEAST = 10
"""With fewer contacts than this a service level says nothing yet."""
LEVEL_MARGIN = 2
"""An alarm about the level is over when the level is this much above its limit again."""

Place = tuple[str, str, bool]
"""A queue, a kind, and whether its contacts are simulated persons."""
Key = tuple[str, str, What]
"""A queue, a kind or none, and what the alarm is about."""
Ready = Callable[[str], int]


class Fact(msgspec.Struct, frozen=True):
    """Why an alarm is on: how many contacts it is about, and the limit that was passed."""

    number: int
    limit: int


class Lateness(msgspec.Struct, frozen=True):
    """How many wait near their target and past it, and how many simulated persons wait."""

    soon: int = 0
    late: int = 0
    robots: int = 0


class _Wait(msgspec.Struct, gc=False):
    place: Place
    began_ms: int
    offsets: tuple[tuple[int, What], ...]
    within_ms: int
    stage: int = 0


class _Line:
    """The waits of one queue and kind."""

    __slots__ = ("marked", "recent", "waiting")

    def __init__(self) -> None:
        self.waiting = 0
        self.marked: dict[What, int] = {"near": 0, "late": 0, "longest": 0}
        self.recent: dict[int, list[int]] = {}

    def add(self, other: _Line) -> None:
        """Add another line's waits."""
        self.waiting += other.waiting
        for what, number in other.marked.items():
            self.marked[what] += number
        for start_ms, (hits, settled) in other.recent.items():
            known = self.recent.setdefault(start_ms, [0, 0])
            known[0] += hits
            known[1] += settled

    def count(self, at_ms: int, *, is_hit: bool) -> None:
        """Count a settled wait."""
        hits = self.recent.setdefault(bucket_of(at_ms), [0, 0])
        hits[0] += is_hit
        hits[1] += 1

    def level(self, now_ms: int) -> tuple[int, int]:
        """Return who was served in time lately, and of how many."""
        oldest_ms = bucket_of(now_ms) - LEVEL_MS
        for start_ms in [at_ms for at_ms in self.recent if at_ms <= oldest_ms]:
            del self.recent[start_ms]
        hits = sum(each[0] for each in self.recent.values())
        return hits, sum(each[1] for each in self.recent.values())


class Lookout:
    """The waits of one tenant, with the rules of its queues."""

    def __init__(self, rules: Mapping[str, AlarmRule], *, robots: bool) -> None:
        """``robots`` tells whether simulated persons are worth an alarm."""
        self._rules = dict(rules)
        self._robots = robots
        self._lines: dict[Place, _Line] = {}
        self._waits: dict[tuple[str, int], _Wait] = {}
        self._due: list[tuple[int, str, int]] = []
        self._targets: dict[str, Targets] = {}

    # ---- what happens

    def set_rule(self, queue_id: str, rule: AlarmRule) -> None:
        """Judge the waits of a queue by another rule from now on."""
        self._rules[queue_id] = rule
        for (interaction_id, number), wait in list(self._waits.items()):
            if wait.place[0] == queue_id:
                self._leave((interaction_id, number))
                self._join((interaction_id, number), wait.place, wait.began_ms, wait.within_ms)

    def hear(
        self, begun: Iterable[Stay], settled: Iterable[Stay], targets: Mapping[str, Targets]
    ) -> None:
        """Take in which waits began and which were settled."""
        self._targets.update(targets)
        for stay in begun:
            key = (stay.interaction_id, stay.number)
            if not stay.outcome and key not in self._waits:
                self._join(key, _place(stay), stay.began_ms, stay.within_ms)
        for stay in settled:
            self._leave((stay.interaction_id, stay.number))
            if stay.outcome != "moved":
                line = self._line(_place(stay))
                line.count(stay.settled_ms, is_hit=stay.wait_ms <= stay.within_ms)

    def _line(self, place: Place) -> _Line:
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = _Line()
        return line

    def rule(self, queue_id: str) -> AlarmRule:
        """Return the rule of a queue."""
        return self._rules.get(queue_id, DEFAULT_RULE)

    def _join(self, key: tuple[str, int], place: Place, began_ms: int, within_ms: int) -> None:
        offsets = self.rule(place[0]).offsets(within_ms)
        self._waits[key] = wait = _Wait(place, began_ms, offsets, within_ms)
        self._line(place).waiting += 1
        heappush(self._due, (wait.began_ms + offsets[0][0], *key))

    def _leave(self, key: tuple[str, int]) -> None:
        wait = self._waits.pop(key, None)
        if wait is None:
            return
        line = self._lines[wait.place]
        line.waiting -= 1
        for _, what in wait.offsets[: wait.stage]:
            line.marked[what] -= 1

    # ---- time

    def advance(self, now_ms: int) -> None:
        """Mark the waits that have become worth an alarm by now."""
        while self._due and self._due[0][0] <= now_ms:
            at_ms, interaction_id, number = heappop(self._due)
            key = (interaction_id, number)
            wait = self._waits.get(key)
            if wait is None or wait.stage >= len(wait.offsets):
                continue
            offset_ms, what = wait.offsets[wait.stage]
            if wait.began_ms + offset_ms != at_ms:
                continue  # of a rule that was changed since
            self._lines[wait.place].marked[what] += 1
            wait.stage += 1
            if wait.stage < len(wait.offsets):
                heappush(self._due, (wait.began_ms + wait.offsets[wait.stage][0], *key))

    def next_ms(self) -> int | None:
        """Return when the next wait becomes worth an alarm."""
        while self._due and (self._due[0][1], self._due[0][2]) not in self._waits:
            heappop(self._due)
        return self._due[0][0] if self._due else None

    # ---- what is worth an alarm

    def lateness(self, *, robots: bool) -> dict[str, Lateness]:
        """Return how many wait near their target and past it, per queue where anybody waits."""
        found: dict[str, Lateness] = {}
        for (queue_id, _, is_robot), line in self._lines.items():
            if not line.waiting:
                continue
            known = found.get(queue_id, Lateness())
            counts = robots or not is_robot
            late = line.marked["late"] if counts else 0
            soon = max(0, line.marked["near"] - late) if counts else 0
            found[queue_id] = Lateness(
                known.soon + soon, known.late + late, known.robots + is_robot * line.waiting
            )
        return found

    def live_queues(self) -> list[str]:
        """Return the queues where somebody waits for an agent to be ready."""
        return [key for key in self._live_waits() if self.rule(key).nobody_ready]

    def facts(self, now_ms: int, ready: Ready, on: Iterable[Key] = ()) -> dict[Key, Fact]:
        """Return what is worth an alarm now; ``on`` are the alarms that already are."""
        known, found = set(on), dict[Key, Fact]()
        for (queue_id, kind), line in self._judged():
            rule = self.rule(queue_id)
            for what, fact in self._of_line(rule, line):
                found[queue_id, kind, what] = fact
            key: Key = (queue_id, kind, "level")
            fact_of_level = self._level(rule, line, key, now_ms, is_on=key in known)
            if fact_of_level is not None:
                found[key] = fact_of_level
        for queue_id, number in self._live_waits().items():
            if self.rule(queue_id).nobody_ready and not ready(queue_id):
                found[queue_id, "", "nobody"] = Fact(number, 0)
        return found

    def _of_line(self, rule: AlarmRule, line: _Line) -> list[tuple[What, Fact]]:
        found: list[tuple[What, Fact]] = []
        soon = line.marked["near"] - line.marked["late"]
        if rule.near_percent and soon > 0:
            found.append(("near", Fact(soon, rule.near_percent)))
        if rule.late and line.marked["late"]:
            found.append(("late", Fact(line.marked["late"], 0)))
        if line.marked["longest"]:
            found.append(("longest", Fact(line.marked["longest"], rule.longest_s)))
        return found

    def _level(
        self, rule: AlarmRule, line: _Line, key: Key, now_ms: int, *, is_on: bool
    ) -> Fact | None:
        """The level that is left if all who are near or past their target are served too late."""
        target = (self._targets.get(key[0]) or Targets()).target(key[1])
        limit = target.percent if rule.level_percent is None else rule.level_percent
        if not limit or not (line.recent or line.waiting):
            return None
        hits, settled = line.level(now_ms)
        whole = settled + max(line.marked["near"], line.marked["late"])
        if not settled or whole < LEVEL_LEAST:
            return None
        expected = 100 * hits / whole
        if expected >= limit + (LEVEL_MARGIN if is_on else 0):
            return None
        return Fact(round(expected), limit)

    def _live_waits(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for (queue_id, kind), line in self._judged():
            if line.waiting and kind in LIVE_KINDS:
                found[queue_id] = found.get(queue_id, 0) + line.waiting
        return found

    def _judged(self) -> list[tuple[tuple[str, str], _Line]]:
        """Return the lines that are worth alarms: with simulated persons, or without."""
        found: dict[tuple[str, str], _Line] = {}
        for (queue_id, kind, is_robot), line in self._lines.items():
            if not is_robot:
                found[queue_id, kind] = line
        if self._robots:
            whole: dict[tuple[str, str], _Line] = {}
            for (queue_id, kind, _), line in self._lines.items():
                whole.setdefault((queue_id, kind), _Line()).add(line)
            found = whole
        return list(found.items())


def _place(stay: Stay) -> Place:
    return stay.queue_id, stay.kind, stay.is_robot
