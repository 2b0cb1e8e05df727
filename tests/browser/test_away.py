"""Nobody is there, or nobody answers: a message waits with its own clock, a ring goes back."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.floor import Floor

pytestmark = pytest.mark.browser


async def test_a_message_left_is_answered_later_and_read_on_the_return(floor: Floor) -> None:
    agent = await floor.seat("Agent Lisbon")
    visitor = await floor.visitor("/returns")
    await expect(visitor.root).to_contain_text("Leave a message")
    await visitor.fill("Hal", "How do I return a lamp?", "Service")
    await expect(visitor.root.get_by_role("button", name="Leave message")).to_be_visible()
    await visitor.picture("message-1-form")
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.root.locator(".strip")).to_contain_text("Your message is with us")
    await visitor.picture("message-2-left")
    context = visitor.page.context
    await visitor.page.close()

    await agent.page.get_by_role("tab", name=re.compile("Queue")).click()
    row = agent.page.get_by_role("listitem").filter(has_text="Hal")
    await expect(row.get_by_role("img", name="Message")).to_be_visible()
    await expect(row.get_by_title("Waiting time")).to_have_text(re.compile(r"^\d+:\d\d"))
    await agent.picture("message-3-queue")
    await agent.go_ready()
    await agent.accept("Message from Hal")
    await expect(agent.messages.first).to_contain_text("How do I return a lamp?")
    customer = agent.page.get_by_role("complementary", name="Customer")
    await expect(customer).to_contain_text("Message")
    await expect(agent.page.get_by_text("Not on the site").first).to_be_visible()
    await agent.say("In its own box, within 30 days.")
    await expect(agent.messages.last).to_contain_text("Sent")
    await agent.picture("message-4-answer")
    await agent.end()
    await agent.wrap_up("Return agreed")
    await agent.rest()

    back = await floor.tab(context)
    await expect(back.launcher.locator("b")).to_have_text("1")
    await back.launcher.click()
    await expect(back.text("In its own box, within 30 days.")).to_be_visible()
    await back.picture("message-5-return")


async def test_an_offer_nobody_answers_goes_back_and_says_so(floor: Floor) -> None:
    admin = await floor.seat("Admin Turin")
    await admin.open("/admin/queues")
    await admin.page.get_by_role("link", name="Service", exact=True).click()
    chats = admin.page.get_by_role("group", name="Chat", exact=True)
    await chats.get_by_label("Rings for").fill("5")
    await admin.page.get_by_role("button", name="Publish", exact=True).click()
    await expect(admin.page.get_by_text("Published, in force")).to_be_visible()
    agent = await floor.seat("Agent Lisbon")
    await agent.go_ready()
    visitor = await floor.visitor()
    rings = asyncio.create_task(expect(agent.offers).to_contain_text("Chat from Ivy"))
    await visitor.begin("Ivy", "Anybody?", "Service")
    await rings
    alert = agent.page.get_by_role("alert").filter(has_text="was not answered")
    await expect(alert).to_contain_text("The offer from Ivy was not answered.", timeout=40_000)
    await expect(agent.offers).to_have_count(0)
    await expect(
        agent.page.get_by_role("button", name=re.compile("^Offer not answered"))
    ).to_be_visible()
    await expect(visitor.root.locator(".strip.queue")).to_be_visible()
    await agent.picture("unanswered")
    await visitor.picture("unanswered")
    await alert.get_by_role("button", name="Go ready again").click()
    await expect(alert).to_have_count(0)
    await agent.page.get_by_role("tab", name=re.compile("Queue")).click()
    await agent.page.get_by_role("button", name="Take").click()
    await expect(agent.messages.first).to_contain_text("Anybody?")
    await agent.say("Here I am")
    await expect(visitor.text("Here I am")).to_be_visible()
    await agent.end()
    await agent.wrap_up("Answered")
    await agent.rest()
