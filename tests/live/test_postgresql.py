"""The whole product on PostgreSQL: what people do, what dies under it, and who sees which row."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.bench.postgresql import PostgresqlServer
from gateway.platform.database.schema import metadata
from tests.attack.conftest import hang_up
from tests.attack.ground import Ground, Tenant, chat, ground, new_id
from tests.attack.test_tenants import (
    talk,
    test_another_tenants_things_do_not_exist,
    test_canaries_of_one_tenant_never_reach_the_other,
    test_foreign_ids_in_bodies_are_unknown,
    test_roles_may_what_the_table_says,
    things,
)
from tests.live.command import wecc
from tests.live.product import Product, Staff, eventually, product
from tests.live.sockets import Agent, Visitor
from tests.live.test_calls import agent, caller, persons, site, test_a_whole_call
from tests.live.test_faults import comes_back, test_web_process_killed_while_people_write
from tests.live.test_upkeep import download
from tests.servers.postgresql import Urls, postgresql_server
from tests.store.every_store import every_table
from tests.voice.conftest import peers_on_loopback

__all__ = [
    "agent",
    "caller",
    "hang_up",
    "peers_on_loopback",
    "persons",
    "postgresql_server",
    "site",
    "talk",
    "test_a_whole_call",
    "test_another_tenants_things_do_not_exist",
    "test_canaries_of_one_tenant_never_reach_the_other",
    "test_foreign_ids_in_bodies_are_unknown",
    "test_roles_may_what_the_table_says",
    "test_web_process_killed_while_people_write",
    "things",
]
pytestmark = [pytest.mark.server, pytest.mark.fault]


def settings_of(urls: Urls) -> dict[str, str]:
    """The environment of a gateway on a database."""
    return {"WECC_STORE__DATABASE_URL": urls.app, "WECC_STORE__OWNER_URL": urls.owner}


@pytest.fixture(scope="module")
def urls(postgresql_server: PostgresqlServer) -> Urls:
    """One database for the module."""
    return Urls(*postgresql_server.create_database())


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, urls: Urls) -> Iterator[Ground]:
    """Alder and Birch in one product on PostgreSQL."""
    with ground(tmp_path_factory.mktemp("ground"), **settings_of(urls)) as started:
        yield started


@pytest.fixture(scope="module")
def running(two: Ground) -> Product:
    """The product of both tenants."""
    return two.product


@pytest.fixture(scope="module")
def admin(two: Ground) -> Staff:
    """Alder's administrator."""
    return two.a.admin


@pytest.fixture
def shop(two: Ground) -> tuple[Product, Staff, dict[str, Any]]:
    """Birch's agent and site, for what is done to a product in which somebody works."""
    return two.product, two.b.agent, two.b.site


def upload(two: Ground, visitor: Visitor, body: bytes) -> str:
    """Send a file as a visitor's browser does; returns the attachment's id."""
    created = {"id": new_id(), "conversation_id": visitor.conversation, "name": "notes.txt"}
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    with two.client("widget", Authorization=f"Bearer {visitor.token}") as client:
        made = client.post("/v1/uploads", json={**created, "size_bytes": len(body)})
        assert made.status_code == 201, made.text
        done = client.patch(f"/v1/uploads/{created['id']}", content=body, headers=headers)
        assert done.status_code == 200, done.text
    attachment_id: str = done.json()["attachment"]["id"]
    return attachment_id


async def served(two: Ground, tenant: Tenant) -> tuple[Visitor, Agent, dict[str, Any]]:
    """A visitor in a chat with the tenant's agent."""
    desk = two.desk(tenant.agent)
    await desk.hello()
    await desk.ready()
    visitor = await chat(two, tenant)
    return visitor, desk, await desk.accept(visitor.conversation)


