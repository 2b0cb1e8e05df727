"""SQL over messages: every page is read from the index (tenant, conversation, seq)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.engagement.store.tables import conversations, messages
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
_m = messages.c
_BY_ID = sa.select(messages).where(
    _m.tenant_id == sa.bindparam("tenant_id"), _m.id == sa.bindparam("message_id")
)
_LAST = sa.select(messages).where(
    conversations.c.tenant_id == sa.bindparam("tenant_id"),
    conversations.c.id.in_(sa.bindparam("ids", expanding=True)),
    _m.tenant_id == conversations.c.tenant_id,
    _m.conversation_id == conversations.c.id,
    _m.seq == conversations.c.last_seq,
)
_AT_ONCE = 500
_INSERT = sa.insert(messages)
_OF_CONVERSATION = sa.select(messages).where(
    _m.tenant_id == sa.bindparam("tenant_id"),
    _m.conversation_id == sa.bindparam("conversation_id"),
)
PAGE_AFTER = (
    _OF_CONVERSATION.where(_m.seq > sa.bindparam("seq"))
    .order_by(_m.seq)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
PAGE_BEFORE = (
    _OF_CONVERSATION.where(_m.seq < sa.bindparam("seq"))
    .order_by(_m.seq.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_NO_NOTES = _m.kind != "note"
PUBLIC_AFTER = PAGE_AFTER.where(_NO_NOTES)
PUBLIC_BEFORE = PAGE_BEFORE.where(_NO_NOTES)


def by_id(tx: Tx, message_id: str) -> Row | None:
    """Return a message's row."""
    return tx.one(_BY_ID, {"tenant_id": tx.tenant_id, "message_id": message_id})


def insert(tx: Tx, row: Row) -> None:
    """Add a message."""
    tx.execute(_INSERT, {"tenant_id": tx.tenant_id, **row})


def of_attachment(tx: Tx, attachment_id: str) -> Row | None:
    """Return the first message that carries a file."""
    rows = tx.all(
        sa.select(messages)
        .where(_m.tenant_id == tx.tenant_id, _m.attachment_id == attachment_id)
        .order_by(_m.seq)
        .limit(1)
    )
    return rows[0] if rows else None


def last_ones(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, Row]:
    """Return the newest message of each conversation that has one."""
    found: dict[str, Row] = {}
    for start in range(0, len(conversation_ids), _AT_ONCE):
        part = list(conversation_ids[start : start + _AT_ONCE])
        for row in tx.all(_LAST, {"tenant_id": tx.tenant_id, "ids": part}):
            found[row["conversation_id"]] = row
    return found


def after(tx: Tx, conversation_id: str, seq: int, limit: int, *, public: bool) -> Sequence[Row]:
    """Return up to ``limit`` messages after ``seq``, ascending."""
    parameters = {"conversation_id": conversation_id, "seq": seq, "limit": limit}
    query = PUBLIC_AFTER if public else PAGE_AFTER
    return tx.all(query, {"tenant_id": tx.tenant_id, **parameters})


def before(tx: Tx, conversation_id: str, seq: int, limit: int, *, public: bool) -> list[Row]:
    """Return up to ``limit`` messages before ``seq``, ascending."""
    parameters = {"conversation_id": conversation_id, "seq": seq, "limit": limit}
    query = PUBLIC_BEFORE if public else PAGE_BEFORE
    return list(reversed(tx.all(query, {"tenant_id": tx.tenant_id, **parameters})))


def last_of_codes(tx: Tx, conversation_id: str, codes: Sequence[str]) -> Row | None:
    """Return the newest system entry with one of ``codes``."""
    return tx.one(
        sa.select(messages)
        .where(
            _m.tenant_id == tx.tenant_id,
            _m.conversation_id == conversation_id,
            _m.kind == "system",
            _m.code.in_(codes),
        )
        .order_by(_m.seq.desc())
        .limit(1)
    )
