"""Contacts who leave, calls that fail and queues that vanish while an interaction is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.app import House
from gateway.intake import store
from gateway.intake.model import Intake
from gateway.intake.service import CallRequest, IntakeService, Visit
from gateway.intake.steps import Steps
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from tests.intake.life import CONVERSATION, alive, furnish, ready, write

CALL = "call-00000001"
REQUEST = CallRequest(CALL, CONVERSATION, "v=0")


class Phone:
    """The voice room as intake sees it; ``failing`` makes the next starts fail."""

    def __init__(self) -> None:
        self.living: set[str] = set()
        self.over: set[str] = set()
        self.failing = 0

    async def start(
        self,
        actor: Actor,
        call_id: str,
        conversation_id: str,
        interaction_id: str,
        sdp_offer: str,
    ) -> str:
        if self.failing:
            self.failing -= 1
            raise WeccError("media_unavailable")
        self.living.add(call_id)
        return f"answer to {sdp_offer}"

    async def hang_up(self, _actor: Actor, call_id: str) -> None:
        self.living.discard(call_id)
        self.over.add(call_id)

    async def has_ended(self, _tenant_id: str, call_id: str) -> bool:
        return call_id in self.over

    async def exists(self, _tenant_id: str, call_id: str) -> bool:
        return call_id in self.living


class Impatient:
    """The real ACD; the contact leaves at the moment the queue takes the work."""

    def __init__(self, acd: Any) -> None:
        self._acd = acd
        self.leave: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._acd, name)

    async def enqueue(self, tenant_id: str, order: Any) -> Any:
        await self.leave(order)
        return await self._acd.enqueue(tenant_id, order)


@pytest.fixture
async def people(data_dir: Path) -> tuple[Actor, list[Actor]]:
    return await furnish(data_dir)


@pytest.fixture
async def house(data_dir: Path, people: tuple[Actor, list[Actor]]) -> AsyncIterator[House]:
    async with alive(data_dir) as built:
        await ready(built, people[1][:1])
        yield built


def steps_of(house: House, phone: Phone, acd: Any = None) -> Steps:
    rooms = house.rooms

    async def languages(_tenant_id: str, _site_id: str) -> list[str]:
        return ["en"]

    return Steps(
        database=rooms.database,
        engagement=rooms.engagement,
        clock=rooms.clock,
        acd=acd or rooms.acd,
        rules=rooms.rules,
        calls=phone,
        analyser=house.analyser,
        languages=languages,
    )


def intake_of(house: House, phone: Phone, steps: Steps) -> IntakeService:
    rooms = house.rooms
    return IntakeService(
        database=rooms.database,
        engagement=rooms.engagement,
        acd=rooms.acd,
        rules=rooms.rules,
        calls=phone,
        steps=steps,
    )


async def the_intake(house: House, visitor: Actor, state: str = "", limit_s: float = 10) -> Intake:
    """Return the conversation's intake, once it is in ``state``."""
    for _ in range(int(limit_s / 0.02)):
        found = await house.rooms.database.read(
            visitor.tenant_id, lambda tx: store.of_conversation(tx, CONVERSATION)
        )
        if found and state in ("", found[0].state):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"it did not become {state}: {found}")


async def conversation_state(house: House, visitor: Actor) -> str:
    engagement = house.rooms.engagement
    view = await house.rooms.database.read(
        visitor.tenant_id, lambda tx: engagement.conversation_view(tx, CONVERSATION)
    )
    return view.state


