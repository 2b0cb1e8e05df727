"""Two real Chromium pages through the engine: the tone of one is measured in the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from gateway.voice.media.engine import EmbeddedEngine
from tests.voice.rig import Reports, connect

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
PAGE = Path(__file__).with_name("call_page.html")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
]  # fmt: skip

LOOPBACK_FLAG = "--allow-loopback-in-peer-connection"
"""Only needed where the machine has no network at all: then Chromium has no address to use."""

Pair = tuple[EmbeddedEngine, Reports]


@contextlib.asynccontextmanager
async def served(engine: EmbeddedEngine) -> AsyncIterator[str]:
    """The page, and ``POST /leg/{id}`` with an sdp_offer, on a free port."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE.read_text(), content_type="text/html")

    async def leg(request: web.Request) -> web.Response:
        answer = await engine.create_leg(request.match_info["id"], "call-1", await request.text())
        return web.Response(text=answer)

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/leg/{id}", leg)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield str(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def has_network() -> bool:
    """Tell whether any interface but loopback could send (nothing is sent)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return False
    return True


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    flags = FLAGS if has_network() else [*FLAGS, LOOPBACK_FLAG]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


async def until_heard(page: Page, hertz: float) -> dict[str, Any]:
    """Wait until a tone is the loudest thing the page hears."""
    last: dict[str, Any] = {}
    for _ in range(300):
        last = await page.evaluate("heard()")
        if abs(last["hertz"] - hertz) < 12 and last["decibels"] > -60:
            return last
        await asyncio.sleep(0.1)
    raise AssertionError(f"expected {hertz} Hz, heard {last}")


async def until_music(page: Page) -> None:
    """Wait until something low sounds."""
    last: dict[str, Any] = {}
    for _ in range(300):
        last = await page.evaluate("heard()")
        if last["hertz"] < 1_000 and last["decibels"] > -70:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"expected music, heard {last}")


async def until_reported(page: Page) -> dict[str, Any]:
    """Wait for the figures that need reports both ways (Chromium's come every 5 s)."""
    figures: dict[str, Any] = {}
    for _ in range(400):
        figures = await page.evaluate("figures()")
        if figures.get("roundTrip") is not None and figures.get("remoteSent", 0) > 100:
            return figures
        await asyncio.sleep(0.1)
    raise AssertionError(f"no reports: {figures}")


@pytest.mark.browser
async def test_two_pages_hear_each_other_and_music_when_held(
    engine: Pair, require_or_skip: Callable[[object, str], None]
) -> None:
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, reports = engine
    async with served(media) as port, chromium() as browser:
        one, two = await browser.new_page(), await browser.new_page()
        for page in (one, two):
            await page.goto(f"http://127.0.0.1:{port}/")
        await one.evaluate("call('leg-one1', 613)")
        await reports.until("leg-one1", "connected")
        await media.play("leg-one1", "queue")
        await until_music(one)
        await two.evaluate("call('leg-two2', 1187)")
        await media.bridge("leg-one1", "leg-two2")
        await until_heard(two, 613)
        await until_heard(one, 1187)
        for page in (one, two):
            figures = await until_reported(page)
            assert figures["lost"] == 0
            assert figures["received"] > 100
            assert figures["remoteLost"] == 0
            assert 0 <= figures["roundTrip"] < 10
            assert figures["remoteSent"] > 100
        await media.unbridge("leg-one1")
        await media.play("leg-two2", "hold")
        await until_music(two)
        assert await two.evaluate("pc.getSenders()[0].dtmf.canInsertDTMF")
        peer = await connect(media, reports, "leg-three", "call-1", 700)
        offered = {await page.evaluate("opusNumber()") for page in (one, two)}
        assert offered != {96}  # the peer's number for Opus: the two sides must differ
        await media.bridge("leg-two2", "leg-three")
        await until_heard(two, 700)
        await peer.hears_hertz(1187)
        await peer.close()
        await one.close()
        assert (await reports.until("leg-one1", "lost")).cause in ("closed_by_peer", "silent")
