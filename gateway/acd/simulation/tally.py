"""What a run came to: per queue and kind, and for the agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.simulation.driver import Shift


class QueueOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One queue and kind. Times are of answered contacts; null where nobody was answered.

    ``service_level``: of all who were answered or gave up, the share answered within
    ``target_s``. ``overflowed`` went to another queue, where they count as offered again, or were
    asked for a message; ``unfinished`` came to nothing before the end.
    """

    queue_id: str
    kind: str
    target_s: float
    offered: int
    answered: int
    abandoned: int
    overflowed: int
    unfinished: int
    service_level: float | None
    asa_s: float | None
    wait_p50_s: float | None
    wait_p90_s: float | None
    handling_s: float | None
    most_waiting: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. ``occupancy``: time with work in hand over time on duty, of all agents.

    ``fairness`` is Jain's index of the agents' occupancies: 1 when all have the same, 1/n when
    one has everything.
    """

    queues: list[QueueOutcome]
    agents: int
    occupancy: float | None
    fairness: float | None
    is_complete: bool = True


def target_of(targets_s: Mapping[str, float], key: tuple[str, str]) -> float:
    """Return the target of a queue and kind: ``queue/kind`` goes before ``queue``."""
    queue_id, kind = key
    return targets_s.get(f"{queue_id}/{kind}", targets_s.get(queue_id, 30.0))


class _Part:
    """One queue and kind while it runs."""

    __slots__ = (
        "abandoned",
        "handled",
        "handling_ms",
        "kind",
        "most_waiting",
        "offered",
        "overflowed",
        "waiting",
        "waits",
    )

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.offered = self.abandoned = self.overflowed = self.waiting = self.most_waiting = 0
        self.handled = self.handling_ms = 0
        self.waits: list[int] = []


class Tally:
    """Watches journal entries and adds up; ``shifts`` tell how long agents are on duty."""

    def __init__(self, targets_s: Mapping[str, float], shifts: tuple[Shift, ...]) -> None:
        self._targets_s = targets_s
        self._parts: dict[tuple[str, str], _Part] = {}
        self._open: dict[str, tuple[_Part, int]] = {}
        self._began: dict[str, tuple[_Part, int]] = {}
        self._holder: dict[str, str] = {}
        self._load: dict[str, int] = {}
        self._since_ms: dict[str, int] = {}
        self._busy_ms: dict[str, int] = {}
        self._duty_ms: dict[str, int] = {}
        for shift in shifts:
            known_ms = self._duty_ms.get(shift.agent_id, 0)
            self._duty_ms[shift.agent_id] = known_ms + shift.to_ms - shift.from_ms

    def observe(self, entry: e.Entry) -> None:
        """Take in one entry."""
        add = self._ADD.get(type(entry))
        if add is not None:
            add(self, entry)

    def turned_away(self, queue_id: str, kind: str) -> None:
        """Count somebody whom a closed queue asked for a message."""
        part = self._part((queue_id, kind))
        part.offered += 1
        part.overflowed += 1

    def _enqueued(self, entry: e.Enqueued) -> None:
        part = self._part((entry.queue_id, str(entry.interaction_kind)))
        part.offered += 1
        part.waiting += 1
        self._open[entry.interaction_id] = (part, entry.at_ms)

    def _part(self, key: tuple[str, str]) -> _Part:
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = _Part(key[1])
        return part

    def _overflowed(self, entry: e.Overflowed) -> None:
        opened = self._open.pop(entry.interaction_id)
        self._fewer(opened, entry.at_ms)
        part, since_ms = opened
        part.overflowed += 1
        if entry.to_queue_id is not None:
            other = self._part((entry.to_queue_id, part.kind))
            other.offered += 1
            other.waiting += 1
            self._open[entry.interaction_id] = (other, since_ms)

    def _offered(self, entry: e.Offered | e.Taken) -> None:
        self._take(entry.agent_id, entry.interaction_id, entry.at_ms)
        opened = self._open.get(entry.interaction_id)
        if opened is not None:
            self._fewer(opened, entry.at_ms)

    def _not_taken(self, entry: e.OfferEnded) -> None:
        self._free(entry.interaction_id, entry.at_ms)
        if entry.interaction_id in self._open:
            self._open[entry.interaction_id][0].waiting += 1

    def _answered(self, entry: e.Accepted | e.Taken) -> None:
        part, since_ms = self._open.pop(entry.interaction_id)
        part.waits.append(entry.at_ms - since_ms)
        self._began[entry.interaction_id] = (part, entry.at_ms)

    def _taken(self, entry: e.Taken) -> None:
        self._offered(entry)
        self._answered(entry)

    def _abandoned(self, entry: e.Abandoned) -> None:
        opened = self._open.pop(entry.interaction_id)
        self._fewer(opened, entry.at_ms)
        opened[0].abandoned += 1

    def _ended(self, entry: e.Ended) -> None:
        began = self._began.pop(entry.interaction_id, None)
        if began is not None:
            began[0].handled += 1
            began[0].handling_ms += entry.at_ms - began[1]
        if entry.wrap_up in ("none", "optional"):
            self._free(entry.interaction_id, entry.at_ms)

    def _wrapped(self, entry: e.Wrapped) -> None:
        self._free(entry.interaction_id, entry.at_ms)

    def _fewer(self, opened: tuple[_Part, int], at_ms: int) -> None:
        """One less waits; who is offered on arrival never did."""
        part, since_ms = opened
        if since_ms < at_ms:
            part.most_waiting = max(part.most_waiting, part.waiting)
        part.waiting -= 1

    def _take(self, agent_id: str, interaction_id: str, at_ms: int) -> None:
        self._holder[interaction_id] = agent_id
        load = self._load.get(agent_id, 0)
        if not load:
            self._since_ms[agent_id] = at_ms
        self._load[agent_id] = load + 1

    def _free(self, interaction_id: str, at_ms: int) -> None:
        agent_id = self._holder.pop(interaction_id, None)
        if agent_id is None:
            return
        self._load[agent_id] -= 1
        if not self._load[agent_id]:
            self._add_busy(agent_id, at_ms)

    def _add_busy(self, agent_id: str, at_ms: int) -> None:
        busy_ms = self._busy_ms.get(agent_id, 0)
        self._busy_ms[agent_id] = busy_ms + at_ms - self._since_ms[agent_id]

    def outcome(self, at_ms: int, *, is_complete: bool = True) -> Outcome:
        """Return the sums at the end."""
        for agent_id, load in self._load.items():
            if load:
                self._add_busy(agent_id, at_ms)
                self._since_ms[agent_id] = at_ms
        shares = [
            min(1.0, self._busy_ms.get(agent_id, 0) / duty_ms)
            for agent_id, duty_ms in sorted(self._duty_ms.items())
            if duty_ms > 0
        ]
        duty_ms = sum(self._duty_ms.values())
        squares = sum(share * share for share in shares)
        return Outcome(
            queues=[self._queue(key) for key in sorted(self._parts)],
            agents=len(self._duty_ms),
            occupancy=round(sum(self._busy_ms.values()) / duty_ms, 4) if duty_ms else None,
            fairness=round(sum(shares) ** 2 / (len(shares) * squares), 4) if squares else None,
            is_complete=is_complete,
        )

    def _queue(self, key: tuple[str, str]) -> QueueOutcome:
        part = self._parts[key]
        target_s = target_of(self._targets_s, key)
        waits = sorted(part.waits)
        within = sum(wait_ms <= 1000 * target_s for wait_ms in waits)
        decided = len(waits) + part.abandoned
        return QueueOutcome(
            queue_id=key[0],
            kind=key[1],
            target_s=target_s,
            offered=part.offered,
            answered=len(waits),
            abandoned=part.abandoned,
            overflowed=part.overflowed,
            unfinished=part.offered - decided - part.overflowed,
            service_level=round(within / decided, 4) if decided else None,
            asa_s=round(sum(waits) / len(waits) / 1000, 1) if waits else None,
            wait_p50_s=_share_s(waits, 0.5),
            wait_p90_s=_share_s(waits, 0.9),
            handling_s=round(part.handling_ms / part.handled / 1000, 1) if part.handled else None,
            most_waiting=max(part.most_waiting, part.waiting),
        )

    _ADD: ClassVar[dict[type[e.Entry], Callable[[Any, Any], None]]] = {
        e.Enqueued: _enqueued,
        e.Offered: _offered,
        e.OfferEnded: _not_taken,
        e.Overflowed: _overflowed,
        e.Accepted: _answered,
        e.Taken: _taken,
        e.Abandoned: _abandoned,
        e.Ended: _ended,
        e.Wrapped: _wrapped,
    }


def _share_s(waits_ms: list[int], share: float) -> float | None:
    if not waits_ms:
        return None
    return round(waits_ms[min(len(waits_ms) - 1, int(share * len(waits_ms)))] / 1000, 1)


def table(outcome: Outcome, names: Mapping[str, str] | None = None) -> str:
    """Return an outcome as people read it."""
    head = (
        "queue",
        "kind",
        "offered",
        "answered",
        "left",
        "level",
        "ASA s",
        "p50 s",
        "p90 s",
        "max",
    )
    rows: list[tuple[str, ...]] = [head]
    for one in outcome.queues:
        level = "-" if one.service_level is None else f"{100 * one.service_level:.1f}%"
        figures = (one.asa_s, one.wait_p50_s, one.wait_p90_s)
        times = ["-" if figure is None else f"{figure:.1f}" for figure in figures]
        name = (names or {}).get(one.queue_id, one.queue_id)
        counts = (str(one.offered), str(one.answered), str(one.abandoned))
        rows.append((name, one.kind, *counts, level, *times, str(one.most_waiting)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    shares = (outcome.occupancy, outcome.fairness)
    occupancy, fairness = ("-" if share is None else f"{100 * share:.1f}%" for share in shares)
    lines.append(f"agents {outcome.agents}, occupancy {occupancy}, fairness {fairness}")
    return "\n".join(lines)
