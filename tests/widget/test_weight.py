"""What a first chat really loads, from the page to the first answer, counted in the browser."""

from __future__ import annotations

import gzip
import json
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Request, expect

from tests.live.product import Product, Staff
from tests.widget.conftest import STATIC
from tests.widget.shop import SCREENS, Desk, PageServer, Shop

pytestmark = [pytest.mark.browser, pytest.mark.server]

LIMIT_BYTES = 20 * 1_024
KINDS = {
    "name": "text",
    "email": "email",
    "topic": "choice",
    "more": "long_text",
    "agree": "consent",
}
FORM = [
    {
        "name": name,
        "label": {"en": name},
        "kind": kind,
        "required": name in ("name", "agree"),
        "options": ["Order", "Other"] if kind == "choice" else [],
    }
    for name, kind in KINDS.items()
]


async def test_a_first_chat_weighs_at_most_twenty_kilobytes(
    shop: Shop, desk: Desk, house: tuple[Product, Staff, Staff], pages: PageServer
) -> None:
    shop.site = house[1].add_site(pages.origin, languages=["en"], form=FORM, title={"en": "Help"})
    shop.page()
    context = await shop.context()
    loaded: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type in ("script", "stylesheet", "image", "font"):
            loaded.append(urlsplit(request.url).path.lstrip("/"))

    context.on("request", note)
    widget = await shop.visit(context)
    await widget.open()
    await widget.root.locator("form.home button.go").click()
    await expect(widget.root.locator(".err")).to_have_count(3)
    await widget.root.locator("input[name=name]").fill("Kim")
    await widget.root.locator("input[name=email]").fill("kim@example.com")
    await widget.root.locator("select[name=topic]").select_option("Order")
    await widget.root.locator("input[name=agree]").check()
    await widget.start("Where is my order?")
    await expect(widget.root.locator(".strip.queue")).to_contain_text("calling an agent")
    conversation = await desk.take()
    await expect(widget.root.locator(".sys")).to_contain_text("Wei joined")
    await desk.send({"type": "typing.set", "conversation_id": conversation, "on": True})
    await expect(widget.root.locator(".typing")).to_be_visible()
    await desk.post(conversation, "It left this morning.")
    await expect(widget.text("It left this morning.")).to_be_visible()
    await widget.page.wait_for_timeout(500)
    weights = {
        name: len(gzip.compress((STATIC.parent / name).read_bytes(), 9, mtime=0))
        for name in set(loaded)
    }
    SCREENS.mkdir(parents=True, exist_ok=True)
    (SCREENS / "first-chat-bytes.json").write_text(json.dumps(weights))
    assert "widget.js" in weights
    assert sum(weights.values()) <= LIMIT_BYTES, weights
