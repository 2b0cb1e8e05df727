"""SQL over attachments and uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.engagement.store.tables import attachments, uploads
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
_a, _u = attachments.c, uploads.c
_ATTACHMENTS = sa.select(attachments).where(
    _a.tenant_id == sa.bindparam("tenant_id"),
    _a.id.in_(sa.bindparam("ids", expanding=True)),
)


def attachments_by_id(tx: Tx, ids: Sequence[str]) -> dict[str, Row]:
    """Return attachments by id."""
    if not ids:
        return {}
    rows = tx.all(_ATTACHMENTS, {"tenant_id": tx.tenant_id, "ids": list(ids)})
    return {str(row["id"]): row for row in rows}


def insert_attachment(tx: Tx, row: Row) -> None:
    """Add an attachment."""
    tx.execute(sa.insert(attachments), {"tenant_id": tx.tenant_id, **row})


def update_attachment(tx: Tx, attachment_id: str, **values: object) -> None:
    """Change columns of an attachment."""
    tx.execute(
        sa.update(attachments)
        .where(_a.tenant_id == tx.tenant_id, _a.id == attachment_id)
        .values(values)
    )


def scanning_ids(tx: Tx) -> list[str]:
    """Return the attachments whose check has not finished."""
    rows = tx.all(sa.select(_a.id).where(_a.tenant_id == tx.tenant_id, _a.state == "scanning"))
    return [str(row["id"]) for row in rows]


def stored_bytes(tx: Tx, conversation_id: str | None = None) -> tuple[int, int]:
    """Return (files, bytes) announced or stored in a conversation, or in the tenant."""
    where = [_u.tenant_id == tx.tenant_id]
    if conversation_id is not None:
        where.append(_u.conversation_id == conversation_id)
    row = tx.one(
        sa.select(
            sa.func.count().label("files"),
            sa.func.coalesce(sa.func.sum(_u.size_bytes), 0).label("bytes"),
        ).where(*where)
    )
    assert row is not None
    return int(row["files"]), int(row["bytes"])


def upload_by_id(tx: Tx, upload_id: str) -> Row | None:
    """Return an upload's row."""
    return tx.one(sa.select(uploads).where(_u.tenant_id == tx.tenant_id, _u.id == upload_id))


def insert_upload(tx: Tx, row: Row) -> None:
    """Add an upload."""
    tx.execute(sa.insert(uploads), {"tenant_id": tx.tenant_id, **row})


def finish_upload(tx: Tx, upload_id: str, attachment_id: str) -> bool:
    """Record which attachment an upload became; False when it became one before."""
    return bool(
        tx.execute(
            sa.update(uploads)
            .where(_u.tenant_id == tx.tenant_id, _u.id == upload_id, _u.attachment_id.is_(None))
            .values(attachment_id=attachment_id)
        ).rowcount
    )


def delete_upload(tx: Tx, upload_id: str) -> None:
    """Forget an upload."""
    tx.execute(sa.delete(uploads).where(_u.tenant_id == tx.tenant_id, _u.id == upload_id))


def stale_uploads(tx: Tx, before_ms: int, limit: int = 100) -> Sequence[Row]:
    """Return uploads that never finished and began before ``before_ms``."""
    return tx.all(
        sa.select(uploads)
        .where(
            _u.tenant_id == tx.tenant_id,
            _u.attachment_id.is_(None),
            _u.created_at_ms < before_ms,
        )
        .limit(limit)
    )
