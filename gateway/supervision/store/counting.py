"""Adding portions of the journal up: each moves the cursor in the same commit, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.platform.database.schema import insert
from gateway.supervision.model.dictionary import Targets
from gateway.supervision.model.ledger import Changes, Ledger, Stay
from gateway.supervision.model.tally import COUNTERS, LONGEST
from gateway.supervision.model.times import Watch
from gateway.supervision.store.tables import (
    COUNTED,
    CUBE,
    agents,
    counters,
    cursors,
    spans,
    stays,
    targets,
    waits,
)

Rows = dict[str, list[dict[str, Any]]]


class Overtaken(WeccError):
    """Somebody else counted this part of the journal already."""

    def __init__(self) -> None:
        super().__init__("conflict", "The figures were brought up to date by another process.")


# ---- the cursor and what must be remembered ----------------------------------------------------


def load(tx: Tx, version: int) -> Ledger | None:
    """Return the ledger as it was after the last commit; None when other rules counted it."""
    mine = sa.select(cursors).where(cursors.c.tenant_id == tx.tenant_id)
    row = tx.one(mine.where(cursors.c.id == "journal"))
    ledger = Ledger()
    if row is None:
        return ledger
    if row["version"] != version:
        return None
    ledger.position, ledger.at_ms = row["position"], row["at_ms"]
    here = (stays.c.tenant_id == tx.tenant_id, stays.c.over_ms == 0)
    for found in tx.all(sa.select(*stay_columns()).where(*here)):
        ledger.stays[found["interaction_id"]] = Stay(**found)
    for found in tx.all(sa.select(agents).where(agents.c.tenant_id == tx.tenant_id)):
        ledger.watches[found["agent_id"]] = watch_of(found)
    for found in tx.all(sa.select(targets).where(targets.c.tenant_id == tx.tenant_id)):
        ledger.targets[found["queue_id"]] = msgspec.convert({"of_kind": found["of_kind"]}, Targets)
    return ledger


def save(tx: Tx, version: int, before: int, ledger: tuple[int, int], rows: Rows) -> None:
    """Add a portion up and move the cursor from ``before``, once; raises ``Overtaken``.

    ``rows`` were made by ``rows_for`` beforehand, so that the writer is not held up by it.
    """
    position, at_ms = ledger
    _move_cursor(tx, version, before, position, at_ms)
    for table, statement in ((counters, _ADD_COUNTERS), (waits, _ADD_WAITS)):
        if rows[table.name]:
            tx.execute(statement, [{"tenant_id": tx.tenant_id, **row} for row in rows[table.name]])
    _put(tx, stays, ("interaction_id", "number"), rows[stays.name])
    _put(tx, agents, ("agent_id",), rows[agents.name])
    _put(tx, targets, ("queue_id",), rows[targets.name])
    _put(tx, spans, ("agent_id", "number"), rows[spans.name])


def rows_for(changes: Changes) -> Rows:
    """Return the rows that changes make, by table."""
    return {
        counters.name: [
            {**key._asdict(), **_all_counters(counts)} for key, counts in changes.counts.items()
        ],
        waits.name: [
            {**key._asdict(), "bin": number, "number": count}
            for (key, number), count in changes.waits.items()
        ],
        stays.name: [msgspec.to_builtins(stay) for stay in changes.stays.values()],
        spans.name: [msgspec.to_builtins(span) for span in changes.spans.values()],
        agents.name: [msgspec.to_builtins(watch) for watch in changes.watches.values()],
        targets.name: [
            {"queue_id": queue_id, "of_kind": msgspec.to_builtins(each.of_kind)}
            for queue_id, each in changes.targets.items()
        ],
    }


def _move_cursor(tx: Tx, version: int, before: int, position: int, at_ms: int) -> None:
    values = {"position": position, "at_ms": at_ms, "version": version}
    if before == 0:
        made = tx.execute(
            insert(cursors)
            .values(tenant_id=tx.tenant_id, id="journal", **values)
            .on_conflict_do_nothing()
        )
    else:
        made = tx.execute(
            cursors.update()
            .where(
                cursors.c.tenant_id == tx.tenant_id,
                cursors.c.id == "journal",
                cursors.c.position == before,
                cursors.c.version == version,
            )
            .values(**values)
        )
    if made.rowcount != 1:
        raise Overtaken


def _all_counters(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in (*COUNTERS, LONGEST)}


def _adding_counters() -> sa.Executable:
    new = insert(counters)
    longest = sa.case(
        (new.excluded[LONGEST] > counters.c[LONGEST], new.excluded[LONGEST]),
        else_=counters.c[LONGEST],
    )
    sums = {name: counters.c[name] + new.excluded[name] for name in COUNTERS}
    return new.on_conflict_do_update(
        index_elements=["tenant_id", *CUBE], set_={**sums, LONGEST: longest}
    )


def _adding_waits() -> sa.Executable:
    new = insert(waits)
    return new.on_conflict_do_update(
        index_elements=["tenant_id", *CUBE, "bin"],
        set_={"number": waits.c.number + new.excluded.number},
    )


_ADD_COUNTERS = _adding_counters()
_ADD_WAITS = _adding_waits()


def _put(tx: Tx, table: sa.Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    new = insert(table)
    changed = {name: new.excluded[name] for name in rows[0] if name not in key}
    statement = new.on_conflict_do_update(index_elements=["tenant_id", *key], set_=changed)
    tx.execute(statement, [{"tenant_id": tx.tenant_id, **row} for row in rows])


def adopt(tx: Tx, version: int) -> None:
    """Go on from where other rules counted to; what they counted stays as it is."""
    mine = (cursors.c.tenant_id == tx.tenant_id, cursors.c.id == "journal")
    tx.execute(cursors.update().where(*mine).values(version=version))


def forget(tx: Tx) -> None:
    """Remove all figures, to count them anew."""
    for table in (cursors, *COUNTED):
        tx.execute(table.delete().where(table.c.tenant_id == tx.tenant_id))


def rows_of(tx: Tx, table: sa.Table) -> Sequence[Mapping[str, Any]]:
    """Return all rows of a table in the order of its key."""
    order = list(table.primary_key.columns)
    names = [column for column in table.c if column.name != "tenant_id"]
    return tx.all(sa.select(*names).where(table.c.tenant_id == tx.tenant_id).order_by(*order))


def everything(tx: Tx) -> Rows:
    """Return all figures by table, to compare them with others."""
    return {table.name: [dict(row) for row in rows_of(tx, table)] for table in COUNTED}


def in_order(rows: Rows) -> Rows:
    """Return rows made in memory in the order and form in which a table gives them."""
    found = {}
    for table in COUNTED:
        key = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
        names = [column.name for column in table.c if column.name != "tenant_id"]
        made = [{name: row[name] for name in names} for row in rows[table.name]]
        found[table.name] = sorted(made, key=lambda row: [row[name] for name in key])
    return found


def open_counts(tx: Tx) -> dict[tuple[str, str, str, str], int]:
    """Return the waits that are not over, by queue, kind, outcome and agent."""
    about = [stays.c[name] for name in ("queue_id", "kind", "outcome", "agent_id")]
    rows = tx.all(
        sa.select(*about, sa.func.count().label("found"))
        .where(stays.c.tenant_id == tx.tenant_id, stays.c.over_ms == 0)
        .group_by(*about)
    )
    return {
        (row["queue_id"], row["kind"], row["outcome"], row["agent_id"]): row["found"]
        for row in rows
    }


def sums_twice(tx: Tx) -> dict[str, tuple[int, int]]:
    """Return figures counted in two ways: added up, and out of the single waits."""
    s, mine = stays.c, stays.c.tenant_id == tx.tenant_id
    single = {
        "offered": sa.func.count(),
        "answered": _number(s.outcome == "answered"),
        "abandoned": _number(s.outcome == "abandoned"),
        "moved_out": _number(s.outcome == "moved"),
        "replied": _number(s.replied_ms > 0),
        "handled": _number(sa.and_(s.outcome == "answered", s.over_ms > 0)),
    }
    listed = tx.one(sa.select(*(each.label(name) for name, each in single.items())).where(mine))
    added = tx.one(
        sa.select(*(sa.func.sum(counters.c[name]).label(name) for name in single)).where(
            counters.c.tenant_id == tx.tenant_id
        )
    )
    found = {name: (added or {}).get(name) or 0 for name in single}
    return {name: (int(found[name]), int((listed or {}).get(name) or 0)) for name in single}


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def position(tx: Tx) -> tuple[int, int]:
    """Return how far the journal was counted, and the time of the last entry."""
    row = tx.one(sa.select(cursors).where(cursors.c.tenant_id == tx.tenant_id))
    return (0, 0) if row is None else (row["position"], row["at_ms"])


def stay_columns() -> list[sa.Column[Any]]:
    """Return the columns a stay is made of."""
    return [stays.c[name] for name in Stay.__struct_fields__]


def watch_of(row: Mapping[str, Any]) -> Watch:
    """Return an agent from a row."""
    return Watch(**{name: row[name] for name in Watch.__struct_fields__})
