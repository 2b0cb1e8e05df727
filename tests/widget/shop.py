"""A page that embeds the widget, and the widget on it as a person uses it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from tests.live.product import Product
from tests.live.sockets import Agent, Frame
from tests.widget.road import Road

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
NONCE = "r4nd0m"
OPENS_MS = 1_000
SCREENS = Path(__file__).parents[2] / "test-results" / "widget"


class PageServer(ThreadingHTTPServer):
    """Serves one page on every path, with the policy a site might have."""

    page = b""
    policy = ""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.visits: list[str] = []

    @property
    def origin(self) -> str:
        """The origin the site has to allow."""
        return f"http://page.localhost:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        self.server.visits.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.page)))
        if self.server.policy:
            self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(self.server.page)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def page_server() -> Iterator[PageServer]:
    """Serve pages on a free port for the length of the block."""
    server = PageServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Shop:
    """One browser with its own road to the gateway, and the page it shows."""

    product: Product
    browser: Browser
    road: Road
    site: Frame
    pages: PageServer
    problems: list[str] = field(default_factory=list)

    def page(self, head: str = "", body: str = "", policy: str = "", language: str = "en") -> None:
        """Say what the page holds besides the widget."""
        source = f"{self.product.url('widget')}/widget.js"
        key = self.site["key"]
        text = (
            f'<!doctype html><html lang="{language}"><head><meta name="viewport" '
            'content="width=device-width,initial-scale=1"><title>Shop</title>'
            f'<link rel="icon" href="data:,">{head}</head><body>{body}<h1>Shop</h1>'
            f'<script type="module" async nonce="{NONCE}" src="{source}" data-wecc-site="{key}">'
            "</script></body></html>"
        )
        self.pages.page, self.pages.policy = text.encode(), policy

    async def context(self, **options: Any) -> BrowserContext:
        """Open a browser profile of its own."""
        context = await self.browser.new_context(**options)
        context.set_default_timeout(60_000)
        return context

    async def visit(self, context: BrowserContext, path: str = "/") -> Widget:
        """Open the page in a new tab and wait for the launcher."""
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        await page.goto(f"{self.pages.origin}{path}")
        widget = Widget(page)
        await widget.launcher.wait_for()
        return widget


class Widget:
    """The widget on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("wecc-widget")
        self.launcher = self.root.locator("button.l")
        self.panel = self.root.locator(".panel")
        self.editor = self.root.locator(".compose textarea")
        self.ticks = self.root.locator(".m.me .tick")

    async def open(self) -> None:
        """Open the closed panel; a second click before it is there would close it again."""
        await self.launcher.click()
        await expect(self.panel).to_be_visible()

    async def reopen(self) -> None:
        """Open the panel in another tab, unless it opens there by itself."""
        with contextlib.suppress(AssertionError):
            await expect(self.panel).to_be_visible(timeout=OPENS_MS)
        for _ in range(3):
            if await self.panel.is_visible():
                return
            with contextlib.suppress(AssertionError):
                await self.open()

    async def start(self, text: str) -> None:
        """Open the panel and send a first message."""
        if not await self.panel.count():
            await self.open()
        await self.root.locator("form.home textarea").last.fill(text)
        await self.root.locator("form.home button.go").click()
        await expect(self.ticks.last).not_to_have_text("Sending", timeout=30_000)

    async def say(self, text: str) -> None:
        """Write a message and press Enter."""
        await self.editor.fill(text)
        await self.editor.press("Enter")

    async def settled(self) -> None:
        """Wait until nothing waits in the outbox."""
        await expect(self.root.locator(".m.me .sending")).to_have_count(0, timeout=60_000)

    def text(self, text: str) -> Locator:
        """A message by its exact text."""
        return self.root.locator(".b p", has_text=text)

    async def texts(self) -> list[str]:
        """All messages, in the order of the screen."""
        return await self.root.locator(".m .b p").all_inner_texts()

    async def menu(self, item: str) -> None:
        """Choose from the menu in the head."""
        await self.root.get_by_role("button", name="More").click()
        await self.root.locator(".menu button", has_text=item).click()

    async def attach(self, name: str, media_type: str, content: bytes) -> None:
        """Choose a file with the picker."""
        file = FilePayload(name=name, mimeType=media_type, buffer=content)
        await self.root.locator("input[type=file]").first.set_input_files(file)

    async def picture(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENS / f"{name}.png")


class Desk(Agent):
    """An agent who takes what comes, and tidies up."""

    taken: list[str]

    async def on_shift(self) -> None:
        """Connect and go ready."""
        self.taken = []
        await self.hello()
        await self.ready()

    async def take(self, start: int = 0) -> str:
        """Accept the next offer; returns the conversation."""
        offer = await self.accept(start=start)
        self.taken.append(offer["interaction"]["id"])
        return str(offer["conversation"]["id"])

    async def finish(self) -> None:
        """End and wrap up everything taken."""
        for interaction in self.taken:
            await self.ask({"type": "interaction.end", "interaction_id": interaction})
            await self.ask({"type": "interaction.wrap_up", "interaction_id": interaction})
        self.taken = []

    async def off_shift(self) -> None:
        """Leave nothing behind for the next test."""
        await self.finish()
        await self.must({"type": "agent.state.set", "state": "not_ready", "reason": "break"})
        await self.close()
