"""The schema a start brings up is the schema the rooms declare, on both engines."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.database import migrate
from gateway.platform.database.opening import FILE_NAME, open_database, prepare_server
from gateway.platform.database.postgresql import migration_engine
from tests.servers.postgresql import Urls
from tests.store.every_store import every_table

needs_version = pytest.mark.skipif(not migrate.HEAD, reason="no migration was made yet")


def _drift(connection: sa.Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, every_table()))


def _sqlite(path: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{path}")


def test_head_names_the_newest_version() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        config = migrate.configuration(connection, every_table())
        heads = ScriptDirectory.from_config(config).get_heads()
    assert list(heads) == ([migrate.HEAD] if migrate.HEAD else [])


async def test_sqlite_has_what_the_rooms_declare(tmp_path: Path) -> None:
    every_table()
    for _ in range(2):
        await (await open_database(SystemClock(), tmp_path)).close()
    with _sqlite(tmp_path / FILE_NAME).connect() as connection:
        assert _drift(connection) == []
        assert migrate.version(connection) == migrate.HEAD


@pytest.mark.server
async def test_postgresql_has_what_the_rooms_declare(tmp_path: Path, postgresql_urls: Urls) -> None:
    every_table()
    urls = postgresql_urls
    for _ in range(2):
        await (await open_database(SystemClock(), tmp_path, urls.app, urls.owner)).close()
    engine = migration_engine(urls.owner)
    async with engine.connect() as connection:
        assert await connection.run_sync(_drift) == []
        assert await connection.run_sync(migrate.version) == migrate.HEAD
    await engine.dispose()
    await (await open_database(SystemClock(), tmp_path, urls.app)).close()


@needs_version
async def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    await (await open_database(SystemClock(), tmp_path)).close()
    with _sqlite(tmp_path / FILE_NAME).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(WeccError, match="newer version"):
        await open_database(SystemClock(), tmp_path)


@pytest.mark.server
async def test_a_migration_cut_short_leaves_nothing(tmp_path: Path, postgresql_urls: Urls) -> None:
    def cut_short(connection: sa.Connection) -> None:
        migrate.upgrade(connection)
        raise WeccError("internal", "killed")

    with pytest.raises(WeccError, match="killed"):
        await prepare_server(postgresql_urls.owner, postgresql_urls.app, prepare=cut_short)
    engine = migration_engine(postgresql_urls.owner)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda raw: sa.inspect(raw).get_table_names())
    await engine.dispose()
    assert names == []


@needs_version
async def test_a_start_with_nothing_to_do_does_not_load_alembic(tmp_path: Path) -> None:
    await (await open_database(SystemClock(), tmp_path)).close()
    program = (
        "import asyncio, pathlib, sys\n"
        "from gateway.kernel.clock import SystemClock\n"
        "from gateway.platform.database.opening import FILE_NAME, open_database\n"
        "async def main():\n"
        f"    await (await open_database(SystemClock(), pathlib.Path({str(tmp_path)!r}))).close()\n"
        "asyncio.run(main())\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
