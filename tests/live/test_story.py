"""A fresh tenant's first chat, over the real sockets: nobody's demo data is needed."""

from __future__ import annotations

from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Visitor

ORIGIN = "https://shop.example.com"


async def test_first_chat_of_a_fresh_tenant(running: Product, admin: Staff) -> None:
    site = admin.add_site(ORIGIN)
    person = admin.add_agent("Agent One", "one@example.com")
    agent, visitor = Agent(running, person), Visitor(running, site)
    await agent.hello()
    await agent.ready()
    welcome = await visitor.hello()
    assert welcome["availability"] in ("online", "busy", "offline")
    await visitor.start("Hello, where is my order?", name="Kim")
    offer = await agent.accept(visitor.conversation)
    assert offer["conversation"]["contact"]["name"] == "Kim"
    joined = await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["code"] == "joined"
    )
    assert joined["message"]["params"]["name"] == "Agent One"
    await agent.post(visitor.conversation, "One moment, please.")
    await agent.post(visitor.conversation, "Looks upset.", note=True)
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "One moment, please."
    )
    await visitor.post("Thanks")
    await agent.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "Thanks")
    await agent.must({"type": "interaction.end", "interaction_id": offer["interaction"]["id"]})
    await visitor.wait(lambda f: f["type"] == "message.new" and f["message"]["code"] == "ended")
    assert "Looks upset." not in str(visitor.frames)
    await agent.must({"type": "interaction.wrap_up", "interaction_id": offer["interaction"]["id"]})
    await agent.close()
    await visitor.close()
