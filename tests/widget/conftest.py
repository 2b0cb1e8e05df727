"""The product, one agent, and a Chromium that reaches it over a road that can be cut."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.conftest import require
from tests.live.product import Product, Staff, product
from tests.live.sockets import Frame
from tests.widget.road import Road
from tests.widget.shop import CHROMIUM, FLAGS, Desk, PageServer, Shop, page_server

# A loaded machine is slow, not wrong.
expect.set_options(timeout=60_000)

STATIC = Path(__file__).parents[2] / "gateway" / "static" / "widget" / "widget.js"


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, Staff, Staff]]:
    """The product with a fresh tenant: administrator and one agent."""
    require(STATIC.exists(), "the built widget (`npm run build -w widget`)")
    require(Path(CHROMIUM).exists(), "Chromium")
    folder = tmp_path_factory.mktemp("widget") / "data"
    folder.mkdir()
    # All these visitors come from one address.
    with product(folder, WECC_LIMITS__CONVERSATIONS_PER_HOUR="6000") as running:
        admin = running.set_up()
        person = admin.add_agent("Wei", "wei@example.com")
        capacity = {"chat": 20, "call": 1, "message": 0}
        body = {"skills": {}, "queue_ids": _queues(admin), "capacity": capacity}
        admin.call("PUT", f"/agents/{person.me['user']['id']}", body)
        yield running, admin, person


def _queues(admin: Staff) -> list[str]:
    return [queue["id"] for queue in admin.call("GET", "/queues")]


@pytest.fixture(scope="session")
def pages() -> Iterator[PageServer]:
    """The web server of the site that embeds the widget."""
    with page_server() as server:
        yield server


@pytest.fixture(scope="session")
def site(house: tuple[Product, Staff, Staff], pages: PageServer) -> Frame:
    """A site without a pre-chat form."""
    languages = ["en", "zh", "ar"]
    return house[1].add_site(pages.origin, languages=languages, title={"en": "Help"})


@pytest.fixture
async def shop(
    house: tuple[Product, Staff, Staff], site: Frame, pages: PageServer
) -> AsyncIterator[Shop]:
    """A browser on the page of that site."""
    running = house[0]
    road = await Road(running.port).open()
    rules = f"MAP widget.localhost 127.0.0.1:{road.port}, MAP files.localhost 127.0.0.1:{road.port}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--host-resolver-rules={rules}"]
        )
        shop = Shop(running, browser, road, site, pages)
        shop.page()
        yield shop
        await browser.close()
    await road.close()
    assert shop.problems == []


@pytest.fixture
async def desk(house: tuple[Product, Staff, Staff]) -> AsyncIterator[Desk]:
    """The agent, ready."""
    agent = Desk(house[0], house[2])
    await agent.on_shift()
    yield agent
    await agent.off_shift()
