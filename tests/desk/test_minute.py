"""The agent's network swallows everything for a minute: nothing missing, nothing twice."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.desk.conftest import House
from tests.desk.person import Office
from tests.desk.test_connection import talking
from tests.desk.test_work import wrap_up

pytestmark = pytest.mark.browser

MINUTE_S = 65.0


async def test_a_minute_without_network_loses_and_doubles_nothing(
    house: House, office: Office
) -> None:
    seat, visitor = await talking(house, office)
    await seat.say("I am here")
    await visitor.wait(lambda f: f["type"] == "message.new" and "here" in f["message"]["text"])

    office.road.swallow()
    began_s = asyncio.get_running_loop().time()
    await seat.say("written 1")
    await expect(seat.messages.filter(has_text="written 1")).to_contain_text("Sending")
    await visitor.post("meanwhile 1")
    # Nobody said that the road is cut: the missing answer has to tell.
    await expect(seat.page.get_by_text("No connection.")).to_be_visible(timeout=40_000)
    await seat.say("written 2")
    await visitor.post("meanwhile 2")
    for text in ("written 1", "written 2"):
        await expect(seat.messages.filter(has_text=text)).to_contain_text("Waits")
    await seat.picture("minute-lost")
    await asyncio.sleep(MINUTE_S / 2 - (asyncio.get_running_loop().time() - began_s))
    await seat.say("written 3")
    await visitor.post("meanwhile 3")
    await asyncio.sleep(MINUTE_S - (asyncio.get_running_loop().time() - began_s))
    await expect(seat.page.get_by_text("No connection.")).to_be_visible()
    await expect(seat.messages.filter(has_text="meanwhile")).to_have_count(0)
    office.road.deliver()

    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "written 3", 40
    )
    await expect(seat.messages.filter(has_text="meanwhile 3")).to_have_count(1)
    await expect(seat.page.get_by_text("No connection.")).to_have_count(0)
    written = [f"written {number}" for number in (1, 2, 3)]
    meanwhile = [f"meanwhile {number}" for number in (1, 2, 3)]
    history = await visitor.ask_history(visitor.conversation)
    stored = [item["text"] for item in history if item["kind"] == "text"]
    assert stored == ["Hello?", "I am here", *meanwhile, *written]
    for is_reloaded in (False, True):
        if is_reloaded:
            await seat.page.reload()
        await expect(seat.messages.filter(has_text="written 3")).to_have_count(1)
        await expect(seat.messages.last).not_to_contain_text("Sending")
        shown = await seat.page.locator("[role=log] article [class*=bubble]").all_inner_texts()
        assert shown == stored
    await wrap_up(seat)
    await visitor.close()
