"""A shift at the desk: ring, accept by keyboard, write, note, canned reply, wrap up."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.desk.conftest import AGENT, House
from tests.desk.person import Office, Seat

pytestmark = pytest.mark.browser


async def wrap_up(seat: Seat) -> None:
    """End the open conversation and choose its disposition."""
    await seat.outside()
    await seat.page.keyboard.press("e")
    panel = seat.page.get_by_role("region", name="Wrap-up")
    await panel.get_by_role("combobox", name="Disposition").click()
    await seat.page.get_by_role("option", name="Question").click()
    await panel.get_by_role("button", name="Done").click()
    await expect(panel).to_have_count(0)


async def test_an_offer_rings_without_stealing_the_focus_and_is_accepted_by_keyboard(
    house: House, office: Office
) -> None:
    seat = await office.seat(AGENT)
    await seat.go_ready()
    visitor = house.visitor()
    await visitor.hello()
    await seat.page.get_by_role("searchbox").click()
    await seat.page.keyboard.type("typ")
    await visitor.start("Is it in stock?")
    await expect(seat.offers).to_have_count(1)
    await expect(seat.offers).to_contain_text(re.compile("Chat from"))
    await seat.page.keyboard.type("ing")
    await expect(seat.page.get_by_role("searchbox")).to_have_value("typing")
    await seat.title_holds("●")
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.messages.first).to_contain_text("Is it in stock?")
    await expect(seat.offers).to_have_count(0)
    await seat.page.get_by_role("searchbox").fill("")
    await seat.say("Yes, three of them.")
    await visitor.wait(lambda f: f["type"] == "message.new" and "three" in f["message"]["text"])
    await visitor.post("I take one")
    await expect(seat.messages.last).to_contain_text("I take one")
    await wrap_up(seat)
    await seat.rest()
    await visitor.close()


async def test_notes_stay_inside_and_canned_replies_are_filled_in(
    house: House, office: Office
) -> None:
    seat = await office.seat(AGENT)
    await seat.go_ready()
    visitor = house.visitor()
    await visitor.hello()
    await visitor.start("Hello?")
    await expect(seat.offers).to_have_count(1)
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.messages.first).to_be_visible()
    await seat.outside()
    await seat.page.keyboard.press("n")
    await seat.page.keyboard.type("careful with this one")
    await seat.page.keyboard.press("Enter")
    await expect(seat.page.locator("article[data-note=true]")).to_have_count(1)
    await seat.outside()
    await seat.page.keyboard.press("r")
    await seat.page.keyboard.type("/hel")
    await expect(seat.page.get_by_role("option", name="/hello")).to_be_visible()
    await seat.page.keyboard.press("Enter")
    await expect(seat.editor).to_have_value(re.compile("this is Amara"))
    await seat.page.keyboard.press("Enter")
    await visitor.wait(lambda f: f["type"] == "message.new" and "Amara." in f["message"]["text"])
    assert not any("careful" in str(frame) for frame in visitor.frames)
    await wrap_up(seat)
    await seat.rest()
    await visitor.close()


async def test_whoever_is_not_ready_takes_from_the_queue_by_hand(
    house: House, office: Office
) -> None:
    seat = await office.seat(AGENT)
    visitor = house.visitor()
    await visitor.hello()
    await visitor.start("Anybody there?")
    await seat.page.get_by_role("tab", name="Queue").click()
    await seat.page.get_by_role("button", name="Take").click()
    await expect(seat.messages.first).to_contain_text("Anybody there?")
    await wrap_up(seat)
    await visitor.close()


async def test_a_second_tab_does_not_ring_as_well(house: House, office: Office) -> None:
    seat = await office.seat(AGENT)
    await expect(seat.page.get_by_role("button", name="Start shift")).to_be_visible()
    second = await office.tab(seat.context)
    await expect(second.get_by_text("open in another tab")).to_be_visible()
    await second.get_by_role("button", name="Ring in this tab").click()
    await expect(seat.page.get_by_text("open in another tab")).to_be_visible()
