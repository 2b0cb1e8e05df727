"""A visitor and an agent write to each other, each in a browser of their own."""

from __future__ import annotations

import asyncio
import re
import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.browser.floor import Floor, Shopper
from tests.patience import becomes, until

pytestmark = pytest.mark.browser


def picture(side: int = 64) -> bytes:
    """A small PNG (W3C PNG 5)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = b"".join(b"\0" + bytes((200, 120 + row, 60)) * side for row in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


async def test_a_chat_from_the_first_word_to_the_transcript(floor: Floor) -> None:
    agent = await floor.seat("Agent Lisbon")
    await agent.go_ready()
    visitor = await floor.visitor("/lamp/fjord")
    await agent.page.get_by_role("searchbox").click()
    await agent.page.keyboard.type("half ")
    await visitor.begin("Kim", "Is the Fjord in stock?", "Sales")
    await expect(visitor.root.locator(".strip.queue")).to_contain_text("calling an agent")
    await expect(agent.offers).to_contain_text("Chat from Kim")
    await visitor.picture("chat-1-queue")
    await agent.picture("chat-1-offer")

    rung = await agent.page.evaluate("rings")

    async def rings_again() -> bool:
        return bool(await agent.page.evaluate("rings") > rung)

    async def title_rings() -> bool:
        return "● Kim" in await agent.page.title()

    await until(rings_again, "the second ring")
    await until(title_rings, "the title's badge")
    await agent.page.keyboard.type("a thought")
    await expect(agent.page.get_by_role("searchbox")).to_have_value("half a thought")
    await agent.accept("Chat from Kim")
    await expect(agent.messages.first).to_contain_text("Is the Fjord in stock?")
    await agent.page.get_by_role("searchbox").fill("")
    rung = await agent.page.evaluate("rings")

    customer = agent.page.get_by_role("complementary", name="Customer")
    for words in ("Kim", "kim@example.com", "/lamp/fjord", "English", "Sales", "first one"):
        await expect(customer).to_contain_text(words)
    await expect(visitor.root.locator("header p")).to_have_text("Agent Lisbon is with you")

    await agent.editor.click()
    await agent.page.keyboard.type("/hel")
    await expect(agent.page.get_by_role("option", name="/hello Greeting")).to_be_visible()
    await agent.page.keyboard.press("Enter")
    await expect(agent.editor).to_have_value("Hello Kim, this is Agent Lisbon. How can I help?")
    await expect(visitor.root.locator(".typing")).to_contain_text("Agent Lisbon is typing")
    await agent.page.keyboard.press("Enter")
    await expect(visitor.text("Hello Kim, this is Agent Lisbon.")).to_be_visible()
    await expect(agent.messages.last).to_contain_text("Read")

    await visitor.editor.press_sequentially("One for the hall")
    await expect(agent.page.get_by_text("Kim is typing").first).to_be_visible()
    await agent.picture("chat-2-typing")
    await visitor.editor.press("Enter")
    await expect(visitor.ticks.last).to_have_text("Read")

    await agent.outside()
    await agent.page.keyboard.press("n")
    await agent.page.keyboard.type("asks for the hall, offer the Heron too")
    await agent.page.keyboard.press("Enter")
    await expect(agent.page.locator("article[data-note=true]")).to_have_count(1)

    await agent.outside()
    await agent.page.keyboard.press("r")
    await agent.page.keyboard.type("Of course ")
    await agent.page.get_by_role("button", name="Emoji").click()
    await agent.page.get_by_role("button", name="💡").click()
    await expect(agent.editor).to_have_value("Of course 💡")
    await agent.page.keyboard.press("Enter")
    await expect(visitor.text("Of course 💡")).to_be_visible()

    await visitor.attach("hall.png", "image/png", picture())
    seen = agent.page.get_by_role("img", name="hall.png")
    await expect(seen).to_be_visible()

    async def painted() -> bool:
        return bool(await seen.evaluate("(image) => image.complete && image.naturalWidth > 0"))

    await until(painted, "the preview at the desk")
    chooser = agent.page.locator("section[aria-label='Write'] input[type=file]")
    await chooser.set_input_files(
        FilePayload(name="lamp.png", mimeType="image/png", buffer=picture(96))
    )
    shown = visitor.root.get_by_role("img", name="lamp.png")
    await expect(shown).to_be_visible()
    await until(
        lambda: shown.evaluate("(image) => image.complete && image.naturalWidth > 0"),
        "the preview in the widget",
    )
    await agent.picture("chat-3-files")
    await visitor.picture("chat-3-files")
    assert rung == await agent.page.evaluate("rings"), "it rang after it was answered"

    await agent.page.get_by_role("searchbox").fill("kim")
    rows = agent.page.get_by_role("region", name="Conversations").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await agent.page.get_by_role("searchbox").fill("nobody of this name")
    await expect(agent.page.get_by_text("No match")).to_be_visible()
    await agent.page.get_by_role("searchbox").fill("")

    await agent.end()
    await expect(visitor.root.locator(".stars")).to_be_visible()
    await agent.picture("chat-4-wrap-up")
    await agent.wrap_up("Order placed")
    await visitor.root.get_by_role("radio", name="5 of 5").check()
    await visitor.root.get_by_label("Anything to add?").fill("Quick and kind")
    await visitor.picture("chat-4-rating")
    await visitor.root.get_by_role("button", name="Send rating").click()
    await expect(visitor.root.locator(".end")).to_contain_text("You gave 5 of 5")
    async with visitor.page.expect_download() as download:
        await visitor.root.get_by_role("button", name="Download transcript").click()
    saved = await asyncio.to_thread(Path(await (await download.value).path()).read_text)
    for words in ("Is the Fjord in stock?", "Of course 💡", "hall.png", "Agent Lisbon"):
        assert words in saved
    inside = saved + await visitor.root.inner_text()
    assert "Heron" not in inside

    await visitor.root.get_by_role("button", name="New conversation").click()
    field = visitor.root.locator("form.home textarea")
    await field.fill("One more question")
    await visitor.root.locator("form.home button.go").click()
    await agent.accept("Chat from Kim")
    past = customer.get_by_role("link").filter(has_text="5 of 5")
    await expect(past).to_have_count(1)
    await past.click()
    await expect(agent.messages.first).to_contain_text("Is the Fjord in stock?")
    await agent.show("Kim")
    await agent.end()
    await agent.wrap_up()
    await agent.rest()


async def test_waiting_in_line_several_at_once_and_a_transfer(floor: Floor) -> None:
    lisbon = await floor.seat("Agent Lisbon")
    oslo = await floor.seat("Agent Oslo")
    admin = await floor.seat("Admin Turin")
    await chats_at_once(admin.page, floor, "Agent Lisbon", "1")
    await lisbon.go_ready()
    one = await floor.visitor()
    await one.begin("Ana", "My lamp flickers", "Service")
    await lisbon.accept("Chat from Ana")
    two, three = await floor.visitor("/returns"), await floor.visitor("/delivery")
    await two.begin("Bo", "I want to return one")
    await three.begin("Cy", "When does it arrive?")
    await expect(two.root.locator(".strip.queue")).to_contain_text("You are number 1")
    await expect(three.root.locator(".strip.queue")).to_contain_text("You are number 2")
    await three.picture("line-place")
    await two.say("still here")
    await lisbon.page.get_by_role("tab", name=re.compile("Queue")).click()
    await expect(lisbon.page.get_by_role("button", name="Take")).to_have_count(2)
    await lisbon.picture("line-queue")
    await admin.open("/live")
    await expect(admin.page.get_by_role("link", name="Look")).to_have_count(2)
    await admin.picture("line-live")
    await lisbon.page.get_by_role("tab", name=re.compile("Mine")).click()

    await chats_at_once(admin.page, floor, "Agent Lisbon", "4")
    await lisbon.accept("Chat from Bo")
    await lisbon.accept("Chat from Cy")
    await expect(three.root.locator("header p")).to_have_text("Agent Lisbon is with you")
    for visitor, name in ((one, "Ana"), (two, "Bo"), (three, "Cy")):
        await lisbon.show(name)
        await lisbon.say(f"Hello {name}")
        await expect(visitor.text(f"Hello {name}")).to_be_visible()
        await expect(lisbon.messages.last).to_contain_text("Read")
    for visitor, name in ((one, "Ana"), (two, "Bo"), (three, "Cy")):
        assert [text for text in await visitor.texts() if text.startswith("Hello")] == [
            f"Hello {name}"
        ]
    await lisbon.picture("line-three")

    await oslo.go_ready()
    await lisbon.show("Bo")
    await lisbon.outside()
    await lisbon.page.keyboard.press("t")
    dialog = lisbon.page.get_by_role("dialog", name="Transfer")
    await dialog.get_by_role("tab", name="Agents").click()
    await dialog.get_by_role("radio", name=re.compile("Agent Oslo")).check()
    await dialog.get_by_label("Note").fill("wants to return the Ember")
    await lisbon.picture("transfer")
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(oslo.offers).to_contain_text("Handed over: wants to return the Ember")
    await oslo.picture("transfer-offer")
    await oslo.page.keyboard.press("Control+Shift+KeyA")
    await expect(oslo.messages.filter(has_text="I want to return one")).to_have_count(1)
    await expect(oslo.messages.filter(has_text="Hello Bo")).to_have_count(1)
    customer = oslo.page.get_by_role("complementary", name="Customer")
    await expect(customer).to_contain_text("wants to return the Ember")
    await expect(two.root.locator("header p")).to_have_text("Agent Oslo is with you")
    await oslo.say("I take over from here")
    await expect(two.text("I take over from here")).to_be_visible()
    assert "Ember" not in await two.root.inner_text()
    await oslo.end()
    await oslo.wrap_up("Return agreed")
    await oslo.rest()
    for name in ("Ana", "Cy"):
        await lisbon.show(name)
        await lisbon.end()
        await lisbon.wrap_up()
    await lisbon.rest()


async def shown(visitor: Shopper) -> list[str]:
    """All messages of the widget, in the order of the alphabet."""
    return sorted(await visitor.texts())


async def chats_at_once(page: Page, floor: Floor, name: str, number: str) -> None:
    """The administrator says how many chats an agent takes."""
    await page.goto(floor.product.url("desk") + "/admin/agents")
    await page.get_by_role("button", name=f"Change {name}").click()
    await page.get_by_label("Chats at once").fill(number)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved. It is in force now.")).to_be_visible()


async def test_reload_second_tab_and_a_while_without_network(floor: Floor) -> None:
    agent = await floor.seat("Agent Lisbon")
    await agent.go_ready()
    visitor = await floor.visitor()
    await visitor.begin("Dee", "first words")
    await agent.accept("Chat from Dee")
    await agent.say("answer one")
    await expect(visitor.text("answer one")).to_be_visible()
    await visitor.page.reload()
    await expect(visitor.text("answer one")).to_be_visible()
    await visitor.say("after the reload")
    await expect(agent.messages.last).to_contain_text("after the reload")

    second = await floor.tab(visitor.page.context, "/returns")
    await second.reopen()
    await expect(second.text("after the reload")).to_be_visible()
    await second.say("from the second tab")
    await expect(visitor.text("from the second tab")).to_be_visible()

    await visitor.page.context.set_offline(True)
    await expect(visitor.root.locator(".strip.lost")).to_be_visible(timeout=60_000)
    await visitor.say("written offline 1")
    await visitor.say("written offline 2")
    await visitor.picture("offline")
    for number in range(3):
        await agent.say(f"meanwhile {number}")
    await visitor.page.context.set_offline(False)
    await visitor.settled()
    await expect(visitor.text("meanwhile 2")).to_be_visible()
    await expect(agent.messages.filter(has_text="written offline 2")).to_have_count(1)
    expected = ["first words", "answer one", "after the reload", "from the second tab"]
    expected += ["written offline 1", "written offline 2"]
    expected += [f"meanwhile {number}" for number in range(3)]
    for page in (visitor, second):
        await becomes(lambda: shown(page), sorted(expected))  # noqa: B023
    await visitor.page.reload()
    await expect(visitor.text("meanwhile 2")).to_be_visible()
    await agent.end()
    await expect(visitor.root.locator(".stars")).to_be_visible()
    await agent.wrap_up()
    await agent.rest()