async def test_files_notes_and_a_transfer(two: Ground) -> None:
    """What an agent does with a chat: read a file, note, hand it to a colleague, wrap up."""
    visitor, first, offer = await served(two, two.a)
    second = two.desk(two.a.supervisor)
    await second.hello()
    await second.ready()
    body = os.urandom(400_000)
    attachment = await asyncio.to_thread(upload, two, visitor, body.hex().encode())
    sent = {"type": "message.post", "id": new_id(), "attachment_id": attachment}
    await visitor.must(sent | {"conversation_id": visitor.conversation})
    await first.post(visitor.conversation, "Speaks Dutch.", note=True)
    got = await asyncio.to_thread(download, two.product, two.a.agent, attachment)
    assert got == body.hex().encode()
    work = offer["interaction"]["id"]
    target = {"to_agent_id": two.a.supervisor.me["user"]["id"]}
    await first.must(
        {"type": "interaction.transfer", "interaction_id": work, **target, "note": "Please help."}
    )
    again = await second.accept(visitor.conversation)
    assert again["interaction"]["id"] == work
    await second.post(visitor.conversation, "I take over.")
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "I take over."
    )
    assert "Speaks Dutch." not in str(visitor.frames)
    await second.must({"type": "interaction.end", "interaction_id": work})
    await second.must({"type": "interaction.wrap_up", "interaction_id": work})


async def test_a_restart_keeps_the_talk(two: Ground) -> None:
    """Ctrl-C and start again: everybody goes on where they were."""
    visitor, desk, offer = await served(two, two.b)
    await visitor.post("before")
    await asyncio.to_thread(two.product.stop)
    await asyncio.to_thread(two.product.start)
    await comes_back(visitor, [])
    await visitor.post("after")
    await comes_back(desk, [])
    welcome = next(f for f in reversed(desk.frames) if f["type"] == "welcome")
    mine = [given["interaction"]["id"] for given in welcome["assignments"]]
    assert offer["interaction"]["id"] in mine
    page = await desk.ask_history(visitor.conversation)
    assert [i["text"] for i in page if i["kind"] == "text"] == ["Hello", "before", "after"]
    assert [item["seq"] for item in page] == list(range(1, len(page) + 1))
    for work in mine:
        await desk.must({"type": "interaction.end", "interaction_id": work})
        await desk.must({"type": "interaction.wrap_up", "interaction_id": work})


def test_every_row_lies_behind_its_tenant(
    two: Ground, postgresql_server: PostgresqlServer, urls: Urls
) -> None:
    """As the application's role, asked without or with a tenant: nobody else's rows, ever."""
    every_table()
    tables = [t.name for t in metadata.sorted_tables if t.info.get("tenant")]
    assert len(tables) > 25
    database, role = urls.app.rpartition("/")[2], urls.app.split("://")[1].split(":")[0]
    ids = {tenant.name: tenant.admin.me["tenant_id"] for tenant in (two.a, two.b)}
    query = " UNION ALL ".join(f"SELECT tenant_id FROM {name}" for name in tables)
    counting = f"SELECT tenant_id, count(*) FROM ({query}) AS every_row GROUP BY 1"
    everything = dict(
        line.split("|") for line in postgresql_server.psql(counting, database).splitlines()
    )
    assert all(int(everything[tenant_id]) > 30 for tenant_id in ids.values())
    as_app = f"SET ROLE {role};"
    assert postgresql_server.psql(f"{as_app} {counting}", database) in ("", "|0")
    for tenant_id in ids.values():
        asked = f"{as_app} SET app.tenant = '{tenant_id}'; {counting}"
        assert postgresql_server.psql(asked, database) == f"{tenant_id}|{everything[tenant_id]}"


async def test_a_second_gateway_stands_by_and_takes_over(
    two: Ground, urls: Urls, tmp_path: Path
) -> None:
    """Two gateways on one database never take work from each other; the second waits."""
    visitor = await chat(two, two.a)
    second = beside(two, tmp_path, urls)
    starting = asyncio.create_task(asyncio.to_thread(second.start))
    try:
        eventually_says = lambda: any("standing by" in line for line in second.lines)  # noqa: E731
        await asyncio.to_thread(eventually, eventually_says, 60, "standing by")
        await visitor.post("the first still serves")
        await asyncio.to_thread(two.product.crash)
        await starting
        person = second.sign_in("admin@alder.example")
        desk = Agent(second, person)
        await desk.hello()
        page = await desk.ask_history(visitor.conversation)
        assert [i["text"] for i in page if i["kind"] == "text"][-1] == "the first still serves"
        await desk.close()
    finally:
        await asyncio.wait([starting])
        second.stop()
    await asyncio.to_thread(two.product.start)


