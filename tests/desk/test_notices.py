"""What an agent sees who looks elsewhere: notification, title; never a stolen focus."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.desk.away import click_notice, look_away, notices
from tests.desk.conftest import AGENT, House
from tests.desk.person import Office, Seat
from tests.desk.test_work import wrap_up
from tests.patience import until

pytestmark = pytest.mark.browser


async def quiet(seat: Seat) -> None:
    """Wait until no notification is on the desktop."""

    async def none() -> bool:
        return not await notices(seat.page)

    await until(none, "the notification's end")


async def test_an_offer_shows_on_the_desktop_only_while_the_desk_is_out_of_sight(
    house: House, office: Office
) -> None:
    seat = await office.seat(AGENT)
    await seat.go_ready()
    first = house.visitor()
    await first.hello()
    await first.start("Seen at once")
    await expect(seat.offers).to_have_count(1)
    await seat.title_holds("●")
    assert await notices(seat.page) == []
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.messages.first).to_contain_text("Seen at once")
    await wrap_up(seat)

    await look_away(seat.page)
    second = house.visitor()
    await second.hello()
    await second.start("Is anybody there?")
    await expect(seat.offers).to_have_count(1)

    async def one() -> bool:
        return len(await notices(seat.page)) == 1

    await until(one, "the notification")
    assert (await notices(seat.page))[0].startswith("Chat from ")
    await seat.title_holds("●")
    await seat.title_holds("(1)")
    await click_notice(seat.page)
    accept = seat.offers.get_by_role("button", name="Accept")
    await expect(accept).to_be_focused()
    await seat.picture("notice-clicked")
    await seat.page.keyboard.press("Enter")
    await expect(seat.messages.first).to_contain_text("Is anybody there?")
    await quiet(seat)

    await look_away(seat.page)
    await second.post("One more thing")
    await until(one, "the notification of a message")
    await seat.title_holds("(1)")
    await click_notice(seat.page)
    await expect(seat.messages.last).to_contain_text("One more thing")

    async def uncounted() -> bool:
        return "(" not in await seat.page.title()

    await until(uncounted, "the count's end")
    await wrap_up(seat)
    await seat.rest()
    for visitor in (first, second):
        await visitor.close()


async def test_a_withdrawn_offer_takes_its_notification_along(house: House, office: Office) -> None:
    seat = await office.seat(AGENT)
    await seat.go_ready()
    await look_away(seat.page)
    visitor = house.visitor()
    await visitor.hello()
    await visitor.start("Never mind")
    await expect(seat.offers).to_have_count(1)

    async def one() -> bool:
        return len(await notices(seat.page)) == 1

    await until(one, "the notification")
    await visitor.must({"type": "conversation.end", "conversation_id": visitor.conversation})
    await expect(seat.offers).to_have_count(0)
    await quiet(seat)
    await look_away(seat.page, False)
    await seat.rest()
    await visitor.close()


async def test_permission_is_asked_for_at_the_start_of_the_shift_and_never_before(
    house: House, office: Office
) -> None:
    seat = await office.seat(AGENT, allowed=())
    asked = "window.askedForNotices"
    await seat.page.get_by_role("button", name="Start shift").click()
    dialog = seat.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Desktop notifications")
    assert await seat.page.evaluate(asked) == 0
    await seat.picture("shift-unasked")
    await dialog.get_by_role("button", name="Allow").click()
    await expect(dialog).to_contain_text("Blocked. Allow notifications for this site")
    assert await seat.page.evaluate(asked) == 1
    await seat.picture("shift-notifications")
    await expect(dialog.get_by_role("button", name="Allow")).to_have_count(0)
    await dialog.get_by_role("button", name="Go ready").click()
    await look_away(seat.page)
    visitor = house.visitor()
    await visitor.hello()
    await visitor.start("Without a notification")
    await expect(seat.offers).to_have_count(1)
    await seat.title_holds("●")
    assert await notices(seat.page) == []
    await look_away(seat.page, False)
    await seat.page.keyboard.press("Control+Shift+KeyA")
    await expect(seat.messages.first).to_contain_text("Without a notification")
    await wrap_up(seat)
    await seat.rest()
    await visitor.close()
