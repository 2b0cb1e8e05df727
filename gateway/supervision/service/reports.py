"""What people ask about figures: reports, the waits behind a number, the live board."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gateway.acd.model.configuration import KINDS
from gateway.acd.service.book import People
from gateway.acd.service.history import end, queue_names
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Database, Tx
from gateway.supervision.model.alarms.lookout import Lateness
from gateway.supervision.model.ask import Ask, Cell, cell_of
from gateway.supervision.model.board import QueueFacts, queue_board
from gateway.supervision.model.drill import DRILLS, cursor_of, read_cursor, stay_view
from gateway.supervision.model.intervals import Intervals
from gateway.supervision.model.report import Cells
from gateway.supervision.service.alarms import Alarms
from gateway.supervision.store import counting, reading
from gateway.supervision.wire import BoardView, ReportRow, ReportView, StaysPage
from gateway.tenancy.authorization import Relation, authorize

ROWS_LIMIT = 10_000
STAYS_LIMIT = 200
BOARD_FRESH_MS = 1_000

Waits = tuple[Mapping[str, Lateness], int | None]
"""Who waits near and past the target by queue, and when that changes by itself."""


class Reports:
    """Answers from what was counted; a live figure and a report are the same query."""

    def __init__(self, database: Database, clock: Clock, people: People, alarms: Alarms) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self._alarms = alarms
        self._boards: dict[tuple[str, str, bool], tuple[int, BoardView]] = {}

    # ---- intervals

    async def intervals(self, actor: Actor, ask: Ask) -> ReportView:
        """Return figures per interval; an agent's own only, for an agent."""
        ask = allowed(actor, ask)
        now_ms = self._clock.now_ms()
        parts, cell = cell_of(ask, now_ms)

        def work(tx: Tx) -> ReportView:
            until_ms = counted_to(tx, now_ms)
            cells = _read(tx, parts, cell, until_ms)
            names = self._names(tx, ask.by)
            return _view(ask, cell, cells, names, (until_ms, reading.robots_in(tx, cell)))

        return await self._database.read(actor.tenant_id, work)

    def _names(self, tx: Tx, by: str) -> Mapping[str, str]:
        if by == "queue":
            return queue_names(tx)
        if by == "agent":
            return {person.id: person.name for person in self._people(tx)}
        return {}

    # ---- the waits behind a number

    async def stays(
        self, actor: Actor, ask: Ask, figure: str, cursor: str, limit: int = STAYS_LIMIT
    ) -> StaysPage:
        """Return the waits a number counts, oldest first."""
        ask = msgspec.structs.replace(allowed(actor, ask), interval="month")
        drill = DRILLS.get(figure)
        if drill is None:
            message = f"Lists are behind these figures: {', '.join(DRILLS)}."
            raise WeccError("bad_value", message, field="figure")
        after = read_cursor(cursor) if cursor else (0, 0, "")
        if after is None:
            raise WeccError("bad_value", "Go on with the `next_cursor` given.", field="cursor")
        _, cell = cell_of(ask, self._clock.now_ms())

        def work(tx: Tx) -> StaysPage:
            found = reading.find_stays(tx, cell, drill, after, limit + 1)
            queues, people = queue_names(tx), self._names(tx, "agent")
            shown = found[:limit]
            return StaysPage(
                items=[stay_view(stay, queues, people) for stay in shown],
                next_cursor=cursor_of(shown[-1], drill) if len(found) > len(shown) else None,
            )

        return await self._database.read(actor.tenant_id, work)

    # ---- now

    async def board(self, actor: Actor, tz: str, *, robots: bool = False) -> BoardView:
        """Return today's figures per queue and who waits too long, at most once a second."""
        authorize(actor, "live.read", Relation.TENANT)
        key, now_ms = (actor.tenant_id, tz, robots), self._clock.now_ms()
        known = self._boards.get(key)
        if known is not None and 0 <= now_ms - known[0] < BOARD_FRESH_MS:
            return known[1]
        parts, cell = cell_of(Ask(interval="day", tz=tz, robots=robots), now_ms)
        waits = await self._alarms.lateness(actor.tenant_id, robots=robots)
        view = await self._database.read(
            actor.tenant_id, lambda tx: _board(tx, (parts, cell), waits, tz, now_ms)
        )
        self._boards = {each: kept for each, kept in self._boards.items() if kept[0] >= now_ms}
        self._boards[key] = (now_ms, view)
        return view


