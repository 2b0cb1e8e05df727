"""A real ACD over a real database, with a room of people, conversations and a listening bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.acd.service import AcdService, Enqueue, defaults
from gateway.acd.wire import InteractionView
from gateway.engagement.service import Opening, conversations
from gateway.kernel.actor import Actor
from gateway.kernel.clock import ManualClock
from gateway.platform.bus import (
    LocalBus,
    agent_topic,
    floor_topic,
    staff_topic,
    tenant_topic,
    visitor_topic,
)
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Database, Tx
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.schema import metadata
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.isolation import Isolation
from gateway.tenancy.store import audit as audit_store
from gateway.tenancy.store import users
from tests.servers.postgresql import (  # noqa: F401
    Urls,
    postgresql_server,
    postgresql_urls,
)

TENANT = "tn_first0001"
QUEUE_NAME = "General"


def agent(number: int = 1, role: Any = "agent") -> Actor:
    return Actor("user", f"us_agent{number:04d}", TENANT, role, f"Agent {number}")


ADMIN = Actor("user", "us_admin0001", TENANT, "admin", "Admin")
LEAD = Actor("user", "us_lead00001", TENANT, "supervisor", "Lead")


def visitor(number: int) -> Actor:
    return Actor(
        kind="visitor",
        id=f"vi_visitor{number:04d}",
        tenant_id=TENANT,
        role="visitor",
        site_id="si_shop00001",
        contact_id=f"ct_contact{number:04d}",
    )


def audited(tx: Tx, actor: Actor, operation: str, object_id: str, details: Any = None) -> None:
    entry = {
        "actor_id": actor.id,
        "operation": operation,
        "object_id": object_id,
        "details": dict(details or {}),
    }
    audit_store.append(tx, b"k" * 32, entry)


@dataclass
class Recorder:
    """An interaction handler that remembers its calls; ``failing`` makes the next ones raise."""

    calls: list[tuple[str, str, str]] = field(default_factory=list)
    failing: int = 0
    hears_offers: bool = True
    blocked: asyncio.Event | None = None
    answer: str | None = None

    async def _call(self, name: str, interaction: InteractionView, detail: str) -> None:
        if self.blocked is not None:
            await self.blocked.wait()
        if self.failing:
            self.failing -= 1
            raise RuntimeError("the handler failed")
        self.calls.append((name, interaction.id, detail))

    async def offered(self, interaction: InteractionView, agent: Actor) -> None:
        await self._call("offered", interaction, agent.id)

    async def accepting(
        self, interaction: InteractionView, agent: Actor, sdp_offer: str | None
    ) -> str | None:
        self.calls.append(("accepting", interaction.id, agent.id))
        return self.answer

    async def accept_failed(self, interaction: InteractionView, agent: Actor) -> None:
        self.calls.append(("accept_failed", interaction.id, agent.id))

    async def accepted(self, interaction: InteractionView, agent: Actor) -> None:
        await self._call("accepted", interaction, agent.id)

    async def released(
        self, tenant_id: str, interaction: InteractionView, agent_id: str, cause: str
    ) -> None:
        await self._call("released", interaction, cause)

    async def overflowed(self, tenant_id: str, interaction: InteractionView, reason: str) -> None:
        await self._call("overflowed", interaction, reason)

    async def closed(self, tenant_id: str, interaction: InteractionView, cause: str) -> None:
        await self._call("closed", interaction, cause)


@dataclass
class Floor:
    """The service under test and what tests do with it most."""

    database: Database
    clock: ManualClock
    bus: LocalBus = field(default_factory=LocalBus)
    isolation: Isolation = field(default_factory=Isolation)
    handler: Recorder = field(default_factory=Recorder)
    heard: dict[str, list[Any]] = field(default_factory=dict)
    services: list[AcdService] = field(default_factory=list)
    made: int = 0

    @property
    def acd(self) -> AcdService:
        return self.services[-1]

    async def begin(self) -> AcdService:
        """Start one more process over the same database, without stopping the others."""
        acd = AcdService(
            database=self.database,
            bus=self.bus,
            clock=self.clock,
            people=users.all_views,
            audit=audited,
            isolation=self.isolation,
        )
        for kind in ("chat", "call", "message"):
            acd.register_handler(kind, self.handler)
        self.services.append(acd)
        await acd.start([TENANT])
        return acd

    def hear(self, topic: str) -> list[Any]:
        if topic not in self.heard:
            self.heard[topic] = []
            self.bus.subscribe(topic, self.heard[topic].append)
        return self.heard[topic]

    def at_agent(self, number: int) -> list[Any]:
        return self.hear(agent_topic(TENANT, agent(number).id))

    def at_visitor(self, number: int) -> list[Any]:
        return self.hear(visitor_topic(TENANT, visitor(number).id))

    def on_floor(self) -> list[Any]:
        heard = self.hear(floor_topic(TENANT))
        if staff_topic(TENANT) not in self.heard:
            self.heard[staff_topic(TENANT)] = heard
            self.bus.subscribe(staff_topic(TENANT), heard.append)
        return heard

    def at_tenant(self) -> list[Any]:
        return self.hear(tenant_topic(TENANT))

    async def ready(self, number: int) -> Actor:
        who = agent(number)
        await self.acd.connected(who, f"so_{number}")
        await self.acd.set_state(who, "ready", None)
        return who

    async def queue(self) -> str:
        found = await self.acd.settings.queues(ADMIN)
        return found[0].id

    async def arrive(self, kind: Any = "chat", **known: Any) -> InteractionView:
        """Open a conversation and enqueue work for it."""
        self.made += 1
        who = visitor(self.made)
        conversation_id = f"cv_talk{self.made:06d}"
        opening = Opening(conversation_id=conversation_id, site_id=who.site_id)
        await self.database.write(
            TENANT, lambda tx: conversations.open_conversation(tx, who, opening)
        )
        order = Enqueue(
            interaction_id=f"in_work{self.made:06d}",
            kind=kind,
            conversation_id=conversation_id,
            queue_id=known.pop("queue_id", None) or await self.queue(),
            created_at_ms=known.pop("created_at_ms", self.clock.now_ms()),
            **known,
        )
        return await self.acd.enqueue(TENANT, order)

    async def tick(self, by_ms: int) -> None:
        self.clock.advance(by_ms)
        partition = await self.acd.partitions.get(TENANT)
        await partition.tick()

    async def settle(self) -> None:
        """Wait until screens and handlers were told."""
        for _ in range(2_000):
            await self.acd.partitions.effects.settle()
            is_whole = all(one._broken is None for one in self.acd.partitions.living())
            if is_whole and not self.acd.partitions.deliveries._chains:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)


def people(tx: Tx) -> None:
    for number in range(1, 6):
        users.insert(tx, agent(number).id, f"a{number}@example.org", f"Agent {number}", "agent")
    users.insert(tx, ADMIN.id, "admin@example.org", "Admin", "admin")
    users.insert(tx, LEAD.id, "lead@example.org", "Lead", "supervisor")
    defaults(tx)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def make_database(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Callable[[], Any]:
    async def sqlite() -> Database:
        path = tmp_path / "wecc.db"
        return await SqliteDatabase(path, clock, prepare=metadata.create_all).open()

    if request.param == "sqlite":
        return sqlite
    urls: Urls = request.getfixturevalue("postgresql_urls")

    async def postgresql() -> Database:
        await prepare_server(urls.owner, urls.app, metadata, metadata.create_all)
        return await PostgresqlDatabase(urls.app, clock, metadata).open()

    return postgresql


@pytest.fixture
async def database(make_database: Callable[[], Any]) -> AsyncIterator[Database]:
    opened: Database = await make_database()
    yield opened
    await opened.close()


@pytest.fixture
async def floor(database: Database, clock: ManualClock) -> AsyncIterator[Floor]:
    await database.write(TENANT, people)
    made = Floor(database, clock)
    await made.begin()
    yield made
    for acd in made.services:
        await acd.stop()
    await made.isolation.close()
