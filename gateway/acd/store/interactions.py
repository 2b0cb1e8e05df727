"""Interactions as rows: what lists, transcripts and reports read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.acd.store.tables import interactions
from gateway.platform.database.bulk import Bulk
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
LIVE = ("waiting", "offered", "active", "wrap_up")
_CHANGING = (
    "queue_id", "state", "priority", "agent_id", "accepted_at_ms", "ended_at_ms",
    "wrap_up_until_ms", "disposition_id", "epoch",
)  # fmt: skip
_COLUMNS = [column.name for column in interactions.c]
_NEW = Bulk(interactions, [name for name in _COLUMNS if name not in ("tenant_id", "id")])
_CHANGED = Bulk(interactions, _CHANGING)
_MANY = sa.select(interactions).where(
    interactions.c.tenant_id == sa.bindparam("tenant_id"),
    interactions.c.id.in_(sa.bindparam("ids", expanding=True)),
)
_AT_ONCE = 500


def insert(tx: Tx, rows: Sequence[Row]) -> None:
    """Add new interactions."""
    _NEW.insert(tx, rows)


def update(tx: Tx, rows: Sequence[Row]) -> None:
    """Bring what changes of known interactions up to date."""
    _CHANGED.update(tx, rows)


def known(tx: Tx, ids: Sequence[str]) -> dict[str, Row]:
    """Return the interactions there are of many ids."""
    found: dict[str, Row] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        for row in tx.all(_MANY, {"tenant_id": tx.tenant_id, "ids": part}):
            found[row["id"]] = row
    return found


def live_ids(tx: Tx) -> list[str]:
    """Return the ids of interactions that are not over, as their rows say."""
    column = interactions.c
    found = sa.select(column.id).where(column.tenant_id == tx.tenant_id, column.state.in_(LIVE))
    return [str(row["id"]) for row in tx.all(found)]


def live_counts(tx: Tx) -> dict[tuple[str, str, str, str], int]:
    """Return how much work that is not over there is, by queue, kind, state and agent."""
    about = [interactions.c[name] for name in ("queue_id", "kind", "state", "agent_id")]
    rows = tx.all(
        sa.select(*about, sa.func.count().label("found"))
        .where(interactions.c.tenant_id == tx.tenant_id, interactions.c.state.in_(LIVE))
        .group_by(*about)
    )
    return {
        (row["queue_id"], row["kind"], row["state"], row["agent_id"] or ""): row["found"]
        for row in rows
    }


def set_note(tx: Tx, interaction_id: str, *, transfer: str | None, wrap_up: str | None) -> None:
    """Keep what an agent wrote for the next one, or at the end."""
    given = {"transfer_note": transfer, "wrap_up_note": wrap_up}
    values = {name: note for name, note in given.items() if note is not None}
    tx.execute(
        interactions.update()
        .where(interactions.c.tenant_id == tx.tenant_id, interactions.c.id == interaction_id)
        .values(values)
    )


def find(tx: Tx, interaction_id: str) -> Row | None:
    """Return one interaction."""
    return tx.one(
        sa.select(interactions).where(
            interactions.c.tenant_id == tx.tenant_id, interactions.c.id == interaction_id
        )
    )


def has_open(tx: Tx, conversation_id: str) -> bool:
    """Tell whether work of the conversation waits, rings or is being handled."""
    row = tx.one(
        sa.select(interactions.c.id)
        .where(
            interactions.c.tenant_id == tx.tenant_id,
            interactions.c.conversation_id == conversation_id,
            interactions.c.state.in_(("waiting", "offered", "active")),
        )
        .limit(1)
    )
    return row is not None


def of_conversation(tx: Tx, conversation_id: str) -> Sequence[Row]:
    """Return the interactions of a conversation, oldest first."""
    return tx.all(
        sa.select(interactions)
        .where(
            interactions.c.tenant_id == tx.tenant_id,
            interactions.c.conversation_id == conversation_id,
        )
        .order_by(interactions.c.created_at_ms, interactions.c.id)
    )


def notes_of_live(tx: Tx) -> dict[str, str]:
    """Return the transfer notes of interactions that are not over."""
    rows = tx.all(
        sa.select(interactions.c.id, interactions.c.transfer_note).where(
            interactions.c.tenant_id == tx.tenant_id,
            interactions.c.state.in_(LIVE),
            interactions.c.transfer_note != "",
        )
    )
    return {row["id"]: row["transfer_note"] for row in rows}


def last_agent(tx: Tx, conversation_ids: Sequence[str], since_ms: int) -> str | None:
    """Return who had the newest of these conversations' interactions in hand."""
    column = interactions.c
    row = tx.one(
        sa.select(column.agent_id)
        .where(
            column.tenant_id == tx.tenant_id,
            column.conversation_id.in_(conversation_ids),
            column.agent_id.is_not(None),
            column.accepted_at_ms >= since_ms,
        )
        .order_by(column.accepted_at_ms.desc(), column.id.desc())
        .limit(1)
    )
    return None if row is None else str(row["agent_id"])


def last_left(tx: Tx, queue_id: str, conversation_ids: Sequence[str], since_ms: int) -> Row | None:
    """Return the newest of these conversations' live exchanges that ended in a queue since then."""
    column = interactions.c
    return tx.one(
        sa.select(interactions)
        .where(
            column.tenant_id == tx.tenant_id,
            column.conversation_id.in_(conversation_ids),
            column.queue_id == queue_id,
            column.kind != "message",
            column.ended_at_ms >= since_ms,
        )
        .order_by(column.ended_at_ms.desc(), column.id.desc())
        .limit(1)
    )
