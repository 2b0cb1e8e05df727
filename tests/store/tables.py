"""Two tables of the tests' own, with the event log, in a metadata of their own."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.platform.database.log import events
from gateway.platform.database.port import Tx
from gateway.platform.database.schema import json_column, tenant_table
from gateway.platform.keys import data_keys, master_keys

metadata = sa.MetaData()

notes = tenant_table(
    "notes",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    into=metadata,
)
counters = tenant_table(
    "counters",
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("value", sa.Integer, nullable=False),
    json_column("labels"),
    sa.CheckConstraint("value >= 0", name="value_not_negative"),
    key=("name",),
    into=metadata,
)
marks = tenant_table(
    "marks",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("note_id", sa.String(64), nullable=False),
    sa.ForeignKeyConstraint(["tenant_id", "note_id"], ["notes.tenant_id", "notes.id"]),
    into=metadata,
)
places = sa.Table("places", metadata, sa.Column("key", sa.String(64), primary_key=True))
event_rows = events.to_metadata(metadata)
data_keys.to_metadata(metadata)
master_keys.to_metadata(metadata)

_ADD = sa.insert(notes)
_NOTE = sa.select(notes).where(
    notes.c.tenant_id == sa.bindparam("tenant_id"), notes.c.id == sa.bindparam("id")
)
_IDS = sa.select(notes.c.id).where(notes.c.tenant_id == sa.bindparam("tenant_id"))


def add_note(tx: Tx, note_id: str, text: str = "hello") -> str:
    tx.execute(_ADD, {"tenant_id": tx.tenant_id, "id": note_id, "text": text})
    tx.record("note.added", note_id=note_id)
    return note_id


def note(tx: Tx, note_id: str) -> str | None:
    row = tx.one(_NOTE, {"tenant_id": tx.tenant_id, "id": note_id})
    return None if row is None else str(row["text"])


def note_ids(tx: Tx) -> set[str]:
    return {row["id"] for row in tx.all(_IDS, {"tenant_id": tx.tenant_id})}
