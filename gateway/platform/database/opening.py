"""Opening the database an operator chose: SQLite in the data directory, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database import migrate, schema
from gateway.platform.database.port import Database
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.database.unit import Observe

FILE_NAME = "wecc.sqlite"


async def open_database(
    clock: Clock,
    data_dir: Path,
    database_url: str = "",
    owner_url: str = "",
    *,
    observe: Observe | None = None,
) -> Database:
    """Migrate and open. ``owner_url`` is used to migrate PostgreSQL and let go at once."""
    if not database_url:
        return await SqliteDatabase(data_dir / FILE_NAME, clock, observe=observe).open()
    from gateway.platform.database.postgresql import PostgresqlDatabase

    if owner_url:
        await prepare_server(owner_url, database_url)
    return await PostgresqlDatabase(database_url, clock, observe=observe).open()


async def prepare_server(
    owner_url: str,
    app_url: str,
    metadata: sa.MetaData = schema.metadata,
    prepare: Callable[[sa.Connection], None] = migrate.upgrade,
) -> None:
    """As the owner: bring the schema up, force row-level security, let the app role in."""
    from gateway.platform.database import rows, server_faults
    from gateway.platform.database.postgresql import migration_engine

    app_role = sa.make_url(app_url).username or ""
    if app_role == sa.make_url(owner_url).username:
        raise WeccError(
            "unsafe_configuration",
            "Use two PostgreSQL roles: an owner to migrate and another one to run.",
        )
    engine = migration_engine(owner_url)
    try:
        async with engine.begin() as connection:
            # Several gateways may start at once; the second finds the work done.
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8700)")
            await connection.run_sync(prepare)
            for statement in rows.security_statements(metadata, app_role):
                await connection.exec_driver_sql(statement)
    except Exception as error:
        raise server_faults.from_postgresql(error) or error from error
    finally:
        await engine.dispose()
