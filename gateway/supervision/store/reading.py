"""What reports and boards are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.engagement.store.tables import conversations
from gateway.platform.database.port import Tx
from gateway.supervision.model.ask import Cell
from gateway.supervision.model.dictionary import SHORT_ABANDON_MS, Targets
from gateway.supervision.model.drill import Drill
from gateway.supervision.model.ledger import Stay
from gateway.supervision.model.tally import BUCKET_MS, COUNTERS, LONGEST
from gateway.supervision.model.times import Watch
from gateway.supervision.store.counting import stay_columns, watch_of
from gateway.supervision.store.tables import agents, counters, stays, targets, waits

GOOD = 4
"""A rating of so many stars, or more, is a good one."""


def sums(tx: Tx, cell: Cell) -> Sequence[Mapping[str, Any]]:
    """Return counters per five minutes and row."""
    columns = [_sum(counters.c[name]).label(name) for name in COUNTERS]
    about = counters.c[cell.by]
    return tx.all(
        sa.select(
            counters.c.start_ms,
            about.label("about"),
            *columns,
            sa.func.max(counters.c[LONGEST]).label(LONGEST),
        )
        .where(*_where(tx, counters, cell))
        .group_by(counters.c.start_ms, about)
    )


def bins(tx: Tx, cell: Cell) -> Sequence[Mapping[str, Any]]:
    """Return waits per five minutes, row and bin."""
    about = waits.c[cell.by]
    return tx.all(
        sa.select(
            waits.c.start_ms,
            about.label("about"),
            waits.c.bin,
            _sum(waits.c.number).label("number"),
        )
        .where(*_where(tx, waits, cell))
        .group_by(waits.c.start_ms, about, waits.c.bin)
    )


def ratings(tx: Tx, cell: Cell) -> Sequence[Mapping[str, Any]]:
    """Return ratings per five minutes and row: each counts for who had the contact last before."""
    rated, last = conversations.c, stays.alias("last")
    newest = (
        sa.select(sa.func.max(last.c.settled_ms))
        .where(
            last.c.tenant_id == tx.tenant_id,
            last.c.conversation_id == rated.id,
            last.c.outcome == "answered",
            last.c.settled_ms <= rated.rated_at_ms,
        )
        .scalar_subquery()
    )
    start = (rated.rated_at_ms - rated.rated_at_ms % BUCKET_MS).label("start_ms")
    about = stays.c[cell.by].label("about")
    found = [
        rated.tenant_id == tx.tenant_id,
        rated.rated_at_ms >= cell.from_ms,
        rated.rated_at_ms < cell.to_ms,
        stays.c.tenant_id == tx.tenant_id,
        stays.c.outcome == "answered",
        stays.c.settled_ms == newest,
        *_narrowed(stays, cell),
    ]
    return tx.all(
        sa.select(
            start,
            about,
            sa.func.count().label("ratings"),
            _sum(rated.rating).label("ratings_sum"),
            _sum(sa.case((rated.rating >= GOOD, 1), else_=0)).label("ratings_good"),
        )
        .select_from(conversations.join(stays, stays.c.conversation_id == rated.id))
        .where(*found)
        .group_by(start, about)
    )


def _sum(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """A sum as an integer: PostgreSQL makes it a decimal."""
    return sa.cast(sa.func.sum(column), sa.BigInteger)


def _where(tx: Tx, table: sa.Table, cell: Cell) -> list[sa.ColumnElement[bool]]:
    return [
        table.c.tenant_id == tx.tenant_id,
        table.c.start_ms >= cell.from_ms,
        table.c.start_ms < cell.to_ms,
        table.c[cell.by] != "",
        *_narrowed(table, cell),
    ]


def _narrowed(table: sa.Table, cell: Cell) -> list[sa.ColumnElement[bool]]:
    """Return the filters of a question that a table's own columns answer."""
    found: list[sa.ColumnElement[bool]] = []
    for name in ("queue_id", "agent_id", "kind"):
        wanted = getattr(cell, name)
        if wanted is not None:
            found.append(table.c[name] == wanted)
    if not cell.robots:
        found.append(table.c.is_robot.is_(False))
    return found


def signed_in(tx: Tx, agent_id: str | None) -> list[Watch]:
    """Return agents whose time goes on now."""
    here = [agents.c.tenant_id == tx.tenant_id, agents.c.state != "offline"]
    if agent_id is not None:
        here.append(agents.c.agent_id == agent_id)
    return [watch_of(row) for row in tx.all(sa.select(agents).where(*here))]


def targets_of(tx: Tx) -> dict[str, Targets]:
    """Return the service targets that queues state."""
    rows = tx.all(sa.select(targets).where(targets.c.tenant_id == tx.tenant_id))
    return {row["queue_id"]: msgspec.convert({"of_kind": row["of_kind"]}, Targets) for row in rows}


def robots_in(tx: Tx, cell: Cell) -> int:
    """Return how many waits of robots a report leaves out."""
    if cell.robots:
        return 0
    here = _where(tx, counters, msgspec.structs.replace(cell, robots=True, by="kind"))
    row = tx.one(
        sa.select(_sum(counters.c.offered + counters.c.accepted).label("found")).where(
            *here, counters.c.is_robot.is_(True)
        )
    )
    return int(row["found"] or 0) if row is not None else 0


def find_stays(
    tx: Tx, cell: Cell, drill: Drill, after: tuple[int, int, str], limit: int
) -> list[Stay]:
    """Return the stays behind a figure, after a place in their order."""
    at = stays.c[drill.at]
    place = sa.tuple_(at, stays.c.number, stays.c.interaction_id)
    rows = tx.all(
        sa.select(*stay_columns())
        .where(*_stays_of(tx, cell, drill), place > sa.tuple_(*after))
        .order_by(at, stays.c.number, stays.c.interaction_id)
        .limit(limit)
    )
    return [Stay(**row) for row in rows]


def _stays_of(tx: Tx, cell: Cell, drill: Drill) -> list[sa.ColumnElement[bool]]:
    at = stays.c[drill.at]
    found = [stays.c.tenant_id == tx.tenant_id, at >= cell.from_ms, at < cell.to_ms]
    found += _narrowed(stays, cell)
    if drill.replied:
        found.append(stays.c.replied_ms > 0)
    if drill.outcome is not None:
        found.append(stays.c.outcome == drill.outcome)
    if drill.causes:
        found.append(stays.c.cause.in_(drill.causes))
    if drill.ended_as is not None:
        found.append(stays.c.ended_as == drill.ended_as)
    waited = stays.c.settled_ms - stays.c.began_ms
    if drill.waited is not None:
        most = stays.c.within_ms if drill.waited == "within" else sa.literal(SHORT_ABANDON_MS)
        found.append(waited <= most)
    return found
