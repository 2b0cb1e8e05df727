"""Being on duty: the next state, the time a state may last, a due reply, more time for wrap-up."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.desk.conftest import AGENT, House
from tests.desk.person import READY, Office

pytestmark = pytest.mark.browser


async def test_what_an_agent_says_ahead_begins_after_the_last_work(
    house: House, office: Office
) -> None:
    admin = house.admin
    reason = {"name": "Quick tea", "code": "tea", "max_s": 1}
    if "tea" not in [one["code"] for one in admin.call("GET", "/not-ready-reasons")]:
        admin.call("POST", "/not-ready-reasons", reason)
    body = {
        "name": "Prompt help",
        "reply_timeout_s": 30,
        "wrap_up": {"chat": {"mode": "timed", "seconds": 600, "extension_s": 60}},
    }
    queue = admin.call("POST", "/queues", body)
    seat = await office.seat(AGENT)
    await seat.go_ready()
    agent = admin.call("GET", "/live")["agents"]
    agent_id = next(one["user_id"] for one in agent if one["state"] == "ready")
    visitor = house.visitor()
    await visitor.hello()
    await seat.rest()
    await visitor.start("Hello?")
    await visitor.wait(lambda f: f["type"] == "queue.place" and f["position"], 15)
    waiting = admin.call("GET", "/live")["waiting"]
    work = next(w["id"] for w in waiting if w["conversation_id"] == visitor.conversation)
    why = {"why": "the browser test"}
    admin.call("POST", f"/interactions/{work}/move", {"to_queue_id": queue["id"], **why})
    admin.call("PUT", f"/agents/{agent_id}/state", {"state": "ready", **why})
    await expect(seat.page.get_by_role("button", name=re.compile("set by"))).to_be_visible()
    rings = {"agent_id": agent_id, **why}
    admin.call("POST", f"/interactions/{work}/assign", rings)
    await expect(seat.offers).to_have_count(1)
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.messages.first).to_be_visible()
    due = seat.page.get_by_role("alert").filter(has_text=re.compile("Reply"))
    await expect(due).to_be_visible(timeout=40_000)
    await seat.picture("reply-due")
    await seat.say("Here I am.")
    await expect(due).to_have_count(0)
    await seat.page.get_by_role("button", name=READY).click()
    await seat.picture("state-menu")
    await seat.page.get_by_role("menuitem", name="then Quick tea").click()
    button = seat.page.get_by_role("button", name=re.compile("^Ready.*then Quick tea"))
    await expect(button).to_be_visible()
    await seat.outside()
    await seat.page.keyboard.press("e")
    panel = seat.page.get_by_role("region", name="Wrap-up")
    await panel.get_by_role("button", name="More time").click()
    await expect(panel.get_by_role("button", name="More time")).to_have_count(0)
    await expect(panel).to_contain_text(re.compile(r"10:\d\d left"))
    await seat.picture("wrap-up-extended")
    await panel.get_by_role("button", name="Done").click()
    await expect(panel).to_have_count(0)
    late = seat.page.get_by_role("button", name=re.compile("Quick tea.*overdue"))
    await expect(late).to_be_visible()
    await seat.picture("overdue")
    await visitor.close()
