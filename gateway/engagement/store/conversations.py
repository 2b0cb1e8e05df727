"""SQL over conversations, participants, queue membership and receipts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.engagement.store.tables import agent_queues, conversations, participants, receipts
from gateway.platform.database.bulk import Bulk
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
_c, _p, _q, _r = conversations.c, participants.c, agent_queues.c, receipts.c
_ONE = sa.select(conversations).where(
    _c.tenant_id == sa.bindparam("tenant_id"), _c.id == sa.bindparam("conversation_id")
)
_LOCKED = _ONE.with_for_update()
_ADVANCE = (
    sa.update(conversations)
    .where(_c.tenant_id == sa.bindparam("of_tenant"), _c.id == sa.bindparam("of_id"))
    .values(
        last_seq=sa.bindparam("new_seq"),
        public_seq=sa.bindparam("new_public_seq"),
        active_at_ms=sa.bindparam("at"),
    )
)
_PARTICIPANT = sa.select(_p.left_at_ms).where(
    _p.tenant_id == sa.bindparam("tenant_id"),
    _p.conversation_id == sa.bindparam("conversation_id"),
    _p.user_id == sa.bindparam("user_id"),
)
_SERVES = sa.select(_q.queue_id).where(
    _q.tenant_id == sa.bindparam("tenant_id"),
    _q.user_id == sa.bindparam("user_id"),
    _q.queue_id == sa.bindparam("queue_id"),
)
_RECEIPTS = (
    sa.select(_r.conversation_id, _r.party, _r.delivered_seq, _r.read_seq)
    .where(
        _r.tenant_id == sa.bindparam("tenant_id"),
        _r.conversation_id.in_(sa.bindparam("ids", expanding=True)),
    )
    .order_by(_r.party)
)


_MANY = (
    sa.select(conversations)
    .where(
        _c.tenant_id == sa.bindparam("tenant_id"),
        _c.id.in_(sa.bindparam("ids", expanding=True)),
    )
    .order_by(_c.id)
)
_OWNERS = _MANY.with_only_columns(_c.id, _c.queue_id, _c.agent_id).with_for_update()
_PRESENT = _MANY.with_only_columns(_c.id)
_PARTICIPANTS = sa.select(_p.conversation_id, _p.user_id, _p.name, _p.left_at_ms).where(
    _p.tenant_id == sa.bindparam("tenant_id"),
    _p.conversation_id.in_(sa.bindparam("ids", expanding=True)),
)
_OWN = Bulk(conversations, ("queue_id", "agent_id", "agent_name", "epoch"))
_PART = ("conversation_id", "user_id")
_TAKE_PART = Bulk(participants, ("name", "left_at_ms"), key=_PART)
_JOIN = Bulk(participants, ("name", "joined_at_ms", "left_at_ms"), key=_PART)
_AT_ONCE = 500


def by_ids(tx: Tx, ids: Sequence[str]) -> list[Row]:
    """Return the rows of the conversations there are, with few queries."""
    return _in_parts(tx, _MANY, ids)


def present(tx: Tx, ids: Sequence[str]) -> set[str]:
    """Return those of many ids that are there."""
    return {row["id"] for row in _in_parts(tx, _PRESENT, ids)}


def _in_parts(tx: Tx, statement: sa.Select[Any], ids: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        found += tx.all(statement, {"tenant_id": tx.tenant_id, "ids": part})
    return found


def by_id(tx: Tx, conversation_id: str, *, lock: bool = False) -> Row | None:
    """Return the conversation's row; ``lock`` keeps other writers off it until the commit."""
    return tx.one(
        _LOCKED if lock else _ONE,
        {"tenant_id": tx.tenant_id, "conversation_id": conversation_id},
    )


def insert(tx: Tx, row: Row) -> None:
    """Add a conversation and its two receipts."""
    tx.execute(sa.insert(conversations), {"tenant_id": tx.tenant_id, **row})
    fresh = {"tenant_id": tx.tenant_id, "conversation_id": row["id"]}
    zero = {"delivered_seq": 0, "read_seq": 0}
    tx.execute(
        sa.insert(receipts),
        [{**fresh, **zero, "party": party} for party in ("visitor", "agent")],
    )


def update(tx: Tx, conversation_id: str, **values: object) -> None:
    """Change columns of a conversation."""
    tx.execute(
        sa.update(conversations)
        .where(_c.tenant_id == tx.tenant_id, _c.id == conversation_id)
        .values(values)
    )


def advance(tx: Tx, conversation_id: str, seq: int, public_seq: int) -> None:
    """Move the counters of a locked conversation to a new message."""
    tx.execute(
        _ADVANCE,
        {
            "of_tenant": tx.tenant_id,
            "of_id": conversation_id,
            "new_seq": seq,
            "new_public_seq": public_seq,
            "at": tx.now_ms,
        },
    )


def open_of_contact(tx: Tx, contact_id: str) -> Sequence[Row]:
    """Return the open conversations of a contact."""
    return tx.all(
        sa.select(conversations).where(
            _c.tenant_id == tx.tenant_id, _c.contact_id == contact_id, _c.state == "open"
        )
    )


