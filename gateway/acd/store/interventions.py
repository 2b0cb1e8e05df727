"""What leads did by hand, and why: one row each, written in the commit that did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.acd.store.tables import interventions
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]


def insert(tx: Tx, row: Row) -> None:
    """Remember an intervention."""
    tx.execute(interventions.insert().values(tenant_id=tx.tenant_id, **row))


def undo(tx: Tx, intervention_id: str, by: str) -> None:
    """Note that one was undone, and by which."""
    mine = (interventions.c.tenant_id == tx.tenant_id, interventions.c.id == intervention_id)
    tx.execute(interventions.update().where(*mine).values(undone_by=by))


def find(tx: Tx, intervention_id: str) -> Row | None:
    """Return one."""
    return tx.one(
        sa.select(interventions).where(
            interventions.c.tenant_id == tx.tenant_id, interventions.c.id == intervention_id
        )
    )


def newest(tx: Tx, object_id: str | None, limit: int) -> Sequence[Row]:
    """Return the newest first: of one interaction or agent, or of all."""
    where = [interventions.c.tenant_id == tx.tenant_id]
    if object_id is not None:
        where.append(interventions.c.object_id == object_id)
    return tx.all(
        sa.select(interventions)
        .where(*where)
        .order_by(interventions.c.at_ms.desc(), interventions.c.id.desc())
        .limit(limit)
    )
