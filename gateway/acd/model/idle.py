"""Agents who may get work now, by kind: least loaded first, then longest idle."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import nsmallest

from gateway.acd.model.agent import Agent


class Seat:
    """Where an agent stands in the order now.

    ``open`` are the kinds that may be offered now; ``stands`` the kinds whose lines hold the
    seat, at ``level`` and ``rank``, until the next time somebody looks at the lines. ``work``
    is what the agent holds. While labels close some queues to the agent, ``group`` is another
    one than ``base``.
    """

    __slots__ = (
        "agent", "allows", "base", "closed", "group", "is_ready", "level", "limits", "open", "rank",
        "stands", "status", "work",
    )  # fmt: skip

    def __init__(
        self,
        agent: Agent,
        group: int,
        limits: tuple[int, ...],
        allows: tuple[int, ...],
        work: dict[str, None],
    ) -> None:
        self.agent = agent
        self.work = work
        self.base = self.group = group
        self.closed: frozenset[str] = frozenset()
        self.limits = limits
        self.allows = allows
        self.open: tuple[int, ...] = ()
        self.stands: tuple[int, ...] = ()
        self.level = 0
        self.rank = 0
        self.status = ""
        self.is_ready = False


def _by_rank(seat: Seat) -> int:
    return seat.rank


def _by_place(seat: Seat) -> tuple[int, int]:
    return seat.level, seat.rank


class Line:
    """Seats of one load by rank. Who comes goes to the end or the front, nearly always."""

    __slots__ = ("_is_sorted", "_seats", "_top")

    def __init__(self, seat: Seat) -> None:
        self._seats = OrderedDict({seat.agent.id: seat})
        self._top = seat.rank
        self._is_sorted = True

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[Seat]:
        if not self._is_sorted:
            seats = sorted(self._seats.values(), key=_by_rank)
            self._seats = OrderedDict((seat.agent.id, seat) for seat in seats)
            self._is_sorted = True
        return iter(self._seats.values())

    def add(self, seat: Seat) -> None:
        """Put a seat in; one that belongs in the middle is sorted in when somebody looks."""
        self._seats[seat.agent.id] = seat
        if seat.rank > self._top:
            self._top = seat.rank
        elif self._is_sorted and seat.rank < next(iter(self._seats.values())).rank:
            self._seats.move_to_end(seat.agent.id, last=False)
        else:
            self._is_sorted = False

    def remove(self, seat: Seat) -> None:
        """Take a seat out."""
        del self._seats[seat.agent.id]


Lines = dict[int, Line]


class Idle:
    """The order of one kind: lines by load, over all agents and again per profile group.

    ``count`` is how many agents may get such work, kept by the index; the lines hold those who
    stand here.
    """

    __slots__ = ("_all", "_groups", "count", "mask")

    def __init__(self) -> None:
        self._all: Lines = {}
        self._groups: dict[int, Lines] = {}
        self.mask = 0
        self.count = 0

    def add(self, seat: Seat) -> None:
        """Put a seat at its place."""
        _insert(self._all, seat)
        lines = self._groups.get(seat.group)
        if lines is None:
            lines = self._groups[seat.group] = {}
            self.mask |= 1 << seat.group
        _insert(lines, seat)

    def remove(self, seat: Seat) -> None:
        """Take a seat out."""
        _delete(self._all, seat)
        lines = self._groups[seat.group]
        _delete(lines, seat)
        if not lines:
            del self._groups[seat.group]
            self.mask ^= 1 << seat.group

    def first(self, groups: int, excluded: dict[str, int], limit: int) -> list[Seat]:
        """Return up to ``limit`` seats of the masked groups in order, without the excluded.

        Walks the whole order when many groups fit, or the fitting groups when few do.
        """
        fitting = groups & self.mask
        if not fitting:
            return []
        if fitting.bit_count() ** 2 <= len(self._groups):
            return self._from_groups(fitting, excluded, limit)
        return self._from_all(fitting, excluded, limit)

    def _from_all(self, groups: int, excluded: dict[str, int], limit: int) -> list[Seat]:
        found: list[Seat] = []
        # Shifting a long mask copies it for every seat: bytes are looked up instead.
        size = groups.bit_length() + 7 >> 3
        fits = groups.to_bytes(size, "little")
        for seat in _walk(self._all):
            at = seat.group >> 3
            if at < size and fits[at] >> (seat.group & 7) & 1 and seat.agent.id not in excluded:
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


def _walk(lines: Lines) -> Iterator[Seat]:
    for level in sorted(lines):
        yield from lines[level]


def _insert(lines: Lines, seat: Seat) -> None:
    line = lines.get(seat.level)
    if line is None:
        lines[seat.level] = Line(seat)
    else:
        line.add(seat)


def _delete(lines: Lines, seat: Seat) -> None:
    line = lines[seat.level]
    line.remove(seat)
    if not line:
        del lines[seat.level]
