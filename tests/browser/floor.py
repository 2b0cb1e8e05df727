"""Two browsers at the started product: one for visitors on the shop's page, one for the desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.ears import EARS
from tests.desk.person import Office, Seat
from tests.live.product import Product
from tests.widget.road import Road
from tests.widget.shop import Widget

SCREENS = Path(__file__).parents[2] / "test-results" / "browser"
LIMIT_MS = 60_000


@dataclass
class House:
    """The demo as ``make run`` starts it, and the logins that its one-time links gave."""

    product: Product
    logins: dict[str, Any] = field(default_factory=dict)

    def link(self, name: str) -> str:
        """The one-time link printed for a person."""
        return self.product.wait_for_line(rf"{name}\s+(http\S+/link/\S+)").group(1)


class Desk(Seat):
    """A signed-in person of the demo."""

    async def accept(self, words: str) -> None:
        """Wait for the ring of a certain offer and accept it by keyboard."""
        offer = self.offers.filter(has_text=words)
        await expect(offer).to_have_count(1)
        await self.page.keyboard.press("Control+Shift+KeyA")
        await expect(offer).to_have_count(0)

    async def end(self) -> None:
        """End the open conversation by key."""
        await self.outside()
        await self.page.keyboard.press("e")

    async def wrap_up(self, disposition: str = "Answered", beside_chat: bool = False) -> None:
        """Choose the disposition of what has ended, by keyboard."""
        panel = self.page.get_by_role("region", name="Wrap-up")
        choice = panel.get_by_role("combobox", name="Disposition")
        if beside_chat:
            await expect(self.editor).to_be_visible()
            await choice.focus()
        await expect(choice).to_be_focused()
        await self.page.keyboard.press("ArrowDown")
        option = self.page.get_by_role("option", name=disposition)
        await expect(option).to_be_visible()
        await self.page.keyboard.type(disposition)
        await expect(option).to_have_attribute("data-combobox-selected", "true")
        await self.page.keyboard.press("Enter")
        await expect(choice).to_have_value(disposition)
        await panel.get_by_role("button", name="Done").click()
        await expect(panel).to_have_count(0)

    async def show(self, name: str) -> None:
        """Open one of the conversations in the list."""
        rows = self.page.get_by_role("region", name="Conversations")
        await rows.get_by_role("link").filter(has_text=name).first.click()
        await expect(self.page.locator("h1", has_text=name)).to_be_visible()

    async def picture(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        await keep(self.page, f"{name}-desk")


async def keep(page: Page, name: str) -> None:
    """Keep a screenshot."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / f"{name}.png")


@dataclass
class Floor:
    """The two browsers of one test, and what their consoles complained about."""

    house: House
    street: Browser
    office: Browser
    problems: list[str] = field(default_factory=list)

    @property
    def product(self) -> Product:
        """The started gateway."""
        return self.house.product

    async def visitor(self, path: str = "/", **options: Any) -> Shopper:
        """A visitor opens the shop in a browser profile of their own."""
        chosen: dict[str, Any] = {"locale": "en-GB", "accept_downloads": True} | options
        context = await self.street.new_context(**chosen)
        context.set_default_timeout(LIMIT_MS)
        await context.add_init_script(EARS)
        return await self.tab(context, path)

    async def tab(self, context: BrowserContext, path: str = "/", origin: str = "") -> Shopper:
        """Open the shop in a tab."""
        page = await context.new_page()
        self._listen(page)
        await page.goto((origin or self.product.url("shop")) + path)
        shopper = Shopper(page)
        await shopper.launcher.wait_for()
        return shopper

    async def seat(self, name: str, **options: Any) -> Desk:
        """Sit down at the desk: by the one-time link at first, by the kept login later."""
        logins = self.house.logins
        context = await self._context(storage_state=logins.get(name), **options)
        page = await context.new_page()
        self._listen(page)
        await page.goto(self.product.url("desk") if name in logins else self.house.link(name))
        await expect(page.locator("nav[aria-label]").first).to_be_visible()
        logins[name] = await context.storage_state()
        return self.desk(context, page)

    async def stranger(self, **options: Any) -> tuple[BrowserContext, Page]:
        """A browser profile at the desk that is not signed in."""
        context = await self._context(**options)
        page = await context.new_page()
        self._listen(page)
        return context, page

    def desk(self, context: BrowserContext, page: Page) -> Desk:
        """A seat at a page that is signed in."""
        office = Office(self.product, self.office, Road(self.product.port), self.problems)
        return Desk(office, context, page)

    async def _context(self, **options: Any) -> BrowserContext:
        size = {"width": 1440, "height": 900}
        chosen: dict[str, Any] = {"locale": "en-GB", "viewport": size} | options
        context = await self.office.new_context(**chosen)
        context.set_default_timeout(LIMIT_MS)
        await context.grant_permissions(["notifications", "microphone", "clipboard-read"])
        await context.add_init_script(EARS)
        return context

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self._heard(line.text))

    def _heard(self, text: str) -> None:
        if any(word in text for word in ("Content Security", "Content-Security", "Trusted")):
            self.problems.append(text)


class Shopper(Widget):
    """A visitor in front of the shop's page."""

    async def fill(self, name: str, text: str, department: str = "") -> None:
        """Open the widget and fill the form by keyboard alone, as far as sending."""
        if not await self.panel.count():
            await self.launcher.focus()
            await self.page.keyboard.press("Enter")
        field = self.root.get_by_label("Your name")
        await field.wait_for()
        await field.focus()
        await self.page.keyboard.type(name)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(f"{name.lower()}@example.com")
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(department)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(text)

    async def begin(self, name: str, text: str, department: str = "") -> None:
        """Start a conversation."""
        await self.fill(name, text, department)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.press("Enter")
        await expect(self.ticks.last).not_to_have_text("Sending")

    async def picture(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        await keep(self.page, f"{name}-widget")