async def test_a_failed_repeat_does_not_take_a_living_call_out_of_the_queue(
    house: House, people: tuple[Actor, list[Actor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, phone = people[0], Phone()
    steps = steps_of(house, phone)
    service = intake_of(house, phone, steps)
    hold = asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        await hold.wait()
        return await Steps._analyse(steps, *arguments)

    monkeypatch.setattr(steps, "_analyse", slow)
    await service.receive_call(visitor, REQUEST, Visit(language="en"))
    phone.failing = 1
    with pytest.raises(WeccError):
        await service.receive_call(visitor, REQUEST, Visit(language="en"))
    hold.set()
    await the_intake(house, visitor, "enqueued")
    await steps.stop()


async def test_who_ends_a_conversation_hangs_up_its_call(
    house: House, people: tuple[Actor, list[Actor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also before the queue has it; its leg would hear music for ever."""
    visitor, phone = people[0], Phone()
    steps = steps_of(house, phone)
    monkeypatch.setattr(steps, "advance", lambda *_: None)
    service = intake_of(house, phone, steps)
    await service.receive_call(visitor, REQUEST, Visit(language="en"))
    await service.end_by_visitor(visitor, CONVERSATION)
    assert not phone.living
    assert await conversation_state(house, visitor) == "closed"


async def test_a_call_without_a_leg_is_over_and_stays_over(
    house: House, people: tuple[Actor, list[Actor]]
) -> None:
    visitor, phone = people[0], Phone()
    steps = steps_of(house, phone)
    service = intake_of(house, phone, steps)
    phone.failing = 1
    with pytest.raises(WeccError) as failed:
        await service.receive_call(visitor, REQUEST, Visit(language="en"))
    assert failed.value.code == "media_unavailable"
    assert await conversation_state(house, visitor) == "closed"
    with pytest.raises(WeccError) as refused:
        await service.receive_call(visitor, REQUEST, Visit(language="en"))
    assert refused.value.code == "closed"
    assert not phone.living, "a leg with music would wait in no queue"
    another = CallRequest("call-00000002", CONVERSATION, "v=0")
    with pytest.raises(WeccError) as over:
        await service.receive_call(visitor, another, Visit(language="en"))
    assert over.value.code == "closed"
    await steps.stop()


async def test_who_leaves_while_the_queue_takes_them_waits_for_nobody(
    house: House, people: tuple[Actor, list[Actor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, acd = people[0], Impatient(house.rooms.acd)
    steps = steps_of(house, Phone(), acd)

    async def leave(_order: Any) -> None:
        assert await steps.give_up(visitor.tenant_id, await the_intake(house, visitor))

    acd.leave = leave
    monkeypatch.setattr(house.steps, "advance", lambda *_: None)
    await write(house, visitor)
    intake = await the_intake(house, visitor)
    await steps._advance(visitor.tenant_id, intake.id)
    view = await house.rooms.acd.interaction(visitor.tenant_id, intake.id)
    assert view.state == "abandoned"
    assert not await house.rooms.acd.offers_for(people[1][0])
    assert (await the_intake(house, visitor)).state == "closed"
    assert await conversation_state(house, visitor) == "closed"


async def test_who_hangs_up_while_the_queue_takes_them_waits_for_nobody(
    house: House, people: tuple[Actor, list[Actor]]
) -> None:
    visitor, phone, acd = people[0], Phone(), Impatient(house.rooms.acd)
    steps = steps_of(house, phone, acd)

    async def leave(_order: Any) -> None:
        phone.living.clear()

    acd.leave = leave
    await intake_of(house, phone, steps).receive_call(visitor, REQUEST, Visit(language="en"))
    intake = await the_intake(house, visitor, "enqueued")
    for _ in range(200):
        view = await house.rooms.acd.interaction(visitor.tenant_id, intake.id)
        if view.state == "abandoned":
            break
        await asyncio.sleep(0.02)
    assert view.state == "abandoned"
    await steps.stop()


async def test_a_queue_removed_on_the_way_is_replaced(
    house: House, people: tuple[Actor, list[Actor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = people[0]
    advance = house.steps.advance
    monkeypatch.setattr(house.steps, "advance", lambda *_: None)
    await write(house, visitor)
    intake = await the_intake(house, visitor)
    ruled = msgspec.structs.replace(intake, state="ruled", queue_id="qu_removed01")
    await house.rooms.database.write(
        visitor.tenant_id, lambda tx: store.update(tx, ruled, "received")
    )
    advance(visitor.tenant_id, ruled)
    done = await the_intake(house, visitor, "enqueued", limit_s=5)
    assert done.queue_id not in (None, "qu_removed01")


async def test_an_intake_whose_tenant_was_dropped_ends(
    house: House, people: tuple[Actor, list[Actor]]
) -> None:
    visitor = people[0]
    steps = steps_of(house, Phone())
    await house.rooms.tenancy.drop_tenant(visitor.tenant_id)
    await asyncio.wait_for(steps._advance(visitor.tenant_id, "in_unknown01"), 5)
