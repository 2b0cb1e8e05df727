"""Calls through the whole product: what is said on one side is heard on the other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.voice.media.link import ping_worker
from tests.live.callers import (
    AGENT_HZ,
    VISITOR_HZ,
    Answerer,
    Caller,
    Listening,
    carrier,
)
from tests.live.product import Product, Staff, command_line, eventually
from tests.live.sockets import Visitor
from tests.live.test_faults import comes_back
from tests.voice.conftest import peers_on_loopback  # noqa: F401

ORIGIN = "https://shop.example.com"
pytestmark = pytest.mark.fault
NOT_SET = ("id", "version", "warnings", "closed", "closure")


@pytest.fixture(scope="module")
def site(admin: Staff) -> dict[str, Any]:
    """A site, and a queue whose calls ring long enough for any machine."""
    calls_ring(admin, 120)
    return admin.add_site(ORIGIN)


def calls_ring(admin: Staff, seconds: int) -> None:
    """Let the calls of the only queue ring so long from now on."""
    queue = admin.call("GET", "/queues")[0]
    changed = {k: v for k, v in queue.items() if k not in NOT_SET}
    changed["offer_timeout_s"] = {"call": seconds}
    admin.call("PUT", f"/queues/{queue['id']}", changed)


@pytest.fixture(scope="module")
def persons(admin: Staff) -> list[Staff]:
    """Two agents."""
    return [admin.add_agent(f"Agent {n}", f"agent{n}@example.com") for n in (1, 2)]


@pytest.fixture
async def caller(running: Product, site: dict[str, Any]) -> AsyncIterator[Caller]:
    """A visitor."""
    found = Caller(running, site)
    yield found
    await found.gone()


@pytest.fixture
async def agent(running: Product, persons: list[Staff]) -> AsyncIterator[Answerer]:
    """An agent on duty; off duty at the end."""
    found = Answerer(running, persons[0])
    await found.on_duty()
    yield found
    await found.agent.ask({"type": "agent.state.set", "state": "not_ready"})
    await found.gone()


async def both_hear(caller: Caller, agent: Answerer) -> None:
    """Each side hears the other's tone."""
    await asyncio.gather(agent.hears_hertz(VISITOR_HZ), caller.hears_hertz(AGENT_HZ))


def replaced(running: Product, pid: int) -> None:
    """Wait until a media worker is gone and another one is there."""
    eventually(lambda: pid not in running.processes()["media"], 60, "its end")
    eventually(lambda: len(running.processes()["media"]) == 2, 60, "a new worker")


async def all_answer(running: Product) -> None:
    """Wait until every media worker answers, and the parent has seen it."""
    for pid in running.processes()["media"]:
        words = command_line(pid).split()
        path = Path(words[words.index("--socket") + 1])
        for _ in range(1_000):
            if await ping_worker(path, 0.5):
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("a media worker does not answer")
    await asyncio.sleep(1)


async def test_a_whole_call(caller: Caller, agent: Answerer) -> None:
    await caller.call()
    await caller.hears_music()
    offer = await agent.take(caller.visitor.conversation)
    assert offer["interaction"]["kind"] == "call"
    await caller.state("connected")
    await both_hear(caller, agent)
    await agent.request("call.hold", on=True)
    await caller.state("held")
    await caller.hears_music()
    start = len(caller.wire.frames)
    await agent.request("call.hold", on=False)
    await caller.state("connected", start)
    await both_hear(caller, agent)
    await caller.request("call.mute", on=True)
    await agent.wire.wait(lambda f: f["type"] == "call.changed" and f["muted"] == ["visitor"])
    await caller.request("call.media", camera=True, screen=False)
    await agent.wire.wait(
        lambda f: f["type"] == "call.changed" and f["call"]["camera"] == ["visitor"]
    )
    await caller.answered({"type": "call.update", "call_id": caller.call_id})
    await both_hear(caller, agent)
    await caller.request("call.hang_up")
    ended = await agent.state("ended")
    assert ended["call"]["end_reason"] == "visitor_hung_up"
    await agent.wrap_up(offer["interaction"]["id"])


