"""One-time links: to sign in, and to accept an invitation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import tenant_table
from gateway.tenancy.store import directory

links = tenant_table(
    "links",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("user_id", sa.String(64)),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("used_at_ms", sa.BigInteger),
)
KIND = "link"
SIGN_IN = "sign_in"
INVITATION = "invitation"
KEPT_MS = 30 * 24 * 3600 * 1000
"""How long invitations stay in the list after their end."""


def insert(tx: Tx, token: str, values: Mapping[str, Any]) -> None:
    """Add a link that ``token`` leads to; ``values`` are its other columns."""
    tx.execute(links.insert().values(tenant_id=tx.tenant_id, created_at_ms=tx.now_ms, **values))
    directory.put(tx, KIND, token, values["id"], values["expires_at_ms"])


def find(tx: Tx, link_id: str) -> Mapping[str, Any] | None:
    """Return a link of this tenant."""
    return tx.one(sa.select(links).where(links.c.tenant_id == tx.tenant_id, links.c.id == link_id))


def use(tx: Tx, link_id: str) -> bool:
    """Use the link up; False when somebody did before, or its time is over."""
    found = tx.execute(
        links.update()
        .where(
            links.c.tenant_id == tx.tenant_id,
            links.c.id == link_id,
            links.c.used_at_ms.is_(None),
            links.c.expires_at_ms > tx.now_ms,
        )
        .values(used_at_ms=tx.now_ms)
    )
    directory.remove_object(tx, KIND, link_id)
    return found.rowcount == 1


def use_all_of(tx: Tx, user_id: str) -> None:
    """Make every unused sign-in link of a person worthless."""
    unused = sa.and_(
        links.c.tenant_id == tx.tenant_id, links.c.user_id == user_id, links.c.used_at_ms.is_(None)
    )
    for row in tx.all(sa.select(links.c.id).where(unused)):
        use(tx, row["id"])


def invitations(tx: Tx) -> Sequence[Mapping[str, Any]]:
    """Return the invitations of this tenant, newest first."""
    return tx.all(
        sa.select(links)
        .where(links.c.tenant_id == tx.tenant_id, links.c.kind == INVITATION)
        .order_by(links.c.created_at_ms.desc(), links.c.id.desc())
        .limit(1_000)
    )


def remove(tx: Tx, link_id: str) -> None:
    """Delete a link."""
    tx.execute(links.delete().where(links.c.tenant_id == tx.tenant_id, links.c.id == link_id))
    directory.remove_object(tx, KIND, link_id)


def remove_expired(tx: Tx) -> None:
    """Forget links of this tenant that are over for so long that nobody asks after them."""
    tx.execute(
        links.delete().where(
            links.c.tenant_id == tx.tenant_id, links.c.expires_at_ms <= tx.now_ms - KEPT_MS
        )
    )
