"""How long the journal stays, and the snapshots from which what is left can be replayed.

The first snapshot of every week is kept. Rows go only up to a kept snapshot that is old enough,
so folding the rest always begins at a known state. Deletion is done in small pieces, oldest
first, and can stop after any of them.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.acd.store.tables import journal, snapshots
from gateway.platform.database.port import Tx

WEEK_MS = 7 * 86_400_000
AT_ONCE = 2_000


def put_snapshot(tx: Tx, position: int, at_ms: int, body: str) -> None:
    """Keep a snapshot, the one before it, and the first of each week."""
    mine = snapshots.c.tenant_id == tx.tenant_id
    kept = tx.all(
        sa.select(snapshots.c.position, snapshots.c.at_ms)
        .where(mine)
        .order_by(snapshots.c.position)
    )
    weeks: set[int] = set()
    spare = []
    for row in kept[:-1]:
        week = row["at_ms"] // WEEK_MS
        if week in weeks:
            spare.append(row["position"])
        weeks.add(week)
    if spare:
        tx.execute(snapshots.delete().where(mine, snapshots.c.position.in_(spare)))
    tx.execute(
        snapshots.insert().values(tenant_id=tx.tenant_id, position=position, at_ms=at_ms, body=body)
    )


def prune(tx: Tx, before_ms: int) -> bool:
    """Delete a piece of what is older; tell whether there may be more to delete.

    Keeps the newest snapshot from before that time: what is left is replayed from there.
    """
    mine = journal.c.tenant_id == tx.tenant_id
    base = tx.one(
        sa.select(sa.func.max(snapshots.c.position).label("at")).where(
            snapshots.c.tenant_id == tx.tenant_id, snapshots.c.at_ms < before_ms
        )
    )
    first = tx.one(sa.select(sa.func.min(journal.c.position).label("at")).where(mine))
    if base is None or base["at"] is None or first is None or first["at"] is None:
        return False
    last = min(base["at"], first["at"] + AT_ONCE - 1)
    if first["at"] > last:
        return False
    tx.execute(journal.delete().where(mine, journal.c.position <= last))
    tx.execute(
        snapshots.delete().where(
            snapshots.c.tenant_id == tx.tenant_id,
            snapshots.c.position < base["at"],
            snapshots.c.position <= last,
        )
    )
    return bool(last < base["at"])


def kept(tx: Tx) -> dict[int, str]:
    """Return the snapshots there are, by position."""
    rows = tx.all(
        sa.select(snapshots.c.position, snapshots.c.body)
        .where(snapshots.c.tenant_id == tx.tenant_id)
        .order_by(snapshots.c.position)
    )
    return {row["position"]: row["body"] for row in rows}
