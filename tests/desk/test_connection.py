"""The desk over bad roads: drops, reloads, no WebSockets. Nothing lost, nothing twice."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.desk.conftest import AGENT, House
from tests.desk.person import Office, Seat
from tests.desk.test_work import wrap_up
from tests.live.sockets import Visitor

pytestmark = pytest.mark.browser


async def talking(house: House, office: Office) -> tuple[Seat, Visitor]:
    """An agent in a conversation with a visitor."""
    seat = await office.seat(AGENT)
    visitor = house.visitor()
    await visitor.hello()
    await visitor.start("Hello?")
    await seat.page.get_by_role("tab", name="Queue").click()
    await seat.page.get_by_role("button", name="Take").click()
    await expect(seat.messages.first).to_contain_text("Hello?")
    return seat, visitor


async def test_what_is_written_without_a_connection_survives_a_reload_and_is_sent_once(
    house: House, office: Office
) -> None:
    seat, visitor = await talking(house, office)
    office.road.refused = (b"/api/v1/socket", b"/api/v1/channel")
    office.road.cut()
    await expect(seat.page.get_by_text("No connection.")).to_be_visible()
    await seat.say("first")
    await seat.say("second")
    await expect(seat.messages.filter(has_text="second")).to_contain_text("Waits")
    await seat.page.reload()
    office.road.refused = ()
    await visitor.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "second")
    texts = [m["text"] for m in visitor.messages(visitor.conversation) if m["kind"] == "text"]
    assert texts == ["Hello?", "first", "second"]
    await expect(seat.messages.filter(has_text="second")).to_have_count(1)
    await wrap_up(seat)
    await visitor.close()


async def test_messages_missed_while_cut_off_appear_in_order(house: House, office: Office) -> None:
    seat, visitor = await talking(house, office)
    office.road.closed = True
    office.road.cut()
    for number in range(60):
        await visitor.post(f"missed {number}")
    office.road.closed = False
    await expect(seat.messages.filter(has_text="missed 59")).to_have_count(1)
    await seat.say("back again")
    await visitor.wait(lambda f: f["type"] == "message.new" and "back" in f["message"]["text"])
    shown = await seat.messages.all_inner_texts()
    numbers = [int(text.split("missed ")[1]) for text in shown if "missed " in text]
    assert numbers == sorted(set(numbers))
    await wrap_up(seat)
    await visitor.close()


async def test_the_desk_works_where_websockets_do_not(house: House, office: Office) -> None:
    office.road.refused = (b"/api/v1/socket",)
    seat, visitor = await talking(house, office)
    await seat.say("over the stream")
    await visitor.wait(lambda f: f["type"] == "message.new" and "stream" in f["message"]["text"])
    await visitor.post("I hear you")
    await expect(seat.messages.last).to_contain_text("I hear you")
    fetched = await seat.page.evaluate(
        "performance.getEntriesByType('resource').map((entry) => entry.name).join()"
    )
    assert "/api/v1/frames" in fetched
    await wrap_up(seat)
    await visitor.close()
