"""The audit log: one chain per tenant, each entry hashed over the one before it.

The newest position and hash are also kept in ``audit_heads``, so that cutting entries off the
end shows. The hashes are keyed: who can write the file but lacks the key cannot forge a chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table
from gateway.tenancy.model import GENESIS, chain_hash

audit_entries = tenant_table(
    "audit_entries",
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("operation", sa.String(64), nullable=False),
    sa.Column("object_id", sa.String(64), nullable=False),
    json_column("details"),
    sa.Column("hash", sa.String(64), nullable=False),
    key=("seq",),
)
audit_heads = tenant_table(
    "audit_heads",
    sa.Column("name", sa.String(8), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    key=("name",),
)
_HEAD = "head"


def append(tx: Tx, key: bytes, entry: Mapping[str, Any]) -> None:
    """Add an entry (actor_id, operation, object_id, details) to this tenant's chain."""
    head = tx.one(_head_query(tx).with_for_update())
    seq = (head["seq"] if head else 0) + 1
    document = {"tenant_id": tx.tenant_id, "seq": seq, "at_ms": tx.now_ms, **entry}
    hashed = chain_hash(key, head["hash"] if head else GENESIS, document)
    tx.execute(audit_entries.insert().values(**document, hash=hashed))
    if head is None:
        values = {"tenant_id": tx.tenant_id, "name": _HEAD, "seq": seq, "hash": hashed}
        tx.execute(audit_heads.insert().values(**values))
    else:
        tx.execute(
            audit_heads.update()
            .where(audit_heads.c.tenant_id == tx.tenant_id)
            .values(seq=seq, hash=hashed)
        )


def before(tx: Tx, before_seq: int | None, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return up to ``limit`` entries before a position, newest first."""
    query = sa.select(audit_entries).where(audit_entries.c.tenant_id == tx.tenant_id)
    if before_seq is not None:
        query = query.where(audit_entries.c.seq < before_seq)
    return tx.all(query.order_by(audit_entries.c.seq.desc()).limit(limit))


def first_broken(tx: Tx, key: bytes) -> int | None:
    """Return the first position where the chain does not hold, or None when all of it does."""
    previous = GENESIS
    seq = 0
    query = sa.select(audit_entries).where(audit_entries.c.tenant_id == tx.tenant_id)
    for row in tx.execute(query.order_by(audit_entries.c.seq)).mappings():
        seq += 1
        document = {name: row[name] for name in row if name != "hash"}
        if row["seq"] != seq or chain_hash(key, previous, document) != row["hash"]:
            return seq
        previous = row["hash"]
    head = tx.one(_head_query(tx))
    if head is None:
        return None if seq == 0 else seq + 1
    return None if (head["seq"], head["hash"]) == (seq, previous) else seq + 1


def _head_query(tx: Tx) -> sa.Select[Any]:
    return sa.select(audit_heads).where(audit_heads.c.tenant_id == tx.tenant_id)
