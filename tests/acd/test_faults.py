"""Killed, fenced, refused by the disk: nothing acknowledged is lost and nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from gateway.acd.model import commands as c
from gateway.acd.model import engine as engines
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.service import snapshots
from gateway.acd.store import journal
from gateway.acd.wire import OfferNew
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Database, Tx
from tests.acd.conftest import TENANT, Floor, agent
from tests.patience import becomes, until

T = TypeVar("T")


class FragileDatabase:
    """A real database whose next writes can be refused, or whose answers can get lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.refuse = 0
        self.lose_answer = 0
        self.hold: asyncio.Event | None = None
        self.writes = 0

    @property
    def queue_length(self) -> int:
        return self._database.queue_length

    async def write(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        if self.hold is not None:
            await self.hold.wait()
        self.writes += 1
        if self.refuse:
            self.refuse -= 1
            raise WeccError("disk_full")
        result = await self._database.write(tenant_id, work)
        if self.lose_answer:
            self.lose_answer -= 1
            raise WeccError("store_unavailable")
        return result

    async def read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        return await self._database.read(tenant_id, work)

    async def close(self) -> None:
        await self._database.close()


async def fragile(floor: Floor) -> FragileDatabase:
    """Start the floor's process again over a database that can fail."""
    await floor.acd.stop()
    database = FragileDatabase(floor.database)
    floor.database = database
    await floor.begin()
    return database


async def replayed(floor: Floor) -> Engine:
    """Fold the whole journal, from the first entry."""
    bodies = await floor.database.read(TENANT, lambda tx: journal.entries_between(tx, 0, 10**9))
    engine = Engine()
    for body in bodies:
        engine.apply(e.decode(body))
    return engine


async def live(floor: Floor) -> Engine:
    return (await floor.acd.partitions.get(TENANT)).engine


async def test_journal_replays_to_the_same_state(floor: Floor) -> None:
    who = await floor.ready(1)
    for kind in ("call", "chat", "message", "chat"):
        await floor.arrive(kind)
    for offer in await floor.acd.offers_for(who):
        await floor.acd.accept(who, offer.id, "v=0")
    await floor.tick(31_000)
    assert states.dump((await replayed(floor)).state) == states.dump((await live(floor)).state)


async def test_restart_goes_on_with_the_same_offers(floor: Floor) -> None:
    who = await floor.ready(1)
    work = await floor.arrive()
    offer = (await floor.acd.offers_for(who))[0]
    before = states.dump((await live(floor)).state)
    await floor.begin()
    again = await floor.acd.offers_for(who)
    assert [item.id for item in again] == [offer.id], "one offer, the same token"
    await floor.acd.connected(who, "so_after")
    await floor.acd.accept(who, offer.id, None)
    assert (await floor.acd.interaction(TENANT, work.id)).state == "active"
    assert states.load(before).offers.keys() == {offer.id}


async def test_second_writer_fences_the_first(floor: Floor) -> None:
    old = floor.acd
    await floor.begin()
    before = states.dump((await live(floor)).state)
    with pytest.raises(WeccError) as refused:
        await old.connected(agent(1), "so_old")
    assert refused.value.code == "not_ready"
    assert states.dump((await replayed(floor)).state) == before
    with pytest.raises(WeccError):
        await old.set_state(agent(1), "ready", None)
    await floor.ready(2)
    assert (await replayed(floor)).state.position == (await live(floor)).state.position


async def test_refused_commit_shows_nothing_and_loses_nothing(floor: Floor) -> None:
    database = await fragile(floor)
    await floor.ready(1)
    heard = floor.at_agent(1)
    kept = await floor.arrive("message")
    await floor.settle()
    heard.clear()
    before = states.dump((await live(floor)).state)
    database.refuse = 1
    with pytest.raises(WeccError) as refused:
        await floor.acd.abandon(TENANT, kept.id)
    assert refused.value.code == "disk_full"
    await floor.settle()
    assert not [frame for frame in heard if isinstance(frame, OfferNew)]
    assert states.dump((await live(floor)).state) == before
    await floor.acd.abandon(TENANT, kept.id)
    assert (await floor.acd.interaction(TENANT, kept.id)).state == "abandoned"


async def test_commands_behind_a_refused_commit_fail_alike(floor: Floor) -> None:
    database = await fragile(floor)
    partition = await floor.acd.partitions.get(TENANT)
    database.hold, database.refuse = asyncio.Event(), 1
    who = [asyncio.create_task(partition.submit(c.Connect(agent_id=f"us_{n}"))) for n in range(9)]

    async def agents() -> int:
        return len(partition.engine.state.agents)

    await becomes(agents, 9)  # decided ahead of the disk
    database.hold.set()
    results = await asyncio.gather(*who, return_exceptions=True)
    assert {getattr(result, "code", None) for result in results} == {"disk_full"}
    await becomes(agents, 0)
    await floor.ready(1)


async def test_lost_answer_of_the_disk_is_found_again(floor: Floor) -> None:
    """The commit was made but its answer lost: a retry finds it, and handlers still get it."""
    database = await fragile(floor)
    who = await floor.ready(1)
    work = await floor.arrive()
    offer = (await floor.acd.offers_for(who))[0]
    await floor.settle()
    database.lose_answer = 1
    with pytest.raises(WeccError):
        await floor.acd.accept(who, offer.id, None)
    await floor.settle()
    await floor.acd.accept(who, offer.id, None)
    await floor.settle()
    names = [name for name, key, _ in floor.handler.calls if key == work.id]
    assert names.count("accepted") == 1
    assert states.dump((await replayed(floor)).state) == states.dump((await live(floor)).state)


async def test_handlers_are_called_again_until_they_return(floor: Floor) -> None:
    await floor.ready(1)
    floor.handler.failing = 2
    work = await floor.arrive()

    async def is_done() -> bool:
        owed = await floor.database.read(TENANT, journal.owed)
        return ("offered", work.id, agent(1).id) in floor.handler.calls and owed == []

    await until(is_done, "the third call of the handler")


async def test_handlers_get_after_a_crash_what_they_were_owed(floor: Floor) -> None:
    """The process dies after the commit and before any effect."""
    floor.handler.blocked = asyncio.Event()
    who = await floor.ready(1)
    work = await floor.arrive()
    await floor.acd.accept(who, (await floor.acd.offers_for(who))[0].id, None)
    await floor.acd.stop()
    assert [row["call"] for row in await floor.database.read(TENANT, journal.owed)] == [
        "offered",
        "accepted",
    ]
    floor.handler.blocked = None
    await floor.begin()
    await floor.settle()
    calls = [name for name, key, _ in floor.handler.calls if key == work.id]
    assert calls == ["accepting", "offered", "accepted"]
    assert await floor.database.read(TENANT, journal.owed) == []


async def test_snapshot_and_tail_give_the_same_state(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "EVERY", 20)
    await floor.ready(1)
    for _ in range(12):
        work = await floor.arrive()
        await floor.acd.abandon(TENANT, work.id)
    tail = await floor.database.read(TENANT, journal.read_tail)
    assert tail.snapshot is not None
    assert len(tail.entries) < 40
    state = (await replayed(floor)).state
    await floor.begin()
    after = await replayed(floor)
    assert states.dump(after.state) == states.dump((await live(floor)).state)
    assert after.state.next_offer == state.next_offer


async def test_disk_that_stays_away_is_waited_for(floor: Floor) -> None:
    database = await fragile(floor)
    await floor.ready(1)
    await floor.arrive()
    await floor.settle()
    database.refuse = 3
    floor.clock.advance(30_000)
    codes = []
    while (await floor.acd.agent_view(agent(1))).state == "ready":
        try:
            await floor.tick(0)
        except WeccError as error:
            codes.append(error.code)
            await asyncio.sleep(0.1)
    assert codes
    assert set(codes) == {"disk_full"}
    view = await floor.acd.agent_view(agent(1))
    assert view.reason == "no_answer"


async def test_a_fault_half_way_through_a_decision_is_undone(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await floor.ready(1)
    partition = await floor.acd.partitions.get(TENANT)
    before = partition.engine.state.position

    def faulty(engine: Engine, _: c.Tick) -> None:
        engine.emit(e.AgentAway(at_ms=engine.now_ms, agent_id=who.id, until_ms=engine.now_ms + 1))
        raise LookupError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(engines, "_TABLE", dict(engines._TABLE) | {c.Tick: faulty})
        with pytest.raises(LookupError):
            await partition.tick()
        with pytest.raises(WeccError):
            await partition.tick()
    await floor.settle()
    assert partition.engine.state.position == before
    item = await floor.arrive()
    offers = await floor.acd.offers_for(who)
    assert [offer.interaction.id for offer in offers] == [item.id]
    assert states.dump((await replayed(floor)).state) == states.dump(partition.engine.state)


async def test_a_commit_that_lands_late_does_not_end_routing(floor: Floor) -> None:
    """The answer was lost, the journal was read, and only then the server finished the commit."""
    who = await floor.ready(1)
    partition = await floor.acd.partitions.get(TENANT)
    position = partition.engine.state.position
    entry = e.AgentAway(at_ms=partition.now_ms(), agent_id=who.id, until_ms=2**50)
    row = {
        "position": position + 1,
        "epoch": partition.epoch,
        "at_ms": entry.at_ms,
        "kind": e.kind_of(entry),
        "body": e.encode(entry).decode(),
    }
    await floor.database.write(
        TENANT, lambda tx: journal.append(tx, partition.epoch, position, [row], position + 1)
    )
    with pytest.raises(WeccError):
        await floor.acd.set_state(who, "not_ready", "break")
    await floor.settle()
    await floor.acd.set_state(who, "not_ready", "break")
    assert (await floor.acd.agent_view(who)).reason == "break"
