"""Text that is hard to show: the desk stays quick, keeps its shape and shows what is there."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.desk.conftest import AGENT, House
from tests.desk.person import Office, Seat, fits
from tests.desk.test_work import wrap_up
from tests.live.sockets import Visitor
from tests.patience import until

pytestmark = [pytest.mark.browser, pytest.mark.server]

# What is promised, shown in campaigns on a quiet machine; and what no machine may take for it.
STRICT_MS, LOOSE_MS = 200, 2_000
TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
# The largest of its kind that is accepted: 64 KiB, or 20,000 characters.
HEAVY = {
    "emoji": "\U0001f600" * 16_384,
    "families": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 3_600,
    "marks": "a" + "\u0301\u0323" * 5_000,
    "one word": "W" * 20_000,
    "words": "a " * 10_000,
    "mentions": "@all\n" * 4_000,
    "quotes": "\n".join(">" * depth for depth in range(1, 190)) + ">" * 1_000,
    "both directions": "\u05d0\u202ba\u2067b" * 4_000,
    "right to left": "\u0634\u0644\u0627\u0645\u200c" * 3_900,
    "vertical": "\u0e01\u0e49\u0e49\u0e49\u0e49 " * 3_000,
}


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[Visitor]:
    """A visitor whose chat is over afterwards."""
    one = house.visitor()
    await one.hello()
    yield one
    await one.close()


async def taken(office: Office, visitor: Visitor, text: str, **form: str) -> Seat:
    """An agent who has accepted the visitor's chat."""
    seat = await office.seat(AGENT)
    await seat.go_ready()
    await visitor.start(text, **form)
    await expect(seat.offers).to_have_count(1)
    return seat


async def accept(seat: Seat) -> None:
    """Take what rings."""
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.messages.first).to_be_visible()


def busiest_ms(trace: bytes) -> float:
    """The most processor time that one piece of work took on a page's main thread."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    names: dict[tuple[int, int], str] = defaultdict(str)
    for event in events:
        if event.get("name") == "thread_name":
            names[event["pid"], event["tid"]] = event["args"]["name"]
    work = [
        float(event["tdur"]) / 1_000
        for event in events
        if names[event["pid"], event["tid"]] == "CrRendererMain" and "tdur" in event
        if event["name"].endswith("RunTask")
    ]
    assert len(work) > 100
    return max(work)


async def is_in_shape(page: Page) -> None:
    """Nothing sticks out of the page, of a message or of the list."""
    await until(lambda: fits(page), "that nothing is wider than the window")
    out = await page.locator("[role=log] article > div, section a").evaluate_all(
        "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1"
        " && getComputedStyle(one).overflowX === 'visible').map((one) => one.className)"
    )
    assert out == []


async def shown_in_ms(office: Office, seat: Seat, visitor: Visitor, text: str) -> float:
    """Send a message; returns the most processor time of one frame until it is shown."""
    await office.browser.start_tracing(page=seat.page, categories=TRACED)
    message = str(uuid.uuid4())
    await visitor.post(text, message)
    await expect(seat.page.locator(f"[data-message='{message}']")).to_be_visible()
    await asyncio.sleep(0.3)
    took_ms = busiest_ms(await office.browser.stop_tracing())
    await visitor.post("and then?")
    await expect(seat.messages.last).to_contain_text("and then?")
    return took_ms


@pytest.mark.parametrize("limit_ms", [LOOSE_MS, pytest.param(STRICT_MS, marks=pytest.mark.soak)])
async def test_the_heaviest_messages_hold_nobody_up(
    house: House, office: Office, visitor: Visitor, limit_ms: int
) -> None:
    """A-040: every frame of the desk stays below 200 ms of processor time."""
    seat = await taken(office, visitor, "hello")
    await accept(seat)
    found: dict[str, float] = {}
    for name, text in HEAVY.items():
        for _ in range(3):  # a loaded machine can make work look dearer, never cheaper
            took_ms = await shown_in_ms(office, seat, visitor, text)
            found[name] = min(took_ms, found.get(name, took_ms))
            if found[name] <= limit_ms:
                break
        await is_in_shape(seat.page)
    await seat.picture("heavy-text")
    for name, took_ms in found.items():
        sys.stdout.write(f"{name}: {took_ms:.0f} ms of processor time at most\n")
    assert {name for name, took_ms in found.items() if took_ms > limit_ms} == set()
    await wrap_up(seat)
    await seat.rest()


async def test_what_is_larger_is_refused_by_name(house: House, visitor: Visitor) -> None:
    """A-040: a megabyte of emoji, however it is cut."""
    await visitor.start("hello")
    post = {"type": "message.post", "conversation_id": visitor.conversation}
    for text in ("\U0001f600" * 16_385, "\U0001f600" * 20_001, "a\u0301" * 20_001):
        answer = await visitor.ask({**post, "id": str(uuid.uuid4()), "text": text})
        assert (answer["type"], answer["code"]) == ("error", "bad_text")
    await visitor.must({"type": "conversation.end", "conversation_id": visitor.conversation})
    await visitor.send_raw(json.dumps({**post, "text": "\U0001f600" * 250_000}, ensure_ascii=False))
    await visitor.closed.wait()
    assert visitor._socket.close_code == 1009


async def test_names_and_addresses_are_shown_as_what_they_are(
    house: House, office: Office, visitor: Visitor
) -> None:
    """A-039: no name turns the words around it; look-alike hosts show their real name."""
    visitor_page = {
        "url": "https://\u0430pple.example/\u202egpj.exe",
        "title": "\u202eelpa\u202c \u2067x",
        "referrer": "https://shop.example@evil.example/",
    }
    await visitor.must({"type": "page.set", "page": visitor_page})
    seat = await taken(office, visitor, "see \u202egpj.exe", name="Kim \u202e\u2067detrevni\u202b")
    await expect(seat.offers).to_contain_text("Chat from Kim detrevni")
    await accept(seat)
    pane = seat.page.get_by_role("complementary", name="Customer")
    await expect(pane).to_contain_text("https://xn--pple-43d.example/gpj.exe")
    link = pane.get_by_role("link", name="https://xn--pple")
    assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    await expect(pane).to_contain_text("https://shop.example@evil.example/")
    assert await pane.locator("a[href*=evil]").count() == 0
    await expect(seat.messages.first).to_contain_text("see gpj.exe")
    shown = await seat.page.evaluate("document.body.textContent + document.title")
    assert not {"\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067"} & set(shown)
    await seat.picture("honest-names")
    await wrap_up(seat)
    await seat.rest()
