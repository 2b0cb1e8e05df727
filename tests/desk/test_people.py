"""A lead marks a contact beside the conversation, and keeps people out and lets them in again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.axe import faults
from tests.desk.conftest import ADMIN, House
from tests.desk.person import SCREENS, Office
from tests.live.sockets import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[Visitor]:
    """A visitor who waits."""
    one = house.visitor()
    await one.hello()
    await one.start("Hello there", name="Nora")
    yield one
    await one.close()


async def test_a_contact_is_marked_and_kept_out_and_let_in_again(
    house: House, office: Office, visitor: Visitor
) -> None:
    seat = await office.seat(ADMIN)
    page = seat.page
    await seat.open(f"/inbox/{visitor.conversation}")
    await page.get_by_role("button", name="Make VIP").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Priority").fill("30")
    await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    await dialog.get_by_label("Why").fill("Gold card")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("VIP 30")).to_be_visible()
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(dialog.get_by_text("They are told")).to_be_visible()
    await dialog.get_by_label("Why").fill("Threats")
    await dialog.get_by_role("button", name="Block", exact=True).click()
    await expect(dialog).to_have_count(0)
    await visitor.wait(lambda f: f["type"] == "goodbye" and f["code"] == "blocked", 30)
    await expect(page.get_by_text("Blocked until")).to_be_visible()
    await seat.open("/admin/contacts")
    blocks = page.get_by_role("region", name="Who is kept out")
    await expect(blocks.get_by_role("row").nth(1)).to_contain_text("Nora")
    await expect(blocks.get_by_role("row").nth(1)).to_contain_text("Threats")
    vips = page.get_by_role("region", name="Who goes first")
    await expect(vips.get_by_role("row").nth(1)).to_contain_text("Gold card")
    await page.get_by_role("button", name="Block somebody").click()
    await dialog.get_by_text("Network", exact=True).click()
    await dialog.get_by_label("Address or network").fill("0.0.0.0/0")
    await dialog.get_by_label("Why").fill("Flood")
    await dialog.get_by_role("button", name="Block", exact=True).click()
    await expect(dialog.get_by_text("too many people")).to_be_visible()
    await dialog.get_by_label("Address or network").fill("203.0.113.7/24")
    await dialog.get_by_role("button", name="Block", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(blocks.get_by_text("203.0.113.0/24")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0, timeout=30_000)
    assert await faults(page) == []
    await seat.picture("people")
    for name in ("Nora", "203.0.113.0/24"):
        await page.get_by_role("button", name=f"Lift the block of {name}").click()
        await dialog.get_by_role("button", name="Lift", exact=True).click()
        await expect(dialog).to_have_count(0)
    await expect(blocks.get_by_text("Nobody is blocked")).to_be_visible()
    await blocks.get_by_label("Show blocks that are over").check()
    await expect(blocks.get_by_text("lifted").first).to_be_visible()
    await page.get_by_role("button", name="End VIP of Nora").click()
    await dialog.get_by_role("button", name="End VIP", exact=True).click()
    await expect(vips.get_by_text("Nobody goes first")).to_be_visible()
    again = house.visitor()
    again.token = visitor.token
    assert [one["id"] for one in (await again.hello())["conversations"]] == [visitor.conversation]
    again.conversation = visitor.conversation
    await again.must({"type": "conversation.end", "conversation_id": again.conversation})
    await again.close()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("phone", {"viewport": {"width": 390, "height": 844}}),
        ("dark", {"color_scheme": "dark"}),
        ("zh", {}),
    ],
)
async def test_the_page_in_other_faces(
    house: House, office: Office, name: str, options: dict[str, Any]
) -> None:
    body = {"kind": "network", "value": f"198.51.100.{len(name)}", "why": "Flood", "until_ms": None}
    block = house.admin.call("POST", "/blocks", body, 201)
    seat = await office.seat(ADMIN, **options)
    if name == "zh":
        await seat.page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    await seat.open("/admin/contacts")
    await expect(seat.page.get_by_text(f"198.51.100.{len(name)}/32")).to_be_visible()
    if name == "zh":
        await expect(seat.page.get_by_role("heading", level=1)).to_have_text("贵宾与屏蔽")
    assert await faults(seat.page) == []
    SCREENS.mkdir(parents=True, exist_ok=True)
    await seat.picture(f"people-{name}")
    house.admin.call("DELETE", f"/blocks/{block['id']}")
