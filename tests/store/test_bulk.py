"""Many rows in one statement: as if each had been written by itself, on every store."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from gateway.platform.database.bulk import Bulk
from gateway.platform.database.port import Database, Tx
from tests.store.tables import counters

COUNTERS = Bulk(counters, ("value", "labels"), key=("name",))
GONE = Bulk(counters, (), key=("name",))
ODD = [0, 1, 3, 4, 5, 63, 64, 65, 150]


def rows(count: int, times: int = 1) -> list[dict[str, object]]:
    return [
        {"name": f"c{n:04d}", "value": n * times, "labels": {"of": [n, None, "it's"]}, "more": 1}
        for n in range(count)
    ]


def stored(tx: Tx) -> dict[str, tuple[int, object]]:
    found = tx.all(sa.select(counters).where(counters.c.tenant_id == tx.tenant_id))
    return {row["name"]: (row["value"], row["labels"]) for row in found}


@pytest.mark.parametrize("count", ODD)
async def test_any_number_of_rows_is_added_changed_and_removed(
    database: Database, count: int
) -> None:
    def expected(times: int) -> dict[str, tuple[object, object]]:
        return {str(row["name"]): (row["value"], row["labels"]) for row in rows(count, times)}

    await database.write("t1", lambda tx: COUNTERS.insert(tx, rows(count)))
    await database.write("t2", lambda tx: COUNTERS.insert(tx, rows(3)))
    assert await database.read("t1", stored) == expected(1)
    await database.write("t1", lambda tx: COUNTERS.update(tx, rows(count, 7)))
    assert await database.read("t1", stored) == expected(7)
    kept = rows(count)[: count // 3]
    await database.write("t1", lambda tx: GONE.delete(tx, rows(count)[count // 3 :]))
    assert set(await database.read("t1", stored)) == {row["name"] for row in kept}
    others = await database.read("t2", stored)
    assert {name: value for name, (value, _) in others.items()} == {
        f"c{n:04d}": n for n in range(3)
    }, "another tenant's rows of the same names stay as they are"


async def test_what_is_not_there_is_not_made_by_a_change(database: Database) -> None:
    await database.write("t1", lambda tx: COUNTERS.insert(tx, rows(2)))
    await database.write("t1", lambda tx: COUNTERS.update(tx, rows(5, 2)))
    await database.write("t1", lambda tx: GONE.delete(tx, rows(9)[4:]))
    assert set(await database.read("t1", stored)) == {"c0000", "c0001"}


async def test_one_bad_row_undoes_all_of_them(database: Database) -> None:
    bad = [*rows(70), {"name": "bad", "value": -1, "labels": {}}]
    with pytest.raises((sa.exc.IntegrityError, sqlite3.IntegrityError)):
        await database.write("t1", lambda tx: COUNTERS.insert(tx, bad))
    assert await database.read("t1", stored) == {}


def test_rows_are_removed_by_a_single_column() -> None:
    with pytest.raises(ValueError, match="one column"):
        Bulk(counters, (), key=("name", "value"))
