"""Trying a change before it is published, over the real journal and in a real child process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.acd.service.rehearsals import Rehearsals
from gateway.acd.wire import HoursBody
from gateway.acd.wire.queues import QueueBody
from gateway.acd.wire.rehearsals import RehearsalBody
from gateway.kernel.errors import WeccError
from gateway.platform.isolation import Isolation
from tests.acd.conftest import ADMIN, Floor, agent


@pytest.fixture
async def rehearsals(floor: Floor) -> AsyncIterator[Rehearsals]:
    isolation = Isolation(parallel=1)
    acd = floor.acd
    yield Rehearsals(acd.partitions, acd.settings.of_queues, isolation)
    await isolation.close()


def _changed(priority: int = 0) -> RehearsalBody:
    return RehearsalBody(queue=QueueBody(name="General", priority=priority), seed=4)


async def _work(floor: Floor, count: int) -> None:
    who = await floor.ready(1)
    for _ in range(count):
        work = await floor.arrive()
        (offer,) = await floor.acd.offers_for(who)
        await floor.acd.accept(who, offer.id, None)
        floor.clock.advance(45_000)
        await floor.acd.end(who, work.id)
        await floor.acd.wrap_up(who, work.id, None)
        floor.clock.advance(15_000)


async def test_a_change_is_tried_on_what_was_recorded(floor: Floor, rehearsals: Rehearsals) -> None:
    await _work(floor, 32)
    queue_id = await floor.queue()
    found = await rehearsals.rehearse(ADMIN, queue_id, _changed(priority=3))
    assert (found.verdict, found.contacts, found.answered, found.seed) == ("compared", 32, 32, 4)
    assert found.before is not None
    assert found.after is not None
    (recorded,), (before,) = found.recorded, found.before.queues
    assert (before.queue_name, before.kind) == ("General", "chat")
    assert (before.offered, before.answered) == (recorded.offered, recorded.answered) == (32, 32)
    assert before.handling_s == recorded.handling_s == 45.0
    (queue,) = await floor.acd.settings.queues(ADMIN)
    assert queue.priority == 0  # nothing was published


async def test_hours_of_the_change_count(floor: Floor, rehearsals: Rehearsals) -> None:
    await _work(floor, 32)
    never = HoursBody(name="Never", time_zone="Europe/Berlin", windows=[])
    hours = await floor.acd.settings.put_hours(ADMIN, None, never)
    body = RehearsalBody(queue=QueueBody(name="General", hours_id=hours.id), seed=4)
    found = await rehearsals.rehearse(ADMIN, await floor.queue(), body)
    assert found.before is not None
    assert found.after is not None
    (before,), (after,) = found.before.queues, found.after.queues
    assert (before.answered, before.overflowed) == (32, 0)
    assert (after.answered, after.overflowed, after.service_level) == (0, 32, None)


async def test_too_little_work_is_said(floor: Floor, rehearsals: Rehearsals) -> None:
    await _work(floor, 3)
    found = await rehearsals.rehearse(ADMIN, await floor.queue(), _changed())
    assert (found.verdict, found.answered, found.needed) == ("not_enough_work", 3, 30)
    assert found.before is None


async def test_refusals(floor: Floor, rehearsals: Rehearsals) -> None:
    queue_id = await floor.queue()
    for who, where, code in (
        (agent(1), queue_id, "forbidden"),
        (ADMIN, "qu_nowhere", "not_found"),
    ):
        with pytest.raises(WeccError) as caught:
            await rehearsals.rehearse(who, where, _changed())
        assert caught.value.code == code
    acd = floor.acd
    alone = Rehearsals(acd.partitions, acd.settings.of_queues, None)
    with pytest.raises(WeccError, match="not_ready"):
        await alone.rehearse(ADMIN, queue_id, _changed())
    both = await asyncio.gather(
        rehearsals.rehearse(ADMIN, queue_id, _changed()),
        rehearsals.rehearse(ADMIN, queue_id, _changed()),
        return_exceptions=True,
    )
    refused = [one for one in both if isinstance(one, WeccError)]
    assert [error.code for error in refused] == ["rate_limited"]
