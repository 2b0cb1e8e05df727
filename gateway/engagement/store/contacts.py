"""SQL over contacts and their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.engagement.store.tables import (
    addresses,
    attachments,
    contacts,
    conversations,
    uploads,
)
from gateway.platform.database.port import Tx

_c, _a = contacts.c, addresses.c
_BY_ID = sa.select(contacts).where(
    _c.tenant_id == sa.bindparam("tenant_id"), _c.id == sa.bindparam("contact_id")
)
_BY_IDS = sa.select(contacts).where(
    _c.tenant_id == sa.bindparam("tenant_id"), _c.id.in_(sa.bindparam("ids", expanding=True))
)
_VISITORS = sa.select(_a.value).where(
    conversations.c.tenant_id == sa.bindparam("tenant_id"),
    conversations.c.id == sa.bindparam("conversation_id"),
    _a.tenant_id == conversations.c.tenant_id,
    _a.contact_id == conversations.c.contact_id,
    _a.scheme == "visitor",
)


_VISITORS_OF_ALL = sa.select(conversations.c.id, _a.value).where(
    conversations.c.tenant_id == sa.bindparam("tenant_id"),
    conversations.c.id.in_(sa.bindparam("ids", expanding=True)),
    _a.tenant_id == conversations.c.tenant_id,
    _a.contact_id == conversations.c.contact_id,
    _a.scheme == "visitor",
)
_AT_ONCE = 500


def by_id(tx: Tx, contact_id: str) -> Mapping[str, Any] | None:
    """Return the contact's row."""
    return tx.one(_BY_ID, {"tenant_id": tx.tenant_id, "contact_id": contact_id})


def by_ids(tx: Tx, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of the contacts there are, with few queries."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        for row in tx.all(_BY_IDS, {"tenant_id": tx.tenant_id, "ids": part}):
            found[row["id"]] = row
    return found


def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Add a contact."""
    tx.execute(sa.insert(contacts), {"tenant_id": tx.tenant_id, **row})


def update(tx: Tx, contact_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of a contact."""
    tx.execute(
        sa.update(contacts)
        .where(_c.tenant_id == tx.tenant_id, _c.id == contact_id)
        .values(dict(values))
    )


def contact_at(tx: Tx, scheme: str, value: str) -> str | None:
    """Return the id of the contact who has this address."""
    row = tx.one(
        sa.select(_a.contact_id).where(
            _a.tenant_id == tx.tenant_id, _a.scheme == scheme, _a.value == value
        )
    )
    return None if row is None else str(row["contact_id"])


def insert_address(tx: Tx, scheme: str, value: str, contact_id: str) -> None:
    """Record that a contact is reachable at an address."""
    row = {"scheme": scheme, "value": value, "contact_id": contact_id}
    tx.execute(sa.insert(addresses), {"tenant_id": tx.tenant_id, "created_at_ms": tx.now_ms, **row})


def move_address(tx: Tx, scheme: str, value: str, contact_id: str) -> None:
    """Give an address to another contact."""
    tx.execute(
        sa.update(addresses)
        .where(_a.tenant_id == tx.tenant_id, _a.scheme == scheme, _a.value == value)
        .values(contact_id=contact_id)
    )


def visitors_of(tx: Tx, conversation_id: str) -> tuple[str, ...]:
    """Return the browsers through which the contact of a conversation comes."""
    rows = tx.all(_VISITORS, {"tenant_id": tx.tenant_id, "conversation_id": conversation_id})
    return tuple(str(row["value"]) for row in rows)


def visitors_of_all(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the same for many conversations, with few queries."""
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(conversation_ids), _AT_ONCE):
        ids = list(conversation_ids[start : start + _AT_ONCE])
        for row in tx.all(_VISITORS_OF_ALL, {"tenant_id": tx.tenant_id, "ids": ids}):
            found[row["id"]] = (*found.get(row["id"], ()), str(row["value"]))
    return found


def drop_visitors(tx: Tx, contact_id: str) -> None:
    """Stop sending what concerns a contact to the browsers it came through so far."""
    tx.execute(
        sa.delete(addresses).where(
            _a.tenant_id == tx.tenant_id, _a.contact_id == contact_id, _a.scheme == "visitor"
        )
    )


def merge_into(tx: Tx, old_id: str, new_id: str) -> None:
    """Move everything of one contact to another and remove the empty one."""
    for table in (addresses, conversations, attachments, uploads):
        tx.execute(
            sa.update(table)
            .where(table.c.tenant_id == tx.tenant_id, table.c.contact_id == old_id)
            .values(contact_id=new_id)
        )
    tx.execute(sa.delete(contacts).where(_c.tenant_id == tx.tenant_id, _c.id == old_id))


def set_all_offline(tx: Tx) -> int:
    """Forget who was online before a restart; return how many were."""
    return tx.execute(
        sa.update(contacts)
        .where(_c.tenant_id == tx.tenant_id, _c.online.is_(True))
        .values(online=False)
    ).rowcount
