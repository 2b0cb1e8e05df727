"""A visitor reads how long it will take: not known at first, then a range; leads see it too."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.axe import faults
from tests.browser.floor import Floor
from tests.live.product import Staff
from tests.live.sockets import Agent, Visitor

pytestmark = pytest.mark.browser
SERVED = 9


def staff(floor: Floor, name: str) -> Staff:
    """The login of a browser, for requests of a program."""
    client = floor.product.http(Origin=floor.product.url("desk"))
    for cookie in floor.house.logins[name]["cookies"]:
        client.cookies.set(cookie["name"], cookie["value"])
    me = client.get("/api/v1/me")
    assert me.is_success, me.text
    return Staff(floor.product, client, me.json())


async def test_a_visitor_reads_a_range(floor: Floor) -> None:
    lead = await floor.seat("Admin Turin")
    await floor.seat("Agent Lisbon")
    admin, person = staff(floor, "Admin Turin"), staff(floor, "Agent Lisbon")
    queues = admin.call("GET", "/queues")
    profile = {"queue_ids": [queue["id"] for queue in queues], "capacity": {"chat": 1}}
    admin.call("PUT", f"/agents/{person.me['user']['id']}", profile)
    agent = Agent(floor.product, person)
    await agent.hello()
    await agent.ready()
    one, two = await floor.visitor(), await floor.visitor()
    await one.begin("Ana", "My lamp flickers")
    first = (await agent.accept())["interaction"]["id"]
    await two.begin("Bo", "I want to return one")
    strip = two.root.locator(".strip.queue")
    await expect(strip).to_contain_text("You are number 1")
    await expect(strip).to_contain_text("The wait is not known yet.")
    await two.picture("wait-unknown")

    await agent.must({"type": "interaction.end", "interaction_id": first})
    await agent.must({"type": "interaction.wrap_up", "interaction_id": first})
    offer = await agent.wait(
        lambda f: f["type"] == "offer.new" and f["offer"]["interaction"]["id"] != first
    )
    await agent.must({"type": "offer.accept", "offer_id": offer["offer"]["id"]})
    taken = offer["offer"]["interaction"]["id"]
    site = admin.call("GET", "/sites")[0]
    for number in range(SERVED):
        await agent.must({"type": "interaction.end", "interaction_id": taken})
        await agent.must({"type": "interaction.wrap_up", "interaction_id": taken})
        visitor = Visitor(floor.product, site, origin=floor.product.url("shop"))
        await visitor.hello()
        await visitor.start(f"Question {number}", name="Di", email="di@example.com")
        taken = (await agent.accept(visitor.conversation))["interaction"]["id"]
        await visitor.close()
    three = await floor.visitor()
    await three.begin("Cy", "When does it arrive?")
    strip = three.root.locator(".strip.queue")
    await expect(strip).to_contain_text("You are number 1")
    await expect(strip).to_contain_text("minute")
    await expect(strip).not_to_contain_text("not known")
    await three.picture("wait-range")
    await lead.open("/live")
    table = lead.page.get_by_role("table").first
    await expect(table).to_contain_text("Expected wait")
    await expect(table).to_contain_text("minute")
    await lead.picture("wait-live")
    assert await faults(lead.page) == []
    await agent.close()
