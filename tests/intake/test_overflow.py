"""When nobody can help, what a visitor wrote becomes a message: told, kept and answered later."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.acd.wire import QueuePlace
from gateway.acd.wire.queues import QueueBody, QueueOverflow
from gateway.app import House
from gateway.intake import store
from gateway.kernel.actor import Actor
from tests.intake.life import CONVERSATION, alive, furnish, offered, ready, write


@pytest.fixture
async def people(data_dir: Path) -> tuple[Actor, list[Actor]]:
    return await furnish(data_dir)


async def asks_for_messages(house: House, admin: Actor) -> None:
    """The only queue asks for a message when nobody is on duty."""
    settings = house.rooms.acd.settings
    queue = (await settings.queues(admin))[0]
    body = QueueBody(name=queue.name, overflow=[QueueOverflow(when="nobody_on_duty")])
    await settings.put_queue(admin, queue.id, body)


async def places(house: House, visitor: Actor) -> list[QueuePlace]:
    return await house.rooms.intake.places(visitor.tenant_id, [CONVERSATION])


async def becomes_a_message(house: House, visitor: Actor) -> None:
    """Wait until the visitor stands with a left message."""
    for _ in range(1_000):
        here = await places(house, visitor)
        if [(place.kind, place.state) for place in here] == [("message", "waiting")]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(here)


async def system_codes(house: House, visitor: Actor) -> list[str]:
    engagement = house.rooms.engagement
    page = await house.rooms.database.read(
        visitor.tenant_id,
        lambda tx: engagement.message_views(tx, CONVERSATION, audience="visitor", after_seq=0),
    )
    return [view.code for view in page.items if view.code]


async def test_a_chat_nobody_can_serve_is_left_as_a_message_once(
    data_dir: Path, people: tuple[Actor, list[Actor]]
) -> None:
    visitor, (admin, *_) = people
    async with alive(data_dir) as house:
        await asks_for_messages(house, admin)
        await write(house, visitor)
        await becomes_a_message(house, visitor)
        began_ms = [place.interaction_id for place in await places(house, visitor)]
    async with alive(data_dir) as house:
        await becomes_a_message(house, visitor)
        assert [place.interaction_id for place in await places(house, visitor)] == began_ms
        assert await system_codes(house, visitor) == ["left_message"]
        intakes = await house.rooms.database.read(
            visitor.tenant_id, lambda tx: store.of_conversation(tx, CONVERSATION)
        )
        assert [one.kind for one in intakes] == ["chat", "message"]
        assert intakes[0].created_at_ms == intakes[1].created_at_ms, "the clock goes on"
        await ready(house, [admin])
        offers = await offered(house, [admin])
        assert [offer.interaction.kind for offer in offers] == ["message"]
        assert offers[0].interaction.enqueued_at_ms == intakes[0].created_at_ms
        await house.rooms.acd.accept(admin, offers[0].id, None)
