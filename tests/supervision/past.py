"""A working day that has passed, lived through the real services under a clock set back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateway.acd.service import Enqueue
from gateway.acd.wire import AgentProfileBody
from gateway.acd.wire.queues import QueueBody
from gateway.app import House, build_rooms, build_store
from gateway.engagement.service import Opening, conversations
from gateway.kernel.actor import Actor, system
from gateway.kernel.clock import ManualClock, SystemClock
from gateway.kernel.errors import WeccError
from gateway.settings import Settings, StoreSettings
from gateway.tenancy.wire import SiteBody
from tests.live.product import PASSWORD

ORIGIN = "https://shop.example.com"
DAY_MS, STEP_MS = 86_400_000, 20_000
PEOPLE = tuple((name, f"{name.lower()}@example.com") for name in ("Amara", "Bruno", "Chen"))


@dataclass
class PastDay:
    """Yesterday from 08:00 to 14:00 UTC, in two queues with three agents."""

    house: House
    clock: ManualClock
    tenant_id: str = ""
    agents: list[Actor] = field(default_factory=list)
    queues: list[str] = field(default_factory=list)
    site_id: str = ""
    made: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    async def furnish(self) -> None:
        """Make the tenant with its people, queues and site."""
        rooms = self.house.rooms
        made = await rooms.tenancy.create_tenant(
            "Harbour", admin_name="Admin", admin_email="admin@example.com", admin_password=PASSWORD
        )
        self.tenant_id = made.tenant_id
        admin = system(self.tenant_id)
        await rooms.acd.start([self.tenant_id])
        body = SiteBody(name="Shop", origins=[ORIGIN], languages=["en"])
        site = await rooms.tenancy.sites.create(admin, body)
        self.site_id = site.id
        second = await rooms.acd.settings.put_queue(admin, None, QueueBody(name="订单 Orders"))
        self.queues = [queue.id for queue in await rooms.acd.settings.queues(admin)]
        assert second.id in self.queues
        for name, email in PEOPLE:
            person = await rooms.tenancy.users.create(admin, email, name, "agent", PASSWORD)
            capacity = {"chat": 2, "call": 1, "message": 2}
            profile = AgentProfileBody(queue_ids=self.queues, capacity=capacity)  # type: ignore[arg-type]
            await rooms.acd.settings.put_profile(admin, person.id, profile)
            self.agents.append(Actor("user", person.id, self.tenant_id, "agent", name))

    async def work(self, hours: float) -> None:
        """Let contacts come and agents work, step by step."""
        acd = self.house.rooms.acd
        for number, agent in enumerate(self.agents):
            await acd.connected(agent, f"so_{number}")
            await acd.set_state(agent, "ready", None)
        partition = await acd.partitions.get(self.tenant_id)
        for step in range(round(hours * 3_600_000 / STEP_MS)):
            self.clock.advance(STEP_MS)
            await partition.tick()
            busy = 0.55 if 1 < step * STEP_MS / 3_600_000 < 3 else 0.25
            if self.dice.random() < busy:
                await self._arrive()
            for agent in self.agents:
                await self._act(agent)
        for number, agent in enumerate(self.agents):
            await acd.disconnected(agent, f"so_{number}")
        self.clock.advance(60_000)
        await partition.tick()

    async def _arrive(self) -> None:
        self.made += 1
        who = Actor(
            kind="visitor",
            id=f"vi_past{self.made:06d}",
            tenant_id=self.tenant_id,
            role="visitor",
            site_id=self.site_id,
            contact_id=f"ct_past{self.made:06d}",
        )
        opening = Opening(conversation_id=f"cv_past{self.made:06d}", site_id=self.site_id)
        await self.house.store.database.write(
            self.tenant_id, lambda tx: conversations.open_conversation(tx, who, opening)
        )
        await self.house.rooms.acd.enqueue(
            self.tenant_id,
            Enqueue(
                interaction_id=f"in_past{self.made:06d}",
                kind=self.dice.choice(("chat", "chat", "message")),
                conversation_id=opening.conversation_id,
                queue_id=self.dice.choice(self.queues),
                created_at_ms=self.clock.now_ms(),
            ),
        )

    async def _act(self, agent: Actor) -> None:
        acd = self.house.rooms.acd
        for offer in await acd.offers_for(agent):
            if self.dice.random() < 0.8:
                await acd.accept(agent, offer.id, None)
        if (await acd.agent_view(agent)).state != "ready" and self.dice.random() < 0.3:
            await acd.set_state(agent, "ready", None)
        for work in await acd.assignments_for(agent):
            item = work.interaction
            if item.state == "active" and self.dice.random() < 0.12:
                await acd.end(agent, item.id)
            elif item.state == "wrap_up" and self.dice.random() < 0.4:
                await acd.wrap_up(agent, item.id, None)
        await self._leave()

    async def _leave(self) -> None:
        partition = await self.house.rooms.acd.partitions.get(self.tenant_id)
        for item in list(partition.engine.state.interactions.values()):
            if item.state == "waiting" and self.dice.random() < 0.02:
                try:
                    await self.house.rooms.acd.abandon(self.tenant_id, item.id)
                except WeccError as error:
                    if error.code != "not_found":
                        raise


async def live_through(data_dir: Path, hours: float = 6) -> int:
    """Fill a data directory with yesterday; returns how many contacts came."""
    now_ms = SystemClock().now_ms()
    clock = ManualClock(now_ms - now_ms % DAY_MS - DAY_MS + 8 * 3_600_000)
    settings = msgspec.structs.replace(Settings(), store=StoreSettings(data_dir=str(data_dir)))
    store = await build_store(settings, clock)
    house = await build_rooms(settings, store, 0, [])
    day = PastDay(house, clock)
    try:
        await day.furnish()
        await day.work(hours)
        await house.rooms.acd.stop()
    finally:
        await house.isolation.close()
        await house.engine.close()
        await store.close()
    return day.made
