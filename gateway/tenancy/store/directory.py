"""The way from a secret or a public key to its tenant, before the tenant is known.

A platform table: only hashes, the tenant and an object id. Rows are written in the commit of the
object they lead to.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import metadata
from gateway.tenancy.model import secret_hash

directory = sa.Table(
    "directory",
    metadata,
    sa.Column("key_hash", sa.String(64), nullable=False),
    sa.Column("tenant_id", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("object_id", sa.String(64), nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger),
    sa.PrimaryKeyConstraint("key_hash", "tenant_id"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a key leads."""

    tenant_id: str
    object_id: str


def hash_key(kind: str, key: str) -> str:
    """Return the row key: the kind is part of it, so no key works as another kind's."""
    return secret_hash(f"{kind}:{key}")


def put(tx: Tx, kind: str, key: str, object_id: str, expires_at_ms: int | None = None) -> None:
    """Let ``key`` lead to an object of this unit's tenant."""
    tx.execute(
        directory.insert().values(
            key_hash=hash_key(kind, key),
            tenant_id=tx.tenant_id,
            kind=kind,
            object_id=object_id,
            expires_at_ms=expires_at_ms,
        )
    )


def find(tx: Tx, kind: str, key: str) -> list[Found]:
    """Return where ``key`` leads now; more than one only for e-mail addresses."""
    rows = tx.all(
        sa.select(directory.c.tenant_id, directory.c.object_id)
        .where(
            directory.c.key_hash == hash_key(kind, key),
            directory.c.kind == kind,
            sa.or_(directory.c.expires_at_ms.is_(None), directory.c.expires_at_ms > tx.now_ms),
        )
        .order_by(directory.c.tenant_id)
        .limit(4)
    )
    return [Found(row["tenant_id"], row["object_id"]) for row in rows]


def remove_object(tx: Tx, kind: str, object_id: str) -> None:
    """Let nothing lead to this object any more."""
    tx.execute(
        directory.delete().where(
            directory.c.tenant_id == tx.tenant_id,
            directory.c.kind == kind,
            directory.c.object_id == object_id,
        )
    )


def remove_expired(tx: Tx) -> None:
    """Forget what of this unit's tenant has expired."""
    tx.execute(
        directory.delete().where(
            directory.c.tenant_id == tx.tenant_id, directory.c.expires_at_ms <= tx.now_ms
        )
    )


def remove_tenant(tx: Tx) -> None:
    """Forget everything that leads to this unit's tenant."""
    tx.execute(directory.delete().where(directory.c.tenant_id == tx.tenant_id))
