"""Users, their password hashes and their preferences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table
from gateway.tenancy.wire import UserView

users = tenant_table(
    "users",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_sign_in_at_ms", sa.BigInteger),
    sa.UniqueConstraint("tenant_id", "email"),
)
credentials = tenant_table(
    "credentials",
    sa.Column("user_id", sa.String(64), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
    key=("user_id",),
)
preferences = tenant_table(
    "preferences",
    sa.Column("user_id", sa.String(64), nullable=False),
    json_column("preferences"),
    key=("user_id",),
)


def view(row: Mapping[str, Any]) -> UserView:
    """Return a user as browsers see them."""
    return UserView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        active=row["is_active"],
        created_at_ms=row["created_at_ms"],
        last_sign_in_at_ms=row["last_sign_in_at_ms"],
    )


def insert(tx: Tx, user_id: str, email: str, name: str, role: str) -> None:
    """Add an active user without a password."""
    tx.execute(
        users.insert().values(
            tenant_id=tx.tenant_id,
            id=user_id,
            email=email,
            name=name,
            role=role,
            is_active=True,
            created_at_ms=tx.now_ms,
        )
    )


def find(tx: Tx, user_id: str) -> UserView | None:
    """Return a user of this tenant."""
    row = tx.one(sa.select(users).where(users.c.tenant_id == tx.tenant_id, users.c.id == user_id))
    return view(row) if row else None


def find_by_email(tx: Tx, email: str) -> UserView | None:
    """Return the user of this tenant with that address (already in its normal form)."""
    row = tx.one(sa.select(users).where(users.c.tenant_id == tx.tenant_id, users.c.email == email))
    return view(row) if row else None


def all_views(tx: Tx) -> list[UserView]:
    """Return every user of this tenant by name."""
    rows = tx.all(
        sa.select(users).where(users.c.tenant_id == tx.tenant_id).order_by(users.c.name, users.c.id)
    )
    return [view(row) for row in rows]


def names(tx: Tx, user_ids: Sequence[str]) -> dict[str, str]:
    """Return the names of those of ``user_ids`` that are users of this tenant."""
    rows = tx.all(
        sa.select(users.c.id, users.c.name).where(
            users.c.tenant_id == tx.tenant_id, users.c.id.in_(user_ids)
        )
    )
    return {row["id"]: row["name"] for row in rows}


def change(tx: Tx, user_id: str, values: Mapping[str, Any]) -> None:
    """Write the given columns of a user."""
    tx.execute(
        users.update()
        .where(users.c.tenant_id == tx.tenant_id, users.c.id == user_id)
        .values(**values)
    )


def active_admins(tx: Tx) -> int:
    """Return how many people can administer this tenant."""
    row = tx.one(
        sa.select(sa.func.count().label("n")).where(
            users.c.tenant_id == tx.tenant_id,
            users.c.role == "admin",
            users.c.is_active.is_(True),
        )
    )
    return int(row["n"]) if row else 0


def password_hash(tx: Tx, user_id: str) -> str | None:
    """Return the encoded password hash, if the user has a password."""
    row = tx.one(
        sa.select(credentials.c.password_hash).where(
            credentials.c.tenant_id == tx.tenant_id, credentials.c.user_id == user_id
        )
    )
    return str(row["password_hash"]) if row else None


def set_password_hash(tx: Tx, user_id: str, encoded: str) -> None:
    """Give the user a password."""
    mine = sa.and_(credentials.c.tenant_id == tx.tenant_id, credentials.c.user_id == user_id)
    tx.execute(credentials.delete().where(mine))
    tx.execute(
        credentials.insert().values(
            tenant_id=tx.tenant_id,
            user_id=user_id,
            password_hash=encoded,
            changed_at_ms=tx.now_ms,
        )
    )


def get_preferences(tx: Tx, user_id: str) -> dict[str, str]:
    """Return what the desk stored for this person."""
    row = tx.one(
        sa.select(preferences.c.preferences).where(
            preferences.c.tenant_id == tx.tenant_id, preferences.c.user_id == user_id
        )
    )
    return dict(row["preferences"]) if row else {}


def set_preferences(tx: Tx, user_id: str, values: Mapping[str, str]) -> None:
    """Replace what the desk stored for this person."""
    mine = sa.and_(preferences.c.tenant_id == tx.tenant_id, preferences.c.user_id == user_id)
    tx.execute(preferences.delete().where(mine))
    tx.execute(
        preferences.insert().values(
            tenant_id=tx.tenant_id, user_id=user_id, preferences=dict(values)
        )
    )
