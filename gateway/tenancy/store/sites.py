"""Sites: the web sites that embed the widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table
from gateway.tenancy.store import directory
from gateway.tenancy.wire import SiteBody

sites = tenant_table(
    "sites",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
    json_column("body"),
    sa.Column("identity_key", sa.LargeBinary),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
)
KIND = "site"


def insert(tx: Tx, site_id: str, key: str, body: SiteBody) -> None:
    """Add a site that its public ``key`` leads to."""
    tx.execute(
        sites.insert().values(
            tenant_id=tx.tenant_id,
            id=site_id,
            key=key,
            name=body.name,
            body=msgspec.to_builtins(body),
            created_at_ms=tx.now_ms,
        )
    )
    directory.put(tx, KIND, key, site_id)


def find(tx: Tx, site_id: str) -> Mapping[str, Any] | None:
    """Return a site of this tenant."""
    return tx.one(sa.select(sites).where(_is(tx, site_id)))


def all_rows(tx: Tx) -> list[Mapping[str, Any]]:
    """Return every site of this tenant by name."""
    query = sa.select(sites).where(sites.c.tenant_id == tx.tenant_id)
    return list(tx.all(query.order_by(sites.c.name, sites.c.id)))


def change(tx: Tx, site_id: str, body: SiteBody) -> None:
    """Replace what an administrator set."""
    values = {"name": body.name, "body": msgspec.to_builtins(body)}
    tx.execute(sites.update().where(_is(tx, site_id)).values(**values))


def set_identity_key(tx: Tx, site_id: str, sealed: bytes) -> None:
    """Store the sealed key with which the site signs identities."""
    tx.execute(sites.update().where(_is(tx, site_id)).values(identity_key=sealed))


def remove(tx: Tx, site_id: str) -> None:
    """Delete a site; its key leads nowhere from then on."""
    tx.execute(sites.delete().where(_is(tx, site_id)))
    directory.remove_object(tx, KIND, site_id)


def _is(tx: Tx, site_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(sites.c.tenant_id == tx.tenant_id, sites.c.id == site_id)
