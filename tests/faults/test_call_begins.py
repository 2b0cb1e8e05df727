"""The web process dies while a call is on its way into the queue: one call, one offer, one leg."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.audit import audit
from tests.faults.crowd import BROKEN, comes_back
from tests.live.callers import AGENT_HZ, VISITOR_HZ, Answerer, Caller
from tests.live.product import Product
from tests.voice.conftest import peers_on_loopback  # noqa: F401
from tests.voice.rig import Peer

pytestmark = pytest.mark.fault
DELAYS_S = (0.004, 0.02, 0.05, 0.12)
ORIGIN = "https://shop.example.com"
NOT_SET = ("id", "version", "warnings", "closed", "closure")


@pytest.fixture
def running(data_dir: Path) -> Iterator[Product]:
    """The product, to be killed now and then."""
    found = Product(data_dir).start()
    yield found
    found.stop()


async def _calls_again(caller: Caller) -> None:
    """Send the same call once more, with a fresh leg, until it is answered."""
    for _ in range(40):
        await comes_back(caller.visitor)
        await caller.peer.close()
        caller.peer = Peer(caller.hertz)
        try:
            await caller.answered(caller.frame())
        except BROKEN:
            await asyncio.sleep(0.25)
        else:
            return
    raise AssertionError("the call was never answered with music")


async def _one_call(running: Product, site: dict[str, Any], agent: Answerer, delay_s: float) -> str:
    """Call, kill behind it, call again; talk and hang up. Returns the conversation."""
    caller = Caller(running, site)
    await caller.visitor.hello()
    request = caller.frame() | {"ref": "first", "sdp_offer": await caller.peer.offer()}
    await caller.wire.send(request)
    await asyncio.sleep(delay_s)
    running.kill("web")
    await asyncio.to_thread(running.wait_ready)
    await asyncio.gather(comes_back(agent.agent), _calls_again(caller))
    conversation_id = caller.visitor.conversation
    offer = await _ringing(agent, conversation_id)
    agent.peer = Peer(agent.hertz)
    await agent.answered({"type": "offer.accept", "offer_id": offer["id"]})
    await asyncio.gather(agent.hears_hertz(VISITOR_HZ), caller.hears_hertz(AGENT_HZ))
    await caller.request("call.hang_up")
    await agent.wrap_up(offer["interaction"]["id"])
    await agent.peer.close()
    await caller.gone()
    return conversation_id


async def _ringing(agent: Answerer, conversation_id: str) -> dict[str, Any]:
    """The offer of a conversation, new or in the welcome after a reconnect."""
    frame = await agent.wire.wait(
        lambda f: any(o["conversation"]["id"] == conversation_id for o in _offers(f)), 60
    )
    return next(o for o in _offers(frame) if o["conversation"]["id"] == conversation_id)


def _offers(frame: dict[str, Any]) -> list[dict[str, Any]]:
    if frame["type"] == "welcome":
        return list(frame["offers"])
    return [frame["offer"]] if frame["type"] == "offer.new" else []


async def test_web_process_killed_while_calls_begin(running: Product) -> None:
    admin = running.set_up()
    site = admin.add_site(ORIGIN)
    (queue,) = admin.call("GET", "/queues")
    # However long a restart takes here, nothing that rings expires meanwhile.
    body = {name: value for name, value in queue.items() if name not in NOT_SET}
    admin.call("PUT", f"/queues/{queue['id']}", body | {"offer_timeout_s": {"call": 300}})
    agent = Answerer(running, admin.add_agent("Agent One", "one@example.com"))
    await agent.peer.close()
    await agent.on_duty()
    conversations = []
    for number, delay_s in enumerate(DELAYS_S):
        conversations.append(await _one_call(running, site, agent, delay_s))
        if number % 2:  # also clears the parent's growing pauses between restarts
            await asyncio.to_thread(running.crash)
            await asyncio.to_thread(running.start)
            await comes_back(agent.agent)
    await agent.agent.close()
    running.stop()
    found = audit(running.data_dir)
    found.has_one_interaction_each(conversations)
    assert found.faults == []
    assert {row["state"] for row in found.interactions} == {"closed"}
    assert found.offers == len(conversations)
