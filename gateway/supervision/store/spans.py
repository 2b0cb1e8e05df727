"""States of agents in a range: how long each lasted, and who set it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.supervision.model.times import Span
from gateway.supervision.store.tables import spans

_NAMES = Span.__struct_fields__
After = tuple[int, int, str]


def totals(
    tx: Tx, agent_id: str | None, range_ms: tuple[int, int], until_ms: int
) -> Sequence[Mapping[str, Any]]:
    """Return time and number per agent, state and reason; who is offline is not listed."""
    from_ms, to_ms = range_ms
    ended = sa.case((spans.c.ended_ms == 0, until_ms), else_=spans.c.ended_ms)
    end = sa.case((ended > to_ms, to_ms), else_=ended)
    begin = sa.case((spans.c.began_ms < from_ms, from_ms), else_=spans.c.began_ms)
    lasted = sa.case((end > begin, end - begin), else_=0)
    about = (spans.c.agent_id, spans.c.state, spans.c.reason)
    return tx.all(
        sa.select(
            *about,
            sa.cast(sa.func.sum(lasted), sa.BigInteger).label("lasted_ms"),
            sa.func.count().label("times"),
        )
        .where(*_where(tx, agent_id, range_ms), spans.c.state != "offline")
        .group_by(*about)
        .order_by(*about)
    )


def changes(
    tx: Tx, agent_id: str | None, range_ms: tuple[int, int], after: After, limit: int
) -> list[Span]:
    """Return the states that began in a range or lasted into it, after a place in their order."""
    place = sa.tuple_(spans.c.began_ms, spans.c.number, spans.c.agent_id)
    rows = tx.all(
        sa.select(*(spans.c[name] for name in _NAMES))
        .where(*_where(tx, agent_id, range_ms), place > sa.tuple_(*after))
        .order_by(spans.c.began_ms, spans.c.number, spans.c.agent_id)
        .limit(limit)
    )
    return [Span(**row) for row in rows]


def _where(tx: Tx, agent_id: str | None, range_ms: tuple[int, int]) -> list[sa.ColumnElement[bool]]:
    found = [
        spans.c.tenant_id == tx.tenant_id,
        spans.c.began_ms < range_ms[1],
        sa.or_(spans.c.ended_ms == 0, spans.c.ended_ms > range_ms[0]),
    ]
    if agent_id is not None:
        found.append(spans.c.agent_id == agent_id)
    return found
