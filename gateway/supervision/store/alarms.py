"""Alarms that are on or were, and the rules of queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.platform.database.schema import insert
from gateway.supervision.model.alarms.book import CALM_MS, Alarm
from gateway.supervision.model.alarms.lookout import LEVEL_MS
from gateway.supervision.model.alarms.rule import AlarmRule
from gateway.supervision.model.ledger import Stay
from gateway.supervision.model.tally import bucket_of
from gateway.supervision.store.counting import stay_columns
from gateway.supervision.store.tables import alarm_rules, alarms, stays

_NAMES = Alarm.__struct_fields__


def put(tx: Tx, changed: Sequence[Mapping[str, Any]]) -> None:
    """Store alarms as they are now."""
    new = insert(alarms)
    rest = {name: new.excluded[name] for name in _NAMES if name != "id"}
    statement = new.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=rest)
    tx.execute(statement, [{"tenant_id": tx.tenant_id, **row} for row in changed])


def recent(tx: Tx, now_ms: int) -> list[Alarm]:
    """Return the alarms that are on, and those that were a moment ago, the oldest first."""
    is_near = sa.or_(alarms.c.ended_ms == 0, alarms.c.ended_ms >= now_ms - CALM_MS)
    rows = tx.all(
        sa.select(*_columns())
        .where(alarms.c.tenant_id == tx.tenant_id, is_near)
        .order_by(alarms.c.began_ms, alarms.c.id)
    )
    return [Alarm(**row) for row in rows]


def newest(tx: Tx, queue_id: str | None, before: tuple[int, str], limit: int) -> list[Alarm]:
    """Return alarms that began before a place in their order, the newest first."""
    place = sa.tuple_(alarms.c.began_ms, alarms.c.id)
    here = [alarms.c.tenant_id == tx.tenant_id, place < sa.tuple_(*before)]
    if queue_id is not None:
        here.append(alarms.c.queue_id == queue_id)
    rows = tx.all(
        sa.select(*_columns())
        .where(*here)
        .order_by(alarms.c.began_ms.desc(), alarms.c.id.desc())
        .limit(limit)
    )
    return [Alarm(**row) for row in rows]


def prune(tx: Tx, before_ms: int) -> None:
    """Forget alarms that were over before a time."""
    is_old = sa.and_(alarms.c.ended_ms > 0, alarms.c.ended_ms < before_ms)
    tx.execute(alarms.delete().where(alarms.c.tenant_id == tx.tenant_id, is_old))


def settled_lately(tx: Tx, now_ms: int) -> list[Stay]:
    """Return the waits that were settled in the time an alarm's service level is about."""
    from_ms = bucket_of(now_ms) - LEVEL_MS
    rows = tx.all(
        sa.select(*stay_columns()).where(
            stays.c.tenant_id == tx.tenant_id, stays.c.settled_ms >= from_ms
        )
    )
    return [Stay(**row) for row in rows]


def rules(tx: Tx) -> dict[str, AlarmRule]:
    """Return the rules of the queues that have one of their own."""
    rows = tx.all(sa.select(alarm_rules).where(alarm_rules.c.tenant_id == tx.tenant_id))
    return {row["queue_id"]: msgspec.convert(row["rule"], AlarmRule) for row in rows}


def set_rule(tx: Tx, queue_id: str, rule: AlarmRule) -> None:
    """Give a queue a rule."""
    values = {"rule": msgspec.to_builtins(rule)}
    tx.execute(
        insert(alarm_rules)
        .values(tenant_id=tx.tenant_id, queue_id=queue_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "queue_id"], set_=values)
    )


def _columns() -> list[sa.Column[Any]]:
    return [alarms.c[name] for name in _NAMES]
