"""PostgreSQL: writes grouped per tenant, forced row-level security, the same units of work.

One lane per tenant: while a commit is on its way, what arrives queues up and goes together in
the next one; a failing unit is undone alone. A transaction-scoped advisory lock on the tenant
makes the lanes of several processes take turns, so units of a tenant are serial here as they
are on SQLite. Rooms' synchronous store functions run unchanged through
``AsyncConnection.run_sync``; BEGIN, SAVEPOINT and COMMIT are sent by the driver, in as few round
trips as possible, over connections SQLAlchemy holds in AUTOCOMMIT.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database import faults, log, schema, server_faults
from gateway.platform.database.port import Tx
from gateway.platform.database.rows import check_promises
from gateway.platform.database.unit import Observe, Unit, resolve

T = TypeVar("T")

_logger = logging.getLogger("wecc.database")
_BATCH_UNITS = 512
_QUEUE_UNITS = 20_000
_RETRIES = 3
_NEXT = "RELEASE SAVEPOINT unit; SAVEPOINT unit"
_TENANT = re.compile(r"[A-Za-z0-9_-]{0,64}")


class PostgresqlDatabase:
    """A ``Database`` in PostgreSQL, reached as a role that owns nothing. Then ``await open()``."""

    def __init__(
        self,
        app_url: str,
        clock: Clock,
        metadata: sa.MetaData = schema.metadata,
        *,
        observe: Observe | None = None,
        connections: int = 8,
    ) -> None:
        self._clock = clock
        self._metadata = metadata
        self._observe = observe
        self._lanes: dict[str, deque[Unit]] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._queued = 0
        self._is_closed = True
        self._engine = engine_for(app_url, connections)

    async def open(self) -> PostgresqlDatabase:
        """Check that the role and the server keep our promises; returns itself."""
        try:
            async with self._engine.connect() as connection:
                await connection.run_sync(check_promises, self._metadata)
        except Exception as error:
            await self._engine.dispose()
            raise server_faults.from_postgresql(error) or error from error
        self._is_closed = False
        return self

    @property
    def queue_length(self) -> int:
        """Units of work that wait for a commit."""
        return self._queued

    async def write(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        """Run ``work`` in the tenant's lane and return its result once it is on disk."""
        self._check(tenant_id)
        if self._queued >= _QUEUE_UNITS:
            raise faults.unavailable("too much is waiting for the database")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        lane = self._lanes.get(tenant_id)
        self._queued += 1
        if lane is None:
            self._lanes[tenant_id] = deque([Unit(tenant_id, work, future)])
            self._start(self._drain(tenant_id))
        else:
            lane.append(Unit(tenant_id, work, future))
        return await future

    async def read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        """Run ``work`` on a snapshot taken now; a caller who leaves does not cut it short."""
        self._check(tenant_id)
        return await asyncio.shield(self._start(self._read(tenant_id, work)))

    async def close(self) -> None:
        """Finish what is queued, then let go of the connections."""
        self._is_closed = True
        while self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    def _check(self, tenant_id: str) -> None:
        if self._is_closed:
            raise faults.unavailable("the database is closed")
        if _TENANT.fullmatch(tenant_id) is None:
            raise WeccError("bad_value", "This is not a tenant id.", field="tenant_id")

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        running = asyncio.get_running_loop().create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def _read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        try:
            return await self._attempt(
                lambda connection: _read_snapshot(
                    connection, Tx(connection, tenant_id, self._clock.now_ms()), work
                )
            )
        except Exception as error:
            fault = server_faults.from_postgresql(error)
            if fault is None:
                raise
            raise fault from error

    async def _drain(self, tenant_id: str) -> None:
        lane = self._lanes[tenant_id]
        while lane:
            count = min(len(lane), _BATCH_UNITS)
            taken = [lane.popleft() for _ in range(count)]
            self._queued -= count
            batch = [unit for unit in taken if not unit.future.cancelled()]
            if batch:
                started = time.perf_counter()
                await self._commit(batch)
                if self._observe is not None:
                    self._observe(len(batch), time.perf_counter() - started)
                resolve(batch)
        del self._lanes[tenant_id]

    async def _commit(self, batch: list[Unit]) -> None:
        try:
            await self._attempt(lambda connection: _store(connection, batch, self._clock))
        except Exception as error:
            fault = server_faults.from_postgresql(error) or error
            _logger.error(
                "commit failed",
                extra={"code": getattr(fault, "code", "internal"), "units": len(batch)},
            )
            for unit in batch:
                unit.error = unit.error or fault

    async def _attempt(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` on a pooled connection; again, a few times, where that is safe."""
        for attempt in range(_RETRIES + 1):
            try:
                async with self._engine.connect() as connection:
                    return await connection.run_sync(work)
            except Exception as error:
                if attempt == _RETRIES or not server_faults.is_retryable(error):
                    raise
                if isinstance(error, server_faults.StaleConnection):
                    await self._engine.dispose()
                else:
                    await asyncio.sleep(0.005 * (attempt + 1))
        raise AssertionError("the last attempt returns or raises")


def migration_engine(owner_url: str) -> AsyncEngine:
    """An engine with plain transactions, for the owner's short visit."""
    return create_async_engine(
        sa.make_url(owner_url).set(drivername="postgresql+asyncpg"),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
        connect_args={"timeout": 5, "server_settings": {"lock_timeout": "60s"}},
    )


def engine_for(url: str, connections: int = 2) -> AsyncEngine:
    """An engine over asyncpg whose connections wait for the disk at every commit."""
    return create_async_engine(
        sa.make_url(url).set(drivername="postgresql+asyncpg"),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        connect_args={
            "timeout": 5,
            "prepared_statement_cache_size": 500,
            "server_settings": {
                "application_name": "wecc",
                "synchronous_commit": "on",
                "lock_timeout": "10s",
                "statement_timeout": "60s",
                "idle_in_transaction_session_timeout": "60s",
            },
        },
    )


def _script(connection: sa.Connection, sql: str) -> str:
    """Send statements without parameters in one round trip; return the last one's tag."""
    adapted = cast(AsyncAdapt_dbapi_connection, connection.connection.dbapi_connection)
    return str(adapted.run_async(lambda driver: driver.execute(sql)))


def _begin(connection: sa.Connection, tenant_id: str, mode: str, then: str = "") -> None:
    try:
        _script(connection, f"BEGIN {mode}; SET LOCAL app.tenant = '{tenant_id}'{then}")
    except Exception as error:
        is_lost = server_faults.is_lost(error)
        _leave(connection)
        if is_lost:
            raise server_faults.StaleConnection from error
        raise


def _leave(connection: sa.Connection) -> None:
    """Undo, so that the connection goes back clean; or drop it."""
    try:
        _script(connection, "ROLLBACK")
    except Exception:
        connection.invalidate()


def _read_snapshot(connection: sa.Connection, tx: Tx, work: Callable[[Tx], T]) -> T:
    _begin(connection, tx.tenant_id, "ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        return work(tx)
    finally:
        _leave(connection)


def _store(connection: sa.Connection, batch: list[Unit], clock: Clock) -> None:
    """Run and commit a batch of one tenant; raises when nothing of it was stored.

    At first without savepoints, which saves a round trip per unit. When a unit fails, everything
    is undone and run again with a savepoint around each.
    """
    if not _try(connection, batch, clock, has_savepoints=False) and len(batch) > 1:
        _try(connection, batch, clock, has_savepoints=True)


def _try(
    connection: sa.Connection, batch: list[Unit], clock: Clock, *, has_savepoints: bool
) -> bool:
    tenant_id = batch[0].tenant_id
    lock = f"; SELECT pg_advisory_xact_lock({_turn(tenant_id)})"
    _begin(connection, tenant_id, "ISOLATION LEVEL READ COMMITTED", lock)
    try:
        for place, unit in enumerate(batch):
            if has_savepoints:
                _script(connection, "SAVEPOINT unit" if place == 0 else _NEXT)
            _work(unit, Tx(connection, tenant_id, clock.now_ms()))
            if unit.error is not None:
                if not has_savepoints:
                    _leave(connection)
                    return False
                _script(connection, "ROLLBACK TO SAVEPOINT unit")
        _record(connection, tenant_id, batch)
        # COMMIT of a failed transaction is no error to the server; its tag tells.
        if _script(connection, "COMMIT") != "COMMIT":
            raise faults.unavailable("the database undid the transaction")
    except BaseException:
        _leave(connection)
        raise
    return True


def _turn(tenant_id: str) -> int:
    """The tenant's advisory lock, the same in every process."""
    digest = hashlib.sha256(f"wecc/{tenant_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _work(unit: Unit, tx: Tx) -> None:
    """Run one unit; an error of its own stays with it, an error of the store is raised."""
    try:
        unit.run(tx)
        unit.facts = log.facts_of(tx)
    except Exception as error:
        if server_faults.from_postgresql(error) is not None:
            raise
        unit.fail(error)


def _record(connection: sa.Connection, tenant_id: str, batch: list[Unit]) -> None:
    facts = [fact for unit in batch if unit.error is None for fact in unit.facts]
    if not facts:
        return
    columns = [list(column) for column in zip(*facts, strict=True)]
    adapted = cast(AsyncAdapt_dbapi_connection, connection.connection.dbapi_connection)
    adapted.run_async(lambda driver: driver.execute(log.INSERT_POSTGRESQL, tenant_id, *columns))
