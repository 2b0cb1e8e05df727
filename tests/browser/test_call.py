"""Calls between two browsers, proved by what each side hears."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.ears import hears, hears_music, hears_nothing, speaks
from tests.browser.floor import Desk, Floor, Shopper

pytestmark = pytest.mark.browser

VISITOR_HZ = 620
AGENT_HZ = 410
NO_MICROPHONE = """() => { navigator.mediaDevices.getUserMedia =
  () => Promise.reject(new DOMException("none", "NotFoundError")); }"""


async def both_hear_each_other(visitor: Shopper, agent: Desk) -> None:
    """The tone of each side comes out of the other side's loudspeaker."""
    await hears(agent.page, VISITOR_HZ)
    await hears(visitor.page, AGENT_HZ)


async def test_a_call_from_the_page(floor: Floor) -> None:
    agent = await floor.seat("Agent Lisbon")
    await agent.go_ready()
    visitor = await floor.visitor("/lamp/heron")
    await speaks(visitor.page, VISITOR_HZ)
    await speaks(agent.page, AGENT_HZ)
    await visitor.page.get_by_role("button", name="Call us from this page").click()
    await visitor.root.get_by_label("Your name").fill("Eve")
    await visitor.root.locator("form.home textarea").fill("About the Heron")
    await visitor.picture("call-0-form")
    await visitor.root.get_by_role("button", name="Call", exact=True).click()
    await expect(agent.offers).to_contain_text("Call from")
    await hears_music(visitor.page, AGENT_HZ)
    await visitor.picture("call-1-music")
    await agent.picture("call-1-offer")
    await agent.accept("Call from")
    bar = agent.page.get_by_role("region", name="Call", exact=True)
    await expect(bar.get_by_role("status")).to_have_text("Connected")
    await both_hear_each_other(visitor, agent)
    status = visitor.root.locator(".call [role=status]")
    await expect(status).to_contain_text("In a call with Agent Lisbon")
    await visitor.picture("call-2-talking")
    await agent.picture("call-2-talking")

    await agent.page.keyboard.press("Control+Shift+KeyM")
    await expect(visitor.root.locator(".call")).to_contain_text("microphone is off")
    await hears_nothing(visitor.page)
    await hears(agent.page, VISITOR_HZ)
    await agent.page.keyboard.press("Control+Shift+KeyM")
    await hears(visitor.page, AGENT_HZ)
    await visitor.root.get_by_role("button", name="Mute").click()
    await expect(bar).to_contain_text("Caller is muted")
    await hears_nothing(agent.page)
    await visitor.root.get_by_role("button", name="Unmute").click()
    await hears(agent.page, VISITOR_HZ)

    await agent.page.keyboard.press("Control+Shift+KeyH")
    await expect(status).to_contain_text("put you on hold")
    await hears_music(visitor.page, AGENT_HZ)
    await hears_nothing(agent.page)
    await agent.picture("call-3-hold")
    await visitor.picture("call-3-hold")
    await agent.page.keyboard.press("Control+Shift+KeyH")
    await both_hear_each_other(visitor, agent)

    await visitor.root.get_by_role("button", name="Hang up").click()
    await expect(status).to_contain_text("Call ended")
    await expect(bar).to_have_count(0)
    await agent.picture("call-4-wrap-up")
    await agent.wrap_up("Answered")
    await agent.rest()


async def test_a_call_out_of_the_chat(floor: Floor) -> None:
    agent = await floor.seat("Agent Lisbon")
    await agent.go_ready()
    visitor = await floor.visitor()
    await speaks(visitor.page, VISITOR_HZ)
    await speaks(agent.page, AGENT_HZ)
    await visitor.begin("Fay", "May I call you?")
    await agent.accept("Chat from Fay")
    await agent.say("Of course, press the receiver")
    await visitor.root.get_by_role("button", name="Call", exact=True).click()
    await agent.accept("Call from Fay")
    await both_hear_each_other(visitor, agent)
    rows = agent.page.get_by_role("region", name="Conversations").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    for kind in ("Chat", "Call"):
        await expect(rows.get_by_role("img", name=kind)).to_be_visible()
    await expect(agent.page.get_by_text("Agent Lisbon joined")).to_have_count(1)
    await agent.say("I hear you well")
    await expect(visitor.text("I hear you well")).to_be_visible()
    await visitor.picture("call-chat")
    await agent.picture("call-chat")
    await agent.page.keyboard.press("Control+Shift+KeyE")
    await expect(visitor.root.locator(".call [role=status]")).to_contain_text("Call ended")
    await agent.picture("call-chat-wrap-up")
    await agent.wrap_up("Answered", beside_chat=True)
    await visitor.say("thank you")
    await expect(agent.messages.last).to_contain_text("thank you")
    await agent.end()
    await agent.wrap_up("Answered")
    await agent.rest()


async def test_an_agent_without_microphone_reads_why_and_the_offer_goes_on(floor: Floor) -> None:
    lisbon = await floor.seat("Agent Lisbon")
    oslo = await floor.seat("Agent Oslo")
    await lisbon.go_ready()
    await lisbon.page.evaluate(NO_MICROPHONE)
    visitor = await floor.visitor()
    await speaks(visitor.page, VISITOR_HZ)
    await speaks(oslo.page, AGENT_HZ)
    await visitor.fill("Gil", "calling")
    await visitor.root.get_by_role("button", name="Call", exact=True).click()
    await expect(lisbon.offers).to_contain_text("Call from")
    await lisbon.page.keyboard.press("Control+Shift+KeyA")
    await expect(lisbon.page.get_by_text("No microphone was found.")).to_be_visible()
    await expect(lisbon.offers).to_have_count(1)
    await lisbon.picture("call-no-microphone")
    await oslo.go_ready()
    await lisbon.page.keyboard.press("Control+Shift+KeyX")
    await oslo.accept("Call from")
    await both_hear_each_other(visitor, oslo)
    await oslo.page.keyboard.press("Control+Shift+KeyE")
    await expect(visitor.root.locator(".call [role=status]")).to_contain_text("Call ended")
    await oslo.wrap_up("Answered")
    await oslo.rest()
    await lisbon.rest()
