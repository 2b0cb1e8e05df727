"""SQLite: one file, one writer thread, one grouped commit at a time.

The writer takes whatever queued while the previous commit was on its way to the disk and never
waits to fill a batch. In a batch each unit of work has its own savepoint, so a failing unit
undoes itself alone. ``synchronous=FULL`` makes COMMIT return after fsync: only then are results
handed back. Readers are a few threads with connections of their own; write-ahead logging lets
them read while the writer writes.

SQLAlchemy's own transaction handling is switched off (driver level ``isolation_level=None``):
BEGIN IMMEDIATE, SAVEPOINT and COMMIT are written here, where they can be seen.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

import sqlalchemy as sa

from gateway.kernel.clock import Clock
from gateway.platform.database import faults, log, migrate
from gateway.platform.database.port import Tx
from gateway.platform.database.unit import Observe, Unit, resolve
from gateway.platform.disk import make_directory, sync_directory

T = TypeVar("T")
_logger = logging.getLogger("wecc.database")
_BATCH_UNITS = 512
_QUEUE_UNITS = 20_000
_READERS = 3
_BUSY_TIMEOUT_MS = 4_000
_CHECKPOINT_PAGES = 4_000
"""16 MB of log: a page that many commits change goes to the file once for all of them."""


class SqliteDatabase:
    """A ``Database`` in one SQLite file. Create it, then ``await open()``."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        prepare: Callable[[sa.Connection], None] = migrate.upgrade,
        observe: Observe | None = None,
        exclusive: bool = False,
    ) -> None:
        """``prepare`` brings the schema up, in one transaction.

        ``exclusive`` serves file systems without shared memory: all reads use the writer.
        """
        self.path = path
        self._clock = clock
        self._prepare = prepare
        self._observe = observe
        self._exclusive = exclusive
        self._queue: SimpleQueue[Unit | None] = SimpleQueue()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="wecc-reader")
        self._local = threading.local()
        self._open_readers: list[sa.Connection] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False
        self._is_suspect = False
        self._engine = sa.create_engine(
            sa.URL.create("sqlite+pysqlite", database=str(path)),
            poolclass=sa.pool.NullPool,
            hide_parameters=True,
            connect_args={
                "check_same_thread": False,
                "isolation_level": None,
                "timeout": _BUSY_TIMEOUT_MS / 1000,
                "cached_statements": 512,
            },
        )
        sa.event.listen(self._engine, "connect", self._configure)

    async def open(self) -> SqliteDatabase:
        """Open or create the file, bring the schema up, start the writer; returns itself."""
        self._loop = asyncio.get_running_loop()
        try:
            self._writer, self._raw = await self._loop.run_in_executor(self._readers, self._connect)
        except Exception as error:
            self._readers.shutdown(wait=False)
            if isinstance(error, sa.exc.DBAPIError | sqlite3.Error | OSError):
                raise self._fault(error) or error from error
            raise
        self._thread = threading.Thread(target=self._run, name="wecc-writer", daemon=True)
        self._thread.start()
        return self

    @property
    def queue_length(self) -> int:
        """Units of work that wait for the writer."""
        return self._queue.qsize()

    async def write(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        """Run ``work`` on the writer and return its result once it is on disk."""
        if self._is_closed or self._loop is None:
            raise faults.unavailable("the database is closed")
        if self._queue.qsize() >= _QUEUE_UNITS:
            raise faults.unavailable("too much is waiting for the disk")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Unit(tenant_id, work, future))
        return await future

    async def read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        """Run ``work`` on a snapshot taken now."""
        if self._exclusive:
            return await self.write(tenant_id, work)
        if self._is_closed or self._loop is None:
            raise faults.unavailable("the database is closed")
        return await self._loop.run_in_executor(self._readers, self._read, tenant_id, work)

    async def close(self) -> None:
        """Finish what is queued, then let go of the file."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._thread is not None and self._loop is not None:
            self._queue.put(None)
            await self._loop.run_in_executor(self._readers, self._thread.join)
            self._readers.shutdown(wait=True)
            for reader in self._open_readers:
                reader.close()
            self._writer.close()
        self._readers.shutdown(wait=True)
        self._engine.dispose()

    # opening

    def _configure(self, raw: sqlite3.Connection, _record: object) -> None:
        if self._exclusive:
            raw.execute("PRAGMA locking_mode = EXCLUSIVE")
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        raw.execute("PRAGMA journal_size_limit = 67108864")
        raw.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        raw.execute("PRAGMA temp_store = MEMORY")
        raw.execute("PRAGMA secure_delete = ON")  # an erased key leaves the file

    def _connect(self) -> tuple[sa.Connection, sqlite3.Connection]:
        make_directory(self.path.parent)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        sync_directory(self.path.parent)  # SQLite does so for its log only
        connection = self._engine.connect()
        raw = cast(sqlite3.Connection, connection.connection.driver_connection)
        # What a crash left in the log is written to the file and synced before anyone sees it.
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        raw.execute("BEGIN IMMEDIATE")
        self._prepare(connection)
        raw.execute("COMMIT")
        return connection, raw

    # reading

    def _read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        try:
            connection = self._reader()
            raw = cast(sqlite3.Connection, connection.connection.driver_connection)
            raw.execute("BEGIN")
            try:
                return work(Tx(connection, tenant_id, self._clock.now_ms()))
            finally:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            fault = self._fault(error)
            if fault is None:
                raise
            raise fault from error

    def _reader(self) -> sa.Connection:
        connection: sa.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._engine.connect()
            raw = cast(sqlite3.Connection, connection.connection.driver_connection)
            raw.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._open_readers.append(connection)
        return connection

    # writing: everything below runs on the writer thread

    def _run(self) -> None:
        is_open = True
        while is_open:
            first = self._queue.get()
            if first is None:
                return
            batch, is_open = self._take(first)
            if batch:
                started = time.perf_counter()
                self._commit(batch)
                if self._observe is not None:
                    self._observe(len(batch), time.perf_counter() - started)
                self._deliver(batch)

    def _take(self, first: Unit) -> tuple[list[Unit], bool]:
        batch = [] if first.future.cancelled() else [first]
        while len(batch) < _BATCH_UNITS:
            try:
                unit = self._queue.get_nowait()
            except Empty:
                break
            if unit is None:
                return batch, False
            if not unit.future.cancelled():
                batch.append(unit)
        return batch, True

    def _commit(self, batch: list[Unit]) -> None:
        try:
            if self._is_suspect:
                self._settle()
            self._raw.execute("BEGIN IMMEDIATE")
            self._work_through(batch)
            if self._raw.in_transaction:
                self._raw.execute("COMMIT")
        except Exception as error:
            self._undo(batch, error)

    def _work_through(self, batch: list[Unit]) -> None:
        execute = self._raw.execute
        if len(batch) == 1:
            self._work(batch[0])
            if batch[0].error is not None:
                execute("ROLLBACK")
                return
        else:
            for unit in batch:
                execute("SAVEPOINT unit")
                self._work(unit)
                if unit.error is not None:
                    execute("ROLLBACK TO unit")
                execute("RELEASE unit")
        self._record(batch)

    def _work(self, unit: Unit) -> None:
        """Run one unit; an error of its own stays with it, an error of the store is raised."""
        tx = Tx(self._writer, unit.tenant_id, self._clock.now_ms())
        try:
            unit.run(tx)
            if tx.events:
                unit.facts = log.facts_of(tx)
        except Exception as error:
            if not self._raw.in_transaction or faults.from_sqlite(error, self.path) is not None:
                raise
            unit.fail(error)

    def _record(self, batch: list[Unit]) -> None:
        """Number the batch's events per tenant and insert them all at once."""
        seqs: dict[str, int] = {}
        rows: list[tuple[str, int, int, str, str]] = []
        for unit in batch:
            if unit.error is None and unit.facts:
                tenant_id = unit.tenant_id
                seq = seqs[tenant_id] if tenant_id in seqs else self._last_seq(tenant_id)
                for at_ms, kind, facts in unit.facts:
                    seq += 1
                    rows.append((tenant_id, seq, at_ms, kind, facts))
                seqs[tenant_id] = seq
        if rows:
            self._raw.executemany(log.INSERT_SQLITE, rows)

    def _last_seq(self, tenant_id: str) -> int:
        row = self._raw.execute(log.LAST_SEQ_SQLITE, (tenant_id,)).fetchone()
        return row[0] or 0

    def _undo(self, batch: list[Unit], error: Exception) -> None:
        """Nothing of the batch is stored: everyone in it is told so."""
        try:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
        except sqlite3.Error:
            self._is_suspect = True
        code = faults.sqlite_code(error)
        if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT}:
            self._is_suspect = True
        fault = self._fault(error) or error
        _logger.error(
            "commit failed",
            extra={"code": getattr(fault, "code", "internal"), "cause": code, "units": len(batch)},
        )
        for unit in batch:
            if unit.error is None:
                unit.error = fault

    def _settle(self) -> None:
        """After an I/O error: write the log to the file and sync it, or stay unavailable.

        A failed fsync may have dropped pages that look written; only data written and synced
        anew counts, so nothing is acknowledged before this has succeeded once.
        """
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")
        busy = self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise faults.unavailable("the database recovers from a disk error")
        self._is_suspect = False

    def _deliver(self, batch: list[Unit]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(resolve, batch)
        except RuntimeError:
            _logger.warning("results dropped: the loop is gone", extra={"units": len(batch)})

    def _fault(self, error: BaseException) -> Exception | None:
        if isinstance(error, OSError):
            return faults.from_os(error, "database")
        return faults.from_sqlite(error, self.path)
