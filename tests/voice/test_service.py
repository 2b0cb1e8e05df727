"""Calls end to end below the sockets: database, engine, a worker process and two peers."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.acd.wire import InteractionView
from gateway.kernel.actor import Actor
from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.bus import LocalBus, agent_topic, visitor_topic
from gateway.platform.database.port import Tx
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.tenancy.authorization import Relation
from gateway.voice import store
from gateway.voice.media.engine import EmbeddedEngine
from gateway.voice.service import VoiceService
from gateway.voice.wire import CallChanged, CallLegLost
from tests.patience import until
from tests.voice.rig import Peer, Reports, Workers, attached

TENANT = "tn-000001"
VISITOR = Actor("visitor", "vi-000001", TENANT, "visitor")
STRANGER = Actor("visitor", "vi-000002", TENANT, "visitor")
ANNA = Actor("user", "us-000001", TENANT, "agent", "Anna")
CALL, CONVERSATION, INTERACTION = "call-00001", "cv-0000001", "in-0000001"


def interaction() -> InteractionView:
    return InteractionView(
        id=INTERACTION, kind="call", conversation_id=CONVERSATION, call_id=CALL,
        queue_id="qu-000001", queue_name="Sales", state="active", priority=0, required_skills={},
        agent_id=None, agent_name="", created_at_ms=1, enqueued_at_ms=1, accepted_at_ms=None,
        ended_at_ms=None, wrap_up_until_ms=None, disposition_id=None, transfer_note="",
        is_robot=False,
    )  # fmt: skip


class TimeLineList:
    """A time line in memory: one conversation, of one visitor."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, str]]] = []

    def relation(self, _tx: Tx, actor: Actor, conversation_id: str) -> Relation:
        own = conversation_id == CONVERSATION and actor.id == VISITOR.id
        return Relation.PARTICIPANT if own else Relation.FOREIGN

    def add_system_message(
        self, tx: Tx, _conversation_id: str, code: str, params: dict[str, str]
    ) -> None:
        tx.after_commit(lambda: self.entries.append((code, params)))

    def add_joined(self, tx: Tx, conversation_id: str, name: str) -> None:
        self.add_system_message(tx, conversation_id, "joined", {"name": name})


