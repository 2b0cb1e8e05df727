"""A question for figures, and the rows that answer it."""

from __future__ import annotations

import msgspec

from gateway.acd.model.configuration import KINDS
from gateway.kernel.errors import WeccError
from gateway.supervision.model import intervals as cut
from gateway.supervision.model.intervals import Intervals

COLUMNS = {"queue": "queue_id", "agent": "agent_id", "kind": "kind"}
_ID_LENGTH = 64


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to know; times are local to ``tz``, the end is not included."""

    by: str = "queue"
    interval: str = "30"
    tz: str = "UTC"
    from_time: str = ""
    to_time: str = ""
    queue_id: str | None = None
    agent_id: str | None = None
    kind: str | None = None
    robots: bool = False


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows answer: ``by`` names the column that a row is about."""

    by: str
    from_ms: int
    to_ms: int
    queue_id: str | None = None
    agent_id: str | None = None
    kind: str | None = None
    robots: bool = False

    @property
    def has_time(self) -> bool:
        """Whether agents' time belongs to the rows: it is of no single queue or kind."""
        return self.by == "agent_id" and self.queue_id is None and self.kind is None


def cell_of(ask: Ask, now_ms: int) -> tuple[Intervals, Cell]:
    """Return the intervals and the rows of a question; no times mean today."""
    by = COLUMNS.get(ask.by)
    if by is None:
        raise WeccError("bad_value", "Reports are by queue, agent or kind.", field="by")
    if ask.kind is not None and ask.kind not in KINDS:
        raise WeccError("bad_value", f"The kind is one of {', '.join(KINDS)}.", field="kind")
    for name in ("queue_id", "agent_id"):
        if len(getattr(ask, name) or "") > _ID_LENGTH:
            raise WeccError("bad_value", "An id has at most 64 characters.", field=name)
    where = cut.zone(ask.tz)
    today_ms = cut.day_start_ms(now_ms, where)
    from_ms = cut.moment_ms(ask.from_time, where, "from") if ask.from_time else today_ms
    to_ms = (
        cut.moment_ms(ask.to_time, where, "to") if ask.to_time else cut.next_day_ms(now_ms, where)
    )
    parts = cut.split(from_ms, to_ms, ask.interval, where)
    cell = Cell(
        by=by,
        from_ms=from_ms,
        to_ms=to_ms,
        queue_id=ask.queue_id,
        agent_id=ask.agent_id,
        kind=ask.kind,
        robots=ask.robots,
    )
    return parts, cell
