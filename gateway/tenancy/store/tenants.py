"""Tenants, the one list that belongs to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import metadata

tenants = sa.Table(
    "tenants",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("is_demo", sa.Boolean, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
)


def insert(tx: Tx, name: str, is_demo: bool) -> None:
    """Add this unit's tenant."""
    tx.execute(
        tenants.insert().values(
            id=tx.tenant_id, name=name, is_demo=is_demo, created_at_ms=tx.now_ms
        )
    )


def find(tx: Tx) -> Mapping[str, Any] | None:
    """Return this unit's tenant."""
    return tx.one(sa.select(tenants).where(tenants.c.id == tx.tenant_id))


def all_rows(tx: Tx) -> Sequence[Mapping[str, Any]]:
    """Return every tenant, oldest first."""
    return tx.all(sa.select(tenants).order_by(tenants.c.created_at_ms, tenants.c.id))


def drop(tx: Tx) -> int:
    """Delete every row of this unit's tenant in every room's tables; returns how many."""
    deleted = 0
    for table in reversed(metadata.sorted_tables):
        if table.info.get("tenant"):
            found = tx.execute(table.delete().where(table.c.tenant_id == tx.tenant_id))
            deleted += found.rowcount
    tx.execute(tenants.delete().where(tenants.c.id == tx.tenant_id))
    return deleted
