"""A whole minute in which the network swallows everything: nothing missing, nothing twice."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.widget.shop import Desk, Shop

pytestmark = pytest.mark.browser

MINUTE_S = 65.0


async def test_a_minute_without_network_loses_and_doubles_nothing(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("before")
    conversation = await desk.take()
    await desk.post(conversation, "I am here")
    await expect(widget.text("I am here")).to_be_visible()

    shop.road.swallow()
    began_s = asyncio.get_running_loop().time()
    await widget.say("written 1")
    await expect(widget.ticks.last).to_have_text("Sending")
    await desk.post(conversation, "meanwhile 1")
    # Nobody said that the road is cut: the missing answer has to tell.
    await expect(widget.root.locator(".strip.lost")).to_be_visible(timeout=40_000)
    await widget.picture("minute-lost")
    await widget.say("written 2")
    await desk.post(conversation, "meanwhile 2")
    for text in ("written 1", "written 2"):
        mine = widget.root.locator(".m.me", has_text=text)
        await expect(mine.locator(".tick")).to_have_text("Sending")
    await asyncio.sleep(MINUTE_S / 2 - (asyncio.get_running_loop().time() - began_s))
    await widget.say("written 3")
    await desk.post(conversation, "meanwhile 3")
    await asyncio.sleep(MINUTE_S - (asyncio.get_running_loop().time() - began_s))
    await expect(widget.root.locator(".strip.lost")).to_be_visible()
    assert await widget.root.locator(".m.them").count() == 1
    shop.road.deliver()

    await widget.settled()
    await expect(widget.text("meanwhile 3")).to_be_visible()
    await expect(widget.root.locator(".strip.lost")).to_have_count(0)
    written = [f"written {number}" for number in (1, 2, 3)]
    meanwhile = [f"meanwhile {number}" for number in (1, 2, 3)]
    await desk.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "written 3", 20
    )
    stored = [
        item["text"] for item in await desk.ask_history(conversation) if item["kind"] == "text"
    ]
    assert stored == ["before", "I am here", *meanwhile, *written]
    assert await widget.texts() == stored
    await widget.page.reload()
    await expect(widget.text("written 3")).to_be_visible()
    assert await widget.texts() == stored
    await desk.post(conversation, "and on it goes")
    await expect(widget.text("and on it goes")).to_be_visible()
