"""What holds for every agent, and when queues are open, set up at the desk by a supervisor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from gateway.kernel.clock import SystemClock
from tests.conftest import require
from tests.desk.conftest import BUILT, ORIGIN, House
from tests.desk.person import Office, Seat
from tests.live.product import product
from tests.widget.shop import CHROMIUM

pytestmark = pytest.mark.browser

LEA = "lea@example.com"
AMARA = "amara@example.com"
YEAR = dt.datetime.fromtimestamp(SystemClock().now_ms() / 1000, dt.UTC).year + 1
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
    f"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{YEAR}0101\r\nSUMMARY:New Year's Day\r\nEND:VEVENT\r\n"
    f"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{YEAR}0501\r\nDTEND;VALUE=DATE:{YEAR}0504\r\n"
    "SUMMARY:<b>Spring</b>\\, holidays\r\nEND:VEVENT\r\n"
    f"BEGIN:VEVENT\r\nDTSTART:{YEAR}0601T090000Z\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)
WEEK = [{"weekday": day, "from_minute": 0, "to_minute": 1440} for day in range(7)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A contact centre with a supervisor, an agent and hours."""
    require(BUILT.exists(), "the built desk (`npm run build -w web`)")
    require(Path(CHROMIUM).exists(), "Chromium")
    folder = tmp_path_factory.mktemp("rules") / "data"
    folder.mkdir()
    with product(folder) as running:
        admin = running.set_up()
        site = admin.add_site(ORIGIN, languages=["en"])
        admin.add_agent("Lea", LEA, role="supervisor")
        amara = admin.add_agent("Amara", AMARA)
        queue = admin.call("GET", "/queues")[0]
        admin.call("POST", "/queues", {"name": "VIP"})
        office = {"name": "Office", "time_zone": "UTC", "windows": WEEK}
        admin.call("POST", "/hours", {**office, "closed_dates": [f"{YEAR}-01-01"]})
        yield House(running, admin, amara, site, queue)


