"""Skills, queues, hours, dispositions and agent profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.acd.store.tables import (
    agent_profiles,
    capacity_policies,
    dispositions,
    hours,
    not_ready_reasons,
    queues,
    skills,
)
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
_MAIN = "main"
_TABLES = {
    "skill": skills,
    "queue": queues,
    "hours": hours,
    "disposition": dispositions,
    "not_ready_reason": not_ready_reasons,
}


def all_of(tx: Tx, noun: str) -> Sequence[Row]:
    """Return every row of a noun by name."""
    table = _TABLES[noun]
    return tx.all(
        sa.select(table).where(table.c.tenant_id == tx.tenant_id).order_by(table.c.name, table.c.id)
    )


def find(tx: Tx, noun: str, object_id: str) -> Row | None:
    """Return one row."""
    table = _TABLES[noun]
    return tx.one(
        sa.select(table).where(table.c.tenant_id == tx.tenant_id, table.c.id == object_id)
    )


def is_taken(tx: Tx, noun: str, column: str, value: str, but_id: str) -> bool:
    """Tell whether another row of the noun has this name or code."""
    table = _TABLES[noun]
    return (
        tx.one(
            sa.select(table.c.id)
            .where(
                table.c.tenant_id == tx.tenant_id,
                table.c[column] == value,
                table.c.id != but_id,
            )
            .limit(1)
        )
        is not None
    )


def insert(tx: Tx, noun: str, object_id: str, body: msgspec.Struct) -> None:
    """Add a row from a request body."""
    values = msgspec.to_builtins(body)
    tx.execute(_TABLES[noun].insert().values(tenant_id=tx.tenant_id, id=object_id, **values))


def update(tx: Tx, noun: str, object_id: str, body: msgspec.Struct) -> None:
    """Replace a row by a request body."""
    table = _TABLES[noun]
    tx.execute(
        table.update()
        .where(table.c.tenant_id == tx.tenant_id, table.c.id == object_id)
        .values(**msgspec.to_builtins(body))
    )


def delete(tx: Tx, noun: str, object_id: str) -> None:
    """Remove a row."""
    table = _TABLES[noun]
    tx.execute(table.delete().where(table.c.tenant_id == tx.tenant_id, table.c.id == object_id))


def profiles(tx: Tx) -> dict[str, Row]:
    """Return the agent profiles that were ever set, by user."""
    rows = tx.all(sa.select(agent_profiles).where(agent_profiles.c.tenant_id == tx.tenant_id))
    return {row["user_id"]: row for row in rows}


def put_profile(tx: Tx, user_id: str, body: msgspec.Struct) -> None:
    """Set a user's profile."""
    mine = (agent_profiles.c.tenant_id == tx.tenant_id, agent_profiles.c.user_id == user_id)
    values = msgspec.to_builtins(body)
    if tx.execute(agent_profiles.update().where(*mine).values(**values)).rowcount == 0:
        tx.execute(
            agent_profiles.insert().values(tenant_id=tx.tenant_id, user_id=user_id, **values)
        )


def policy(tx: Tx) -> Any:
    """Return the tenant's capacity policy as it was stored, or None."""
    row = tx.one(
        sa.select(capacity_policies.c.body).where(
            capacity_policies.c.tenant_id == tx.tenant_id, capacity_policies.c.id == _MAIN
        )
    )
    return None if row is None else row["body"]


def put_policy(tx: Tx, body: msgspec.Struct) -> None:
    """Set the tenant's capacity policy."""
    values = {"body": msgspec.to_builtins(body)}
    mine = (capacity_policies.c.tenant_id == tx.tenant_id, capacity_policies.c.id == _MAIN)
    if tx.execute(capacity_policies.update().where(*mine).values(**values)).rowcount == 0:
        tx.execute(capacity_policies.insert().values(tenant_id=tx.tenant_id, id=_MAIN, **values))
