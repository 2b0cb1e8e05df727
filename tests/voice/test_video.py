"""Pictures through the engine, with real Chromium pages: every picture carries a number in its
pixels, and the number is read where it arrives.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page

from gateway.kernel.errors import WeccError
from gateway.voice.media.engine import EmbeddedEngine
from tests.voice.pages import Switchboard, numbers, until_seen
from tests.voice.rig import Reports
from tests.voice.test_browser import HAS_CHROMIUM, chromium

Pair = tuple[EmbeddedEngine, Reports]
Require = Callable[[object, str], None]
pytestmark = pytest.mark.browser


async def until_figure(
    page: Page, side: str, mid: str, good: Callable[[dict[str, Any]], bool], limit_s: float = 90
) -> dict[str, Any]:
    """Wait until a stream's figures are as they should be."""
    figures: dict[str, Any] = {}
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        figures = (await page.evaluate("figures()"))[side].get(mid, {})
        if figures and good(figures):
            return figures
        await asyncio.sleep(0.3)
    raise AssertionError(f"{side} {mid} came to {figures}")


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_pictures_both_ways_and_a_screen_beside(
    engine: Pair, require_or_skip: Require, codec: str
) -> None:
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, _ = engine
    async with Switchboard(media).serving() as board, chromium() as browser:
        one = await board.person(
            browser, "leg-one1", level=1_000, camera=True, screen=True, codec=codec
        )
        two = await board.person(
            browser, "leg-two2", level=20_000, camera=True, offersAll=True, codec=codec,
            query="?partner=leg-one1",
        )  # fmt: skip
        await media.bridge("leg-one1", "leg-two2")
        await until_seen(two, 1_000, 6_000)
        await until_seen(two, 6_000, 12_000, "screen")
        await until_seen(one, 20_000, 25_000)
        assert await numbers(one, "screen") == []
        for page, mids in ((one, ("1",)), (two, ("1", "2"))):
            for mid in mids:
                stream = await until_figure(page, "inbound", mid, lambda at: at["frames"] > 30)
                assert stream["lost"] == 0


async def test_pictures_go_on_under_loss(engine: Pair, require_or_skip: Require) -> None:
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, _ = engine
    async with Switchboard(media).serving() as board, chromium() as browser:
        one = await board.person(browser, "leg-one1", level=1_000, camera=True, query="?path=1")
        two = await board.person(browser, "leg-two2", level=20_000, camera=True, query="?path=1")
        for page in (one, two):
            await page.evaluate("drawing.camera.noise = true")
        await media.bridge("leg-one1", "leg-two2")
        await until_seen(two, 1_000, 6_000)
        for network in board.paths.values():
            network.loss = 0.05
        sent_again = await until_figure(one, "outbound", "1", lambda at: at["again"] > 5)
        asked_again = await until_figure(two, "inbound", "1", lambda at: at["nacks"] > 5)
        assert sent_again["nacks"] > 0
        assert asked_again["frames"] > 0
        before = await numbers(two)
        await until_seen(two, before[-1], 20_000)
        for network in board.paths.values():
            network.loss = 1.0
        await asyncio.sleep(2)
        for network in board.paths.values():
            network.loss = 0.0
        before = await numbers(two)
        await until_seen(two, before[-1] + 15, 20_000)
        await until_seen(one, 20_000, 40_000)


async def test_a_narrow_receiver_makes_the_sender_send_less(
    engine: Pair, require_or_skip: Require
) -> None:
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, _ = engine
    async with Switchboard(media).serving() as board, chromium() as browser:
        one = await board.person(browser, "leg-one1", level=1_000, camera=True)
        two = await board.person(browser, "leg-two2", level=20_000, camera=True, query="?path=1")
        await one.evaluate("drawing.camera.noise = true")
        await media.bridge("leg-one1", "leg-two2")
        await until_seen(two, 1_000, 6_000)
        await until_figure(one, "outbound", "1", lambda at: at["target"] > 250_000)
        network = board.paths["leg-two2"]
        network.down_bits_per_s = 200_000
        await until_figure(one, "outbound", "1", lambda at: at["target"] < 200_000)
        before = await numbers(two)
        await until_seen(two, before[-1], 20_000)
        network.down_bits_per_s = 0.0
        before = await numbers(two)
        await until_seen(two, before[-1], 20_000)