def newest_of_contact(tx: Tx, contact_id: str, limit: int) -> Sequence[Row]:
    """Return the newest conversations of a contact, newest first."""
    return tx.all(
        sa.select(conversations)
        .where(_c.tenant_id == tx.tenant_id, _c.contact_id == contact_id)
        .order_by(_c.created_at_ms.desc(), _c.id.desc())
        .limit(limit)
    )


# ---- who takes part ----------------------------------------------------------------------


def is_participant(tx: Tx, conversation_id: str, user_id: str) -> bool:
    """Tell whether a user takes part in a conversation now."""
    row = tx.one(
        _PARTICIPANT,
        {"tenant_id": tx.tenant_id, "conversation_id": conversation_id, "user_id": user_id},
    )
    return row is not None and row["left_at_ms"] is None


def serves(tx: Tx, user_id: str, queue_id: str) -> bool:
    """Tell whether a user serves a queue."""
    parameters = {"user_id": user_id, "queue_id": queue_id}
    return tx.one(_SERVES, {"tenant_id": tx.tenant_id, **parameters}) is not None


def handles_contact(tx: Tx, contact_id: str, user_id: str) -> bool:
    """Tell whether a user owns or could take an open conversation of this contact."""
    mine = sa.or_(_c.agent_id == user_id, _c.queue_id.in_(_queues_of(tx, user_id)))
    found = tx.one(
        sa.select(_c.id)
        .where(_c.tenant_id == tx.tenant_id, _c.contact_id == contact_id, _c.state == "open", mine)
        .limit(1)
    )
    return found is not None


def _queues_of(tx: Tx, user_id: str) -> sa.ScalarSelect[str]:
    return (
        sa.select(_q.queue_id)
        .where(_q.tenant_id == tx.tenant_id, _q.user_id == user_id)
        .scalar_subquery()
    )


def queue_members_are(tx: Tx, user_id: str, queue_ids: Iterable[str]) -> None:
    """Replace the queues a user serves."""
    tx.execute(sa.delete(agent_queues).where(_q.tenant_id == tx.tenant_id, _q.user_id == user_id))
    rows = [
        {"tenant_id": tx.tenant_id, "user_id": user_id, "queue_id": queue_id}
        for queue_id in sorted(set(queue_ids))
    ]
    if rows:
        tx.execute(sa.insert(agent_queues), rows)


def owners_of(tx: Tx, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return queue and agent of each conversation there is; other writers wait."""
    return {row["id"]: (row["queue_id"], row["agent_id"]) for row in _in_parts(tx, _OWNERS, ids)}


def own(tx: Tx, owners: Mapping[str, tuple[str, str | None, str]]) -> None:
    """Give conversations to (queue, agent, agent's name): of each, only the agent takes part."""
    _OWN.update(
        tx,
        [
            {
                "id": key,
                "queue_id": queue_id,
                "agent_id": agent_id,
                "agent_name": name,
                "epoch": tx.now_ms,
            }
            for key, (queue_id, agent_id, name) in owners.items()
        ],
    )
    known: set[tuple[str, str]] = set()
    changed: list[dict[str, Any]] = []
    for row in _in_parts(tx, _PARTICIPANTS, list(owners)):
        key, user_id = row["conversation_id"], row["user_id"]
        known.add((key, user_id))
        _, agent_id, name = owners[key]
        is_owner = user_id == agent_id
        now = (name if is_owner else row["name"], None if is_owner else tx.now_ms)
        is_settled = not is_owner and row["left_at_ms"] is not None
        if not is_settled and now != (row["name"], row["left_at_ms"]):
            of = {"conversation_id": key, "user_id": user_id}
            changed.append({**of, "name": now[0], "left_at_ms": now[1]})
    _TAKE_PART.update(tx, changed)
    fresh = {"joined_at_ms": tx.now_ms, "left_at_ms": None}
    new = [
        {**fresh, "conversation_id": key, "user_id": agent_id, "name": name}
        for key, (_, agent_id, name) in owners.items()
        if agent_id is not None and (key, agent_id) not in known
    ]
    _JOIN.insert(tx, new)


# ---- receipts ----------------------------------------------------------------------------


def receipts_of(tx: Tx, ids: Sequence[str]) -> Sequence[Row]:
    """Return the receipts of some conversations."""
    return tx.all(_RECEIPTS, {"tenant_id": tx.tenant_id, "ids": list(ids)}) if ids else []


def raise_receipt(tx: Tx, conversation_id: str, party: str, delivered: int, read: int) -> bool:
    """Move a party's receipt forward, never back; tell whether it moved."""
    return bool(
        tx.execute(
            sa.update(receipts)
            .where(
                _r.tenant_id == tx.tenant_id,
                _r.conversation_id == conversation_id,
                _r.party == party,
                sa.or_(_r.delivered_seq < delivered, _r.read_seq < read),
            )
            .values(
                delivered_seq=sa.case(
                    (_r.delivered_seq < delivered, delivered), else_=_r.delivered_seq
                ),
                read_seq=sa.case((_r.read_seq < read, read), else_=_r.read_seq),
            )
        ).rowcount
    )
