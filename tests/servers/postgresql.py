"""Fixtures: one PostgreSQL server per test run, a fresh database with two roles per test.

Import the fixtures by name into a ``conftest.py``. Without PostgreSQL the tests are skipped on
a laptop and fail where ``CI=true``.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from gateway.bench.postgresql import PostgresqlServer, find_binaries
from gateway.kernel.clock import SystemClock
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.postgresql import PostgresqlDatabase


@dataclass(frozen=True)
class Urls:
    """How to reach one fresh database."""

    owner: str
    app: str


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        pytest.skip("PostgreSQL is not installed")
    server = PostgresqlServer(binaries)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def postgresql_urls(postgresql_server: PostgresqlServer) -> Urls:
    return Urls(*postgresql_server.create_database())


@pytest.fixture
async def postgresql_database(postgresql_urls: Urls) -> AsyncIterator[PostgresqlDatabase]:
    """The product's schema, empty, opened by the application role."""
    await prepare_server(postgresql_urls.owner, postgresql_urls.app)
    database = await PostgresqlDatabase(postgresql_urls.app, SystemClock()).open()
    yield database
    await database.close()
