"""Much at once: what is decided is stored though its caller left, and too much is told no."""

from __future__ import annotations

import asyncio

import pytest

from gateway.acd.model import commands as c
from gateway.acd.model import state as states
from gateway.acd.service import work
from gateway.acd.store import journal
from gateway.kernel.errors import WeccError
from tests.acd.conftest import TENANT, Floor, agent
from tests.acd.test_faults import fragile, live, replayed
from tests.patience import becomes


async def test_a_caller_who_leaves_takes_nothing_along(floor: Floor) -> None:
    """The decision stays, whoever waits for it beside its caller wakes, and so do later ones."""
    database = await fragile(floor)
    partition = await floor.acd.partitions.get(TENANT)
    database.hold = asyncio.Event()
    leaves = asyncio.create_task(partition.submit(c.Connect(agent_id="us_leaves")))
    await asyncio.sleep(0)
    same = asyncio.create_task(partition.submit(c.Connect(agent_id="us_leaves")))
    after = asyncio.create_task(partition.submit(c.Connect(agent_id="us_after")))
    await asyncio.sleep(0)
    leaves.cancel()
    database.hold.set()
    assert await same == []
    assert await after
    with pytest.raises(asyncio.CancelledError):
        await leaves
    assert states.dump((await replayed(floor)).state) == states.dump((await live(floor)).state)


async def test_who_waits_beside_a_caller_hears_of_its_fault(floor: Floor) -> None:
    database = await fragile(floor)
    partition = await floor.acd.partitions.get(TENANT)
    database.hold, database.refuse = asyncio.Event(), 1
    who = [asyncio.create_task(partition.submit(c.Connect(agent_id="us_x"))) for _ in range(3)]
    await asyncio.sleep(0)
    who[0].cancel()
    database.hold.set()
    results = await asyncio.gather(*who, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert [getattr(result, "code", None) for result in results[1:]] == ["disk_full"] * 2

    async def agents() -> int:
        return len(partition.engine.state.agents)

    await becomes(agents, 0)


async def test_too_much_new_work_is_refused_and_the_rest_goes_on(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_COMING", 5)
    coming = [asyncio.create_task(floor.arrive()) for _ in range(40)]
    outcomes = await asyncio.gather(*coming, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, WeccError)]
    taken = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert {(error.code, error.retry_after_s) for error in refused} <= {("store_unavailable", 1)}
    assert len(refused) + len(taken) == 40
    assert taken
    known = (await live(floor)).state.interactions
    assert set(known) == {item.id for item in taken}, "who was told no is not in the queue"
    await floor.arrive()


async def test_nobody_is_owed_an_offer_that_its_handler_does_not_hear(floor: Floor) -> None:
    floor.handler.hears_offers = False
    await floor.begin()
    who = await floor.ready(1)
    item = await floor.arrive()
    offer = (await floor.acd.offers_for(who))[0]
    assert await floor.database.read(TENANT, journal.owed) == []
    await floor.acd.accept(who, offer.id, None)
    await floor.acd.end(who, item.id)
    await floor.settle()
    told = [(name, detail) for name, key, detail in floor.handler.calls if key == item.id]
    assert told == [("accepting", who.id), ("accepted", who.id), ("closed", "ended")]


async def test_what_returned_is_struck_off_together(floor: Floor) -> None:
    """Handlers that return in one turn of the loop cost one commit, not one each."""
    database = await fragile(floor)
    for number in range(1, 6):
        await floor.ready(number)
    floor.handler.blocked = asyncio.Event()
    for _ in range(5):
        await floor.arrive()
    assert len(await floor.database.read(TENANT, journal.owed)) == 5
    before = database.writes
    floor.handler.blocked.set()
    await floor.settle()
    assert await floor.database.read(TENANT, journal.owed) == []
    assert database.writes - before == 1
    assert agent(5).id in {detail for name, _, detail in floor.handler.calls if name == "offered"}