def allowed(actor: Actor, ask: Ask) -> Ask:
    """Return what the actor may ask: leads ask for everything, agents for themselves."""
    if actor.role != "agent":
        authorize(actor, "report.read", Relation.TENANT)
        return ask
    is_own = ask.agent_id in (None, actor.id)
    authorize(actor, "report.read", Relation.SELF if is_own else Relation.TENANT)
    return msgspec.structs.replace(ask, agent_id=actor.id)


def counted_to(tx: Tx, now_ms: int) -> int:
    """Return up to when the figures are complete: now, when the whole journal is counted."""
    position, at_ms = counting.position(tx)
    return now_ms if position == end(tx) else at_ms


def _read(tx: Tx, parts: Intervals, cell: Cell, until_ms: int) -> Cells:
    cells = Cells(parts, has_time=cell.has_time)
    cells.add_sums(reading.sums(tx, cell))
    cells.add_bins(reading.bins(tx, cell))
    cells.add_ratings(reading.ratings(tx, cell))
    if cell.has_time:
        cells.add_present(reading.signed_in(tx, cell.agent_id), until_ms)
    return cells


def _view(
    ask: Ask, cell: Cell, cells: Cells, names: Mapping[str, str], facts: tuple[int, int]
) -> ReportView:
    every = cells.intervals.every
    keys = cells.keys()
    if len(keys) > ROWS_LIMIT:
        raise WeccError(
            "bad_value",
            f"More than {ROWS_LIMIT} rows. Choose longer intervals, less time or one queue.",
            field="interval",
        )
    whole = (cell.from_ms, cell.to_ms)
    return ReportView(
        by=ask.by,  # type: ignore[arg-type]
        interval=ask.interval,  # type: ignore[arg-type]
        tz=ask.tz,
        from_ms=cell.from_ms,
        to_ms=cell.to_ms,
        counted_to_ms=facts[0],
        robots_left_out=facts[1],
        intervals=[interval.start_ms for interval in every],
        rows=[_row(every[at[0]], at[1], names, cells.figures(at)) for at in keys],
        together=[
            _row(every[number], "", names, figures) for number, figures in cells.together().items()
        ],
        totals=[_row(whole, about, names, figures) for about, figures in cells.totals().items()],
        total=_row(whole, "", names, cells.total()),
    )


def _row(
    span: tuple[int, int], about: str, names: Mapping[str, str], figures: dict[str, float | None]
) -> ReportRow:
    return ReportRow(
        start_ms=span[0],
        end_ms=span[1],
        id=about,
        name=names.get(about, ""),
        figures=figures,
    )


def _board(tx: Tx, asked: tuple[Intervals, Cell], waits: Waits, tz: str, now_ms: int) -> BoardView:
    parts, cell = asked
    until_ms = counted_to(tx, now_ms)
    of_kind = {
        kind: _read(tx, parts, msgspec.structs.replace(cell, kind=kind), until_ms).totals()
        for kind in KINDS
    }
    whole = _read(tx, parts, cell, until_ms)
    today, targets = whole.totals(), reading.targets_of(tx)
    waiting, next_ms = waits
    return BoardView(
        at_ms=now_ms,
        tz=tz,
        from_ms=cell.from_ms,
        counted_to_ms=until_ms,
        robots_left_out=reading.robots_in(tx, cell),
        next_at_ms=next_ms,
        queues=[
            queue_board(
                QueueFacts(
                    queue_id=queue_id,
                    name=name,
                    targets=targets.get(queue_id),
                    lateness=waiting.get(queue_id),
                    today=today.get(queue_id),
                    of_kind={kind: found.get(queue_id) for kind, found in of_kind.items()},
                )
            )
            for queue_id, name in queue_names(tx).items()
        ],
        total=whole.total(),
    )
