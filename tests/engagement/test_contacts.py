"""Contacts: made by the first word, filled by forms, verified by sites, changed by staff."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.engagement.service import VisitorSummary
from gateway.engagement.wire import ContactPatch, ConversationChanged, PageView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from tests.engagement.conftest import PAGE, QUEUE, TENANT, Room, agent, supervisor, visitor

CV = "cv_conversation1"
FORM = {"name": "Ann\nLee", "email": "ann@example.com", "department": "sales", "order": "77"}


async def test_the_form_names_the_contact_and_is_cleaned(room: Room) -> None:
    form = {**FORM, "note": "card 4111111111111111\x00"}
    await room.open(visitor(), CV, form=form, language="en-GB", page=PAGE, user_agent="UA\x00")
    view = await room.service.get(supervisor(), CV)
    assert (view.contact.name, view.contact.email) == ("Ann Lee", "ann@example.com")
    assert view.contact.fields["note"] == "card [CARD]"
    assert (view.department, view.language, view.user_agent) == ("sales", "en-GB", "UA")
    assert view.page == PAGE
    assert not view.contact.verified


@pytest.mark.parametrize(
    "form", [{"name": "x" * 121}, {"email": "x" * 300}, {"": "x"}, {f"f{n}": "" for n in range(60)}]
)
async def test_too_much_is_refused(light: Room, form: dict[str, str]) -> None:
    with pytest.raises(WeccError) as caught:
        await light.open(visitor(), CV, form=form)
    assert caught.value.code in {"bad_text", "bad_value"}


async def test_opening_again_changes_nothing(room: Room) -> None:
    await room.open(visitor(), CV, form=FORM)
    await room.open(visitor(), CV, form={"name": "Other"})
    assert (await room.service.get(supervisor(), CV)).contact.name == "Ann Lee"


async def test_a_page_change_reaches_staff_once(room: Room) -> None:
    await room.open(visitor(), CV)
    staff = room.hear_staff(CV)
    page = PageView(url="https://shop.example/pay", title="Pay", referrer="")
    for _ in range(2):
        await room.database.write(
            TENANT, lambda tx: room.service.set_page(tx, visitor(), page, {"cart": "3"})
        )
    changed = [frame for frame in staff if isinstance(frame, ConversationChanged)]
    assert [frame.conversation.page.url for frame in changed] == [page.url]
    assert changed[0].conversation.context == {"cart": "3"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        " vbscript:x",
        "blob:x",
        "//x",
    ],
)
async def test_only_web_addresses_are_kept_as_a_page(light: Room, url: str) -> None:
    page = PageView(url=url, title="<b>", referrer=url)
    await light.open(visitor(), CV, page=page)
    stored = (await light.service.get(supervisor(), CV)).page
    assert (stored.url, stored.title, stored.referrer) == ("", "<b>", "")


async def test_a_verified_identity_takes_the_anonymous_history_along(room: Room) -> None:
    await room.open(visitor(1), CV, form={"name": "Guess", "phone": "123"})
    await room.say(visitor(1), CV, "ms_message0001", "hello")
    known = dataclasses.replace(visitor(2), contact_id="ct_known00001")

    def identify(tx: object) -> object:
        return room.service.identify_contact(
            tx,  # type: ignore[arg-type]
            known,
            name="Ann Lee",
            email="ann@example.com",
            previous_contact_id=visitor(1).contact_id,
        )

    await room.database.write(TENANT, identify)
    old, new = room.hear_visitor(visitor(1)), room.hear_visitor(known)
    assert await room.texts(known, CV) == ["hello"]
    with pytest.raises(WeccError, match="not_found"):
        await room.texts(visitor(1), CV)
    view = await room.service.get(supervisor(), CV)
    assert (view.contact.name, view.contact.verified) == ("Ann Lee", True)
    await room.say(known, CV, "ms_message0002", "me again")
    assert old == []
    assert len(new) == 1
    await room.open(known, "cv_conversation2", form={"name": "Impostor", "email": "x@y.z"})
    assert (await room.service.get(supervisor(), CV)).contact.name == "Ann Lee"


async def test_two_browsers_of_one_contact_both_hear(room: Room) -> None:
    one = dataclasses.replace(visitor(1), contact_id="ct_known00001")
    two = dataclasses.replace(visitor(2), contact_id="ct_known00001")
    await room.open(one, CV)
    await room.open(two, "cv_conversation2")
    first, second = room.hear_visitor(one), room.hear_visitor(two)
    await room.say(one, CV, "ms_message0001", "hello")
    assert len(first) == len(second) == 1


async def test_presence_counts_sockets(room: Room) -> None:
    who = visitor()
    await room.service.connected(who)
    await room.open(who, CV)
    await room.service.connected(who)
    await room.service.disconnected(who)
    assert (await room.service.get(supervisor(), CV)).visitor_online
    await room.service.disconnected(who)
    assert not (await room.service.get(supervisor(), CV)).visitor_online
    await room.service.connected(who)
    await room.service.start([TENANT])
    assert not (await room.service.get(supervisor(), CV)).visitor_online


async def test_staff_change_a_contact_of_theirs(room: Room) -> None:
    await room.open(visitor(), CV)
    staff = room.hear_staff(CV)
    with pytest.raises(WeccError, match="not_found"):
        await room.service.change_contact(agent(), visitor().contact_id, ContactPatch(name="Ann"))
    await room.own(CV, QUEUE, agent())
    view = await room.service.change_contact(
        agent(), visitor().contact_id, ContactPatch(name=" Ann  Lee ", phone="+44 1")
    )
    assert (view.name, view.phone) == ("Ann Lee", "+44 1")
    assert staff[-1].conversation.contact.name == "Ann Lee"
    with pytest.raises(WeccError, match="bad_text"):
        await room.service.change_contact(
            agent(), visitor().contact_id, ContactPatch(phone="1" * 61)
        )


async def rate(room: Room, who: Actor, rating: int, comment: str = "") -> bool:
    return await room.database.write(
        who.tenant_id, lambda tx: room.service.rate(tx, who, CV, rating, comment)
    )


async def test_rating_once_and_for_an_hour(room: Room) -> None:
    await room.open(visitor(), CV)
    seen = room.hear_visitor(visitor())
    assert await rate(room, visitor(), 4, "4111 1111 1111 1111")
    assert not await rate(room, visitor(), 4, "4111 1111 1111 1111")
    room.clock.advance(3_000_000)
    assert await rate(room, visitor(), 5)
    room.clock.advance(700_000)
    with pytest.raises(WeccError, match="wrong_state"):
        await rate(room, visitor(), 1)
    with pytest.raises(WeccError, match="not_found"):
        await rate(room, visitor(2), 1)
    with pytest.raises(WeccError, match="forbidden"):
        await rate(room, agent(), 1)
    assert (await room.service.get(supervisor(), CV)).rating == 5
    summaries = [frame for frame in seen if isinstance(frame, VisitorSummary)]
    assert summaries[-1].rating == 5


async def test_events_hold_no_words(room: Room) -> None:
    from gateway.platform import events

    await room.open(visitor(), CV, form=FORM)
    await room.say(visitor(), CV, "ms_message0001", "very private words")
    await rate(room, visitor(), 3, "also private")
    found = await room.database.read(TENANT, lambda tx: events.read_after(tx, 0))
    text = repr(found)
    assert {event.kind for event in found} >= {"conversation.opened", "message.stored"}
    assert "private" not in text
    assert "ann" not in text.lower().replace("channel", "")