def beside(two: Ground, folder: Path, urls: Urls) -> Product:
    """Another gateway on the same database, with a copy of keys and files."""
    data_dir = folder / "second" / "data"
    shutil.copytree(
        two.product.data_dir, data_dir, ignore=shutil.ignore_patterns("run.*", "*.lock")
    )
    return Product(data_dir, **two.product.environment | settings_of(urls))


async def test_whoever_lost_the_work_unnoticed_gets_it_back(
    two: Ground, postgresql_server: PostgresqlServer, urls: Urls
) -> None:
    """Another writer raised the epoch: the old process ends itself, its parent starts the next,
    and people go on without anybody's help.
    """
    visitor = await chat(two, two.a)
    database, pid = urls.app.rpartition("/")[2], two.product.processes()["web"][0]
    postgresql_server.psql("UPDATE acd_partitions SET epoch = epoch + 1", database)
    start = {"type": "conversation.start", "conversation_id": new_id(), "text": "x"}
    other = two.visitor(two.a)
    await other.hello()
    await other.ask({**start, "message_id": new_id()}, limit_s=60)
    is_next = lambda: pid not in two.product.processes()["web"]  # noqa: E731
    await asyncio.to_thread(eventually, is_next, 60, "the end of the old process")
    await asyncio.to_thread(two.product.wait_ready, 60)
    await comes_back(visitor, [])
    await visitor.post("still here")


async def test_a_database_that_restarts_is_waited_for(
    two: Ground, postgresql_server: PostgresqlServer
) -> None:
    """Nothing is acknowledged meanwhile; afterwards the same process goes on."""
    visitor = await chat(two, two.b)
    pid = two.product.processes()["web"][0]
    await asyncio.to_thread(postgresql_server.stop)
    refused = await visitor.ask(
        {
            "type": "message.post",
            "id": new_id(),
            "conversation_id": visitor.conversation,
            "text": "lost",
        },
        limit_s=120,
    )
    assert (refused["type"], refused["code"]) == ("error", "store_unavailable")
    postgresql_server.start()  # from this thread: the server ends with the one that started it
    await asyncio.to_thread(two.product.wait_ready, 60)
    await comes_back(visitor, [])
    await visitor.post("kept")
    assert two.product.processes()["web"] == [pid]


async def test_backup_with_the_servers_own_tools_and_restore(
    two: Ground, postgresql_server: PostgresqlServer, urls: Urls, tmp_path: Path
) -> None:
    """`wecc backup` for files and keys, pg_dump for the rows; both together are a whole gateway."""
    visitor = await chat(two, two.a)
    body = os.urandom(5_000).hex().encode()
    attachment = await asyncio.to_thread(upload, two, visitor, body)
    sent = {"type": "message.post", "id": new_id(), "attachment_id": attachment}
    await visitor.must(sent | {"conversation_id": visitor.conversation})
    dump, target = tmp_path / "rows.sql", tmp_path / "backup"
    made = wecc("backup", "--data", two.product.data_dir, target, limit_s=120, **settings_of(urls))
    assert made.returncode == 0, made.stderr
    old, new = urls.app.rpartition("/")[2], "wecc_restored"
    postgresql_server.tool("pg_dump", old, "-f", str(dump))
    owner = urls.owner.split("://")[1].split(":")[0]
    postgresql_server.psql(f"CREATE DATABASE {new} OWNER {owner}")
    postgresql_server.tool("psql", new, "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump))
    fresh = Urls(*(f"{url.rpartition('/')[0]}/{new}" for url in (urls.owner, urls.app)))
    restored = wecc("restore", "--data", tmp_path / "fresh" / "data", target)
    assert restored.returncode == 0, restored.stderr
    with product(tmp_path / "fresh" / "data", **settings_of(fresh)) as second:
        person = second.sign_in("admin@alder.example")
        got = await asyncio.to_thread(download, second, person, attachment)
        assert got == body
