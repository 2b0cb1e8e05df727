"""What a stretch of the journal is replayed from: the nearest snapshot before it, and its rows."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from gateway.acd.store.tables import journal, snapshots
from gateway.platform.database.port import Tx


class Span(NamedTuple):
    """Entries ``after`` < p <= ``last``, on top of ``snapshot`` at ``after`` (None: the start)."""

    after: int
    last: int
    snapshot: str | None


def span(tx: Tx, from_ms: int, to_ms: int | None) -> Span | None:
    """Return what tells of a time; None when its beginning is not kept any more."""
    ends = tx.one(
        sa.select(
            sa.func.min(journal.c.position).label("first"),
            sa.func.max(journal.c.position).label("last"),
        ).where(journal.c.tenant_id == tx.tenant_id)
    )
    if ends is None or ends["first"] is None:
        return None
    first, last = int(ends["first"]), int(ends["last"])
    start = _before(tx, first, last, from_ms)
    if to_ms is not None:
        last = _before(tx, first, last, to_ms + 1)
    base = tx.one(
        sa.select(snapshots.c.position, snapshots.c.body)
        .where(snapshots.c.tenant_id == tx.tenant_id, snapshots.c.position <= start)
        .order_by(snapshots.c.position.desc())
        .limit(1)
    )
    after = int(base["position"]) if base is not None else 0
    if first > after + 1:
        return None
    return Span(after, last, base["body"] if base is not None else None)


def piece(tx: Tx, after: int, up_to: int) -> bytes:
    """Return the entries ``after`` < p <= ``up_to``, one to a line."""
    rows = tx.execute(
        sa.select(journal.c.body)
        .where(
            journal.c.tenant_id == tx.tenant_id,
            journal.c.position > after,
            journal.c.position <= up_to,
        )
        .order_by(journal.c.position)
    )
    return "\n".join(row[0] for row in rows).encode()


def _before(tx: Tx, first: int, last: int, at_ms: int) -> int:
    """Return the last position before a moment, by halving: times rise with positions."""
    low, high = first - 1, last
    while low < high:
        middle = (low + high + 1) // 2
        row = tx.one(
            sa.select(journal.c.at_ms).where(
                journal.c.tenant_id == tx.tenant_id, journal.c.position == middle
            )
        )
        if row is not None and row["at_ms"] < at_ms:
            low = middle
        else:
            high = middle - 1
    return low
