"""When queues are open in a rehearsal: by their business hours, and the emergencies there were."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from gateway.acd.model.hours import Hours
from gateway.acd.simulation.driver import Closed, Opening
from gateway.acd.simulation.recording import Closure


class Calendar:
    """Each moment at which a queue opens or closes within a span, in order."""

    def __init__(
        self,
        hours: Mapping[str, Hours],
        closures: Sequence[Closure],
        span_ms: tuple[int, int],
    ) -> None:
        """``hours`` by queue: a queue without any is open but for emergencies."""
        queue_ids = sorted({*hours, *(closure.queue_id for closure in closures)})
        self._of = {
            queue_id: list(
                _changes(
                    queue_id,
                    hours.get(queue_id),
                    [one for one in closures if one.queue_id == queue_id],
                    span_ms,
                )
            )
            for queue_id in queue_ids
        }
        every = [change for changes in self._of.values() for change in changes]
        self.changes = tuple(sorted(every, key=lambda change: change.at_ms))

    def closed(self, queue_id: str, at_ms: int) -> Closed:
        """Tell whether a queue is closed at a moment, and by what."""
        changes = self._of.get(queue_id, [])
        passed = bisect_right(changes, at_ms, key=lambda change: change.at_ms)
        return changes[passed - 1].closed if passed else ""


def _changes(
    queue_id: str, hours: Hours | None, closures: list[Closure], span_ms: tuple[int, int]
) -> Iterator[Opening]:
    """Return a queue's changes; it is open before the first of them."""
    from_ms, to_ms = span_ms
    edges = {from_ms, *(one.from_ms for one in closures), *(one.to_ms for one in closures)}
    edges.update(_edges(hours, from_ms, to_ms))
    before: Closed = ""
    for at_ms in sorted(edge_ms for edge_ms in edges if from_ms <= edge_ms < to_ms):
        now: Closed = "" if hours is None or hours.is_open(at_ms) else "hours"
        if any(one.from_ms <= at_ms < one.to_ms for one in closures):
            now = "emergency"
        if now != before:
            yield Opening(at_ms=at_ms, queue_id=queue_id, closed=now)
        before = now


def _edges(hours: Hours | None, from_ms: int, to_ms: int) -> Iterator[int]:
    at_ms: int | None = from_ms
    while hours is not None and at_ms is not None and at_ms < to_ms:
        at_ms = hours.next_change_ms(at_ms)
        if at_ms is not None:
            yield at_ms
