"""Every page of the desk and every screen of the widget, in each scheme, language and width."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.axe import faults
from tests.browser.floor import Desk, Floor, Shopper, keep
from tests.desk.person import fits
from tests.patience import until

pytestmark = pytest.mark.browser

PLACES = [
    "/inbox", "/live", "/me", "/me/shortcuts", "/me/password", "/admin/users", "/admin/agents",
    "/admin/rules", "/admin/skills", "/admin/queues", "/admin/queues/new",
    "/admin/routes", "/admin/hours", "/admin/dispositions",
    "/admin/canned", "/admin/sites", "/admin/api-keys", "/admin/audit",
]  # fmt: skip
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PAGE_LANGUAGE = """new MutationObserver(() => {
  if (document.documentElement) document.documentElement.lang = "LANGUAGE";
}).observe(document, { childList: true });"""
FACES = [("light", "en"), ("dark", "en"), ("light", "zh"), ("dark", "zh")]


@pytest.mark.parametrize(("scheme", "language"), FACES)
async def test_every_page_of_the_desk(floor: Floor, scheme: str, language: str) -> None:
    seat = await floor.seat("Admin Turin", color_scheme=scheme, reduced_motion="reduce")
    if language == "zh":
        await seat.open("/me")
        await seat.page.get_by_text("中文", exact=True).click()
        await expect(seat.page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    await left_message(floor)
    found: dict[str, list[str]] = {}
    for place in PLACES:
        await seat.open(place)
        await expect(seat.page.locator("h1").first).to_be_attached()
        await expect(seat.page.locator("[aria-busy=true]")).to_have_count(0)
        name = f"{place.strip('/').replace('/', '-')}-{scheme}-{language}"
        wrong = await faults(seat.page)
        await keep(seat.page, f"page-{name}")
        await seat.page.set_viewport_size(PHONE)
        await expect(seat.page.locator("h1").first).to_be_attached()
        await seat.fits()
        await keep(seat.page, f"phone-{name}")
        await seat.page.set_viewport_size(DESKTOP)
        if wrong:
            found[place] = wrong
    assert found == {}


async def left_message(floor: Floor) -> None:
    """Something in the lists: a message that was left."""
    visitor = await floor.visitor("/returns")
    await visitor.begin("Hal", "How do I return a lamp?", "Service")
    await expect(visitor.root.locator(".strip")).to_contain_text("Your message is with us")


@pytest.mark.parametrize(("scheme", "language"), [("dark", "en"), ("light", "zh")])
async def test_a_chat_on_two_phones(floor: Floor, scheme: Any, language: str) -> None:
    locale = {"en": "en-GB", "zh": "zh-CN"}[language]
    phone: dict[str, Any] = {"viewport": PHONE, "color_scheme": scheme, "reduced_motion": "reduce"}
    agent = await floor.seat("Agent Lisbon", **phone)
    await agent.go_ready()
    visitor = await floor.visitor("/", locale=locale, has_touch=True, **phone)
    await visitor.page.context.add_init_script(PAGE_LANGUAGE.replace("LANGUAGE", language))
    await visitor.page.reload()
    await visitor.launcher.wait_for()
    await look(visitor, agent, f"0-{scheme}-{language}")
    await visitor.open()
    await visitor.root.locator("input[name=name]").fill("Jo")
    await look(visitor, agent, f"1-{scheme}-{language}")
    await visitor.root.locator("form.home textarea").fill("Hello, is somebody there?")
    await visitor.root.locator("form.home button.go").click()
    await expect(agent.offers).to_contain_text("Jo")
    await look(visitor, agent, f"2-{scheme}-{language}")
    await agent.offers.get_by_role("button", name="Accept").click()
    await expect(agent.messages.first).to_contain_text("Hello, is somebody there?")
    await agent.say("Yes, good evening")
    await expect(visitor.text("Yes, good evening")).to_be_visible()
    await look(visitor, agent, f"3-{scheme}-{language}")
    await agent.page.get_by_role("button", name="Show customer").click()
    await expect(agent.page.get_by_role("dialog")).to_contain_text("Northlight shop")
    await look(visitor, agent, f"4-{scheme}-{language}")
    await agent.page.keyboard.press("Escape")
    await agent.page.get_by_role("button", name="End", exact=True).click()
    await expect(visitor.root.locator(".stars")).to_be_visible()
    await expect(agent.page.get_by_role("combobox", name="Disposition")).to_be_visible()
    await look(visitor, agent, f"5-{scheme}-{language}")


async def look(visitor: Shopper, agent: Desk, name: str) -> None:
    """Keep both screens, and let axe look at them, too."""
    await keep(visitor.page, f"small-{name}-widget")
    await keep(agent.page, f"small-{name}-desk")
    await agent.page.mouse.move(0, 0)
    await expect(agent.page.get_by_role("tooltip")).to_have_count(0)
    assert await faults(visitor.page, "{include: [['wecc-widget']]}") == []
    assert await faults(agent.page) == []
    for page in (visitor.page, agent.page):
        await until(lambda: fits(page), "that nothing is wider than the phone")  # noqa: B023


async def test_the_palette_and_a_shortcut_of_ones_own(floor: Floor) -> None:
    seat = await floor.seat("Admin Turin")
    await expect(seat.page.get_by_role("button", name="Start shift")).to_be_visible()
    await seat.page.keyboard.press("Control+KeyK")
    await seat.page.get_by_label("Type a command or a name").fill("shortcuts")
    await keep(seat.page, "palette")
    await seat.page.keyboard.press("Escape")
    await seat.open("/me/shortcuts")
    row = seat.page.locator("div", has=seat.page.get_by_text("Search in the list", exact=True)).last
    await row.get_by_role("button", name="Change").click()
    async with seat.page.expect_response(re.compile("/me/preferences$")):  # it is kept
        await seat.page.keyboard.press("Control+Shift+KeyY")
    await expect(row).to_contain_text("Y")
    await seat.open("/inbox")
    await seat.page.reload()
    await expect(seat.page.get_by_role("searchbox")).to_be_visible()
    await expect(seat.page.get_by_role("button", name="Start shift")).to_be_enabled()
    await seat.page.keyboard.press("Slash")
    await expect(seat.page.get_by_role("searchbox")).not_to_be_focused()
    await seat.page.keyboard.press("Control+Shift+KeyY")
    await expect(seat.page.get_by_role("searchbox")).to_be_focused()


async def test_theme_and_language_are_kept_after_a_reload(floor: Floor) -> None:
    seat = await floor.seat("Agent Oslo", color_scheme="light")
    await seat.open("/me")
    await seat.page.get_by_text("Dark", exact=True).click()
    await seat.page.get_by_text("中文", exact=True).click()
    await expect(seat.page.get_by_role("button", name="开始上班")).to_be_visible()
    await seat.page.reload()
    await expect(seat.page.get_by_role("button", name="开始上班")).to_be_visible()
    root = seat.page.locator("html")
    await expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    await expect(root).to_have_attribute("lang", re.compile("^zh"))
