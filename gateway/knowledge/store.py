"""Canned replies' SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.knowledge.wire import CannedReplyBody, CannedReplyView
from gateway.platform.database.port import Tx
from gateway.platform.database.schema import tenant_table

canned_replies = tenant_table(
    "canned_replies",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("shortcut", sa.String(40), nullable=False),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.UniqueConstraint("tenant_id", "shortcut", "language"),
)


def insert(tx: Tx, reply_id: str, body: CannedReplyBody) -> None:
    """Add a reply."""
    values = msgspec.to_builtins(body)
    tx.execute(canned_replies.insert().values(tenant_id=tx.tenant_id, id=reply_id, **values))


def change(tx: Tx, reply_id: str, body: CannedReplyBody) -> None:
    """Replace a reply."""
    values = msgspec.to_builtins(body)
    tx.execute(canned_replies.update().where(_is(tx, reply_id)).values(**values))


def remove(tx: Tx, reply_id: str) -> None:
    """Delete a reply."""
    tx.execute(canned_replies.delete().where(_is(tx, reply_id)))


def find(tx: Tx, reply_id: str) -> CannedReplyView | None:
    """Return a reply of this tenant."""
    row = tx.one(sa.select(canned_replies).where(_is(tx, reply_id)))
    return _view(row) if row else None


def taken_by(tx: Tx, shortcut: str, language: str) -> str | None:
    """Return the id of the reply that has this shortcut in this language."""
    c = canned_replies.c
    row = tx.one(
        sa.select(c.id).where(
            c.tenant_id == tx.tenant_id, c.shortcut == shortcut, c.language == language
        )
    )
    return str(row["id"]) if row else None


def all_views(tx: Tx) -> list[CannedReplyView]:
    """Return every reply of this tenant by shortcut."""
    query = sa.select(canned_replies).where(canned_replies.c.tenant_id == tx.tenant_id)
    query = query.order_by(canned_replies.c.shortcut, canned_replies.c.language)
    return [_view(row) for row in tx.all(query)]


def _view(row: Mapping[str, Any]) -> CannedReplyView:
    names = CannedReplyView.__struct_fields__
    return CannedReplyView(**{name: row[name] for name in names})


def _is(tx: Tx, reply_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(canned_replies.c.tenant_id == tx.tenant_id, canned_replies.c.id == reply_id)
