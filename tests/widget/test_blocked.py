"""Whoever is blocked is told so plainly, is offered nothing that would fail, and loses no word."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.live.product import Product, Staff
from tests.widget.shop import Desk, Shop

pytestmark = [pytest.mark.browser, pytest.mark.server]

TOLD = "You cannot write or call here at present"


async def test_a_block_ends_an_open_chat_in_plain_words(
    shop: Shop, desk: Desk, house: tuple[Product, Staff, Staff]
) -> None:
    context = await shop.context()
    widget = await shop.visit(context)
    await widget.start("This was received")
    conversation = await desk.take()
    await expect(widget.root.locator(".sys")).to_contain_text("Wei joined")
    view = house[1].call("GET", f"/conversations/{conversation}")
    body = {"kind": "contact", "value": view["contact"]["id"], "why": "Threats"}
    shop.road.closed = True
    shop.road.cut()
    await widget.say("This was never received")
    block = house[1].call("POST", "/blocks", body, 201)
    shop.road.closed = False
    out = widget.root.locator(".out")
    await expect(out).to_contain_text(TOLD, timeout=60_000)
    await expect(out.locator("li")).to_have_text(["This was never received"])
    await expect(widget.root.locator("textarea")).to_have_count(0)
    await expect(widget.root.get_by_role("button", name="Call")).to_have_count(0)
    assert "Threats" not in await widget.panel.inner_text()
    await widget.picture("blocked")
    again = await shop.visit(context)
    if not await again.panel.count():
        await again.launcher.click()
    await expect(again.root.locator(".out")).to_contain_text(TOLD, timeout=30_000)
    kept = house[1].call("GET", f"/conversations/{conversation}/messages")
    assert "This was received" in str(kept)
    assert "This was never received" not in str(kept)
    house[1].call("DELETE", f"/blocks/{block['id']}")
    await widget.page.close()
    back = await shop.visit(context)
    if not await back.panel.count():
        await back.launcher.click()
    await expect(back.text("This was received")).to_be_visible(timeout=30_000)
    await context.close()
