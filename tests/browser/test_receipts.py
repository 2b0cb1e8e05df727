"""Sent, delivered, read: three states that are each true, on both sides, also after a reload."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.browser.floor import Desk, Floor, Shopper
from tests.desk.away import AWAY, look_away

pytestmark = pytest.mark.browser


async def stays(place: Locator, words: str) -> None:
    """The state is there, and nothing that is on its way changes it."""
    await expect(place).to_have_text(words)
    await place.page.wait_for_timeout(1_500)
    await expect(place).to_have_text(words)


def receipt(agent: Desk) -> Locator:
    """How far the agent's newest answer got."""
    return agent.page.locator("[role=log] article [class*=receipt]").last


async def meet(floor: Floor) -> tuple[Desk, Shopper]:
    """An agent on shift, and a visitor who has not written yet."""
    agent = await floor.seat("Agent Lisbon")
    await agent.context.add_init_script(AWAY)
    await agent.page.reload()
    await agent.go_ready()
    visitor = await floor.visitor()
    await visitor.page.context.add_init_script(AWAY)
    await visitor.page.reload()
    await visitor.launcher.wait_for()
    return agent, visitor


async def test_what_the_visitor_sees_of_their_own_words(floor: Floor) -> None:
    agent, visitor = await meet(floor)
    await visitor.begin("Noa", "one")
    await expect(agent.offers).to_have_count(1)
    await stays(visitor.ticks.last, "Sent")
    await visitor.picture("receipt-sent")

    await agent.accept("Chat from Noa")
    await expect(visitor.ticks.last).to_have_text("Read")

    await look_away(agent.page)
    await visitor.say("two")
    await expect(agent.messages.last).to_contain_text("two")
    await stays(visitor.ticks.last, "Delivered")
    await visitor.picture("receipt-delivered")
    await look_away(agent.page, False)
    await expect(visitor.ticks.last).to_have_text("Read")
    await visitor.picture("receipt-read")

    await agent.open("/me")
    await expect(agent.page.get_by_role("heading", level=1)).to_be_visible()
    await visitor.say("three")
    await stays(visitor.ticks.last, "Delivered")
    await visitor.page.reload()
    await expect(visitor.text("three")).to_be_visible()
    await stays(visitor.ticks.last, "Delivered")
    await agent.page.reload()
    await expect(agent.page.get_by_role("heading", level=1)).to_be_visible()
    await stays(visitor.ticks.last, "Delivered")

    await agent.page.goto("about:blank")
    await visitor.say("four")
    await stays(visitor.ticks.last, "Sent")
    await visitor.page.reload()
    await expect(visitor.text("four")).to_be_visible()
    await stays(visitor.ticks.last, "Sent")
    await agent.open("/inbox")
    await expect(visitor.ticks.last).to_have_text("Delivered")
    await agent.show("Noa")
    await expect(visitor.ticks.last).to_have_text("Read")
    await visitor.page.reload()
    await expect(visitor.text("four")).to_be_visible()
    await expect(visitor.ticks.last).to_have_text("Read")
    await agent.end()
    await agent.wrap_up()
    await agent.rest()


async def test_what_the_agent_sees_of_an_answer(floor: Floor) -> None:
    agent, visitor = await meet(floor)
    await visitor.begin("Noa", "hello")
    await agent.accept("Chat from Noa")
    await agent.say("one")
    await expect(receipt(agent)).to_have_text("Read")

    await visitor.page.keyboard.press("Escape")
    await expect(visitor.panel).to_have_count(0)
    await agent.say("two")
    await stays(receipt(agent), "Delivered")
    await agent.picture("receipt-delivered")
    await agent.page.reload()
    await expect(agent.messages.filter(has_text="two")).to_have_count(1)
    await stays(receipt(agent), "Delivered")
    await visitor.launcher.click()
    await expect(receipt(agent)).to_have_text("Read")

    await look_away(visitor.page)
    await agent.say("three")
    await expect(visitor.text("three")).to_have_count(1)
    await stays(receipt(agent), "Delivered")
    await look_away(visitor.page, False)
    await expect(receipt(agent)).to_have_text("Read")

    context = visitor.page.context
    await visitor.page.close()
    await expect(agent.page.get_by_text("Not on the site").first).to_be_visible()
    await agent.say("four")
    await stays(receipt(agent), "Sent")
    await agent.picture("receipt-sent")
    await agent.page.reload()
    await expect(agent.messages.filter(has_text="four")).to_have_count(1)
    await stays(receipt(agent), "Sent")
    back = await floor.tab(context)
    await expect(back.launcher.locator("b")).to_have_text("1")
    await stays(receipt(agent), "Delivered")
    await back.launcher.click()
    await expect(receipt(agent)).to_have_text("Read")
    await agent.page.reload()
    await expect(agent.messages.filter(has_text="four")).to_have_count(1)
    await expect(receipt(agent)).to_have_text("Read")
    await agent.end()
    await agent.wrap_up()
    await agent.rest()
