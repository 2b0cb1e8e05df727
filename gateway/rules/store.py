"""The routing table's SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table
from gateway.rules.wire import RouteBody, RouteView

routes = tenant_table(
    "routes",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("site_id", sa.String(64)),
    json_column("kinds"),
    sa.Column("department", sa.String(120), nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("queue_id", sa.String(64), nullable=False),
    json_column("skills"),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
)


def insert(tx: Tx, route_id: str, body: RouteBody) -> None:
    """Add a row."""
    tx.execute(
        routes.insert().values(
            tenant_id=tx.tenant_id,
            id=route_id,
            created_at_ms=tx.now_ms,
            **msgspec.to_builtins(body),
        )
    )


def change(tx: Tx, route_id: str, body: RouteBody) -> None:
    """Replace a row."""
    tx.execute(routes.update().where(_is(tx, route_id)).values(**msgspec.to_builtins(body)))


def remove(tx: Tx, route_id: str) -> None:
    """Delete a row."""
    tx.execute(routes.delete().where(_is(tx, route_id)))


def find(tx: Tx, route_id: str) -> RouteView | None:
    """Return a row of this tenant."""
    row = tx.one(sa.select(routes).where(_is(tx, route_id)))
    return _view(row) if row else None


def in_order(tx: Tx) -> list[RouteView]:
    """Return the table in the order in which it is tried."""
    query = sa.select(routes).where(routes.c.tenant_id == tx.tenant_id)
    query = query.order_by(routes.c.position, routes.c.created_at_ms, routes.c.id)
    return [_view(row) for row in tx.all(query)]


def _view(row: Mapping[str, Any]) -> RouteView:
    names = RouteView.__struct_fields__
    return msgspec.convert({name: row[name] for name in names}, RouteView)


def _is(tx: Tx, route_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(routes.c.tenant_id == tx.tenant_id, routes.c.id == route_id)