async def test_lips_move_with_the_voice(engine: Pair, require_or_skip: Require) -> None:
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, _ = engine
    async with Switchboard(media).serving() as board, chromium() as browser:
        one = await board.person(browser, "leg-one1", level=1_000, camera=True)
        two = await board.person(browser, "leg-two2", level=20_000, camera=True)
        await media.bridge("leg-one1", "leg-two2")
        await until_seen(two, 1_000, 6_000)
        await two.evaluate("listen()")
        await one.evaluate("blink()")
        apart_ms = 999.0
        until_s = time.monotonic() + 180
        while abs(apart_ms) > 80 and time.monotonic() < until_s:
            await asyncio.sleep(2)
            apart = _apart_ms(await two.evaluate("({ lights, sounds })"))
            apart_ms = statistics.median(apart) if len(apart) == 8 else 999.0
        print(f"picture after sound by {apart_ms:.0f} ms")  # noqa: T201
        assert abs(apart_ms) <= 80


def _apart_ms(seen: dict[str, list[dict[str, Any]]]) -> list[float]:
    """Return by how much each of the last eight flashes came after its sound."""
    on = {name: [one["at"] for one in seen[name] if one["on"]] for name in ("lights", "sounds")}
    if not on["sounds"]:
        return []
    nearest = [light - min(on["sounds"], key=lambda at: abs(at - light)) for light in on["lights"]]
    return [ms for ms in nearest if abs(ms) < 900][-8:]


async def test_a_camera_is_added_and_another_party_takes_over(
    engine: Pair, require_or_skip: Require
) -> None:
    """Begins as a call of sound alone; the pictures come by an update on the same connection."""
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, reports = engine
    async with Switchboard(media).serving() as board, chromium() as browser:
        one = await board.person(browser, "leg-one1")
        two = await board.person(browser, "leg-two2", level=20_000, camera=True, offersAll=True)
        await media.bridge("leg-one1", "leg-two2")
        await until_figure(two, "inbound", "0", lambda at: at["received"] > 50)
        before = board.answers["leg-one1"]
        await one.evaluate("show('camera', 1000, '/leg/leg-one1/update')")
        after = board.answers["leg-one1"]
        for name in ("ice-ufrag", "ice-pwd", "fingerprint", "setup"):
            assert re.findall(f"a={name}:(.*)", before)[0] in re.findall(f"a={name}:(.*)", after)
        await until_seen(two, 1_000, 6_000)
        await until_seen(one, 20_000, 25_000)
        assert [one.state for one in reports.seen] == ["connected"] * 2
        await board.person(browser, "leg-three", level=40_000, camera=True)
        await media.bridge("leg-two2", "leg-three")
        await until_seen(two, 40_000, 45_000)
        other = re.sub(r"ice-ufrag:\S+", "ice-ufrag:other", board.offers["leg-one1"])
        with pytest.raises(WeccError, match="another connection"):
            await media.update_leg("leg-one1", other)
        await media.bridge("leg-one1", "leg-two2")
        await until_seen(two, 1_000, 20_000)


async def test_who_sends_what_the_other_cannot_decode_is_asked_anew(
    engine: Pair, require_or_skip: Require
) -> None:
    require_or_skip(HAS_CHROMIUM, "chromium")
    media, reports = engine
    async with Switchboard(media).serving() as board, chromium() as browser:
        one = await board.person(browser, "leg-one1", level=1_000, camera=True)
        two = await board.person(
            browser, "leg-two2", level=20_000, camera=True, codec="video/H264",
            query="?partner=leg-one1",
        )  # fmt: skip
        await media.bridge("leg-one1", "leg-two2")
        await reports.until("leg-one1", "connected", 15, "codecs")
        answer = await one.evaluate("negotiate('/leg/leg-one1/update?partner=leg-two2')")
        assert "VP8" not in answer
        await until_seen(two, 1_000, 6_000)
        await until_seen(one, 20_000, 25_000)
