"""A report out of counters: pure, so that live boards and reports cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from gateway.supervision.model.dictionary import Facts, Value, figures_of
from gateway.supervision.model.intervals import Intervals
from gateway.supervision.model.tally import COUNTERS, LONGEST, RATINGS, Counts, Histogram, add
from gateway.supervision.model.times import Watch, time_of

Of = TypeVar("Of", int, str)
_COLUMNS = (*COUNTERS, LONGEST)


class Cells:
    """Counters and waits by interval and row."""

    def __init__(self, intervals: Intervals, *, has_time: bool) -> None:
        self.intervals = intervals
        self._has_time = has_time
        self._counts: dict[tuple[int, str], Counts] = {}
        self._waits: dict[tuple[int, str], Histogram] = {}

    def add_sums(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add counters per five minutes."""
        for row in rows:
            counts = {name: row[name] for name in _COLUMNS if row[name]}
            self._add(row["start_ms"], row["about"], counts)

    def add_ratings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add ratings per five minutes."""
        for row in rows:
            self._add(row["start_ms"], row["about"], {name: row[name] for name in RATINGS})

    def add_bins(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add waits per five minutes."""
        for row in rows:
            at = (self.intervals.of(row["start_ms"]), row["about"])
            waits = self._waits.setdefault(at, {})
            waits[row["bin"]] = waits.get(row["bin"], 0) + row["number"]

    def add_present(self, watches: Iterable[Watch], until_ms: int) -> None:
        """Add the time of agents that goes on, up to ``until_ms``."""
        every = self.intervals.every
        from_ms, to_ms = every[0].start_ms, every[-1].end_ms
        for watch in watches:
            for start_ms, counts in time_of(watch, until_ms).items():
                if from_ms <= start_ms < to_ms:
                    self._add(start_ms, watch.agent_id, counts)

    def _add(self, start_ms: int, about: str, counts: Counts) -> None:
        at = (self.intervals.of(start_ms), about)
        add(self._counts.setdefault(at, {}), counts)

    def keys(self) -> list[tuple[int, str]]:
        """Return interval numbers and rows where anything happened, in order."""
        return sorted(self._counts)

    def figures(self, at: tuple[int, str]) -> dict[str, Value]:
        """Return the figures of one cell."""
        facts = Facts(self._counts.get(at, {}), self._waits.get(at, {}))
        return figures_of(facts, has_time=self._has_time)

    def totals(self) -> dict[str, dict[str, Value]]:
        """Return the figures of each row over all intervals."""
        return self._joined(lambda _number, about: about)

    def together(self) -> dict[int, dict[str, Value]]:
        """Return the figures of each interval over all rows."""
        return self._joined(lambda number, _about: number)

    def total(self) -> dict[str, Value]:
        """Return the figures of everything together."""
        nothing = figures_of(Facts({}, {}), has_time=self._has_time)
        return self._joined(lambda _number, _about: 0).get(0, nothing)

    def _joined(self, of: Callable[[int, str], Of]) -> dict[Of, dict[str, Value]]:
        facts: dict[Of, Facts] = {}
        for (number, about), counts in self._counts.items():
            whole = facts.setdefault(of(number, about), Facts({}, {}))
            add(whole.counts, counts)
            for bin_number, count in self._waits.get((number, about), {}).items():
                whole.waits[bin_number] = whole.waits.get(bin_number, 0) + count
        return {
            key: figures_of(whole, has_time=self._has_time)
            for key, whole in sorted(facts.items(), key=lambda item: item[0])
        }
