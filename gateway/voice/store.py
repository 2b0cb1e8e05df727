"""Calls and their legs on disk. A call's row is its whole state; a leg's row is its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import tenant_table
from gateway.voice.model import Call, Party
from gateway.voice.ports import LegStats

calls = tenant_table(
    "calls",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("interaction_id", sa.String(64), nullable=False),
    sa.Column("visitor_id", sa.String(64), nullable=False),
    sa.Column("agent_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("visitor_leg", sa.JSON, nullable=False),
    sa.Column("agent_leg", sa.JSON),
    sa.Column("prepared", sa.JSON),
    sa.Column("held_by", sa.String(16), nullable=False),
    sa.Column("muted", sa.JSON, nullable=False),
    sa.Column("camera", sa.JSON, nullable=False),
    sa.Column("screen", sa.JSON, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger, nullable=False),
    sa.Column("connected_at_ms", sa.BigInteger),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Column("end_reason", sa.String(32), nullable=False),
)
sa.Index("ix_calls_state", calls.c.tenant_id, calls.c.state)
sa.Index("ix_calls_ended", calls.c.tenant_id, calls.c.ended_at_ms)
sa.Index("ix_calls_conversation", calls.c.tenant_id, calls.c.conversation_id)

legs = tenant_table(
    "legs",
    sa.Column("id", sa.String(160), nullable=False),
    sa.Column("call_id", sa.String(64), nullable=False),
    sa.Column("party", sa.String(16), nullable=False),
    sa.Column("began_at_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Column("cause", sa.String(32), nullable=False),
    sa.Column("packets_received", sa.BigInteger),
    sa.Column("packets_sent", sa.BigInteger),
    sa.Column("packets_lost", sa.BigInteger),
    sa.Column("jitter_ms", sa.Float),
    sa.Column("rtt_ms", sa.Float),
)
sa.Index("ix_legs_call", legs.c.tenant_id, legs.c.call_id)


def find(tx: Tx, call_id: str, *, lock: bool = False) -> Call | None:
    """Return a call; ``lock`` keeps other writers off it until the commit."""
    query = sa.select(calls).where(calls.c.tenant_id == tx.tenant_id, calls.c.id == call_id)
    row = tx.one(query.with_for_update() if lock else query)
    return None if row is None else _call(row)


def insert(tx: Tx, call: Call) -> None:
    """Add a call."""
    tx.execute(sa.insert(calls), {"tenant_id": tx.tenant_id, **_values(call)})


def update(tx: Tx, call: Call) -> None:
    """Write a call's state."""
    tx.execute(
        sa.update(calls)
        .where(calls.c.tenant_id == tx.tenant_id, calls.c.id == call.id)
        .values(_values(call))
    )


def hand_over(tx: Tx, visitor_id: str, to_visitor_id: str) -> None:
    """Give a visitor's calls that are not over to the visitor they turned out to be."""
    tx.execute(
        sa.update(calls)
        .where(
            calls.c.tenant_id == tx.tenant_id,
            calls.c.visitor_id == visitor_id,
            calls.c.state != "ended",
        )
        .values(visitor_id=to_visitor_id)
    )


def living(tx: Tx) -> list[Call]:
    """Return every call of the tenant that is not over."""
    return _living(tx, sa.true())


def living_of_visitor(tx: Tx, visitor_id: str) -> list[Call]:
    """Return a visitor's calls that are not over."""
    return _living(tx, calls.c.visitor_id == visitor_id)


def living_of_agent(tx: Tx, agent_id: str) -> list[Call]:
    """Return an agent's calls that are not over."""
    return _living(tx, calls.c.agent_id == agent_id)


def interactions_ended_since(tx: Tx, since_ms: int) -> list[str]:
    """Return the interactions of calls that ended after ``since_ms``."""
    query = (
        sa.select(calls.c.interaction_id)
        .where(
            calls.c.tenant_id == tx.tenant_id,
            calls.c.state == "ended",
            calls.c.ended_at_ms >= since_ms,
        )
        .order_by(calls.c.ended_at_ms)
    )
    return [row["interaction_id"] for row in tx.all(query)]


def _living(tx: Tx, which: sa.ColumnElement[bool]) -> list[Call]:
    query = (
        sa.select(calls)
        .where(calls.c.tenant_id == tx.tenant_id, calls.c.state != "ended", which)
        .order_by(calls.c.started_at_ms, calls.c.id)
    )
    return [_call(row) for row in tx.all(query)]


def begin_leg(tx: Tx, leg_id: str, call_id: str, party: Party) -> None:
    """Note a leg, unless it is known."""
    known = sa.select(legs.c.id).where(legs.c.tenant_id == tx.tenant_id, legs.c.id == leg_id)
    if tx.one(known) is None:
        row = {"id": leg_id, "call_id": call_id, "party": party, "cause": ""}
        tx.execute(sa.insert(legs), {"tenant_id": tx.tenant_id, "began_at_ms": tx.now_ms, **row})


def end_leg(tx: Tx, leg_id: str, cause: str) -> None:
    """Note a leg's end; the first end stays."""
    tx.execute(
        sa.update(legs)
        .where(legs.c.tenant_id == tx.tenant_id, legs.c.id == leg_id, legs.c.ended_at_ms.is_(None))
        .values(ended_at_ms=tx.now_ms, cause=cause)
    )


def keep_stats(tx: Tx, leg_id: str, stats: LegStats) -> None:
    """Keep a leg's last counters."""
    tx.execute(
        sa.update(legs)
        .where(legs.c.tenant_id == tx.tenant_id, legs.c.id == leg_id)
        .values(
            packets_received=stats.packets_received,
            packets_sent=stats.packets_sent,
            packets_lost=stats.packets_lost,
            jitter_ms=stats.jitter_ms,
            rtt_ms=stats.rtt_ms,
        )
    )


def _values(call: Call) -> dict[str, Any]:
    return dict(msgspec.to_builtins(call))


def _call(row: Mapping[str, Any]) -> Call:
    return msgspec.convert({str(name): row[name] for name in row if name != "tenant_id"}, Call)
