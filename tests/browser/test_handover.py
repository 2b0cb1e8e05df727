"""A transfer: the colleague sees the note and how long the visitor has been with us."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from playwright.async_api import Locator, expect

from tests.browser.floor import Desk, Floor
from tests.patience import until

pytestmark = pytest.mark.browser
CLOCK = re.compile(r"(\d+):(\d\d)")


async def counts_from(place: Locator, earliest_s: float, latest_s: float) -> None:
    """Wait until the clock in a place counts from between two moments."""
    await expect(place).to_have_text(CLOCK)

    async def does() -> bool:
        least_s = time.monotonic() - latest_s
        found = CLOCK.search(await place.inner_text())
        shown_s = int(found[1]) * 60 + int(found[2]) if found else -1
        return int(least_s) - 1 <= shown_s <= time.monotonic() - earliest_s + 1

    await until(does, "that the clock went along")


async def hand_over(agent: Desk, tab: str, name: str, note: str) -> None:
    """Transfer the open conversation by keyboard and pointer."""
    await agent.outside()
    await agent.page.keyboard.press("t")
    dialog = agent.page.get_by_role("dialog", name="Transfer")
    await dialog.get_by_role("tab", name=tab).click()
    await dialog.get_by_role("radio", name=re.compile(name)).check()
    await dialog.get_by_label("Note").fill(note)
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(dialog).to_have_count(0)


async def test_the_clock_and_the_note_go_along(floor: Floor) -> None:
    lisbon = await floor.seat("Agent Lisbon")
    oslo = await floor.seat("Agent Oslo")
    await lisbon.go_ready()
    visitor = await floor.visitor()
    before_s = time.monotonic()
    await visitor.begin("Pia", "I want to return one", "Service")
    begun_s = time.monotonic()
    await lisbon.accept("Chat from Pia")
    await asyncio.sleep(max(0.0, 8 - (time.monotonic() - begun_s)))
    await oslo.go_ready()
    await hand_over(lisbon, "Agents", "Agent Oslo", "wants to return the Ember")
    offer = oslo.offers
    await expect(offer).to_contain_text("Handed over: wants to return the Ember")
    await counts_from(offer.get_by_title("Waiting time"), before_s, begun_s)
    await oslo.picture("handover-offer")
    await oslo.page.keyboard.press("Control+Shift+KeyA")
    customer = oslo.page.get_by_role("complementary", name="Customer")
    await expect(customer).to_contain_text("wants to return the Ember")
    await oslo.rest()
    await lisbon.rest()

    await hand_over(oslo, "Queues", "Sales", "wants a Heron instead")
    await oslo.page.get_by_role("tab", name=re.compile("Queue")).click()
    row = oslo.page.get_by_role("listitem").filter(has_text="Pia")
    await counts_from(row.get_by_title("Waiting time"), before_s, begun_s)
    await expect(row).to_contain_text("Handed over: wants a Heron instead")
    await oslo.picture("handover-queue")
    await row.get_by_role("button", name="Take").click()
    await expect(customer).to_contain_text("wants a Heron instead")
    assert "Heron" not in await visitor.root.inner_text()
    await oslo.end()
    await oslo.wrap_up("Return agreed")
