"""Answers to requests that may be repeated, by hashed key, until they expire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import insert as insert_into
from gateway.platform.database.schema import tenant_table

answers = tenant_table(
    "answers",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("answer", sa.LargeBinary),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_answers_expires_at_ms", "tenant_id", "expires_at_ms"),
)


def find(tx: Tx, key_id: str) -> Mapping[str, Any] | None:
    """Return what is kept of a key, unless it has expired."""
    return tx.one(sa.select(answers).where(_is(tx, key_id), answers.c.expires_at_ms > tx.now_ms))


def mark(tx: Tx, key_id: str, fingerprint: str, expires_at_ms: int) -> bool:
    """Mark a key as used; False when it is already."""
    tx.execute(answers.delete().where(_is(tx, key_id), answers.c.expires_at_ms <= tx.now_ms))
    row = {"tenant_id": tx.tenant_id, "id": key_id, "fingerprint": fingerprint}
    added = tx.execute(
        insert_into(answers)
        .values(**row, expires_at_ms=expires_at_ms)
        .on_conflict_do_nothing()
        .returning(answers.c.id)
    )
    return added.first() is not None


def keep(tx: Tx, key_id: str, answer: bytes) -> None:
    """Remember the answer of a key that is marked as used."""
    tx.execute(answers.update().where(_is(tx, key_id)).values(answer=answer))


def remove_expired(tx: Tx) -> None:
    """Forget what is past its time."""
    mine = answers.c.tenant_id == tx.tenant_id
    tx.execute(answers.delete().where(mine, answers.c.expires_at_ms <= tx.now_ms))


def _is(tx: Tx, key_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(answers.c.tenant_id == tx.tenant_id, answers.c.id == key_id)