async def test_web_process_killed_during_a_call(
    running: Product, caller: Caller, agent: Answerer
) -> None:
    await caller.call()
    offer = await agent.take(caller.visitor.conversation)
    await both_hear(caller, agent)
    ears = [Listening(caller), Listening(agent)]
    began_s = time.monotonic()
    running.kill("web")
    await asyncio.to_thread(running.wait_ready)
    await asyncio.sleep(2)
    passed_s = time.monotonic() - began_s
    for ear in ears:
        await ear.heard_without_gap(passed_s)
    await comes_back(caller.visitor, [])
    await comes_back(agent.agent, [])
    for party in (caller, agent):
        welcome = next(f for f in reversed(party.wire.frames) if f["type"] == "welcome")
        assert [(c["id"], c["state"]) for c in welcome["calls"]] == [(caller.call_id, "connected")]
    start = len(agent.wire.frames)
    await caller.request("call.hang_up")
    await agent.state("ended", start)
    await agent.wrap_up(offer["interaction"]["id"], start)


async def test_media_worker_killed_and_hung_during_a_call(
    running: Product, caller: Caller, agent: Answerer
) -> None:
    await caller.call()
    offer = await agent.take(caller.visitor.conversation)
    await both_hear(caller, agent)
    for how in (signal.SIGKILL, signal.SIGSTOP):
        starts = [len(party.wire.frames) for party in (caller, agent)]
        pid = carrier(running)
        os.kill(pid, how)
        await asyncio.gather(caller.lost(starts[0]), agent.lost(starts[1]))
        await asyncio.gather(caller.reconnect(), agent.reconnect())
        await both_hear(caller, agent)
        await asyncio.to_thread(replaced, running, pid)
        await all_answer(running)
    start = len(caller.wire.frames)
    await agent.request("call.hang_up")
    ended = await caller.state("ended", start)
    assert ended["call"]["end_reason"] == "agent_hung_up"
    await agent.wrap_up(offer["interaction"]["id"])


async def test_hung_standby_is_replaced(running: Product) -> None:
    await all_answer(running)
    stopped = running.processes()["media"][1]
    os.kill(stopped, signal.SIGSTOP)
    await asyncio.to_thread(replaced, running, stopped)


