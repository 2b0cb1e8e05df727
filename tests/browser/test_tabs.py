"""One agent with two tabs: a call has its audio in one of them, and the other says so."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Locator, expect

from tests.browser.ears import hears, speaks
from tests.browser.floor import Desk, Floor, Shopper
from tests.patience import until

pytestmark = pytest.mark.browser
VISITOR_HZ, AGENT_HZ = 587, 1_319
ELSEWHERE = "Runs in another tab"


def bar(agent: Desk) -> Locator:
    """The bar of the call one is in."""
    return agent.page.get_by_role("region", name="Call", exact=True)


async def talks(agent: Desk, other: Desk, visitor: Shopper) -> None:
    """One tab has the audio, the other says where it is."""
    await expect(bar(agent).get_by_role("status")).to_have_text("Connected")
    await expect(bar(other).get_by_role("status")).to_contain_text(ELSEWHERE)
    await hears(agent.page, VISITOR_HZ)
    await hears(visitor.page, AGENT_HZ)


async def test_two_tabs_that_accept_one_call_at_once(floor: Floor) -> None:
    first = await floor.seat("Agent Lisbon")
    await first.go_ready()
    page = await first.context.new_page()
    await page.goto(floor.product.url("desk"))
    second = floor.desk(first.context, page)
    await expect(page.get_by_text("Another tab")).to_be_visible()
    visitor = await floor.visitor()
    await speaks(visitor.page, VISITOR_HZ)
    for desk in (first, second):
        await speaks(desk.page, AGENT_HZ)
    await visitor.fill("Ida", "calling")
    await visitor.root.get_by_role("button", name="Call", exact=True).click()
    for desk in (first, second):
        await expect(desk.offers).to_contain_text("Call from")
    accepts = [desk.offers.get_by_role("button", name="Accept") for desk in (first, second)]
    await asyncio.gather(*(button.click() for button in accepts), return_exceptions=True)

    async def is_settled() -> bool:
        said = [await bar(desk).all_inner_texts() for desk in (first, second)]
        return all(said) and sum(ELSEWHERE in text for texts in said for text in texts) == 1

    await until(is_settled, "the bar of the call in both tabs")
    holder, other = first, second
    if ELSEWHERE in await bar(first).inner_text():
        holder, other = second, first
    await talks(holder, other, visitor)
    await expect(holder.offers).to_have_count(0)
    await expect(other.offers).to_have_count(0)
    await other.picture("call-elsewhere")

    await bar(other).get_by_role("button", name="Take it here").click()
    await talks(other, holder, visitor)
    await other.page.reload()
    await speaks(other.page, AGENT_HZ)
    await expect(bar(other).get_by_role("status")).to_have_text("Connected")
    await hears(other.page, VISITOR_HZ)
    await expect(bar(holder).get_by_role("status")).to_contain_text(ELSEWHERE)

    await bar(holder).get_by_role("button", name="Hang up").click()
    for desk in (first, second):
        await expect(bar(desk)).to_have_count(0)
    await expect(visitor.root.locator(".call [role=status]")).to_contain_text("Call ended")
    await first.open("/inbox")
    await first.show("Ida")
    await first.wrap_up("Answered")
    await first.rest()
