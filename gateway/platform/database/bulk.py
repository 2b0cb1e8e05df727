"""Many rows of one tenant in one statement: for what every commit of the routing writes.

SQLite's driver lets go of the interpreter for each row it is given, and takes it back behind
whoever computes meanwhile: a hundred rows would wait a hundred times. So rows go together, in
statements of a few fixed lengths, each prepared once. PostgreSQL's driver sends rows in a stream
of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa

from gateway.platform.database.port import Tx

_LENGTHS = (64, 16, 4, 1)
_TENANT = "?1"
Row = Mapping[str, Any]
Encode = Callable[[Any], Any]


class Bulk:
    """Writes rows of a table, each a mapping with ``key`` and ``columns``; tenant comes by Tx."""

    def __init__(
        self, table: sa.Table, columns: Sequence[str], *, key: Sequence[str] = ("id",)
    ) -> None:
        if not columns and len(key) != 1:
            raise ValueError("rows are deleted by a key of one column")
        self._table, self._key, self._columns = table, tuple(key), tuple(columns)
        self._names = (*self._key, *self._columns)
        one = itemgetter(*self._names)
        self._values = one if len(self._names) > 1 else lambda row: (one(row),)
        mine = [table.c.tenant_id == sa.bindparam("b_tenant_id")]
        mine += [table.c[name] == sa.bindparam(f"b_{name}") for name in self._key]
        self._delete = table.delete().where(*mine)
        to: dict[str, Any] = {name: sa.bindparam(f"b_{name}") for name in self._columns}
        self._update = table.update().where(*mine).values(to)

    def insert(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Add rows."""
        if not rows:
            return
        if tx.connection.dialect.name == "sqlite":
            self._run(tx, rows, _insert)
        else:
            names = self._names
            found = [{"tenant_id": tx.tenant_id, **{n: row[n] for n in names}} for row in rows]
            tx.execute(self._table.insert(), found)

    def update(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Change the columns of rows that are there; what is not there stays away."""
        if not rows:
            return
        if tx.connection.dialect.name == "sqlite":
            self._run(tx, rows, _update)
        else:
            tx.execute(self._update, self._bound(tx, rows))

    def delete(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Remove the rows with these keys."""
        if not rows:
            return
        if tx.connection.dialect.name == "sqlite":
            self._run(tx, rows, _delete)
        else:
            tx.execute(self._delete, self._bound(tx, rows))

    def _bound(self, tx: Tx, rows: Sequence[Row]) -> list[dict[str, Any]]:
        tenant = {"b_tenant_id": tx.tenant_id}
        return [{**tenant, **{f"b_{name}": row[name] for name in self._names}} for row in rows]

    def _run(self, tx: Tx, rows: Sequence[Row], text: Callable[..., str]) -> None:
        raw = cast(sqlite3.Connection, tx.connection.connection.driver_connection)
        values = [self._values(row) for row in rows]
        encoders = _encoders(self._table, self._names, tx.connection.dialect)
        if encoders:
            values = [_encoded(row, encoders) for row in values]
        for start, length in _pieces(len(values)):
            piece = chain.from_iterable(values[start : start + length])
            sql = text(self._table, self._key, self._columns, length)
            raw.execute(sql, (tx.tenant_id, *piece))


def _pieces(count: int) -> Iterator[tuple[int, int]]:
    """Divide ``count`` rows into as few statements as the lengths allow."""
    start = 0
    for length in _LENGTHS:
        while count - start >= length:
            yield start, length
            start += length


def _encoded(row: tuple[Any, ...], encoders: Mapping[int, Encode]) -> tuple[Any, ...]:
    values = list(row)
    for place, encode in encoders.items():
        values[place] = encode(values[place])
    return tuple(values)


@cache
def _encoders(
    table: sa.Table, names: tuple[str, ...], dialect: sa.engine.Dialect
) -> dict[int, Encode]:
    """Return how values become what the driver takes, by place, where that is needed."""
    found: dict[int, Encode] = {}
    for place, name in enumerate(names):
        encode = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if encode is not None:
            found[place] = encode
    return found


def _quoted(name: str) -> str:
    return f'"{name}"'


def _values(width: int, length: int, first: str = "") -> str:
    row = f"({', '.join([first] * bool(first) + ['?'] * width)})"
    return ", ".join([row] * length)


@cache
def _insert(table: sa.Table, key: tuple[str, ...], columns: tuple[str, ...], length: int) -> str:
    names = (*key, *columns)
    into = ", ".join(map(_quoted, ("tenant_id", *names)))
    values = _values(len(names), length, _TENANT)
    return f"INSERT INTO {_quoted(table.name)} ({into}) VALUES {values}"  # noqa: S608 - names only


@cache
def _update(table: sa.Table, key: tuple[str, ...], columns: tuple[str, ...], length: int) -> str:
    names = (*key, *columns)
    here = _quoted(table.name)
    to = ", ".join(f"{_quoted(name)} = new.{_quoted(name)}" for name in columns)
    same = " AND ".join(f"{here}.{_quoted(name)} = new.{_quoted(name)}" for name in key)
    values = f"(VALUES {_values(len(names), length)})"  # names only; every value is bound
    new = f"WITH new ({', '.join(map(_quoted, names))}, tenant_id) AS (SELECT *, {_TENANT}"
    which = f"WHERE {here}.tenant_id = new.tenant_id AND {same}"
    return f"{new} FROM {values}) UPDATE {here} SET {to} FROM new {which}"  # noqa: S608


@cache
def _delete(table: sa.Table, key: tuple[str, ...], _columns: tuple[str, ...], length: int) -> str:
    listed = ", ".join(["?"] * length)
    here = f"DELETE FROM {_quoted(table.name)} WHERE tenant_id = {_TENANT}"  # noqa: S608 - names only
    return f"{here} AND {_quoted(key[0])} IN ({listed})"
