"""When a queue cannot help in time: another one does, or a message is left; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.conftest import require
from tests.live.product import Product, Staff, product
from tests.live.sockets import Frame
from tests.widget.conftest import STATIC
from tests.widget.shop import Desk, PageServer, Shop, Widget

pytestmark = [pytest.mark.browser, pytest.mark.server]

LONG_S = 4
GRACE_MS = 60_000


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Product, Staff, Staff]]:
    """Two queues: at the front nothing is offered, people take by hand; behind it one agent."""
    require(STATIC.exists(), "the built widget (`npm run build -w widget`)")
    folder = tmp_path_factory.mktemp("overflow") / "data"
    folder.mkdir()
    with product(folder, WECC_LIMITS__CONVERSATIONS_PER_HOUR="6000") as running:
        admin = running.set_up()
        person = admin.add_agent("Wei", "wei@example.com")
        queues = [
            admin.call("POST", "/queues", {"name": name, "order": order})["id"]
            for name, order in (("Front", "manual"), ("Behind", "longest_idle"))
        ]
        admin.call("POST", "/routes", {"name": "All", "position": 0, "queue_id": queues[0]})
        body = {"queue_ids": queues, "capacity": {"chat": 9, "call": 1, "message": 0}}
        admin.call("PUT", f"/agents/{person.me['user']['id']}", body)
        for unused in admin.call("GET", "/queues"):
            if unused["id"] not in queues:
                admin.call("DELETE", f"/queues/{unused['id']}")
        yield running, admin, person


@pytest.fixture(scope="module")
def site(house: tuple[Product, Staff, Staff], pages: PageServer) -> Frame:
    """A site of that product."""
    return house[1].add_site(pages.origin, languages=["en"], title={"en": "Help"})


def front(house: tuple[Product, Staff, Staff], *overflow: dict[str, Any]) -> None:
    """Publish the front queue with these rules."""
    admin = house[1]
    queues = {queue["name"]: queue["id"] for queue in admin.call("GET", "/queues")}
    rules = [
        {**rule, "to_queue_id": queues["Behind"] if rule.pop("behind", False) else None}
        for rule in overflow
    ]
    body = {"name": "Front", "order": "manual", "overflow": rules}
    admin.call("PUT", f"/queues/{queues['Front']}", body)


async def is_asked(widget: Widget) -> None:
    """The visitor reads that their message is kept, and no longer that they wait."""
    await expect(widget.root).to_contain_text("Your message is with us.", timeout=GRACE_MS)
    await expect(widget.root.locator(".strip.queue")).to_have_count(0)


async def test_too_long_somebody_else_takes_it(
    house: tuple[Product, Staff, Staff], shop: Shop, desk: Desk
) -> None:
    front(house, {"when": "wait", "limit": LONG_S, "behind": True})
    widget = await shop.visit(await shop.context())
    await widget.start("Is anybody there?")
    await expect(widget.root.locator(".strip.queue")).to_contain_text("You are number 1")
    conversation = await desk.take()
    await desk.post(conversation, "Yes, from the other queue.")
    await expect(widget.text("Yes, from the other queue.")).to_be_visible()
    await expect(widget.root.locator(".strip.queue")).to_have_count(0)


async def test_too_many_the_last_is_asked_for_a_message(
    house: tuple[Product, Staff, Staff], shop: Shop, desk: Desk
) -> None:
    front(house, {"when": "size", "limit": 1})
    first, second = [await shop.visit(await shop.context()) for _ in range(2)]
    await first.start("I came first")
    await expect(first.root.locator(".strip.queue")).to_contain_text("You are number 1")
    await second.start("I came second")
    await is_asked(second)
    await second.picture("overflow-too-many")
    await expect(first.root.locator(".strip.queue")).to_contain_text("You are number 1")
    await second.say("My number is on the parcel")
    await second.settled()
    assert desk.taken == []


async def test_nobody_on_duty_a_message_is_all_that_is_offered(
    house: tuple[Product, Staff, Staff], shop: Shop
) -> None:
    front(house, {"when": "nobody_on_duty"})
    agent = Desk(house[0], house[2])
    await agent.on_shift()
    waiting = await shop.visit(await shop.context())
    await waiting.start("Still there?")
    await expect(waiting.root.locator(".strip.queue")).to_contain_text("You are number")
    await agent.close()  # gone without a word: off duty once they do not come back
    await is_asked(waiting)
    await waiting.picture("overflow-nobody-on-duty")
    late = await shop.visit(await shop.context())
    await late.launcher.click()
    await expect(late.root).to_contain_text("Leave a message")
    await expect(late.root.get_by_role("button", name="Call")).to_have_count(0)
    await expect(late.root.locator("form.home button.go")).to_have_text("Leave message")
    await late.picture("overflow-late")
    await late.start("Please write to me")
    await is_asked(late)
