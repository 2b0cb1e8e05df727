"""SQL over blocks, and over the contacts that go first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.engagement.store.tables import blocks, contacts
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
_b, _c = blocks.c, contacts.c


def insert(tx: Tx, row: Row) -> None:
    """Add a block."""
    tx.execute(sa.insert(blocks), {"tenant_id": tx.tenant_id, **row})


def find(tx: Tx, block_id: str) -> Row | None:
    """Return a block."""
    return tx.one(sa.select(blocks).where(_b.tenant_id == tx.tenant_id, _b.id == block_id))


def lift(tx: Tx, block_id: str, by_id: str, by_name: str) -> None:
    """End a block that nobody has lifted yet."""
    tx.execute(
        sa.update(blocks)
        .where(_b.tenant_id == tx.tenant_id, _b.id == block_id, _b.lifted_at_ms.is_(None))
        .values(lifted_at_ms=tx.now_ms, lifted_by_id=by_id, lifted_by_name=by_name)
    )


def newest(tx: Tx, limit: int, *, active_only: bool) -> Sequence[Row]:
    """Return blocks, the newest first."""
    query = sa.select(blocks).where(_b.tenant_id == tx.tenant_id)
    if active_only:
        query = query.where(_active(tx))
    return tx.all(query.order_by(_b.at_ms.desc(), _b.id.desc()).limit(limit))


def active_on(tx: Tx, kind: str, value: str) -> Row | None:
    """Return the block that holds for exactly this now."""
    query = sa.select(blocks).where(_b.tenant_id == tx.tenant_id, _active(tx))
    return tx.one(query.where(_b.kind == kind, _b.value == value).limit(1))


def met_by(tx: Tx, contact_id: str, email: str) -> Sequence[Row]:
    """Return the blocks that hold for a contact or an e-mail address, and those of networks."""
    mine = [_b.kind == "network"]
    if contact_id:
        mine.append(sa.and_(_b.kind == "contact", _b.value == contact_id))
    if email:
        mine.append(sa.and_(_b.kind == "email", _b.value == email))
    return tx.all(sa.select(blocks).where(_b.tenant_id == tx.tenant_id, _active(tx), sa.or_(*mine)))


def networks(tx: Tx) -> int:
    """Return how many blocks of networks hold now."""
    query = sa.select(sa.func.count().label("n")).select_from(blocks)
    row = tx.one(query.where(_b.tenant_id == tx.tenant_id, _active(tx), _b.kind == "network"))
    return int(row["n"]) if row else 0


def vips(tx: Tx, limit: int) -> Sequence[Row]:
    """Return the contacts that go first, the highest before."""
    query = sa.select(contacts).where(_c.tenant_id == tx.tenant_id, _c.vip > 0)
    return tx.all(query.order_by(_c.vip.desc(), _c.name, _c.id).limit(limit))


def _active(tx: Tx) -> sa.ColumnElement[bool]:
    return sa.and_(
        _b.lifted_at_ms.is_(None), sa.or_(_b.until_ms.is_(None), _b.until_ms > tx.now_ms)
    )
