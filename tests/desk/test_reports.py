"""The report page over a day that has passed: figures, lists behind them, filters, faces."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.conftest import require
from tests.desk.conftest import ADMIN, AGENT, BUILT, _connections_end
from tests.desk.person import Office, Seat
from tests.live import day
from tests.live.product import Product, product
from tests.supervision.past import live_through
from tests.widget.road import Road
from tests.widget.shop import CHROMIUM, FLAGS

pytestmark = pytest.mark.browser

YESTERDAY = "/reports?tz=UTC&interval=15"


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product over a data directory in which a day has passed."""
    require(BUILT.exists(), "the built desk (`npm run build -w web`)")
    folder = tmp_path_factory.mktemp("reports") / "data"
    folder.mkdir(mode=0o700)
    day.long_enough()
    assert asyncio.run(live_through(folder)) > 100
    with product(folder, "--no-calls") as running:
        yield running


@pytest.fixture
async def office(yesterday: Product) -> AsyncIterator[Office]:
    """A browser; its pages may complain about nothing."""
    road = await Road(yesterday.port).open()
    rules = f"MAP desk.localhost 127.0.0.1:{road.port}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--host-resolver-rules={rules}"]
        )
        office = Office(yesterday, browser, road)
        yield office
        await browser.close()
    await road.close()
    await _connections_end()
    assert office.problems == []


async def show_yesterday(seat: Seat) -> None:
    await seat.open(YESTERDAY)
    await seat.page.get_by_role("button", name="Yesterday").click()
    await expect(seat.page.locator("figure canvas")).to_be_visible()


async def test_figures_of_yesterday_and_the_contacts_behind_them(office: Office) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 1000})
    await show_yesterday(seat)
    page = seat.page
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await seat.picture("reports-totals")
    offered = rows.first.get_by_role("button", name="Offered")
    number = int(await offered.inner_text())
    await offered.click()
    drawer = page.get_by_role("dialog")
    await expect(drawer.locator("tbody tr")).to_have_count(min(number, 200))
    assert await seat.faults() == []
    await seat.picture("reports-waits")
    await drawer.get_by_role("button", name="Why did this wait?").first.click()
    why = page.get_by_role("dialog", name="Why did this wait?")
    await expect(why.get_by_role("figure")).to_be_visible()
    await expect(why).to_contain_text("Waited")
    await expect(why).to_contain_text("accepted after")
    assert await seat.faults() == []
    await seat.picture("reports-why")
    await page.keyboard.press("Escape")
    await expect(why).to_have_count(0)
    await drawer.get_by_role("link", name="Open").first.click()
    await expect(page).to_have_url(re.compile("/inbox/cv_past"))
    await page.go_back()
    await expect(page.locator("figure canvas")).to_be_visible()


async def test_by_interval_by_agent_and_what_figures_mean(office: Office) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 1000})
    await show_yesterday(seat)
    page = seat.page
    await page.get_by_text("By interval", exact=True).click()
    await expect(page.locator("tbody tr").nth(20)).to_be_visible()
    await page.get_by_text("Agent", exact=True).first.click()
    await expect(page.get_by_role("columnheader", name="Occupancy")).to_be_visible()
    await expect(page.get_by_text("Amara").first).to_be_visible()
    await seat.picture("reports-agents")
    await page.get_by_role("button", name="What the figures mean").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("busy_ms / staffed_ms")).to_be_visible()
    assert await seat.faults() == []
    await page.keyboard.press("Escape")
    await page.reload()
    await expect(page.get_by_role("columnheader", name="Occupancy")).to_be_visible()


def lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8-sig").splitlines()


async def test_the_file_holds_what_the_page_shows(office: Office) -> None:
    seat = await office.seat(ADMIN, accept_downloads=True)
    await show_yesterday(seat)
    async with seat.page.expect_download() as waiting:
        await seat.page.get_by_role("link", name="Download CSV").click()
    lines = lines_of(Path(await (await waiting.value).path()))
    assert lines[0].startswith("start,end,queue,name,offered,")
    assert len(lines) > 20
    assert any("订单 Orders" in line for line in lines)


async def test_an_agent_sees_only_the_own_figures(office: Office) -> None:
    seat = await office.seat(AGENT)
    await show_yesterday(seat)
    await expect(seat.page.locator("tbody tr")).to_have_count(1)
    await expect(seat.page.locator("tbody")).to_contain_text("Amara")
    await expect(seat.page.get_by_role("radio", name="Queue")).to_have_count(0)


async def test_nothing_and_a_lost_gateway_are_said(office: Office) -> None:
    seat = await office.seat(ADMIN)
    await seat.open("/reports?from=2020-01-01&to=2020-01-02&tz=UTC")
    await expect(seat.page.get_by_text("Nothing happened in this time")).to_be_visible()
    await seat.page.route("**/api/v1/reports/**", lambda route: route.abort())
    await seat.page.get_by_role("button", name="Yesterday").click()
    await expect(seat.page.get_by_role("alert").first).to_be_visible()
    await seat.page.unroute("**/api/v1/reports/**")
    await seat.page.get_by_role("button", name="Try again").click()
    await expect(seat.page.locator("figure canvas")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "width", "language"),
    [("light", 1440, "en"), ("dark", 390, "en"), ("dark", 1024, "zh")],
)
async def test_faces(office: Office, scheme: str, width: int, language: str) -> None:
    seat = await office.seat(ADMIN, color_scheme=scheme, viewport={"width": width, "height": 1000})
    if language == "zh":
        await seat.page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    await seat.open(YESTERDAY)
    name = {"en": "Yesterday", "zh": "昨天"}[language]
    await seat.page.get_by_role("button", name=name).click()
    await expect(seat.page.locator("figure canvas")).to_be_visible()
    assert await seat.faults() == []
    await seat.fits()
    await seat.picture(f"reports-{scheme}-{width}-{language}")


async def test_online_hours_weeks_and_months(office: Office) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 1000})
    await show_yesterday(seat)
    page = seat.page
    await page.get_by_role("combobox", name="Interval").click()
    await page.get_by_role("option", name="1 month").click()
    await expect(page.locator("figure canvas")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Average first reply")).to_be_visible()
    await page.get_by_text("Online hours", exact=True).first.click()
    await page.get_by_role("button", name="Today").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Admin"))
    await expect(row.filter(has_text="Not ready").first).to_be_visible()
    assert await seat.faults() == []
    await seat.picture("reports-online-hours")
    await page.get_by_text("Every change", exact=True).click()
    await expect(page.get_by_role("columnheader", name="Set by")).to_be_visible()
    await expect(page.get_by_text("goes on").first).to_be_visible()
    assert await seat.faults() == []
    await seat.picture("reports-state-changes")
