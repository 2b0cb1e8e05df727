"""Logins: signed-in browsers. The token is stored hashed, in the directory and here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import tenant_table
from gateway.tenancy.store import directory

logins = tenant_table(
    "logins",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("user_id", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_logins_user_id", "tenant_id", "user_id"),
)
KIND = "login"


def insert(tx: Tx, login_id: str, token: str, user_id: str, expires_at_ms: int) -> None:
    """Add a login that ``token`` leads to."""
    tx.execute(
        logins.insert().values(
            tenant_id=tx.tenant_id,
            id=login_id,
            user_id=user_id,
            created_at_ms=tx.now_ms,
            seen_at_ms=tx.now_ms,
            expires_at_ms=expires_at_ms,
        )
    )
    directory.put(tx, KIND, token, login_id, expires_at_ms)


def find(tx: Tx, login_id: str) -> Mapping[str, Any] | None:
    """Return a login of this tenant."""
    return tx.one(
        sa.select(logins).where(logins.c.tenant_id == tx.tenant_id, logins.c.id == login_id)
    )


def touch(tx: Tx, login_id: str) -> None:
    """Remember that the login was used now."""
    tx.execute(
        logins.update()
        .where(logins.c.tenant_id == tx.tenant_id, logins.c.id == login_id)
        .values(seen_at_ms=tx.now_ms)
    )


def remove(tx: Tx, login_id: str) -> None:
    """End one login."""
    tx.execute(logins.delete().where(logins.c.tenant_id == tx.tenant_id, logins.c.id == login_id))
    directory.remove_object(tx, KIND, login_id)


def remove_all(tx: Tx, user_id: str) -> int:
    """End every login of a person; returns how many there were."""
    mine = sa.and_(logins.c.tenant_id == tx.tenant_id, logins.c.user_id == user_id)
    ids = [row["id"] for row in tx.all(sa.select(logins.c.id).where(mine))]
    for login_id in ids:
        remove(tx, login_id)
    return len(ids)


def remove_expired(tx: Tx) -> None:
    """Forget logins of this tenant that are over."""
    tx.execute(
        logins.delete().where(
            logins.c.tenant_id == tx.tenant_id, logins.c.expires_at_ms <= tx.now_ms
        )
    )
