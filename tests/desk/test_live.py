"""The live page: who waits, warnings before and after a target is missed, today as in a report."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.desk.conftest import ADMIN, House
from tests.desk.person import Office
from tests.live import day
from tests.live.product import eventually
from tests.live.sockets import Agent

pytestmark = pytest.mark.browser


@pytest.fixture
def short_target(house: House) -> Iterator[None]:
    """The queue wants chats answered within 24 s."""
    path = f"/queues/{house.queue['id']}"
    queue = next(
        each for each in house.admin.call("GET", "/queues") if each["id"] == house.queue["id"]
    )
    known = {"id", "version", "warnings", "closed", "closure"}
    body = {name: value for name, value in queue.items() if name not in known}
    target = {"chat": {"percent": 80, "within_s": 24}}
    house.admin.call("PUT", path, body | {"service_target": target})
    capacity(house, 1)
    yield
    capacity(house, 5)
    house.admin.call("PUT", path, body)


def capacity(house: House, chats: int) -> None:
    """Let the agent have so many chats at once."""
    profile = {"queue_ids": [house.queue["id"]], "capacity": {"chat": chats, "call": 1}}
    house.admin.call("PUT", f"/agents/{house.agent.me['user']['id']}", profile)


async def finish(agent: Agent, interaction_id: str, disposition_id: str) -> None:
    """End an exchange and wrap it up."""
    about = {"interaction_id": interaction_id}
    await agent.must({"type": "interaction.end", **about})
    await agent.must({"type": "interaction.wrap_up", "disposition_id": disposition_id, **about})


def today(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.admin.call("GET", "/reports/intervals?interval=day")
    figures: dict[str, Any] = found["total"]["figures"]
    return figures


async def test_warnings_come_before_the_target_is_missed_and_figures_are_the_reports(
    house: House, office: Office, short_target: None
) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    await asyncio.to_thread(day.long_enough)
    await seat.open("/live")
    page = seat.page
    alarms = page.get_by_role("region", name="Warnings")
    await expect(alarms).to_be_visible()
    agent, first, second = Agent(house.product, house.agent), house.visitor(), house.visitor()
    await agent.hello()
    await agent.ready()
    before = today(house)["answered"]
    await first.hello()
    await first.start("I have the only agent.")
    held = await agent.accept(first.conversation)
    await second.hello()
    await second.start("Is anybody there?")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="General"))
    await expect(row.get_by_role("cell").first).to_have_text("1")
    for words, picture in (
        ("General: 1 will miss the target soon.", "live-soon"),
        ("General: 1 wait past the target.", "live-late"),
    ):
        await expect(alarms.get_by_text(words)).to_be_visible(timeout=40_000)
        await seat.picture(picture)
    assert await seat.faults() == []

    questions = house.admin.call("GET", "/dispositions")
    question = next(each["id"] for each in questions if each["code"] == "question")
    await finish(agent, held["interaction"]["id"], question)
    offer = await agent.accept(second.conversation)
    await expect(alarms.get_by_text("General: below target today")).to_be_visible(timeout=40_000)
    await expect(alarms.get_by_text("General: 1 wait past the target.")).to_have_count(0)
    eventually(lambda: today(house)["answered"] == before + 2, 30, "it is counted")
    cells = row.get_by_role("cell")
    figures = today(house)
    await expect(cells.nth(7)).to_have_text(str(figures["answered"]))
    await expect(cells.nth(6)).to_have_text(f"{figures['service_level_settled']:.1f} %")
    await seat.picture("live-below")
    await finish(agent, offer["interaction"]["id"], question)
    for wire in (agent, first, second):
        await wire.close()


async def test_a_lead_steers_work_and_agents_with_a_reason(
    house: House, office: Office, short_target: None
) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    page = seat.page
    agent, first, second = Agent(house.product, house.agent), house.visitor(), house.visitor()
    await agent.hello()
    await agent.ready()
    await first.hello()
    await first.start("I have the only agent.")
    held = await agent.accept(first.conversation)
    await second.hello()
    await second.start("I wait.")
    await seat.open("/live")
    await page.get_by_role("button", name="Change the priority").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Priority").fill("7")
    confirm = dialog.get_by_role("button", name="Do it")
    await expect(confirm).to_be_disabled()
    await dialog.get_by_label("Why").fill("Has called three times")
    assert await seat.faults() == []
    await seat.picture("live-priority")
    await confirm.click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("cell", name="7", exact=True)).to_be_visible()

    await page.get_by_role("button", name="Give to an agent").first.click()
    await dialog.get_by_role("combobox", name="To agent").click()
    await page.get_by_role("option").filter(has_text="Amara").click()
    await dialog.get_by_label("Why").fill("Knows the case")
    await confirm.click()
    await expect(dialog.get_by_role("alert")).to_be_visible()  # Amara holds as many as she may
    await dialog.get_by_label("Also above the agent's capacity").check()
    await confirm.click()
    await expect(dialog).to_have_count(0)
    offer = await agent.accept(second.conversation)

    await page.get_by_role("button", name="Set the state: Amara").click()
    await dialog.get_by_label("Why").fill("Shift is over")
    await confirm.click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("set by Admin")).to_be_visible()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="General"))
    await expect(row.get_by_role("cell").last).to_have_text("0")  # nobody is ready any more
    await seat.picture("live-steered")
    done = house.admin.call("GET", "/interventions")
    assert {"Has called three times", "Knows the case", "Shift is over"} <= {
        each["why"] for each in done
    }
    questions = house.admin.call("GET", "/dispositions")
    question = next(each["id"] for each in questions if each["code"] == "question")
    for each in (held, offer):
        await finish(agent, each["interaction"]["id"], question)
    for wire in (agent, first, second):
        await wire.close()


async def test_a_notice_comes_once_and_warnings_are_kept(house: House, office: Office) -> None:
    """Somebody waits too long: told wherever the lead is, marked, and listed later."""
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open("/live")
    await page.get_by_role("button", name="When to warn").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Warn when anybody waits longer than").fill("3")
    assert await seat.faults() == []
    await seat.picture("live-rules")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await seat.open("/inbox")
    await expect(page.get_by_role("link", name="Live", exact=True)).to_be_visible()
    contact = house.visitor()
    await contact.hello()
    await contact.start("Is anybody there?")
    notice = page.get_by_role("alert").filter(has_text="General: 1 wait longer than 0:03.")
    await expect(notice).to_be_visible(timeout=30_000)
    assert await seat.faults() == []
    await seat.picture("notice-of-an-alarm")
    await expect(page.get_by_role("link", name="Live, ")).to_be_visible()
    await notice.get_by_role("button", name="Look").click()
    alarms = page.get_by_role("region", name="Warnings")
    await expect(alarms.get_by_text("General: 1 wait longer than 0:03.")).to_be_visible()
    house.admin.call("PUT", f"/queues/{house.queue['id']}/alarm-rule", {})
    await expect(alarms.get_by_text("General: 1 wait")).to_have_count(0, timeout=30_000)
    await page.get_by_role("button", name="Earlier warnings").click()
    await expect(dialog.get_by_role("cell", name="Long wait").first).to_be_visible()
    assert await seat.faults() == []
    await seat.picture("live-earlier")
    await contact.close()


async def test_a_lead_undoes_and_signs_out(house: House, office: Office) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    other = await office.seat("amara@example.com", viewport={"width": 1280, "height": 800})
    page = seat.page
    await other.go_ready()
    await seat.open("/live")
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name="Set the state: Amara").click()
    await dialog.get_by_label("Why").fill("Lunch")
    await dialog.get_by_role("button", name="Do it").click()
    await expect(dialog).to_have_count(0)
    await expect(other.page.get_by_role("button", name="Start shift")).to_be_visible()
    await page.get_by_role("button", name="What leads did").click()
    row = dialog.get_by_role("row").filter(has_text="Lunch")
    await row.get_by_role("button", name="Undo").click()
    await row.get_by_label("Why is it undone?").fill("Too early")
    assert await seat.faults() == []
    await seat.picture("live-undo")
    await row.get_by_role("button", name="Undo").click()
    await expect(row.get_by_text("Undone")).to_be_visible()
    await expect(other.page.get_by_role("button", name="Ready")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Sign out: Amara").click()
    await dialog.get_by_label("Why").fill("The desk was left open")
    await seat.picture("live-sign-out")
    await dialog.get_by_role("button", name="Do it").click()
    words = other.page.get_by_text("Admin signed you out: The desk was left open")
    await expect(words).to_be_visible()
    assert await other.faults() == []
    await other.picture("signed-out-by-a-lead")
