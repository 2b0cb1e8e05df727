"""Intake steps on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.intake.model import Intake
from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table

intakes = tenant_table(
    "intakes",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("message_id", sa.String(64)),
    sa.Column("call_id", sa.String(64)),
    sa.Column("site_id", sa.String(64), nullable=False),
    sa.Column("department", sa.String(120), nullable=False),
    sa.Column("hint", sa.String(35), nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("language_reason", sa.String(40), nullable=False),
    sa.Column("route_id", sa.String(64)),
    sa.Column("queue_id", sa.String(64)),
    json_column("skills"),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("is_robot", sa.Boolean, nullable=False),
    sa.Column("announced", sa.String(120), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_intakes_conversation", "tenant_id", "conversation_id"),
    sa.Index("ix_intakes_state", "tenant_id", "state"),
)


def _intake(row: Any) -> Intake:
    return Intake(**{str(name): row[name] for name in Intake.__struct_fields__})


def insert(tx: Tx, intake: Intake) -> None:
    """Write a new intake."""
    tx.execute(sa.insert(intakes), [{"tenant_id": tx.tenant_id, **msgspec.structs.asdict(intake)}])


def update(tx: Tx, intake: Intake, expected: str) -> bool:
    """Write the next step if the row is still in ``expected``; tell whether it was."""
    values = msgspec.structs.asdict(intake)
    result = tx.execute(
        sa.update(intakes)
        .where(
            intakes.c.tenant_id == tx.tenant_id,
            intakes.c.id == intake.id,
            intakes.c.state == expected,
        )
        .values(values)
    )
    return result.rowcount == 1


def find(tx: Tx, intake_id: str) -> Intake | None:
    """Return one intake."""
    row = tx.one(
        sa.select(intakes).where(intakes.c.tenant_id == tx.tenant_id, intakes.c.id == intake_id)
    )
    return None if row is None else _intake(row)


def of_call(tx: Tx, conversation_id: str, call_id: str) -> Intake | None:
    """Return the intake of a call."""
    row = tx.one(
        sa.select(intakes).where(
            intakes.c.tenant_id == tx.tenant_id,
            intakes.c.conversation_id == conversation_id,
            intakes.c.call_id == call_id,
        )
    )
    return None if row is None else _intake(row)


def unfinished(tx: Tx) -> Sequence[Intake]:
    """Return what a restart has to take up again, oldest first."""
    rows = tx.all(
        sa.select(intakes)
        .where(
            intakes.c.tenant_id == tx.tenant_id,
            intakes.c.state.in_(("received", "analysed", "ruled")),
        )
        .order_by(intakes.c.created_at_ms, intakes.c.id)
    )
    return [_intake(row) for row in rows]


def of_conversation(tx: Tx, conversation_id: str) -> Sequence[Intake]:
    """Return every intake of a conversation, oldest first."""
    rows = tx.all(
        sa.select(intakes)
        .where(intakes.c.tenant_id == tx.tenant_id, intakes.c.conversation_id == conversation_id)
        .order_by(intakes.c.created_at_ms, intakes.c.id)
    )
    return [_intake(row) for row in rows]


def announce(tx: Tx, intake_id: str, what: str) -> bool:
    """Record that ``what`` was told in the conversation; False when it was told before."""
    result = tx.execute(
        sa.update(intakes)
        .where(
            intakes.c.tenant_id == tx.tenant_id,
            intakes.c.id == intake_id,
            intakes.c.announced != what,
        )
        .values(announced=what)
    )
    return result.rowcount == 1
