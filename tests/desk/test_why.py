"""Why did this wait, and why that agent: a real wait, told to a lead and to the agent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.conftest import require
from tests.desk.conftest import ADMIN, AGENT, BUILT, NOT_SET, ORIGIN, House
from tests.desk.person import Office, Seat
from tests.live.product import Staff, product
from tests.live.sockets import Agent
from tests.patience import at_rest
from tests.widget.shop import CHROMIUM

pytestmark = pytest.mark.browser
BEN = "ben@example.com"


def rings(admin: Staff, queue_id: str, seconds: int) -> None:
    """Let the queue ask for French for some seconds, and let it ring so long."""
    queue = next(one for one in admin.call("GET", "/queues") if one["id"] == queue_id)
    body = {name: value for name, value in queue.items() if name not in NOT_SET}
    body["steps"] = [{"expression": "French >= 50", "after_s": 8}, {"priority": 2}]
    body["offer_timeout_s"] = {"chat": seconds, "message": seconds}
    admin.call("PUT", f"/queues/{queue_id}", body)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A product whose queue asks for French for some seconds, and for nothing after that."""
    require(BUILT.exists(), "the built desk (`npm run build -w web`)")
    require(Path(CHROMIUM).exists(), "Chromium")
    folder = tmp_path_factory.mktemp("why") / "data"
    folder.mkdir()
    with product(folder) as running:
        admin = running.set_up()
        admin.call("POST", "/skills", {"name": "French"})
        queue = admin.call("GET", "/queues")[0]
        rings(admin, queue["id"], 8)
        amara, site = admin.add_agent("Amara", AGENT), admin.add_site(ORIGIN, languages=["en"])
        yield House(running, admin, amara, site, queue)


async def sheet_text(page: Page, opener: str) -> str:
    """Open the explanation by its button and return all its words."""
    await page.get_by_role("button", name=opener).first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("figure")).to_be_visible()
    return await at_rest(dialog.inner_text)


async def leave(page: Page) -> None:
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_wait_is_told_to_a_lead_and_to_the_agent(house: House, office: Office) -> None:
    admin, amara = house.admin, house.agent
    ben = admin.add_agent("Ben", BEN)
    for person in (amara, ben):
        profile = {"queue_ids": [house.queue["id"]]}
        admin.call("PUT", f"/agents/{person.me['user']['id']}", profile)
    lead = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    seat = await office.seat(BEN, viewport={"width": 1440, "height": 900})
    visitor, one = house.visitor(), Agent(house.product, amara)
    await one.hello()
    await one.ready()
    await visitor.hello()
    await visitor.start("Bonjour, where is my order?", name="Ana", email="ana@example.com")

    await lead.open("/live")  # while it waits: nobody has what the first step asks for
    told = await sheet_text(lead.page, "Why did this wait?")
    assert "Has waited" in told
    await leave(lead.page)

    await one.wait("offer.new", 40)  # the step relaxed: it rings
    await one.wait("offer.gone", 40)  # and is missed

    rings(admin, house.queue["id"], 120)
    await seat.go_ready()
    await expect(seat.offers).to_have_count(1)
    told = await sheet_text(seat.page, "Why you")
    assert (
        "Ben became free, and this was the first in the order that they could do (place 1)." in told
    )
    assert "Amara" not in told
    await leave(seat.page)
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.page.get_by_role("button", name="Why you")).to_be_visible()
    told = await sheet_text(seat.page, "Why you")
    assert "Ben accepted after" in told
    assert "Amara" not in told
    await seat.picture("why-agent")
    await leave(seat.page)

    await lead.open(f"/inbox/{visitor.conversation}")
    told = await sheet_text(lead.page, "Why did this wait?")
    for words in (
        "until somebody took it.",
        "had what step 1 of General asks for.",
        "Step 2 began: the time of the step before was over. Ready and fitting before: 0, now: 1.",
        "Amara did not answer within 0:0",
        "Ben accepted after",
        "2 not ready",
    ):
        assert words in told, told
    page = lead.page
    await page.get_by_role("combobox", name="Agent").click()
    await page.get_by_role("option", name="Amara").click()
    side = page.get_by_role("region", name="Amara")
    await expect(side).to_contain_text("has no French (50 or more is asked for)")
    await expect(side).to_contain_text("not ready (missed an offer)")
    await _faces(lead)
    await _in_chinese(lead)
    await one.close()
    await visitor.close()


async def _faces(lead: Seat) -> None:
    """Light, dark, and narrow; nothing hinders anybody."""
    page = lead.page
    assert await lead.faults() == []
    await lead.picture("why-light")
    await page.evaluate(
        "document.documentElement.setAttribute('data-mantine-color-scheme', 'dark')"
    )
    assert await lead.faults() == []
    await lead.picture("why-dark")
    await page.set_viewport_size({"width": 390, "height": 844})
    await lead.fits()
    assert await lead.faults() == []
    await lead.picture("why-phone")
    await leave(page)


async def _in_chinese(lead: Seat) -> None:
    """The same story with every word of its own in Chinese; names stay as they are."""
    page = lead.page
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    await page.reload()
    told = await sheet_text(page, "为什么等待？")
    names = r"Ben|Amara|Ana|General|French|Admin"
    english = set(re.findall(r"[A-Za-z]{3,}", re.sub(names, "", told)))
    assert english == set(), told
    assert "Ben" in told
    assert await lead.faults() == []
    await lead.picture("why-zh")