class QueueLog:
    """What a queue would be told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def close_for_contact(self, _tenant_id: str, interaction_id: str) -> None:
        self.told.append(interaction_id)

    async def end(self, _actor: Actor, interaction_id: str) -> None:
        self.told.append(f"end {interaction_id}")


class Desk:
    """One service over an engine, and what both browsers were told."""

    def __init__(self, database: SqliteDatabase, engine: EmbeddedEngine, reports: Reports) -> None:
        bus = LocalBus()
        self.database, self.engine, self.reports = database, engine, reports
        self.time_line, self.queue = TimeLineList(), QueueLog()
        self.to_visitor: list[Any] = []
        self.to_agent: list[Any] = []
        bus.subscribe(visitor_topic(TENANT, VISITOR.id), self.to_visitor.append)
        bus.subscribe(agent_topic(TENANT, ANNA.id), self.to_agent.append)
        self.voice = VoiceService(
            database=database, bus=bus, clock=SystemClock(), acd=self.queue, engine=engine,
            time_line=self.time_line,
        )  # fmt: skip

    async def start(self) -> None:
        await self.voice.attach([TENANT])

    async def call(self, peer: Peer) -> str:
        offer = await peer.offer()
        answer = await self.voice.start(VISITOR, CALL, CONVERSATION, INTERACTION, offer)
        await peer.answer(answer)
        return offer

    async def answer(self, peer: Peer) -> None:
        offer = await peer.offer()
        answer = await self.voice.accepting(interaction(), ANNA, offer)
        assert answer is not None
        await peer.answer(answer)
        await self.voice.accepted(interaction(), ANNA)

    async def is_over(self) -> bool:
        return self.state == "ended" and bool(self.queue.told)

    @property
    def state(self) -> str:
        frames = [frame for frame in self.to_visitor if isinstance(frame, CallChanged)]
        return frames[-1].call.state


@contextlib.asynccontextmanager
async def opened(database: SqliteDatabase, workers: Workers) -> AsyncIterator[Desk]:
    async with attached(workers) as (engine, reports):
        desk = Desk(database, engine, reports)
        await desk.start()
        yield desk
        await desk.voice.stop()


async def leg_lost(frames: list[Any], limit_s: float = 30) -> None:
    """Wait until a browser was told to reconnect."""
    for _ in range(int(limit_s * 20)):
        if any(isinstance(frame, CallLegLost) for frame in frames):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not told of the lost leg")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    found = SqliteDatabase(
        tmp_path / "wecc.db", SystemClock(), prepare=store.calls.metadata.create_all
    )
    await found.open()
    yield found
    await found.close()


@pytest.fixture
async def desk(database: SqliteDatabase, workers: Workers) -> AsyncIterator[Desk]:
    async with opened(database, workers) as one:
        yield one


async def test_a_call_from_start_to_end(desk: Desk) -> None:
    visitor, agent = Peer(523), Peer(1_900)
    offer = await desk.call(visitor)
    again = await desk.voice.start(VISITOR, CALL, CONVERSATION, INTERACTION, offer)
    assert "a=candidate" in again
    await visitor.hears_music(1_500)
    await desk.voice.offered(interaction(), ANNA)
    assert desk.state == "ringing"
    await desk.answer(agent)
    assert desk.state == "connected"
    await agent.hears_hertz(523)
    await desk.voice.hold(ANNA, CALL, on=True)
    assert desk.state == "held"
    await visitor.hears_music(1_500)
    await desk.voice.hold(ANNA, CALL, on=False)
    await desk.voice.mute(VISITOR, CALL, on=True)
    assert desk.to_agent[-1].muted == ["visitor"]
    assert [call.id for call in await desk.voice.calls_for(ANNA)] == [CALL]
    await desk.voice.hang_up(VISITOR, CALL)
    await desk.voice.hang_up(VISITOR, CALL)
    assert desk.state == "ended"
    assert set(desk.queue.told) == {INTERACTION}
    codes = [code for code, _ in desk.time_line.entries]
    assert codes == ["call_started", "joined", "call_ended"]
    assert desk.time_line.entries[-1][1]["reason"] == "visitor_hung_up"
    assert await desk.engine.legs() == {}
    assert not await desk.voice.exists(TENANT, CALL)
    await asyncio.gather(visitor.close(), agent.close())


async def test_what_one_shows_is_told_and_a_leg_is_negotiated_anew(desk: Desk) -> None:
    visitor, agent = Peer(523), Peer(1_900)
    await desk.call(visitor)
    await desk.reports.until(leg_of(desk, 0), "connected", 20)
    await desk.answer(agent)
    await desk.reports.until(leg_of(desk, 1), "connected", 20)
    await desk.voice.show(VISITOR, CALL, camera=True, screen=False)
    assert desk.to_agent[-1].call.camera == ["visitor"]
    await desk.voice.show(ANNA, CALL, camera=True, screen=True)
    told = desk.to_visitor[-1].call
    assert (told.camera, told.screen) == (["agent", "visitor"], ["agent"])
    visitor.pc.addTransceiver("video")
    answer = await desk.voice.update(VISITOR, CALL, await visitor.offer())
    assert "m=video 0 " not in answer
    await visitor.answer(answer)
    for bad in ("v=0\r\n", await Peer.another_offer()):
        with pytest.raises(WeccError) as refused:
            await desk.voice.update(VISITOR, CALL, bad)
        assert refused.value.code == "bad_sdp"
    with pytest.raises(WeccError) as foreign:
        await desk.voice.update(STRANGER, CALL, "v=0\r\n")
    assert foreign.value.code == "not_found"
    await agent.receives(25)
    await desk.voice.hang_up(ANNA, CALL)
    with pytest.raises(WeccError) as over:
        await desk.voice.show(VISITOR, CALL, camera=False, screen=False)
    assert over.value.code == "closed"
    await asyncio.gather(visitor.close(), agent.close())


def leg_of(desk: Desk, place: int) -> str:
    """Return the id of a leg, in the order they began."""
    return list(desk.engine._legs)[place]


async def test_a_released_call_waits_with_music_and_an_early_hang_up_abandons(desk: Desk) -> None:
    visitor, agent = Peer(523), Peer(1_900)
    await desk.call(visitor)
    await desk.answer(agent)
    await desk.voice.released(TENANT, interaction(), ANNA.id, "transferred")
    assert desk.state == "queued"
    assert len(await desk.engine.legs()) == 1
    await visitor.hears_music(1_500)
    await desk.voice.hang_up(VISITOR, CALL)
    assert desk.queue.told == [INTERACTION]
    codes = [code for code, _ in desk.time_line.entries]
    assert codes == ["call_started", "joined", "transferred", "call_ended"]
    assert desk.time_line.entries[-1][1]["reason"] == "abandoned"
    await desk.voice.offered(interaction(), ANNA)  # the queue had not heard yet
    with pytest.raises(WeccError, match="hung up"):
        await desk.voice.accepting(interaction(), ANNA, "v=0")
    await desk.voice.accepted(interaction(), ANNA)
    await asyncio.sleep(0)
    assert desk.queue.told == [INTERACTION] * 4
    await desk.voice.closed(TENANT, interaction(), "abandoned")
    await asyncio.gather(visitor.close(), agent.close())


async def test_a_call_that_nobody_can_answer_ends_and_says_so(desk: Desk) -> None:
    visitor = Peer(523)
    await desk.call(visitor)
    for _ in range(2):  # the queue may say it again after a restart
        await desk.voice.overflowed(TENANT, interaction(), "nobody_on_duty")
    assert desk.state == "ended"
    assert desk.time_line.entries[-1][1]["reason"] == "nobody_there"
    assert [code for code, _ in desk.time_line.entries] == ["call_started", "call_ended"]
    await visitor.close()


async def test_strangers_can_do_nothing_and_garbage_starts_nothing(desk: Desk) -> None:
    visitor = Peer(523)
    with pytest.raises(WeccError) as garbage:
        await desk.voice.start(VISITOR, CALL, CONVERSATION, INTERACTION, "v=0\r\nrubbish")
    assert garbage.value.code == "bad_sdp"
    with pytest.raises(WeccError) as foreign:
        await desk.voice.start(STRANGER, CALL, CONVERSATION, INTERACTION, await visitor.offer())
    assert foreign.value.code == "not_found"
    assert await desk.engine.legs() == {}
    await desk.call(visitor)
    for attempt in (
        desk.voice.hang_up(STRANGER, CALL),
        desk.voice.hold(ANNA, CALL, on=True),
        desk.voice.reconnect(STRANGER, CALL, "v=0\r\n"),
        desk.voice.candidate(ANNA, CALL, None, None),
    ):
        with pytest.raises(WeccError) as refused:
            await attempt
        assert refused.value.code == "not_found"
    with pytest.raises(WeccError) as early:
        await desk.voice.hold(VISITOR, CALL, on=True)
    assert early.value.code == "wrong_state"
    await visitor.close()


@pytest.mark.fault
async def test_a_restarted_web_process_finds_the_call_talking(
    database: SqliteDatabase, workers: Workers
) -> None:
    visitor, agent = Peer(523), Peer(1_900)
    async with opened(database, workers) as desk:
        await desk.call(visitor)
        await desk.answer(agent)
        await desk.engine.create_leg("tn/none/visitor/1", "none", await visitor.offer())
    async with opened(database, workers) as desk:
        assert len(await desk.engine.legs()) == 2
        assert [call.state for call in await desk.voice.calls_for(ANNA)] == ["connected"]
        await agent.hears_hertz(523)
        await desk.voice.hang_up(ANNA, CALL)
        assert desk.queue.told == [f"end {INTERACTION}"]
    async with opened(database, workers) as desk:
        assert desk.queue.told == [INTERACTION]  # told once more: the last time may be lost
    await asyncio.gather(visitor.close(), agent.close())


@pytest.mark.fault
async def test_after_a_dead_worker_both_reconnect_onto_the_standby(
    database: SqliteDatabase,
) -> None:
    async with Workers(2) as workers, opened(database, workers) as desk:
        first, second = Peer(523), Peer(1_900)
        await desk.call(first)
        await desk.answer(second)
        workers.signal(0, signal.SIGKILL)
        await asyncio.gather(leg_lost(desk.to_visitor), leg_lost(desk.to_agent))
        assert len(await desk.voice.frames_for(VISITOR)) == 2
        visitor, agent = Peer(523), Peer(1_900)
        await agent.answer(await desk.voice.reconnect(ANNA, CALL, await agent.offer()))
        await visitor.answer(await desk.voice.reconnect(VISITOR, CALL, await visitor.offer()))
        assert desk.state == "connected"
        await agent.hears_hertz(523)
        await asyncio.gather(*(peer.close() for peer in (first, second, visitor, agent)))


@pytest.mark.fault
async def test_a_visitor_who_does_not_come_back_ends_the_call(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.voice.model.VISITOR_GRACE_MS", 1_500)
    visitor = Peer(523)
    async with Workers() as workers:
        async with opened(database, workers) as desk:
            await desk.call(visitor)
        workers.signal(0, signal.SIGKILL)
        await asyncio.to_thread(workers.processes[0].wait)
        await workers.start(0)
        async with opened(database, workers) as desk:
            frames = await desk.voice.frames_for(VISITOR)
            assert [type(frame) for frame in frames] == [CallChanged, CallLegLost]
            await until(desk.is_over, "the end of the call")
            assert desk.queue.told == [INTERACTION]
            assert desk.time_line.entries[-1][1]["reason"] == "media_lost"
    await visitor.close()


async def test_a_dropped_tenant_leaves_no_leg_and_no_watch(desk: Desk) -> None:
    visitor = Peer(523)
    await desk.call(visitor)
    leg_id = next(iter(await desk.engine.legs()))
    await desk.voice._lose(TENANT, CALL, leg_id, "media_lost")
    await desk.voice.forget("tn-00000")
    assert desk.voice._waiting
    assert await desk.engine.legs()
    await desk.voice.forget(TENANT)
    assert not desk.voice._waiting
    assert not await desk.engine.legs()
    await visitor.close()
