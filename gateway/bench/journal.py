"""Bench ``journal``: durable events per second, and how long an acknowledgement takes.

The load is one tenant's routing journal, the product's hottest write: 96 callers (256 towards a
server, which answers later) each append an entry and wait until it is on disk, again and again.
Entries that come while a commit is on its way go together into the next, through the real
``Database.write``, the real fenced journal and the real event log (each entry also records an
event, in the same commit). Counted are journal entries only. ``ack_ms_p99`` is over every entry
of the SQLite run.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.acd.store import journal, tables
from gateway.bench.postgresql import PostgresqlServer, find_binaries
from gateway.kernel.clock import SystemClock
from gateway.kernel.ids import new_id
from gateway.platform.database.log import events
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Database, Tx
from gateway.platform.database.sqlite import SqliteDatabase

SQLITE_CALLERS = 96
POSTGRESQL_CALLERS = 256
WARM_UP_S = 0.5
MEASURED_S = 4.0
TENANT_ID = "tn_bench"
_KIND = "offered"


def run() -> dict[str, Any]:
    """Return ``sqlite_events_per_s``, ``postgresql_events_per_s`` and ``ack_ms_p99``."""
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as directory:
        per_s, ack_ms_p99 = asyncio.run(_sqlite(Path(directory)))
    return {
        "sqlite_events_per_s": round(per_s),
        "postgresql_events_per_s": _postgresql(),
        "ack_ms_p99": round(ack_ms_p99, 2),
    }


class _Partition:
    """The only writer of the tenant's journal, in the shape of the product's own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._committer: asyncio.Task[None] | None = None
        self._epoch = 0
        self._position = 0
        self._decided = 0

    async def open(self) -> None:
        self._epoch, self._position = await self._database.write(TENANT_ID, journal.take_over)
        self._decided = self._position

    async def append(self, interaction_id: str, body: str) -> None:
        """Return when the entry is on disk."""
        self._decided += 1
        row = {
            "position": self._decided,
            "epoch": self._epoch,
            "at_ms": time.time_ns() // 1_000_000,
            "kind": _KIND,
            "body": body,
        }
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((row, future))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_all(interaction_id))
        await future

    async def _commit_all(self, interaction_id: str) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            rows = [row for row, _ in batch]

            def work(tx: Tx, rows: list[dict[str, Any]] = rows) -> None:
                journal.append(tx, self._epoch, self._position, rows, rows[-1]["position"])
                for row in rows:
                    tx.record(_KIND, interaction_id=interaction_id, position=row["position"])

            await self._database.write(TENANT_ID, work)
            self._position = rows[-1]["position"]
            for _, future in batch:
                future.set_result(None)


async def _measure(database: Database, callers: int) -> tuple[float, list[float]]:
    """Return entries per second and every entry's time to acknowledgement, in seconds."""
    partition = _Partition(database)
    await partition.open()
    interaction_id = new_id("in", 1_700_000_000_000)
    body = (
        f'{{"type":"{_KIND}","interaction_id":"{interaction_id}","agent_id":"{interaction_id}",'
        f'"offer_id":"{interaction_id}","winner":["{interaction_id}",0.25],"excluded":[3,1,0,0]}}'
    )
    waits: list[float] = []
    begin = time.perf_counter() + WARM_UP_S
    end = begin + MEASURED_S

    async def caller() -> None:
        while (started := time.perf_counter()) < end:
            await partition.append(interaction_id, body)
            if started >= begin:
                waits.append(time.perf_counter() - started)

    await asyncio.gather(*(caller() for _ in range(callers)))
    stored = await database.read(TENANT_ID, _stored)
    assert stored >= len(waits), "an acknowledged entry is missing"
    return len(waits) / (time.perf_counter() - begin), waits


def _stored(tx: Tx) -> int:
    rows = tx.one(sa.select(sa.func.count().label("count")).select_from(tables.journal))
    facts = tx.one(sa.select(sa.func.count().label("count")).select_from(events))
    assert rows is not None
    assert facts is not None
    assert rows["count"] == facts["count"]
    return int(rows["count"])


async def _sqlite(directory: Path) -> tuple[float, float]:
    database = await SqliteDatabase(directory / "wecc.db", SystemClock()).open()
    try:
        per_s, waits = await _measure(database, SQLITE_CALLERS)
    finally:
        await database.close()
    return per_s, sorted(waits)[len(waits) * 99 // 100] * 1000


def _postgresql() -> int | None:
    binaries = find_binaries()
    if binaries is None:
        print("postgresql_events_per_s: PostgreSQL is not installed", file=sys.stderr)
        return None
    server = PostgresqlServer(binaries)
    try:
        server.start()
        return round(asyncio.run(_on_server(*server.create_database())))
    except RuntimeError as error:
        print(f"postgresql_events_per_s: {error}", file=sys.stderr)
        return None
    finally:
        server.remove()


async def _on_server(owner_url: str, app_url: str) -> float:
    from gateway.platform.database.postgresql import PostgresqlDatabase

    await prepare_server(owner_url, app_url)
    database = await PostgresqlDatabase(app_url, SystemClock()).open()
    try:
        per_s, _ = await _measure(database, POSTGRESQL_CALLERS)
    finally:
        await database.close()
    return per_s
