"""Every page in both schemes, both languages, three widths: axe finds nothing."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.desk.conftest import ADMIN, House
from tests.desk.person import Office

pytestmark = pytest.mark.browser

PLACES = [
    "/inbox", "/live", "/reports", "/me", "/me/shortcuts", "/me/password", "/admin/users",
    "/admin/agents",
    "/admin/skills", "/admin/queues", "/admin/queues/new",
    "/admin/routes", "/admin/hours", "/admin/dispositions",
    "/admin/canned", "/admin/sites", "/admin/api-keys", "/admin/audit",
]  # fmt: skip
FACES = [("light", 1440, "en"), ("dark", 390, "en"), ("dark", 1024, "zh")]


@pytest.mark.parametrize(("scheme", "width", "language"), FACES)
async def test_every_page(
    house: House, office: Office, scheme: str, width: int, language: str
) -> None:
    seat = await office.seat(ADMIN, color_scheme=scheme, viewport={"width": width, "height": 844})
    if language == "zh":
        await seat.page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    found: dict[str, list[str]] = {}
    for place in PLACES:
        await seat.open(place)
        await expect(seat.page.locator("h1").first).to_be_attached()
        await expect(seat.page.locator("[aria-busy=true]")).to_have_count(0)
        await seat.fits()
        faults = await seat.faults()
        if faults:
            found[place] = faults
        await seat.picture(f"{place.strip('/').replace('/', '-')}-{scheme}-{width}-{language}")
    assert found == {}


async def test_the_palette_the_sheet_and_the_way_by_keyboard(house: House, office: Office) -> None:
    seat = await office.seat(ADMIN)
    await expect(seat.page.get_by_role("button", name="Start shift")).to_be_visible()
    await seat.page.keyboard.press("Control+KeyK")
    await seat.page.get_by_label("Type a command or a name").fill("Live")
    commands = seat.page.locator("[data-action]")
    await expect(commands).to_have_count(1)
    await seat.page.keyboard.press("ArrowDown")
    await expect(commands).to_have_attribute("data-selected", "true")
    await seat.page.keyboard.press("Enter")
    await expect(seat.page.locator("h1", has_text="Live")).to_be_visible()
    await seat.page.keyboard.press("Shift+Slash")
    await expect(seat.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert await seat.faults() == []
    await seat.page.keyboard.press("Escape")
    await expect(seat.page.get_by_role("dialog")).to_have_count(0)
    await seat.page.keyboard.press("Alt+Digit1")
    await expect(seat.page.get_by_role("tab", name="Mine")).to_be_visible()


async def test_a_shortcut_can_be_changed_and_single_keys_switched_off(
    house: House, office: Office
) -> None:
    seat = await office.seat(ADMIN)
    await seat.open("/me/shortcuts")
    row = seat.page.locator("div", has=seat.page.get_by_text("Search in the list", exact=True)).last
    await row.get_by_role("button", name="Change").click()
    async with seat.page.expect_response(re.compile("/me/preferences$")):  # it is kept
        await seat.page.keyboard.press("Control+Shift+KeyY")
    await expect(row).to_contain_text("Y")
    await seat.open("/inbox")
    await expect(seat.page.get_by_role("button", name="Start shift")).to_be_enabled()
    await seat.page.keyboard.press("Control+Shift+KeyY")
    await expect(seat.page.get_by_role("searchbox")).to_be_focused()
    await seat.open("/me/shortcuts")
    async with seat.page.expect_response(re.compile("/me/preferences$")):
        await seat.page.get_by_role("button", name="Set all to default").click()
