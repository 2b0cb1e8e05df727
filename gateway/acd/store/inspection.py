"""What an inspection of the journal reads; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from gateway.acd.store.tables import deliveries, interactions, journal, partitions
from gateway.platform.database.port import Tx

_AT_ONCE = 10_000
_TOLD = (
    "id", "kind", "conversation_id", "queue_id", "state", "priority", "agent_id", "epoch",
)  # fmt: skip


def damage(tx: Tx) -> str:
    """Return what SQLite finds wrong with the file itself; empty when nothing, or elsewhere."""
    if tx.connection.dialect.name != "sqlite":
        return ""
    row = tx.connection.exec_driver_sql("PRAGMA quick_check(1)").fetchone()
    return "" if row is None or row[0] == "ok" else str(row[0])


def first(tx: Tx) -> int | None:
    """Return the first position that is kept; None when there is none."""
    mine = journal.c.tenant_id == tx.tenant_id
    row = tx.one(sa.select(sa.func.min(journal.c.position).label("at")).where(mine))
    return None if row is None or row["at"] is None else int(row["at"])


def entries(tx: Tx, after: int) -> Iterator[tuple[int, str, str]]:
    """Yield positions, kinds and bodies in order."""
    position = after
    while True:
        rows = tx.all(
            sa.select(journal.c.position, journal.c.kind, journal.c.body)
            .where(journal.c.tenant_id == tx.tenant_id, journal.c.position > position)
            .order_by(journal.c.position)
            .limit(_AT_ONCE)
        )
        if not rows:
            return
        for row in rows:
            yield int(row["position"]), row["kind"], row["body"]
        position = int(rows[-1]["position"])


def end(tx: Tx) -> int | None:
    """Return where the partition says that its journal ends; None when it never began."""
    row = tx.one(sa.select(partitions.c.position).where(partitions.c.tenant_id == tx.tenant_id))
    return None if row is None else int(row["position"])


def rows(tx: Tx) -> Iterator[Mapping[str, Any]]:
    """Yield what lists and reports read of every interaction."""
    columns = [interactions.c[name] for name in _TOLD]
    last = ""
    while True:
        found = tx.all(
            sa.select(*columns)
            .where(interactions.c.tenant_id == tx.tenant_id, interactions.c.id > last)
            .order_by(interactions.c.id)
            .limit(_AT_ONCE)
        )
        if not found:
            return
        yield from found
        last = str(found[-1]["id"])


def owed(tx: Tx) -> list[Mapping[str, Any]]:
    """Return the calls that handlers still must get."""
    found = sa.select(deliveries).where(deliveries.c.tenant_id == tx.tenant_id)
    return list(tx.all(found.order_by(deliveries.c.position)))
