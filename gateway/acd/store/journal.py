"""The journal: one fenced writer per tenant, every position written once.

A commit moves the partition's row from the expected position to the new one under the writer's
own epoch. Whoever took over has raised the epoch; whoever is late finds another position: both
find no row to update and are refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from gateway.acd.store.tables import deliveries, journal, partitions, snapshots
from gateway.kernel.errors import WeccError
from gateway.platform.database.bulk import Bulk
from gateway.platform.database.port import Tx

_MAIN = "main"
_ENTRIES = Bulk(journal, ("epoch", "at_ms", "kind", "body"), key=("position",))
_OWED = Bulk(deliveries, ("interaction_id", "call", "agent_id", "cause"), key=("position",))
_DELIVERED = Bulk(deliveries, (), key=("position",))
_MOVE = (
    partitions.update()
    .where(
        partitions.c.tenant_id == sa.bindparam("b_tenant"),
        partitions.c.id == _MAIN,
        partitions.c.epoch == sa.bindparam("b_epoch"),
        partitions.c.position == sa.bindparam("b_expected"),
    )
    .values(position=sa.bindparam("b_position"))
)


class Fenced(WeccError):
    """Somebody else writes this partition's journal now."""

    def __init__(self) -> None:
        super().__init__(
            "not_ready", "Another process routes this tenant now. Try again in a moment."
        )


class Tail(NamedTuple):
    """What a partition is rebuilt from: a snapshot at ``position``, the entries up to ``end``."""

    position: int
    snapshot: str | None
    entries: list[str]
    end: int


def take_over(tx: Tx) -> tuple[int, int]:
    """Raise the epoch and become the writer; returns (epoch, position)."""
    here = (partitions.c.tenant_id == tx.tenant_id, partitions.c.id == _MAIN)
    row = tx.one(sa.select(partitions).where(*here).with_for_update())
    if row is None:
        tx.execute(
            partitions.insert().values(tenant_id=tx.tenant_id, id=_MAIN, epoch=1, position=0)
        )
        return 1, 0
    tx.execute(partitions.update().where(*here).values(epoch=row["epoch"] + 1))
    return row["epoch"] + 1, row["position"]


def epoch(tx: Tx) -> int:
    """Return the epoch of who took over last."""
    mine = (partitions.c.tenant_id == tx.tenant_id, partitions.c.id == _MAIN)
    row = tx.one(sa.select(partitions.c.epoch).where(*mine))
    return 0 if row is None else int(row["epoch"])


def append(
    tx: Tx, epoch: int, expected: int, rows: Sequence[Mapping[str, Any]], moved_to: int
) -> None:
    """Write entries after ``expected``; raises ``Fenced`` when that is not the end any more."""
    here = {"b_tenant": tx.tenant_id, "b_epoch": epoch, "b_expected": expected}
    if tx.execute(_MOVE, {**here, "b_position": moved_to}).rowcount != 1:
        raise Fenced
    _ENTRIES.insert(tx, rows)


def read_tail(tx: Tx, before: int | None = None) -> Tail:
    """Return the newest snapshot, or the newest ``before`` a position, and the entries after it."""
    mine = [snapshots.c.tenant_id == tx.tenant_id]
    if before is not None:
        mine.append(snapshots.c.position < before)
    snapshot = tx.one(
        sa.select(snapshots.c.position, snapshots.c.body)
        .where(*mine)
        .order_by(snapshots.c.position.desc())
        .limit(1)
    )
    start = snapshot["position"] if snapshot is not None else 0
    rows = tx.all(
        sa.select(journal.c.body)
        .where(journal.c.tenant_id == tx.tenant_id, journal.c.position > start)
        .order_by(journal.c.position)
    )
    body = snapshot["body"] if snapshot is not None else None
    return Tail(start, body, [row["body"] for row in rows], end(tx))


def entries_between(tx: Tx, after: int, up_to: int) -> list[str]:
    """Return the entries at positions ``after`` < p <= ``up_to``."""
    rows = tx.all(
        sa.select(journal.c.body)
        .where(
            journal.c.tenant_id == tx.tenant_id,
            journal.c.position > after,
            journal.c.position <= up_to,
        )
        .order_by(journal.c.position)
    )
    return [row["body"] for row in rows]


def rows_after(tx: Tx, position: int, limit: int) -> list[tuple[int, str]]:
    """Return up to ``limit`` positions after ``position`` with their entries."""
    rows = tx.all(
        sa.select(journal.c.position, journal.c.body)
        .where(journal.c.tenant_id == tx.tenant_id, journal.c.position > position)
        .order_by(journal.c.position)
        .limit(limit)
    )
    return [(row["position"], row["body"]) for row in rows]


def position_before(tx: Tx, at_ms: int) -> int:
    """Return the position of the last entry before a moment; 0 when there is none."""
    row = tx.one(
        sa.select(sa.func.max(journal.c.position).label("position")).where(
            journal.c.tenant_id == tx.tenant_id, journal.c.at_ms < at_ms
        )
    )
    return 0 if row is None or row["position"] is None else int(row["position"])


def first(tx: Tx) -> int:
    """Return the position of the oldest entry that is kept; 1 when nothing was removed."""
    row = tx.one(
        sa.select(sa.func.min(journal.c.position).label("at")).where(
            journal.c.tenant_id == tx.tenant_id
        )
    )
    return end(tx) + 1 if row is None or row["at"] is None else int(row["at"])


def end(tx: Tx) -> int:
    """Return the position of the newest entry; 0 when there is none."""
    mine = (partitions.c.tenant_id == tx.tenant_id, partitions.c.id == _MAIN)
    row = tx.one(sa.select(partitions.c.position).where(*mine))
    return 0 if row is None else int(row["position"])


def owe(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember calls that handlers must get."""
    _OWED.insert(tx, rows)


def owed(tx: Tx) -> Sequence[Mapping[str, Any]]:
    """Return the calls that handlers still must get, in order."""
    return tx.all(
        sa.select(deliveries)
        .where(deliveries.c.tenant_id == tx.tenant_id)
        .order_by(deliveries.c.position)
    )


def delivered(tx: Tx, positions: Sequence[int]) -> None:
    """Forget calls that handlers returned from."""
    _DELIVERED.delete(tx, [{"position": at} for at in positions])
