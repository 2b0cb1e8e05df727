"""The product with a fresh tenant, and a Chromium at its desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.conftest import require
from tests.desk.person import Office
from tests.live.product import Product, Staff, product
from tests.live.sockets import Frame, Visitor
from tests.widget.road import Road
from tests.widget.shop import CHROMIUM, FLAGS

# A loaded machine is slow, not wrong.
expect.set_options(timeout=60_000)

BUILT = Path(__file__).parents[2] / "gateway" / "static" / "web" / "index.html"
ORIGIN = "https://shop.example.com"
AGENT = "amara@example.com"
ADMIN = "admin@example.com"
NOT_SET = ("id", "version", "warnings", "closed", "closure")


@dataclass
class House:
    """A started product: its administrator, one agent, one site."""

    product: Product
    admin: Staff
    agent: Staff
    site: Frame
    queue: Frame

    def visitor(self) -> Visitor:
        """A new visitor of the site."""
        return Visitor(self.product, self.site, origin=ORIGIN)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The product with one queue that wants a disposition, and one canned reply."""
    require(BUILT.exists(), "the built desk (`npm run build -w web`)")
    require(Path(CHROMIUM).exists(), "Chromium")
    folder = tmp_path_factory.mktemp("desk") / "data"
    folder.mkdir()
    with product(folder) as running:
        admin = running.set_up()
        agent = admin.add_agent("Amara", AGENT)
        site = admin.add_site(ORIGIN, languages=["en"])
        disposition = admin.call("POST", "/dispositions", {"name": "Question", "code": "question"})
        queue = admin.call("GET", "/queues")[0]
        body = {k: v for k, v in queue.items() if k not in NOT_SET}
        ten_minutes = {"mode": "timed", "seconds": 600, "extension_s": 0}
        body |= {"disposition_ids": [disposition["id"]]}
        body |= {"wrap_up": dict.fromkeys(("chat", "call", "message"), ten_minutes)}
        body |= {"offer_timeout_s": {"chat": 60, "call": 60}}
        admin.call("PUT", f"/queues/{queue['id']}", body)
        admin.call(
            "PUT",
            f"/agents/{agent.me['user']['id']}",
            {"skills": {}, "queue_ids": [queue["id"]], "capacity": {"chat": 5, "call": 1}},
        )
        reply = {"shortcut": "hello", "title": "Greeting", "text": "Hello {name}, this is {agent}."}
        admin.call("POST", "/canned-replies", reply)
        yield House(running, admin, agent, site, queue)


async def _connections_end() -> None:
    """Let the tasks of the road finish, so that each closes its own socket."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    if rest:
        await asyncio.wait(rest, timeout=2)
    await asyncio.sleep(0.05)


@pytest.fixture
async def office(house: House) -> AsyncIterator[Office]:
    """A browser; its pages may complain about nothing."""
    road = await Road(house.product.port).open()
    rules = f"MAP desk.localhost 127.0.0.1:{road.port}, MAP files.localhost 127.0.0.1:{road.port}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--host-resolver-rules={rules}"]
        )
        office = Office(house.product, browser, road)
        yield office
        await browser.close()
    await road.close()
    await _connections_end()
    assert office.problems == []
