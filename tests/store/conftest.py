"""The two implementations of ``Database``, each empty and with the tests' tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.kernel.clock import SystemClock
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Database
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.sqlite import SqliteDatabase
from tests.servers.postgresql import (  # noqa: F401
    Urls,
    postgresql_database,
    postgresql_server,
    postgresql_urls,
)
from tests.store.tables import metadata


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "wecc.db", SystemClock(), prepare=metadata.create_all)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def postgresql(postgresql_urls: Urls) -> AsyncIterator[PostgresqlDatabase]:  # noqa: F811
    await prepare_server(postgresql_urls.owner, postgresql_urls.app, metadata, metadata.create_all)
    database = PostgresqlDatabase(postgresql_urls.app, SystemClock(), metadata)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def database(request: pytest.FixtureRequest) -> Database:
    chosen: Database = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def another(database: Database) -> Callable[[], Awaitable[Database]]:
    """Opens what ``database`` is once more, as a second process would."""

    async def open_again() -> Database:
        if isinstance(database, SqliteDatabase):
            return await SqliteDatabase(
                database.path, SystemClock(), prepare=metadata.create_all
            ).open()
        assert isinstance(database, PostgresqlDatabase)
        url = database._engine.url.render_as_string(hide_password=False)
        return await PostgresqlDatabase(url, SystemClock(), metadata).open()

    return open_again
