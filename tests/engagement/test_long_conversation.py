"""A conversation of 50,000 messages: every page comes out of the index, whatever its size."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import sqlalchemy as sa

from gateway.engagement.store import messages as store
from gateway.engagement.store.tables import conversations, messages
from gateway.kernel.actor import Actor
from gateway.platform.database.port import Tx
from tests.engagement.conftest import TENANT, Room, visitor

CV, SIZE, PART = "cv_conversation1", 50_000, 10_000


def fill(tx: Tx, start: int) -> None:
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": TENANT,
            "id": f"ms_message{seq:06d}",
            "conversation_id": CV,
            "seq": seq,
            "at_ms": seq,
            "kind": "note" if seq % 50 == 0 else "text",
            "author_kind": "visitor",
            "author_id": "vi_visitor0001",
            "author_name": "",
            "text": f"message {seq}",
            "attachment_id": None,
            "code": "",
            "params": {},
            "redacted": False,
        }
        for seq in range(start + 1, start + PART + 1)
    ]
    tx.execute(sa.insert(messages), rows)
    tx.execute(
        sa.update(conversations)
        .where(conversations.c.tenant_id == TENANT, conversations.c.id == CV)
        .values(last_seq=start + PART, public_seq=start + PART - 1)
    )


def plan(tx: Tx, statement: sa.Select[Any]) -> str:
    values = {"tenant_id": TENANT, "conversation_id": CV, "seq": 25_000, "limit": 50}
    dialect = tx.connection.dialect
    text = str(
        statement.params(values).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    )
    if dialect.name == "sqlite":
        rows = tx.all(sa.text(f"EXPLAIN QUERY PLAN {text}"))
        return " ".join(str(row["detail"]) for row in rows)
    return json.dumps(tx.execute(sa.text(f"EXPLAIN (FORMAT JSON) {text}")).scalar(), default=str)


def plans(tx: Tx) -> list[str]:
    pages = (store.PAGE_AFTER, store.PAGE_BEFORE, store.PUBLIC_AFTER, store.PUBLIC_BEFORE)
    return [plan(tx, page) for page in pages]


async def test_pages_come_from_the_index(room: Room) -> None:
    who = visitor()
    await room.open(who, CV)
    for start in range(0, SIZE, PART):
        await room.database.write(TENANT, partial(fill, start=start))
    for found in await room.database.read(TENANT, plans):
        assert "uq_messages_seq" in found
        assert "TEMP B-TREE" not in found
        assert '"Sort"' not in found
        assert "Seq Scan" not in found
    await pages_are_right(room, who)


async def pages_are_right(room: Room, who: Actor) -> None:
    newest = await room.service.history(who, CV, None, 200)
    assert (len(newest.items), newest.items[-1].seq, newest.has_more) == (200, SIZE - 1, True)
    middle = await room.service.history(who, CV, 25_000, 50)
    assert middle.items[-1].seq == 24_999
    assert not any(message.kind == "note" for message in middle.items)
    assert await room.say(who, CV, "ms_newmessage1", "one more") == SIZE + 1
