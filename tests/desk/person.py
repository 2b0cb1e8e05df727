"""The desk in a browser, as a person uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.axe import faults
from tests.desk.away import AWAY
from tests.live.product import PASSWORD, Product
from tests.patience import until
from tests.widget.road import Road

SCREENS = Path(__file__).parents[2] / "test-results" / "desk"
LIMIT_MS = 60_000
READY = re.compile("^Ready")


@dataclass
class Office:
    """One Chromium with its own road to the gateway."""

    product: Product
    browser: Browser
    road: Road
    problems: list[str] = field(default_factory=list)

    async def seat(
        self, email: str, allowed: tuple[str, ...] = ("notifications", "microphone"), **options: Any
    ) -> Seat:
        """Sign a person in at a browser profile of their own."""
        context = await self.browser.new_context(**({"locale": "en-GB"} | options))
        context.set_default_timeout(LIMIT_MS)
        if allowed:  # a list grants these and refuses all others; without one the page may ask
            await context.grant_permissions(list(allowed))
        await context.add_init_script(AWAY)
        page = await self.tab(context)
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("nav[aria-label]").first).to_be_visible()
        return Seat(self, context, page)

    async def tab(self, context: BrowserContext, path: str = "/") -> Page:
        """Open the desk in a new tab; what its console complains about is a problem."""
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self._heard(line.text))
        await page.goto(self.product.url("desk") + path)
        return page

    def _heard(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.problems.append(text)


async def fits(page: Page) -> bool:
    """Whether the page is no wider than its window now."""
    return not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


@dataclass
class Seat:
    """One signed-in person at one tab."""

    office: Office
    context: BrowserContext
    page: Page

    @property
    def editor(self) -> Locator:
        """The text field under the conversation."""
        return self.page.locator("section[aria-label='Write'] textarea").first

    @property
    def offers(self) -> Locator:
        """Everything that rings."""
        return self.page.locator("[data-offer]")

    @property
    def messages(self) -> Locator:
        """The messages on the screen."""
        return self.page.locator("[role=log] article")

    async def go_ready(self) -> None:
        """Start the shift, with sound."""
        await self.page.get_by_role("button", name="Start shift").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Play ring").click()
        await dialog.get_by_role("button", name="Go ready").click()
        await expect(dialog).to_have_count(0)
        await expect(self.page.get_by_role("button", name=READY)).to_be_visible()

    async def rest(self) -> None:
        """Go not ready."""
        await self.page.get_by_role("button", name=READY).click()
        await self.page.get_by_role("menuitem", name="Break", exact=True).click()
        await expect(self.page.get_by_role("button", name="Start shift")).to_be_visible()

    async def say(self, text: str) -> None:
        """Write and press Enter."""
        await self.editor.click()
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")

    async def outside(self) -> None:
        """Put the focus where letters are commands."""
        await self.page.locator("[role=log]").focus()

    async def open(self, path: str) -> None:
        """Go to a place of the desk by its address."""
        await self.page.goto(self.office.product.url("desk") + path)

    async def faults(self) -> list[str]:
        """What axe finds on the page as it stands."""
        return await faults(self.page)

    async def fits(self) -> None:
        """Nothing is wider than the window, once the page has taken its shape."""
        await until(lambda: fits(self.page), "that nothing is wider than the window")

    async def title_holds(self, words: str) -> None:
        """Wait for a title; it blinks."""

        async def shown() -> bool:
            return words in await self.page.title()

        await until(shown, f"{words!r} in the title")

    async def picture(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENS / f"{name}.png")
