"""A real room: database (SQLite, PostgreSQL), sealed files on disk, isolated pictures, a bus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import gateway.tenancy.store  # noqa: F401 - declares the sites table
from gateway.engagement.service import (
    Draft,
    EngagementService,
    FileAddresses,
    FileLimits,
    FileStore,
    Opening,
    draft,
)
from gateway.engagement.store import tables
from gateway.engagement.wire import MessageView, PageView
from gateway.kernel.actor import Actor
from gateway.kernel.clock import ManualClock
from gateway.platform.blobs import DiskBlobs
from gateway.platform.bus import LocalBus, conversation_topic, visitor_topic
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Database
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.schema import metadata
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.isolation import Isolation
from gateway.platform.keys import open_keys
from tests.servers.postgresql import (  # noqa: F401
    Urls,
    postgresql_server,
    postgresql_urls,
)

assert tables
TENANT, OTHER = "tn_first0001", "tn_second001"
QUEUE, OTHER_QUEUE = "qu_sales0001", "qu_help00001"


def visitor(number: int = 1, tenant_id: str = TENANT) -> Actor:
    return Actor(
        kind="visitor",
        id=f"vi_visitor{number:04d}",
        tenant_id=tenant_id,
        role="visitor",
        site_id="si_shop00001",
        contact_id=f"ct_contact{number:04d}",
    )


def agent(number: int = 1, tenant_id: str = TENANT) -> Actor:
    return Actor("user", f"us_agent{number:04d}", tenant_id, "agent", f"Agent {number}")


def supervisor(tenant_id: str = TENANT) -> Actor:
    return Actor("user", "us_super0001", tenant_id, "supervisor", "Lead")


@dataclass
class Room:
    """The service and what tests do with it most."""

    database: Database
    clock: ManualClock
    bus: LocalBus
    service: EngagementService
    blobs: DiskBlobs
    isolation: Isolation
    heard: dict[str, list[Any]] = field(default_factory=dict)

    async def open(self, who: Actor, conversation_id: str, **known: Any) -> None:
        opening = Opening(conversation_id=conversation_id, site_id=who.site_id, **known)
        await self.database.write(
            who.tenant_id, lambda tx: self.service.open_conversation(tx, who, opening)
        )

    async def post(self, who: Actor, message: Draft) -> tuple[MessageView, bool]:
        return await self.service.post(who, message)

    async def say(self, who: Actor, conversation_id: str, message_id: str, text: str) -> int:
        return (await self.post(who, draft(conversation_id, message_id, text)))[0].seq

    async def own(self, conversation_id: str, queue_id: str, who: Actor | None) -> None:
        agent_id, name = (None, "") if who is None else (who.id, who.name)
        await self.database.write(
            TENANT,
            lambda tx: self.service.set_owner(tx, conversation_id, queue_id, agent_id, name),
        )

    async def serve(self, who: Actor, *queue_ids: str) -> None:
        await self.database.write(
            who.tenant_id, lambda tx: self.service.set_agent_queues(tx, who.id, queue_ids)
        )

    async def close(self, conversation_id: str, tenant_id: str = TENANT) -> None:
        await self.database.write(
            tenant_id, lambda tx: self.service.close_conversation(tx, conversation_id)
        )

    async def texts(self, who: Actor, conversation_id: str) -> list[str]:
        page = await self.service.history(who, conversation_id, None, 200)
        return [message.text or message.code for message in page.items]

    def listen(self, topic: str) -> list[Any]:
        frames = self.heard.setdefault(topic, [])
        self.bus.subscribe(topic, frames.append)
        return frames

    def hear_visitor(self, who: Actor) -> list[Any]:
        return self.listen(visitor_topic(who.tenant_id, who.id))

    def hear_staff(self, conversation_id: str, tenant_id: str = TENANT) -> list[Any]:
        return self.listen(conversation_topic(tenant_id, conversation_id))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sqlite(tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "wecc.db", clock, prepare=metadata.create_all)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def postgresql(
    postgresql_urls: Urls,  # noqa: F811
    clock: ManualClock,
) -> AsyncIterator[PostgresqlDatabase]:
    await prepare_server(postgresql_urls.owner, postgresql_urls.app, metadata, metadata.create_all)
    database = PostgresqlDatabase(postgresql_urls.app, clock, metadata)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def database(request: pytest.FixtureRequest) -> Database:
    chosen: Database = request.getfixturevalue(request.param)
    return chosen


async def make_room(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Room]:
    bus = LocalBus()
    keys = await open_keys(database, folder / "master.key")
    blobs = DiskBlobs(folder / "files", keys)
    isolation = Isolation(preload=["gateway.engagement.images"])
    addresses = FileAddresses(key=b"k" * 32, base_url="http://files.localhost:8700", clock=clock)
    limits = FileLimits(file_bytes=3_000_000, chunk_bytes=262_144, conversation_files=6)
    files = FileStore(blobs, isolation, addresses, limits)
    service = EngagementService(database=database, bus=bus, clock=clock, files=files)
    yield Room(database, clock, bus, service, blobs, isolation)
    await service.close()
    await isolation.close()
    await blobs.close()


@pytest.fixture
async def room(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Room]:
    async for made in make_room(database, clock, tmp_path):
        yield made


@pytest.fixture
async def light(sqlite: SqliteDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Room]:
    """The room over SQLite alone, for tests where the database does not matter."""
    async for made in make_room(sqlite, clock, tmp_path):
        yield made


PAGE = PageView(url="https://shop.example/cart", title="Cart", referrer="")
