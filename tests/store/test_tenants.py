"""Tenants are kept apart by PostgreSQL itself, and refused configurations stay refused.

trust.md A-078 (NULL tenant), A-158 and A-161 (pooled connections, FORCE, the role).
"""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from gateway.bench.postgresql import PostgresqlServer
from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import PLATFORM, Tx
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.rows import tenant_tables
from tests.servers.postgresql import Urls
from tests.store.tables import add_note, metadata, notes

server = pytest.mark.server


def _all_ids(tx: Tx) -> set[str]:
    """A query that forgot its tenant."""
    return {row["id"] for row in tx.all(sa.select(notes.c.id))}


@server
async def test_a_query_that_forgot_its_tenant_sees_only_its_own(
    postgresql: PostgresqlDatabase,
) -> None:
    for tenant in ("t1", "t2"):
        await postgresql.write(tenant, lambda tx, t=tenant: add_note(tx, f"of-{t}"))  # type: ignore[misc]
    for _ in range(20):
        found = await asyncio.gather(
            *(postgresql.read(tenant, _all_ids) for tenant in ("t1", "t2", "t1", PLATFORM, "t3"))
        )
        assert found == [{"of-t1"}, {"of-t2"}, {"of-t1"}, set(), set()]


@server
async def test_rows_of_another_tenant_cannot_be_written_changed_or_deleted(
    postgresql: PostgresqlDatabase,
) -> None:
    await postgresql.write("t2", lambda tx: add_note(tx, "theirs", "kept"))
    values = {"tenant_id": "t2", "id": "forged", "text": "x"}
    for scope in ("t1", PLATFORM):
        with pytest.raises(sa.exc.DBAPIError, match="row-level security"):
            await postgresql.write(scope, lambda tx: tx.execute(sa.insert(notes), values))
        assert (
            await postgresql.write(
                scope, lambda tx: tx.execute(sa.update(notes).values(text="changed")).rowcount
            )
            == 0
        )
        assert await postgresql.write(scope, lambda tx: tx.execute(sa.delete(notes)).rowcount) == 0
    with pytest.raises(sa.exc.DBAPIError, match="row-level security"):
        await postgresql.write(
            PLATFORM, lambda tx: tx.execute(sa.insert(notes), {**values, "tenant_id": ""})
        )
    assert await postgresql.read("t2", _all_ids) == {"theirs"}


@server
async def test_the_tenant_does_not_outlive_its_transaction(postgresql_urls: Urls) -> None:
    await prepare_server(postgresql_urls.owner, postgresql_urls.app, metadata, metadata.create_all)
    database = PostgresqlDatabase(postgresql_urls.app, SystemClock(), metadata, connections=1)
    await database.open()

    def fails(tx: Tx) -> None:
        raise WeccError("conflict")

    for _ in range(3):
        await database.write("t1", lambda tx: tx.execute(sa.delete(notes)))
        await database.write("t1", lambda tx: add_note(tx, "note-1"))
        with pytest.raises(WeccError):
            await database.write("t1", fails)
        with pytest.raises(WeccError):
            await database.read("t1", fails)
        async with database._engine.connect() as connection:
            rows = await connection.exec_driver_sql("SELECT id FROM notes")
            assert rows.all() == []
    await database.close()


@server
async def test_every_tenant_table_is_closed_and_forced(
    postgresql_server: PostgresqlServer, postgresql_database: PostgresqlDatabase
) -> None:
    """From the catalog of the product's own schema: 100 % of the tables with a tenant."""
    name = postgresql_database._engine.url.database
    assert name
    closed = postgresql_server.psql(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity"
        " AND p.polcmd = '*' AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL",
        name,
    ).split()
    with_tenant = postgresql_server.psql(
        "SELECT table_name FROM information_schema.columns"
        " WHERE column_name = 'tenant_id' AND table_schema = 'public'",
        name,
    ).split()
    declared = {table.name for table in tenant_tables()}
    assert declared
    assert declared <= set(closed) <= set(with_tenant)
    owned = postgresql_server.psql(
        f"SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
        f" WHERE r.rolname = '{name}_app'",
        name,
    )
    assert owned == "0"


@server
async def test_unsafe_roles_and_servers_are_refused(
    postgresql_server: PostgresqlServer, postgresql_urls: Urls
) -> None:
    urls = postgresql_urls
    app = sa.make_url(urls.app)

    async def refusal(url: str) -> str:
        database = PostgresqlDatabase(url, SystemClock(), metadata)
        with pytest.raises(WeccError) as refused:
            await database.open()
        await database.close()
        return f"{refused.value.code} {refused.value.message}"

    assert "migrate" in await refusal(urls.app)
    await prepare_server(urls.owner, urls.app, metadata, metadata.create_all)
    assert "owns the tables" in await refusal(urls.owner)
    postgresql_server.psql(f"ALTER ROLE {app.username} BYPASSRLS")
    assert "bypass" in await refusal(urls.app)
    postgresql_server.psql(f"ALTER ROLE {app.username} NOBYPASSRLS SUPERUSER")
    assert "superuser" in await refusal(urls.app)
    postgresql_server.psql(f"ALTER ROLE {app.username} NOSUPERUSER")
    postgresql_server.psql("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY", app.database or "")
    assert "notes" in await refusal(urls.app)
    with pytest.raises(WeccError, match="two PostgreSQL roles"):
        await prepare_server(urls.app, urls.app, metadata, metadata.create_all)
    wrong = app.set(password="wrong").render_as_string(hide_password=False)
    assert (await refusal(wrong)).startswith("store_unavailable")
    nowhere = app.set(port=1).render_as_string(hide_password=False)
    assert (await refusal(nowhere)).startswith("store_unavailable")


@server
async def test_a_tenant_id_is_never_sql(postgresql: PostgresqlDatabase) -> None:
    for tenant in ("t1'; RESET app.tenant; --", "t1\x00", "a" * 65, "t 1"):
        with pytest.raises(WeccError, match="bad_value"):
            await postgresql.read(tenant, _all_ids)
        with pytest.raises(WeccError, match="bad_value"):
            await postgresql.write(tenant, _all_ids)
