"""A visitor's chat in a real browser against the real gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import WebSocket, expect

from tests.patience import becomes, until
from tests.widget.shop import Desk, Shop

pytestmark = [pytest.mark.browser, pytest.mark.server]

SHORT_MINUTE = """const real = window.setTimeout;
window.setTimeout = (act, ms, ...rest) => real(act, ms === 60_000 ? 1_500 : ms, ...rest);"""


async def test_a_chat_from_the_first_word_to_the_rating(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context(accept_downloads=True))
    await widget.start("Where is my order?")
    await expect(widget.root.locator(".strip.queue")).to_be_visible()
    conversation = await desk.take()
    await expect(widget.root.locator("header p")).to_have_text("Wei is with you")
    await desk.send({"type": "typing.set", "conversation_id": conversation, "on": True})
    await expect(widget.root.locator(".typing")).to_contain_text("Wei is typing")
    posted = await desk.post(conversation, "One moment: https://example.com/orders")
    await desk.post(conversation, "not for visitors", note=True)
    link = widget.root.locator(".b a")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await widget.editor.press_sequentially("Thanks")
    await desk.wait(lambda f: f["type"] == "typing.changed" and f["on"])
    await widget.editor.press("Enter")
    await expect(widget.ticks.last).to_have_text("Sent")
    mine = await desk.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "Thanks"
    )
    seq = mine["message"]["seq"]
    receipt = {"type": "receipt.set", "conversation_id": conversation}
    await desk.send(receipt | {"delivered_seq": seq, "read_seq": 0})
    await expect(widget.ticks.last).to_have_text("Delivered")
    await desk.send(receipt | {"delivered_seq": seq, "read_seq": seq})
    await expect(widget.ticks.last).to_have_text("Read")
    await desk.wait(
        lambda f: (
            f["type"] == "receipt.changed"
            and f["receipt"]["party"] == "visitor"
            and f["receipt"]["read_seq"] >= posted["seq"]
        )
    )
    await widget.menu("End chat")
    await widget.root.locator(".ask .bad").click()
    await widget.root.locator(".stars label").nth(3).click()
    await widget.root.locator(".end textarea").fill("Quick")
    await widget.root.get_by_role("button", name="Send rating").click()
    await expect(widget.root.locator(".end")).to_contain_text("You gave 4 of 5")
    async with widget.page.expect_download() as download:
        await widget.root.get_by_role("button", name="Download transcript").click()
    saved = await asyncio.to_thread(Path(await (await download.value).path()).read_text)
    assert "Where is my order?" in saved
    assert "not for visitors" not in saved + " ".join(await widget.texts())
    await widget.root.get_by_role("button", name="New conversation").click()
    await widget.menu("Earlier conversations")
    await widget.root.locator(".list button").first.click()
    await expect(widget.text("Where is my order?")).to_be_visible()


async def is_longer(frames: list[str], than: int = 0) -> bool:
    return len(frames) > than


async def holds(frames: list[str], words: str) -> bool:
    return any(words in frame for frame in frames)


async def test_nothing_is_lost_or_doubled_over_a_hundred_cuts(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("start")
    conversation = await desk.take()
    for number in range(100):
        shop.road.cut()
        await widget.say(f"v{number}")
        if number % 10 == 0:
            await desk.post(conversation, f"a{number}")
            await expect(widget.text(f"a{number}").first).to_be_visible(timeout=30_000)
    await widget.settled()
    expected = ["start", *(f"v{number}" for number in range(100))]
    stored = [m for m in await desk.ask_history(conversation) if m["author"]["kind"] == "visitor"]
    assert [message["text"] for message in stored] == expected
    shown = await widget.texts()
    assert sorted(shown) == sorted([*expected, *(f"a{number}" for number in range(0, 100, 10))])
    assert [text for text in shown if not text.startswith("a")] == expected


async def test_what_was_written_without_network_survives_a_reload(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("before")
    conversation = await desk.take()
    shop.road.closed = True
    shop.road.cut()
    await expect(widget.root.locator(".strip.lost")).to_contain_text("No connection")
    await widget.say("written in the dark")
    await expect(widget.ticks.last).to_have_text("Sending")
    shop.road.closed = False
    await widget.page.reload()
    await expect(widget.text("written in the dark")).to_be_visible()
    await widget.settled()
    assert await widget.texts() == ["before", "written in the dark"]
    stored = [m["text"] for m in await desk.ask_history(conversation) if m["kind"] == "text"]
    assert stored == ["before", "written in the dark"]


async def test_tabs_are_one_visitor_with_one_socket(shop: Shop, desk: Desk) -> None:
    context = await shop.context()
    one = await shop.visit(context)
    await one.start("from one")
    conversation = await desk.take()
    sockets = [line for line in shop.road.seen if line.startswith("GET /v1/socket")]
    two = await shop.visit(context, "/second")
    await two.open()
    await expect(two.text("from one")).to_be_visible()
    assert [line for line in shop.road.seen if line.startswith("GET /v1/socket")] == sockets
    await two.say("from two")
    await expect(one.text("from two")).to_be_visible()
    await asyncio.gather(one.say("both 1"), two.say("both 2"))
    await one.page.close()
    await two.settled()
    await desk.post(conversation, "still there?")
    await expect(two.root.locator(".m .b p")).to_have_count(5)
    texts = await two.texts()
    assert sorted(texts) == sorted(["from one", "from two", "both 1", "both 2", "still there?"])


@pytest.mark.parametrize("refused", [("/v1/socket",), ("/v1/socket", "/v1/stream")])
async def test_networks_without_sockets(shop: Shop, desk: Desk, refused: tuple[str, ...]) -> None:
    shop.road.refused = tuple(mark.encode() for mark in refused)
    widget = await shop.visit(await shop.context())
    await widget.open()
    await expect(widget.root.locator("header p")).to_have_text("We are here")
    await expect(widget.root.locator(".strip.lost")).to_have_count(0, timeout=60_000)
    await widget.start("by another way")
    conversation = await desk.take()
    await desk.post(conversation, "heard you")
    await expect(widget.text("heard you")).to_be_visible()
    await widget.say("and back")
    await desk.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "and back")


@pytest.mark.parametrize("refused", [("/v1/socket",), ("/v1/socket", "/v1/stream")])
async def test_back_to_a_socket_when_one_gets_through(
    shop: Shop, desk: Desk, refused: tuple[str, ...]
) -> None:
    shop.road.refused = tuple(mark.encode() for mark in refused)
    context = await shop.context()
    await context.add_init_script(SHORT_MINUTE)
    widget = await shop.visit(context)
    opened: list[str] = []
    heard: list[str] = []

    def note(socket: WebSocket) -> None:
        opened.append(socket.url)
        socket.on("framereceived", lambda frame: heard.append(str(frame)))

    widget.page.on("websocket", note)
    await widget.open()
    await expect(widget.root.locator(".strip")).to_have_count(0, timeout=60_000)
    await widget.start("by another way")
    conversation = await desk.take()
    before = len(opened)
    await until(lambda: is_longer(opened, before + 1), "that it tried again, twice and in vain")
    assert heard == []
    await expect(widget.root.locator(".strip.lost")).to_have_count(0)
    shop.road.refused = ()
    await until(lambda: is_longer(heard), "the welcome on the socket")
    await widget.page.wait_for_timeout(500)
    await desk.post(conversation, "over the socket")
    await expect(widget.text("over the socket")).to_be_visible()
    await until(lambda: holds(heard, "over the socket"), "the frame on the socket")
    after = len(opened)
    await widget.say("and back")
    await desk.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "and back")
    await widget.page.wait_for_timeout(4_000)
    assert len(opened) == after, "there is nothing higher to try"
    assert await widget.texts() == ["by another way", "over the socket", "and back"]


async def test_the_form_follows_who_is_there(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.open()
    send = widget.root.locator("form.home button.go")
    await expect(send).to_have_text("Start chat")
    await widget.root.locator("form.home textarea").fill("half a thought")
    await desk.must({"type": "agent.state.set", "state": "not_ready", "reason": "break"})
    await expect(send).to_have_text("Leave message")
    await expect(widget.root.locator("form.home textarea")).to_have_value("half a thought")
    await send.click()
    await expect(widget.root.locator(".strip")).to_contain_text("Your message is with us")


async def test_a_file_arrives_whole_after_cuts(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("a file comes")
    await desk.take()
    content = ("line of a long text file\n" * 200_000).encode()
    await widget.attach("long.txt", "text/plain", content)
    for _ in range(3):
        await asyncio.sleep(0.15)
        shop.road.cut()
    frame = await desk.wait(
        lambda f: f["type"] == "message.new" and f["message"]["kind"] == "file", 90
    )
    assert frame["message"]["attachment"]["size_bytes"] == len(content)
    await expect(widget.root.locator(".card")).to_contain_text("long.txt")


async def test_unread_is_counted_while_closed(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("hello")
    conversation = await desk.take()
    await widget.page.keyboard.press("Escape")
    await expect(widget.panel).to_have_count(0)
    focus = "document.activeElement.shadowRoot.activeElement.className"
    await becomes(lambda: widget.page.evaluate(focus), "l")
    await desk.post(conversation, "are you there?")
    await expect(widget.launcher.locator("b")).to_have_text("1")
    await widget.page.reload()
    await expect(widget.launcher.locator("b")).to_have_text("1")
    await widget.open()
    await expect(widget.launcher.locator("b")).to_have_text("")