async def test_a_supervisor_keeps_the_reasons(house: House, office: Office) -> None:
    seat = await office.seat(LEA, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open("/admin/rules")
    reasons = page.get_by_role("region", name="Reasons to be not ready")
    await expect(reasons.get_by_role("row", name="Break")).to_contain_text("no limit")
    await reasons.get_by_role("button", name="Add reason").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Quiet time")
    await dialog.get_by_label("Code").fill("quiet_time")
    await dialog.get_by_label("Longest time").fill("15")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await expect(reasons.get_by_role("row", name="Quiet time")).to_contain_text("15:00")
    await reasons.get_by_role("button", name="Change Break").click()
    await dialog.get_by_label("Name").fill("Short break")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    kept = {one["code"]: one for one in house.admin.call("GET", "/not-ready-reasons")}
    assert kept["quiet_time"]["max_s"] == 900
    assert kept["break"]["name"] == "Short break"
    await reasons.get_by_role("button", name="Change Quiet time").click()
    await dialog.get_by_label("Code").fill("no_answer")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_contain_text("The gateway itself uses this code.")
    await page.keyboard.press("Escape")
    agent = await office.seat(AMARA)
    await agent.go_ready()
    await agent.page.get_by_role("button", name="Ready").first.click()
    menu = agent.page.get_by_role("menu")
    await expect(menu.get_by_role("menuitem", name="Quiet time", exact=True)).to_be_visible()
    await menu.get_by_role("menuitem", name="Short break", exact=True).click()
    await expect(agent.page.get_by_text("Short break").first).to_be_visible()


async def test_a_supervisor_sets_the_capacity_policy(house: House, office: Office) -> None:
    seat = await office.seat(LEA, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open("/admin/rules")
    matrix = page.get_by_role("region", name="What may interrupt what")
    await expect(matrix).to_contain_text("During a call, nothing else comes.")
    await matrix.get_by_role("checkbox", name="During a call, offer chats").focus()
    await page.keyboard.press("Space")
    await expect(matrix).to_contain_text("During a call, chats may still come.")
    await matrix.get_by_role("checkbox", name="During a chat, offer messages").uncheck()
    await expect(matrix).to_contain_text("During a chat, calls may still come.")
    await page.get_by_label("A chat is quiet after").fill("300")
    await page.get_by_label("Wait for the last agent also while they are not ready").check()
    await page.get_by_role("button", name="Add a label").click()
    label = page.get_by_role("listitem", name="Label 1")
    await label.get_by_label("Name").fill("VIP work")
    await page.get_by_role("button", name="Save rules").click()
    await expect(page.get_by_role("region", name="Labels").get_by_role("alert")).to_be_visible()
    await label.get_by_role("combobox", name="Queues").click()
    await page.get_by_role("option", name="VIP").click()
    await page.keyboard.press("Escape")
    assert await seat.faults() == []
    await seat.picture("agent-rules")
    await page.get_by_role("link", name="Queues", exact=True).click()
    asked = page.get_by_role("dialog", name="Leave without")
    await asked.get_by_role("button", name="Stay").click()
    await page.get_by_role("button", name="Save rules").click()
    await expect(page.get_by_text("Saved, in force")).to_be_visible()
    policy = house.admin.call("GET", "/capacity-policy")
    assert policy["interrupted_by"] == {
        "chat": ["call"],
        "call": ["chat"],
        "message": ["call", "chat"],
    }
    assert (policy["quiet_chat_s"], policy["sticky_waits"]) == (300, True)
    vip = next(one for one in house.admin.call("GET", "/queues") if one["name"] == "VIP")
    assert policy["labels"] == [{"name": "VIP work", "queue_ids": [vip["id"]], "limit": 1}]
    await expect(page.get_by_text("Saved. It is in force now.")).to_be_visible()
    assert not await covered(page, "Save rules")


async def test_an_agent_has_a_rule_of_their_own(house: House, office: Office) -> None:
    seat = await office.seat(LEA, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open("/admin/agents")
    await page.get_by_role("button", name="Change Amara").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("A rule of interruption of their own").check()
    await dialog.get_by_role("checkbox", name="During a call, offer messages").check()
    assert await seat.faults() == []
    await seat.picture("agent-own-rule")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    amara = house.agent.me["user"]["id"]
    profiles = {one["user_id"]: one for one in house.admin.call("GET", "/agents")}
    assert "message" in profiles[amara]["interrupted_by"]["call"]
    assert profiles[house.admin.me["user"]["id"]]["interrupted_by"] == {}


async def covered(page: Page, name: str) -> bool:
    """Whether something lies over a button."""
    button = page.get_by_role("button", name=name)
    found: bool = await button.evaluate(
        """(button) => { const { left, top, width, height } = button.getBoundingClientRect();
        const points = [[0.1, 0.5], [0.5, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
        return points.some(([x, y]) => !button.contains(
          document.elementFromPoint(left + x * width, top + y * height))); }"""
    )
    return found


async def choose(page: Page, name: str, data: bytes) -> None:
    """Choose a calendar file of this content."""
    field = page.locator("input[type=file]")
    await field.set_input_files(FilePayload(name=name, mimeType="text/calendar", buffer=data))


async def test_a_supervisor_adds_holidays_from_a_file(house: House, office: Office) -> None:
    seat = await office.seat(LEA, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open("/admin/hours")
    await expect(page.get_by_role("button", name="Remove Office")).to_have_count(0)
    await page.get_by_role("button", name="Change Office").click()
    dialog = page.get_by_role("dialog")
    await choose(page, "page.ics", b"<html><script>alert(1)</script>")
    await expect(dialog.get_by_role("alert")).to_contain_text("it must begin with BEGIN:VCALENDAR")
    await choose(page, "huge.ics", b"BEGIN:VCALENDAR\n" + b"x" * 600_000)
    await expect(dialog.get_by_role("alert")).to_contain_text("at most 512 KiB")
    await choose(page, "many.ics", b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 2_100)
    await expect(dialog.get_by_role("alert")).to_contain_text("at most 2000 events")
    await choose(page, "holidays.ics", CALENDAR.encode())
    found = dialog.get_by_role("region", name="Found in holidays.ics")
    await expect(found).to_contain_text("holidays.ics: 4 days from this year on, 3 of them new.")
    await expect(found).to_contain_text("Events left out: 1.")
    await expect(found.get_by_role("listitem").nth(0)).to_contain_text("closed already")
    await expect(found.get_by_role("listitem").nth(1)).to_contain_text("<b>Spring</b>, holidays")
    await expect(dialog.get_by_role("alert")).to_have_count(0)
    await found.scroll_into_view_if_needed()
    assert await seat.faults() == []
    await seat.picture("hours-calendar")
    before = house.admin.call("GET", "/hours")
    assert [one["closed_dates"] for one in before if one["name"] == "Office"] == [[f"{YEAR}-01-01"]]
    await found.get_by_role("button", name="Add 3 days").click()
    await expect(dialog.get_by_text("3 days added above.")).to_be_visible()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    hours = next(one for one in house.admin.call("GET", "/hours") if one["name"] == "Office")
    assert hours["closed_dates"] == [
        f"{YEAR}-{day}" for day in ("01-01", "05-01", "05-02", "05-03")
    ]


async def test_in_chinese_too(house: House, office: Office) -> None:
    seat = await office.seat(LEA, viewport={"width": 1440, "height": 900})
    page = seat.page
    await page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    await seat.open("/admin/hours")
    await page.get_by_role("button", name="修改 Office").click()
    await choose(page, "page.ics", b"<html>")
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("BEGIN:VCALENDAR")
    await page.keyboard.press("Escape")
    queue = house.admin.call("POST", "/queues", {"name": "Deutsch"})
    await seat.open(f"/admin/queues/{queue['id']}")
    first = page.get_by_role("listitem", name="第 1 步", exact=True)
    await first.get_by_label("谁可接待").fill("Nobody >= 200")
    wrong = first.get_by_role("alert")
    await expect(wrong).to_contain_text("第 1 个字符：没有此名称的技能。")
    await first.get_by_label("谁可接待").fill('"open')
    await expect(wrong).to_contain_text("引号没有结束。")
    await seat.picture("queue-page-mistake-zh")


async def test_notices_lie_over_no_button_of_a_queue_page(house: House, office: Office) -> None:
    queue = house.admin.call("POST", "/queues", {"name": "Notices"})
    for width in (1440, 390):
        seat = await office.seat(LEA, viewport={"width": width, "height": 900})
        page = seat.page
        await seat.open(f"/admin/queues/{queue['id']}")
        await page.get_by_role("textbox", name="Name", exact=True).fill(f"Notices {width}")
        await page.get_by_role("button", name="Publish", exact=True).click()
        await expect(page.get_by_text(f"Notices {width}: version")).to_be_visible()
        assert not await covered(page, "Publish")
        assert not await covered(page, "Discard changes")
        await seat.picture(f"queue-page-notice-{width}")


FACES = [("dark", 1024, "en"), ("light", 390, "zh"), ("dark", 390, "en")]


@pytest.mark.parametrize(("scheme", "width", "language"), FACES)
@pytest.mark.parametrize("part", ["rules", "hours"])
async def test_faces(
    house: House, office: Office, part: str, scheme: str, width: int, language: str
) -> None:
    seat = await office.seat(LEA, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = seat.page
    if language == "zh":
        await page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    await seat.open(f"/admin/{part}")
    await expect(page.get_by_role("table").first).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert await faults_of(seat) == []
    await seat.fits()
    await seat.picture(f"admin-{part}-{scheme}-{width}-{language}")
    if part == "rules":
        await page.locator("form").first.scroll_into_view_if_needed()
        await page.locator("form section").first.evaluate("(part) => part.scrollIntoView()")
        await seat.picture(f"admin-{part}-{scheme}-{width}-{language}-policy")


async def faults_of(seat: Seat) -> list[str]:
    """What axe finds on the page and in what opens from it."""
    found = await seat.faults()
    await seat.page.locator("table button").first.click()
    await expect(seat.page.get_by_role("dialog")).to_be_visible()
    found += await seat.faults()
    await seat.page.keyboard.press("Escape")
    await expect(seat.page.get_by_role("dialog")).to_have_count(0)
    return found
