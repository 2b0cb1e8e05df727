"""One life of a gateway without sockets: the real rooms on a data folder, ended at a chosen commit.

As a program (``python -m tests.intake.life DATA WHEN NUMBER PEOPLE``) it starts the rooms as a web
process does, lets a visitor write, prints ``acked`` once the message may be acknowledged, and
dies without a word before or after the chosen commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from channels.contract import Identity, Inbound, Text
from gateway.acd.wire import OfferView
from gateway.app import House, build_rooms, build_store
from gateway.engagement.wire import MessageView
from gateway.intake.service import Visit
from gateway.kernel.actor import Actor
from gateway.platform.database.port import Database, Tx
from gateway.settings import Settings, StoreSettings
from gateway.tenancy.wire import SiteBody

T = TypeVar("T")
When = Literal["before", "after", "never"]
CONVERSATION = "conversation-0001"
MESSAGE = "message-0001"
DIED = 9


class MortalDatabase:
    """A real database; at one commit of a tenant, the process dies."""

    def __init__(self, database: Database, when: When, number: int) -> None:
        self._database, self._when, self._number = database, when, number
        self.commits = 0
        self.is_counting = False

    @property
    def queue_length(self) -> int:
        return self._database.queue_length

    async def write(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        self.commits += self.is_counting
        is_last = self.commits == self._number

        def mortal(tx: Tx) -> T:
            result = work(tx)
            if is_last and self._when == "before":
                os._exit(DIED)
            return result

        result = await self._database.write(tenant_id, mortal)
        if is_last and self._when == "after":
            os._exit(DIED)
        return result

    async def read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        return await self._database.read(tenant_id, work)

    async def close(self) -> None:
        await self._database.close()


@contextlib.asynccontextmanager
async def alive(data_dir: Path, when: When = "never", number: int = 0) -> AsyncIterator[House]:
    """The rooms, started and stopped in the order of a web process."""
    settings = Settings(store=StoreSettings(data_dir=str(data_dir)))
    store = await build_store(settings)
    mortal = MortalDatabase(store.database, when, number)
    house = await build_rooms(settings, dataclasses.replace(store, database=mortal), 8700, [])
    rooms = house.rooms
    tenant_ids = [row["id"] for row in await rooms.tenancy.tenants.all()]
    await rooms.engagement.start(tenant_ids)
    await rooms.acd.start(tenant_ids)
    await rooms.voice.attach(tenant_ids)
    await house.steps.start(tenant_ids)
    try:
        yield house
    finally:
        await house.steps.stop()
        await rooms.voice.stop()
        await rooms.acd.stop()
        await rooms.engagement.close()
        await house.engine.close()
        await house.isolation.close()
        await house.analyser.close()
        await store.close()


async def furnish(data_dir: Path) -> tuple[Actor, list[Actor]]:
    """Make a tenant with a site and two agents; returns a visitor and the agents."""
    async with alive(data_dir) as house:
        tenancy = house.rooms.tenancy
        made = await tenancy.create_tenant(
            "Harbour", admin_name="Agent One", admin_email="one@example.com"
        )
        one = Actor("user", made.admin_id, made.tenant_id, "admin", "Agent One")
        person = await tenancy.users.create(one, "two@example.com", "Agent Two", "agent")
        two = Actor("user", person.id, made.tenant_id, "agent", "Agent Two")
        site = await tenancy.sites.create(
            one, SiteBody(name="Shop", origins=["https://shop.example.com"], languages=["en"])
        )
        _, visitor = await tenancy.new_visitor(made.tenant_id, site.id)
        return visitor, [one, two]


async def ready(house: House, agents: list[Actor]) -> None:
    """Both agents sit at their desks and take work."""
    for agent in agents:
        await house.rooms.acd.connected(agent, f"so_{agent.id}")
        await house.rooms.acd.set_state(agent, "ready", None)


async def write(house: House, visitor: Actor) -> MessageView:
    """The visitor opens a conversation, with the same ids each time."""
    inbound = Inbound(
        channel="web",
        account=visitor.site_id,
        external_id=MESSAGE,
        conversation_key=CONVERSATION,
        sender=Identity(scheme="visitor", value=visitor.id, display=""),
        parts=[Text(text="Hello, where is my order?")],
        occurred_at_ms=house.rooms.clock.now_ms(),
        context={},
    )
    return await house.rooms.intake.receive(visitor, inbound, Visit(language="en"), opens="chat")


async def offers(house: House, agents: list[Actor]) -> list[OfferView]:
    """Every offer that rings now, at either desk."""
    return [o for agent in agents for o in await house.rooms.acd.offers_for(agent)]


async def offered(house: House, agents: list[Actor], limit_s: float = 10) -> list[OfferView]:
    """Wait until something rings, and a moment longer."""
    for _ in range(int(limit_s / 0.02)):
        if await offers(house, agents):
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    return await offers(house, agents)


async def _live(
    data_dir: Path, when: When, number: int, visitor: Actor, agents: list[Actor]
) -> None:
    async with alive(data_dir, when, number) as house:
        await ready(house, agents)
        assert isinstance(house.store.database, MortalDatabase)
        house.store.database.is_counting = True
        await write(house, visitor)
        os.write(1, b"acked\n")
        await asyncio.sleep(1.5)


def main(arguments: list[str]) -> None:
    """Live until the chosen commit."""
    data_dir, when, number, people = arguments
    visitor, *agents = msgspec.json.decode(people, type=list[Actor])
    life = _live(Path(data_dir), when, int(number), visitor, agents)  # type: ignore[arg-type]
    asyncio.run(life)


if __name__ == "__main__":
    main(sys.argv[1:])
