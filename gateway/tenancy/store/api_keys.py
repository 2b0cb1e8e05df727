"""API keys: programs that act with a role of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import tenant_table
from gateway.tenancy.store import directory

api_keys = tenant_table(
    "api_keys",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_used_at_ms", sa.BigInteger),
)
KIND = "api_key"


def insert(tx: Tx, key_id: str, secret: str, name: str, role: str) -> None:
    """Add a key that ``secret`` leads to."""
    tx.execute(
        api_keys.insert().values(
            tenant_id=tx.tenant_id, id=key_id, name=name, role=role, created_at_ms=tx.now_ms
        )
    )
    directory.put(tx, KIND, secret, key_id)


def find(tx: Tx, key_id: str) -> Mapping[str, Any] | None:
    """Return a key of this tenant."""
    return tx.one(sa.select(api_keys).where(_is(tx, key_id)))


def all_rows(tx: Tx) -> Sequence[Mapping[str, Any]]:
    """Return every key of this tenant, newest first."""
    query = sa.select(api_keys).where(api_keys.c.tenant_id == tx.tenant_id)
    return tx.all(query.order_by(api_keys.c.created_at_ms.desc(), api_keys.c.id))


def names(tx: Tx, key_ids: Sequence[str]) -> dict[str, str]:
    """Return the names of those of ``key_ids`` that are keys of this tenant."""
    rows = tx.all(
        sa.select(api_keys.c.id, api_keys.c.name).where(
            api_keys.c.tenant_id == tx.tenant_id, api_keys.c.id.in_(key_ids)
        )
    )
    return {row["id"]: row["name"] for row in rows}


def touch(tx: Tx, key_id: str) -> None:
    """Remember that the key was used now."""
    tx.execute(api_keys.update().where(_is(tx, key_id)).values(last_used_at_ms=tx.now_ms))


def remove(tx: Tx, key_id: str) -> None:
    """Delete a key; it opens nothing from then on."""
    tx.execute(api_keys.delete().where(_is(tx, key_id)))
    directory.remove_object(tx, KIND, key_id)


def _is(tx: Tx, key_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(api_keys.c.tenant_id == tx.tenant_id, api_keys.c.id == key_id)
