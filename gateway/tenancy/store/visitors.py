"""Visitor tokens, verified subjects and identities that were used already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import tenant_table
from gateway.tenancy.model import VISITOR_TOKEN_MS
from gateway.tenancy.store import directory

visitor_tokens = tenant_table(
    "visitor_tokens",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("visitor_id", sa.String(64), nullable=False),
    sa.Column("contact_id", sa.String(64), nullable=False),
    sa.Column("site_id", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(255)),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("is_robot", sa.Boolean, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_visitor_tokens_visitor_id", "tenant_id", "visitor_id"),
)
verified_visitors = tenant_table(
    "verified_visitors",
    sa.Column("site_id", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("visitor_id", sa.String(64), nullable=False),
    sa.Column("contact_id", sa.String(64), nullable=False),
    key=("site_id", "subject"),
)
used_identities = tenant_table(
    "used_identities",
    sa.Column("site_id", sa.String(64), nullable=False),
    sa.Column("jti", sa.String(128), nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    key=("site_id", "jti"),
)
KIND = "visitor"


def insert(tx: Tx, token: str, values: Mapping[str, Any]) -> None:
    """Add a visitor token; ``values`` are the columns except tenant and time."""
    tx.execute(
        visitor_tokens.insert().values(tenant_id=tx.tenant_id, created_at_ms=tx.now_ms, **values)
    )
    directory.put(tx, KIND, token, values["id"], tx.now_ms + VISITOR_TOKEN_MS)


def find(tx: Tx, token_id: str) -> Mapping[str, Any] | None:
    """Return a visitor token of this tenant."""
    t = visitor_tokens
    return tx.one(sa.select(t).where(t.c.tenant_id == tx.tenant_id, t.c.id == token_id))


def remove_all(tx: Tx, visitor_id: str) -> int:
    """Make every token of a visitor worthless; returns how many there were."""
    t = visitor_tokens
    mine = sa.and_(t.c.tenant_id == tx.tenant_id, t.c.visitor_id == visitor_id)
    ids = [row["id"] for row in tx.all(sa.select(t.c.id).where(mine))]
    for token_id in ids:
        directory.remove_object(tx, KIND, token_id)
    tx.execute(t.delete().where(mine))
    return len(ids)


def keep_newest(tx: Tx, visitor_id: str, count: int) -> None:
    """Make all but the newest ``count`` tokens of a visitor worthless."""
    t = visitor_tokens
    mine = sa.and_(t.c.tenant_id == tx.tenant_id, t.c.visitor_id == visitor_id)
    query = sa.select(t.c.id).where(mine).order_by(t.c.created_at_ms.desc(), t.c.id.desc())
    for row in tx.all(query.offset(count)):
        directory.remove_object(tx, KIND, row["id"])
        tx.execute(t.delete().where(mine, t.c.id == row["id"]))


def remove_expired(tx: Tx) -> None:
    """Forget tokens and used identities of this tenant that are over."""
    t, u = visitor_tokens, used_identities
    over_ms = tx.now_ms - VISITOR_TOKEN_MS
    tx.execute(t.delete().where(t.c.tenant_id == tx.tenant_id, t.c.created_at_ms <= over_ms))
    tx.execute(u.delete().where(u.c.tenant_id == tx.tenant_id, u.c.expires_at_ms <= tx.now_ms))


def subject_of(tx: Tx, visitor_id: str) -> str | None:
    """Return the verified subject a visitor is bound to."""
    v = verified_visitors
    row = tx.one(
        sa.select(v.c.subject).where(v.c.tenant_id == tx.tenant_id, v.c.visitor_id == visitor_id)
    )
    return str(row["subject"]) if row else None


def find_verified(tx: Tx, site_id: str, subject: str) -> Mapping[str, Any] | None:
    """Return the visitor a verified subject of a site is known as."""
    v = verified_visitors
    return tx.one(
        sa.select(v).where(
            v.c.tenant_id == tx.tenant_id, v.c.site_id == site_id, v.c.subject == subject
        )
    )


def bind(tx: Tx, site_id: str, subject: str, visitor_id: str, contact_id: str) -> None:
    """Remember which visitor a verified subject is."""
    tx.execute(
        verified_visitors.insert().values(
            tenant_id=tx.tenant_id,
            site_id=site_id,
            subject=subject,
            visitor_id=visitor_id,
            contact_id=contact_id,
        )
    )


def use_identity(tx: Tx, site_id: str, jti: str, expires_at_ms: int) -> bool:
    """Use a signed identity up; False when it was used before."""
    u = used_identities
    tx.execute(u.delete().where(u.c.tenant_id == tx.tenant_id, u.c.expires_at_ms <= tx.now_ms))
    row = tx.one(
        sa.select(u.c.jti).where(
            u.c.tenant_id == tx.tenant_id, u.c.site_id == site_id, u.c.jti == jti
        )
    )
    if row is not None:
        return False
    tx.execute(
        u.insert().values(
            tenant_id=tx.tenant_id, site_id=site_id, jti=jti, expires_at_ms=expires_at_ms
        )
    )
    return True
