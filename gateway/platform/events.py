"""Reading the event log: facts in the order they were committed, one count per tenant.

Writing is ``Tx.record`` inside a unit of work. A reader keeps the ``seq`` it has seen and asks
for what came after; because ``seq`` is given out by the writer that commits, a reader that saw
``seq`` n never finds a smaller one later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.log import events
from gateway.platform.database.port import Tx

_AFTER = (
    sa.select(events.c.seq, events.c.at_ms, events.c.kind, events.c.facts)
    .where(events.c.tenant_id == sa.bindparam("tenant_id"), events.c.seq > sa.bindparam("after"))
    .order_by(events.c.seq)
    .limit(sa.bindparam("limit"))
)
_LAST = sa.select(sa.func.max(events.c.seq).label("seq")).where(
    events.c.tenant_id == sa.bindparam("tenant_id")
)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact: what happened, when, and the ids and codes it concerns."""

    seq: int
    at_ms: int
    kind: str
    facts: Mapping[str, Any]


def read_after(tx: Tx, seq: int, limit: int = 500) -> list[Event]:
    """Return up to ``limit`` events of the tenant after ``seq``, oldest first."""
    rows = tx.all(_AFTER, {"tenant_id": tx.tenant_id, "after": seq, "limit": limit})
    return [Event(row["seq"], row["at_ms"], row["kind"], row["facts"]) for row in rows]


def last_seq(tx: Tx) -> int:
    """Return the ``seq`` of the tenant's newest event; 0 when there is none."""
    row = tx.one(_LAST, {"tenant_id": tx.tenant_id})
    return int(row["seq"] or 0) if row is not None else 0
