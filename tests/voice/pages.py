"""Chromium pages with a voice, a camera and a screen, and a network between them and a worker."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, Page

from gateway.kernel.errors import WeccError
from gateway.voice.media.engine import EmbeddedEngine

PAGE = Path(__file__).with_name("video_page.html")
HOST = "127.0.0.1"
QUEUE_S = 0.5
"""What a narrow way lets wait; what is beyond is dropped."""


class Network:
    """A network of its own between one page and its worker: it loses, delays and is narrow.

    The page is told this address instead of the worker's; the worker is told no candidate of the
    page, so that nothing goes round it.
    """

    def __init__(self, worker_port: int) -> None:
        self.loss = 0.0
        self.up_bits_per_s = self.down_bits_per_s = 0.0
        self._to_worker = (HOST, worker_port)
        self._page: tuple[str, int] | None = None
        self._front = _socket(self._from_page)
        self._back = _socket(self._from_worker)
        self._random = random.Random(7)
        self._free_s = {"up": 0.0, "down": 0.0}
        self.dropped = 0

    @property
    def port(self) -> int:
        return int(self._front.getsockname()[1])

    def _lost(self, data: bytes) -> bool:
        is_media = 127 < data[0] < 192
        gone = is_media and self._random.random() < self.loss
        self.dropped += gone
        return gone

    def _from_page(self, data: bytes, address: tuple[str, int]) -> None:
        self._page = address
        self._pass(data, "up", self.up_bits_per_s)

    def _from_worker(self, data: bytes, _address: tuple[str, int]) -> None:
        self._pass(data, "down", self.down_bits_per_s)

    def _pass(self, data: bytes, way: str, bits_per_s: float) -> None:
        if self._lost(data):
            return
        if not bits_per_s:
            self._deliver(data, way)
            return
        now_s = time.monotonic()
        if self._free_s[way] - now_s > QUEUE_S:
            self.dropped += 1
            return
        self._free_s[way] = max(self._free_s[way], now_s) + len(data) * 8 / bits_per_s
        loop = asyncio.get_running_loop()
        loop.call_later(self._free_s[way] - now_s, self._deliver, data, way)

    def _deliver(self, data: bytes, way: str) -> None:
        sock, to = (self._back, self._to_worker) if way == "up" else (self._front, self._page)
        if to is not None and sock.fileno() >= 0:
            with contextlib.suppress(OSError):
                sock.sendto(data, to)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for sock in (self._front, self._back):
            loop.remove_reader(sock.fileno())
            sock.close()


def _socket(deliver: Any) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    sock.setblocking(False)

    def readable() -> None:
        for _ in range(64):
            try:
                data, address = sock.recvfrom(2_048)
            except OSError:
                return
            deliver(data, address)

    asyncio.get_running_loop().add_reader(sock.fileno(), readable)
    return sock


class Switchboard:
    """Serves the page, and hands its session descriptions to an engine.

    ``POST /leg/{id}`` begins a leg (``?partner=ID``, ``?path=1`` for a network of its own),
    ``POST /leg/{id}/update`` negotiates it anew.
    """

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.paths: dict[str, Network] = {}
        self.answers: dict[str, str] = {}
        self.offers: dict[str, str] = {}
        self.port = 0

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=PAGE.read_text(), content_type="text/html")

    async def leg(self, request: web.Request) -> web.Response:
        leg_id, offer = request.match_info["id"], await request.text()
        partner, has_path = request.query.get("partner"), "path" in request.query
        if has_path:
            offer = re.sub(r"a=candidate:[^\r\n]*\r\n", "", offer)
        self.offers[leg_id] = offer
        try:
            answer = await self._engine.create_leg(leg_id, "call-1", offer, partner)
        except WeccError as error:
            return web.Response(text=error.message, status=400)
        if has_path:
            port = int(re.findall(r"m=audio (\d+)", answer)[0])
            path = self.paths[leg_id] = Network(port)
            answer = answer.replace(f" {port} typ host", f" {path.port} typ host")
        self.answers[leg_id] = answer
        return web.Response(text=answer)

    async def update(self, request: web.Request) -> web.Response:
        leg_id, offer = request.match_info["id"], await request.text()
        self.offers[leg_id] = offer
        try:
            answer = await self._engine.update_leg(leg_id, offer, request.query.get("partner"))
        except WeccError as error:
            return web.Response(text=error.message, status=400)
        self.answers[leg_id] = answer
        return web.Response(text=answer)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Switchboard]:
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self.page),
                web.post("/leg/{id}", self.leg),
                web.post("/leg/{id}/update", self.update),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        self.port = int(runner.addresses[0][1])
        try:
            yield self
        finally:
            for path in self.paths.values():
                path.close()
            await runner.cleanup()

    async def person(self, browser: Browser, leg_id: str, **options: Any) -> Page:
        """Open a page and connect its leg."""
        page = await browser.new_page()
        await page.goto(f"http://{HOST}:{self.port}/")
        await page.evaluate(
            "([leg, options]) => call(leg, options)", [leg_id, {"level": 0, **options}]
        )
        return page


async def numbers(page: Page, role: str = "camera", last: int = 12) -> list[int]:
    """Return the numbers of the last pictures seen."""
    seen: list[int] = await page.evaluate(
        "([role, last]) => (seen[role] ?? []).slice(-last).map((one) => one.number)", [role, last]
    )
    return seen


async def until_seen(
    page: Page, low: int, high: int, role: str = "camera", limit_s: float = 60
) -> list[int]:
    """Wait until the pictures are read, in order, and number within bounds; return the last."""
    found: list[int] = []
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        found = await numbers(page, role)
        ordered = all(a <= b for a, b in itertools.pairwise(found))
        if (
            len(found) == 12
            and ordered
            and low < found[0] <= found[-1] < high
            and len(set(found)) > 5
        ):
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"expected pictures {low}-{high}, saw {found}")
