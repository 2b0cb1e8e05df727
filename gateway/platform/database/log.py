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

# One round trip on PostgreSQL: number and insert a batch's events. Never COPY, which row-level
# security refuses.
INSERT_POSTGRESQL = """
INSERT INTO events (tenant_id, seq, at_ms, kind, facts)
SELECT $1, last.seq + event.place, event.at_ms, event.kind, event.facts::json
FROM (SELECT coalesce(max(seq), 0) AS seq FROM events WHERE tenant_id = $1) AS last,
     unnest($2::bigint[], $3::text[], $4::text[])
       WITH ORDINALITY AS event (at_ms, kind, facts, place)
"""

Fact = tuple[int, str, str]
"""(at_ms, kind, JSON of the facts)"""

_encode = msgspec.json.Encoder().encode


def facts_of(tx: Tx) -> list[Fact]:
    """The unit's events in the order it recorded them; raises on what cannot be stored."""
    return [(tx.now_ms, _kind(event), _encode(event["facts"]).decode()) for event in tx.events]


def _kind(event: dict[str, Any]) -> str:
    kind: str = event["kind"]
    if not 0 < len(kind) <= 64:
        raise ValueError(f"an event kind has 1 to 64 characters, got {len(kind)}")
    return kind
