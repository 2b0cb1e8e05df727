"""The event log's table and the way rows get into it: with the commit of the unit that spoke.

Events are facts: ids and codes, never what a person wrote. ``seq`` counts per tenant without
gaps, because only the writer that holds the commit gives it out.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table

events = tenant_table(
    "events",
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    json_column("facts"),
    key=("seq",),
)

INSERT_SQLITE = "INSERT INTO events (tenant_id, seq, at_ms, kind, facts) VALUES (?, ?, ?, ?, ?)"
LAST_SEQ_SQLITE = "SELECT max(seq) FROM events WHERE tenant_id = ?"

Row = tuple[str, int, int, str, str]

_encode = msgspec.json.Encoder().encode


def rows_of(tx: Tx, last_seq: int) -> list[Row]:
    """The unit's events as rows, numbered after ``last_seq``."""
    return [
        (tx.tenant_id, seq, tx.now_ms, _kind(event), _encode(event["facts"]).decode())
        for seq, event in enumerate(tx.events, last_seq + 1)
    ]


def _kind(event: dict[str, Any]) -> str:
    kind: str = event["kind"]
    if not 0 < len(kind) <= 64:
        raise ValueError(f"an event kind has 1 to 64 characters, got {len(kind)}")
    return kind
