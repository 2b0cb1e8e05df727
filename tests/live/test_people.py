"""Blocks and VIPs in the running product: what a blocked visitor meets, and who goes first."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from gateway.kernel.clock import SystemClock
from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Frame, Visitor

ORIGIN = "https://shop.example.com"


@pytest.fixture(scope="module")
def site(admin: Staff) -> dict[str, Any]:
    return admin.add_site(ORIGIN)


@pytest.fixture(scope="module")
def lead(admin: Staff) -> Staff:
    return admin.add_agent("Lead One", "lead@example.com", "supervisor")


async def refused(visitor: Visitor) -> Frame:
    """Say hello and return the refusal, after the goodbye that says not to come back."""
    with pytest.raises(AssertionError, match="did not come"):
        await visitor.hello()
    await visitor.close()
    goodbye = visitor.frames[-1]
    assert (goodbye["type"], goodbye["code"], goodbye["again"]) == ("goodbye", "blocked", False)
    return visitor.frames[-2]


def contact_of(lead: Staff, visitor: Visitor) -> str:
    view = lead.call("GET", f"/conversations/{visitor.conversation}")
    return str(view["contact"]["id"])


async def test_a_blocked_visitor_is_told_and_loses_nothing(
    running: Product, site: dict[str, Any], lead: Staff
) -> None:
    """A-016: the token of a blocked visitor is worth nothing, until the block is lifted."""
    visitor = Visitor(running, site)
    await visitor.hello()
    await visitor.start("This is what I said before", "message")
    await visitor.wait("queue.place", 30)
    body = {"kind": "contact", "value": contact_of(lead, visitor), "why": "Threats"}
    block = lead.call("POST", "/blocks", body | {"until_ms": SystemClock().now_ms() + 9**9}, 201)
    error = await visitor.wait(lambda f: f["type"] == "error" and f["code"] == "blocked", 30)
    assert "Threats" not in str(visitor.frames)
    await visitor.wait(lambda f: f["type"] == "goodbye" and not f["again"], 30)
    token, conversation = visitor.token, visitor.conversation
    error = await refused(visitor)
    assert error["code"] == "blocked"
    assert error["retry_after_s"] > 0
    assert conversation not in str(visitor.frames[-2:])
    headers = {"Host": f"widget.localhost:{running.port}", "Authorization": f"Bearer {token}"}
    base_url = f"http://127.0.0.1:{running.port}"
    async with httpx.AsyncClient(base_url=base_url, headers=headers) as client:
        answer = await client.get(f"/v1/conversations/{conversation}/transcript")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "blocked")
    view = lead.call("GET", f"/conversations/{conversation}/messages")
    assert "This is what I said before" in str(view), "what they wrote is kept"
    waiting = lead.call("GET", "/waiting")
    assert conversation in str(waiting), "and still waits for somebody"
    lead.call("DELETE", f"/blocks/{block['id']}")
    welcome = await visitor.hello()
    assert [one["id"] for one in welcome["conversations"]] == [conversation]
    every = lead.call("GET", "/blocks?all=yes")
    assert (every[0]["lifted_by_name"], every[0]["is_active"]) == ("Lead One", False)
    await visitor.close()


async def test_a_blocked_address_cannot_begin_anything(
    running: Product, site: dict[str, Any], lead: Staff, admin: Staff
) -> None:
    block = lead.call(
        "POST", "/blocks", {"kind": "email", "value": "Troll@example.net", "why": "Spam"}, 201
    )
    visitor = Visitor(running, site)
    await visitor.hello()
    answer = await visitor.ask(
        {
            "type": "conversation.start",
            "conversation_id": visitor.conversation,
            "mode": "message",
            "form": {"email": "troll@EXAMPLE.net"},
            "message_id": str(uuid.uuid4()),
            "text": "it is me",
        }
    )
    assert (answer["type"], answer["code"]) == ("error", "blocked")
    await visitor.close()
    assert lead.call("GET", "/conversations?view=all&q=troll")["items"] == []
    lead.call("DELETE", f"/blocks/{block['id']}")
    audit = admin.call("GET", "/audit")
    found = [one for one in audit["items"] if one["operation"].startswith("block.")]
    assert {one["operation"] for one in found} == {"block.make", "block.lift"}
    assert "troll" not in str(found).lower()


async def test_a_blocked_network_is_told_at_the_door(
    running: Product, site: dict[str, Any], lead: Staff
) -> None:
    inside = Visitor(running, site)
    await inside.hello()
    body = {"kind": "network", "value": "127.0.0.1", "why": "Flood"}
    block = lead.call("POST", "/blocks", body, 201)
    await inside.wait(lambda f: f["type"] == "goodbye" and f["code"] == "blocked", 30)
    await inside.close()
    assert (await refused(Visitor(running, site)))["code"] == "blocked"
    lead.call("DELETE", f"/blocks/{block['id']}")
    newcomer = Visitor(running, site)
    await newcomer.hello()
    await newcomer.close()


async def test_a_vip_goes_first(
    running: Product, site: dict[str, Any], lead: Staff, admin: Staff
) -> None:
    person = admin.add_agent("Agent Two", "two@example.com")
    vip, other = Visitor(running, site), Visitor(running, site)
    for visitor in (vip, other):
        await visitor.hello()
        await visitor.start("Hello there", "message")
    path = f"/contacts/{contact_of(lead, vip)}/vip"
    lead.call("PUT", path, {"priority": 20, "why": "Gold card"})
    view = lead.call("GET", f"/conversations/{vip.conversation}")
    assert view["contact"]["vip"] == 20
    await other.must({"type": "conversation.end", "conversation_id": other.conversation})
    await vip.must({"type": "conversation.end", "conversation_id": vip.conversation})
    for visitor in (other, vip):
        visitor.conversation = str(uuid.uuid4())
        await visitor.start("I am back", "message")
        await visitor.wait(
            lambda f: f["type"] == "queue.place" and f["conversation_id"] == visitor.conversation,  # noqa: B023
            30,
        )
    agent = Agent(running, person)
    await agent.hello()
    await agent.ready()
    offers = [await agent.wait("offer.new", 30)]
    assert offers[0]["offer"]["interaction"]["conversation_id"] == vip.conversation
    assert [one["why"] for one in lead.call("GET", "/vips")] == ["Gold card"]
    lead.call("DELETE", path)
    assert lead.call("GET", "/vips") == []
    await agent.close()
    await vip.close()
    await other.close()
