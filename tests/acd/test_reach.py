"""What a contact would meet: no way that would fail, and every way that works."""

from __future__ import annotations

from typing import Any

from gateway.acd.wire import AgentProfileBody
from gateway.acd.wire.queues import QueueBody, QueueOverflow, QueueView
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent

CHATS = 5
"""One more than an agent takes."""


async def put(floor: Floor, queue_id: str | None = None, **fields: Any) -> QueueView:
    body = QueueBody(**{"name": "Front", **fields})
    return await floor.acd.settings.put_queue(ADMIN, queue_id, body)


async def serves(floor: Floor, number: int, queue_id: str) -> None:
    body = AgentProfileBody(queue_ids=[queue_id])
    await floor.acd.settings.put_profile(LEAD, agent(number).id, body)


async def test_who_is_sent_on_meets_the_queue_behind(floor: Floor) -> None:
    behind = await put(floor, name="Behind")
    deserted = QueueOverflow(when="nobody_on_duty", to_queue_id=behind.id)
    front = await put(floor, overflow=[deserted])

    async def met() -> str:
        return await floor.acd.availability(TENANT, [front.id])

    assert await met() == "offline", "nobody is on duty in either"
    await serves(floor, 1, behind.id)
    await floor.ready(1)
    assert await met() == "online", "who comes now is sent on, and served at once"

    await serves(floor, 2, front.id)
    await floor.acd.connected(agent(2), "so_2")
    assert await met() == "offline", "somebody is on duty here, so one would wait; nobody is ready"
    late = QueueOverflow(when="wait", limit=60, to_queue_id=behind.id)
    await put(floor, front.id, overflow=[deserted, late])
    assert await met() == "busy", "one would wait, and then be sent on"

    await serves(floor, 2, behind.id)
    back = QueueOverflow(when="nobody_on_duty", to_queue_id=front.id)
    await put(floor, behind.id, name="Behind", overflow=[back])
    assert await met() == "online", "and no way leads back"
    await put(floor, front.id, overflow=[QueueOverflow(when="nobody_on_duty")])
    assert await met() == "offline", "all that is left is a message"


async def test_who_meets_a_full_queue_is_not_asked_to_wait(floor: Floor) -> None:
    front = await put(floor, overflow=[QueueOverflow(when="size", limit=1)])
    await serves(floor, 1, front.id)
    await floor.ready(1)
    assert await floor.acd.availability(TENANT, [front.id]) == "online"
    lines = (await floor.acd.partitions.get(TENANT)).engine.index.backlog.lines
    for _ in range(CHATS):
        await floor.arrive(queue_id=front.id)
    assert lines[front.id].order.count == 1
    assert await floor.acd.availability(TENANT, [front.id]) == "offline"
    await put(floor, front.id, overflow=[QueueOverflow(when="size", limit=2)])
    assert await floor.acd.availability(TENANT, [front.id]) == "busy"
