"""Agents who may get work now, by kind: least loaded first, then longest idle."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import nsmallest

from gateway.acd.model.agent import Agent

Line = OrderedDict[str, "Seat"]


class Seat:
    """Where an agent stands in the order now."""

    __slots__ = ("agent", "group", "level", "limits", "open", "rank", "status")

    def __init__(self, agent: Agent, group: int, limits: tuple[int, ...]) -> None:
        self.agent = agent
        self.group = group
        self.limits = limits
        self.open: tuple[int, ...] = ()
        self.level = 0
        self.rank = 0
        self.status = ""


def _by_place(seat: Seat) -> tuple[int, int]:
    return seat.level, seat.rank


class Idle:
    """The order of one kind: lines by load, over all agents and again per profile group."""

    __slots__ = ("_all", "_groups", "count", "group_count", "mask")

    def __init__(self) -> None:
        self._all: dict[int, Line] = {}
        self._groups: dict[int, dict[int, Line]] = {}
        self.mask = 0
        self.count = 0
        self.group_count = 0

    def add(self, seat: Seat) -> None:
        """Put a seat at its place."""
        _insert(self._all, seat)
        lines = self._groups.get(seat.group)
        if lines is None:
            lines = self._groups[seat.group] = {}
            self.mask |= 1 << seat.group
            self.group_count += 1
        _insert(lines, seat)
        self.count += 1

    def remove(self, seat: Seat) -> None:
        """Take a seat out."""
        _delete(self._all, seat)
        lines = self._groups[seat.group]
        _delete(lines, seat)
        if not lines:
            del self._groups[seat.group]
            self.mask ^= 1 << seat.group
            self.group_count -= 1
        self.count -= 1

    def first(self, groups: int, excluded: dict[str, int], limit: int) -> list[Seat]:
        """Return up to ``limit`` seats of the masked groups in order, without the excluded.

        Walks the whole order when many groups fit, or the fitting groups when few do.
        """
        fitting = groups & self.mask
        if not fitting:
            return []
        if fitting.bit_count() ** 2 <= self.group_count:
            return self._from_groups(fitting, excluded, limit)
        return self._from_all(fitting, excluded, limit)

    def _from_all(self, groups: int, excluded: dict[str, int], limit: int) -> list[Seat]:
        found: list[Seat] = []
        for seat in _walk(self._all):
            if groups >> seat.group & 1 and seat.agent.id not in excluded:
                found.append(seat)
                if len(found) == limit:
                    break
        return found

    def _from_groups(self, groups: int, excluded: dict[str, int], limit: int) -> list[Seat]:
        heads: list[Seat] = []
        while groups:
            low = groups & -groups
            groups ^= low
            for seat in _walk(self._groups[low.bit_length() - 1]):
                if seat.agent.id not in excluded:
                    heads.append(seat)
                    break
        best: list[Seat] = []
        for head in nsmallest(limit, heads, key=_by_place):
            taken = 0
            for seat in _walk(self._groups[head.group]):
                if seat.agent.id not in excluded:
                    best.append(seat)
                    taken += 1
                    if taken == limit:
                        break
        return nsmallest(limit, best, key=_by_place)


def _walk(lines: dict[int, Line]) -> Iterator[Seat]:
    for level in sorted(lines):
        yield from lines[level].values()


def _insert(lines: dict[int, Line], seat: Seat) -> None:
    line = lines.get(seat.level)
    if line is None:
        line = lines[seat.level] = OrderedDict()
    elif seat.rank < next(reversed(line.values())).rank:
        line[seat.agent.id] = seat
        _settle(lines, line, seat)
        return
    line[seat.agent.id] = seat


def _settle(lines: dict[int, Line], line: Line, seat: Seat) -> None:
    """Bring a seat that does not belong at the end to its place."""
    if seat.rank < next(iter(line.values())).rank:
        line.move_to_end(seat.agent.id, last=False)
        return
    lines[seat.level] = OrderedDict(sorted(line.items(), key=lambda item: item[1].rank))


def _delete(lines: dict[int, Line], seat: Seat) -> None:
    line = lines[seat.level]
    del line[seat.agent.id]
    if not line:
        del lines[seat.level]