@contextlib.contextmanager
def every_media_worker_hangs(running: Product) -> Iterator[None]:
    """Stop the media workers, and each that is started for them, for the length of the block."""
    over, stopped = threading.Event(), set[int]()

    def stop_all() -> None:
        while not over.is_set():
            for pid in running.processes()["media"]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    stopped.add(pid)
            over.wait(0.05)

    stopping = threading.Thread(target=stop_all)
    stopping.start()
    try:
        yield
    finally:
        over.set()
        stopping.join()
        for pid in stopped.intersection(running.processes()["media"]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def test_calls_are_offered_only_while_media_answers(
    running: Product, site: dict[str, Any], caller: Caller, agent: Answerer
) -> None:
    def offered() -> bool:
        config = running.http("widget").get(f"/v1/sites/{site['key']}/config")
        return bool(config.json()["calls"])

    await asyncio.to_thread(eventually, offered, 60, "calls")
    visitor = Visitor(running, site)
    await visitor.hello()
    first = await visitor.wait("availability.changed")
    assert first["calls"] is True
    start = len(visitor.frames)
    is_without = lambda f: f["type"] == "availability.changed" and not f["calls"]  # noqa: E731
    with every_media_worker_hangs(running):
        await visitor.wait(is_without, start=start)
        assert not offered()
        await caller.visitor.hello()
        refused = await caller.wire.ask(caller.frame() | {"sdp_offer": await caller.peer.offer()})
        assert refused["code"] == "media_unavailable"
        await caller.visitor.close()
        assert (await caller.visitor.hello())["conversations"] == [], "nothing was begun"
        # chat goes on meanwhile
        await visitor.start("Can you hear me?")
        offer = await agent.agent.accept(visitor.conversation)
        start = len(visitor.frames)
    is_back = lambda f: f["type"] == "availability.changed" and f["calls"]  # noqa: E731
    await visitor.wait(is_back, 90, start)
    await asyncio.to_thread(eventually, offered, 60, "calls again")
    await agent.agent.must(
        {"type": "interaction.end", "interaction_id": offer["interaction"]["id"]}
    )
    await agent.wrap_up(offer["interaction"]["id"])
    await visitor.close()


async def test_nobody_there(running: Product, caller: Caller) -> None:
    await caller.visitor.hello()
    refused = await caller.wire.ask(caller.frame() | {"sdp_offer": await caller.peer.offer()})
    assert refused["code"] == "nobody_there"


async def test_accept_without_microphone_keeps_ringing(caller: Caller, agent: Answerer) -> None:
    await caller.call()
    offer = await agent.rings(caller.visitor.conversation)
    for sdp, code in ((None, "bad_sdp"), ("v=0\r\nnonsense", "bad_sdp")):
        request = {"type": "offer.accept", "offer_id": offer["id"], "sdp_offer": sdp}
        assert (await agent.wire.ask(request))["code"] == code
    assert not [f for f in agent.wire.frames if f["type"] == "offer.gone"]
    await agent.answered({"type": "offer.accept", "offer_id": offer["id"]})
    await both_hear(caller, agent)
    await agent.request("call.hang_up")
    await agent.wrap_up(offer["interaction"]["id"])


async def test_visitor_hangs_up_while_it_rings(caller: Caller, agent: Answerer) -> None:
    await caller.call()
    offer = await agent.rings(caller.visitor.conversation)
    await caller.request("call.hang_up")
    gone = await agent.wire.wait(lambda f: f["type"] == "offer.gone")
    assert (gone["offer_id"], gone["outcome"]) == (offer["id"], "withdrawn")
    late = {"type": "offer.accept", "offer_id": offer["id"], "sdp_offer": await agent.peer.offer()}
    assert (await agent.wire.ask(late))["code"] == "offer_gone"
    ended = await caller.state("ended")
    assert ended["call"]["end_reason"] == "abandoned"


async def test_unanswered_offer_goes_to_the_next_agent(
    running: Product, admin: Staff, persons: list[Staff], caller: Caller, agent: Answerer
) -> None:
    calls_ring(admin, 5)
    other = Answerer(running, persons[1])
    await other.agent.hello()
    await caller.call()
    first = await agent.rings(caller.visitor.conversation)
    await other.agent.ready()
    start = len(agent.wire.frames)
    gone = await agent.wire.wait(lambda f: f["type"] == "offer.gone", 60, start)
    calls_ring(admin, 120)
    assert (gone["offer_id"], gone["outcome"]) == (first["id"], "expired")
    await agent.wire.wait(
        lambda f: f["type"] == "agent.changed" and f["agent"]["state"] == "not_ready"
    )
    offer = await other.take(caller.visitor.conversation)
    await both_hear(caller, other)
    assert offer["interaction"]["enqueued_at_ms"] == first["interaction"]["enqueued_at_ms"]
    await other.request("call.hang_up")
    await other.wrap_up(offer["interaction"]["id"])
    await other.gone()


async def test_caller_who_vanished_leaves_the_queue(
    running: Product, admin: Staff, caller: Caller, persons: list[Staff]
) -> None:
    busy = Answerer(running, persons[1])
    await busy.on_duty()
    await caller.call()
    await busy.rings(caller.visitor.conversation)
    await busy.agent.must({"type": "agent.state.set", "state": "not_ready"})
    await caller.peer.receives(10)
    await caller.peer.close()
    caller.wire.drop()

    for _ in range(60):
        await asyncio.sleep(1)
        closed = admin.call("GET", "/conversations?view=closed")["items"]
        if caller.visitor.conversation in [item["id"] for item in closed]:
            break
    else:
        raise AssertionError("the call of a visitor who is gone never ended")
    left = lambda: admin.call("GET", "/live")["queues"][0]["waiting"]["call"] == 0  # noqa: E731
    await asyncio.to_thread(eventually, left, 60, "the end of the wait")
    await caller.visitor.close()
    await busy.gone()
