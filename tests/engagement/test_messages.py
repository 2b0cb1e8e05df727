"""Order, repeats, closing, notes, receipts: what a conversation promises."""

from __future__ import annotations

import asyncio

import pytest

from gateway.engagement.service import draft
from gateway.engagement.wire import MessageNew, ReceiptChanged, Resume
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from tests.engagement.conftest import QUEUE, TENANT, Room, agent, supervisor, visitor

CV = "cv_conversation1"


async def opened(room: Room, who: Actor | None = None) -> Actor:
    who = who or visitor()
    await room.open(who, CV, language="en")
    return who


async def test_order_has_no_gaps_and_no_doubles_under_concurrency(room: Room) -> None:
    who = await opened(room)
    await asyncio.gather(
        *(
            room.say(who, CV, f"ms_message{number % 40:04d}", f"t{number % 40}")
            for number in range(80)
        )
    )
    page = await room.service.history(who, CV, None, 200)
    assert [message.seq for message in page.items] == list(range(1, 41))
    assert len({message.id for message in page.items}) == 40


async def test_the_same_message_again_changes_nothing(room: Room) -> None:
    who = await opened(room)
    first, created = await room.post(who, draft(CV, "ms_message0001", "hello"))
    again, repeated = await room.post(who, draft(CV, "ms_message0001", "hello"))
    assert (created, repeated) == (True, False)
    assert again == first
    with pytest.raises(WeccError, match="already_exists"):
        await room.post(who, draft(CV, "ms_message0001", "other"))
    assert await room.texts(who, CV) == ["hello"]


async def test_a_repeat_after_the_end_is_still_acknowledged(room: Room) -> None:
    who = await opened(room)
    await room.say(who, CV, "ms_message0001", "hello")
    await room.close(CV)
    _, created = await room.post(who, draft(CV, "ms_message0001", "hello"))
    assert not created
    with pytest.raises(WeccError, match="closed"):
        await room.say(who, CV, "ms_message0002", "too late")


async def test_an_agent_may_still_note_after_the_end(room: Room) -> None:
    who = await opened(room)
    await room.own(CV, QUEUE, agent())
    await room.close(CV)
    await room.post(agent(), draft(CV, "ms_note000001", "wrap-up", note=True))
    with pytest.raises(WeccError, match="closed"):
        await room.say(agent(), CV, "ms_message0002", "hello?")
    assert await room.texts(who, CV) == []


async def test_what_is_posted_is_cleaned_and_redacted_at_the_door(room: Room) -> None:
    who = await opened(room)
    message = draft(CV, "ms_message0001", "e\u0301\x00 4111 1111 1111 1111")
    view, _ = await room.post(who, message)
    assert view.text == "é [CARD]"
    assert view.redacted
    for text in ("", " \u200b", "\x00", "x" * 20_001):
        with pytest.raises(WeccError, match="bad_text"):
            draft(CV, "ms_message0002", text)


async def test_visitors_never_see_notes_and_notes_stay_in_order(room: Room) -> None:
    who = await opened(room)
    await room.own(CV, QUEUE, agent())
    seen, staff = room.hear_visitor(who), room.hear_staff(CV)
    await room.say(who, CV, "ms_message0001", "hello")
    await room.post(agent(), draft(CV, "ms_note000001", "a secret", note=True))
    await room.say(agent(), CV, "ms_message0002", "hi")
    assert await room.texts(who, CV) == ["hello", "hi"]
    assert await room.texts(agent(), CV) == ["hello", "a secret", "hi"]
    to_visitor = [frame.message.text for frame in seen if isinstance(frame, MessageNew)]
    to_staff = [frame.message.text for frame in staff if isinstance(frame, MessageNew)]
    assert to_visitor == ["hello", "hi"]
    assert to_staff == ["hello", "a secret", "hi"]
    with pytest.raises(WeccError, match="forbidden"):
        await room.post(who, draft(CV, "ms_note000002", "mine", note=True))


async def test_nothing_is_announced_twice_or_before_the_commit(light: Room) -> None:
    who = await opened(light)
    seen = light.hear_visitor(who)
    await light.say(who, CV, "ms_message0001", "hello")
    await light.say(who, CV, "ms_message0001", "hello")

    def fails(tx: object) -> None:
        light.service.post_message(tx, who, draft(CV, "ms_message0002", "lost"))  # type: ignore[arg-type]
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await light.database.write(who.tenant_id, fails)
    assert [frame.message.text for frame in seen if isinstance(frame, MessageNew)] == ["hello"]
    assert await light.texts(who, CV) == ["hello"]


async def test_visitors_see_no_internal_parameters_and_no_address(room: Room) -> None:
    who = await opened(room)
    seen = room.hear_visitor(who)
    params = {"name": "ann@corp.example", "queue_id": "qu_secret001"}
    await room.database.write(
        who.tenant_id, lambda tx: room.service.add_system_message(tx, CV, "joined", params)
    )
    page = await room.service.history(who, CV, None)
    assert page.items[0].params == {"name": ""}
    assert [f.message.params for f in seen if isinstance(f, MessageNew)] == [{"name": ""}]
    staff = await room.service.history(supervisor(), CV, None)
    assert staff.items[0].params == params
    mailer = Actor("user", "us_agent0001", who.tenant_id, "agent", "ann@corp.example")
    await room.own(CV, QUEUE, mailer)
    await room.say(mailer, CV, "ms_message0001", "hello")
    page = await room.service.history(who, CV, None)
    assert page.items[-1].author.name == ""
    assert "@" not in repr(page)
    summaries = await room.database.read(
        who.tenant_id, lambda tx: room.service.visitor_summaries(tx, who)
    )
    assert summaries[0].agent_name == ""


async def test_receipts_only_move_forward(room: Room) -> None:
    who = await opened(room)
    await room.own(CV, QUEUE, agent())
    for number in range(1, 4):
        await room.say(who, CV, f"ms_message{number:04d}", "x")
    staff = room.hear_staff(CV)
    moved = await room.service.receive(agent(), CV, 3, 2)
    assert moved is not None
    assert (moved.party, moved.delivered_seq, moved.read_seq) == ("agent", 3, 2)
    assert await room.service.receive(agent(), CV, 1, 1) is None
    assert await room.service.receive(agent(), CV, 3, 2) is None
    capped = await room.service.receive(agent(), CV, 900, 900)
    assert capped is not None
    assert (capped.delivered_seq, capped.read_seq) == (3, 3)
    assert len([frame for frame in staff if isinstance(frame, ReceiptChanged)]) == 2
    view = await room.service.get(agent(), CV)
    parties = {item.party: (item.delivered_seq, item.read_seq) for item in view.receipts}
    assert parties == {"agent": (3, 3), "visitor": (0, 0)}


async def test_typing_reaches_only_the_other_side(room: Room) -> None:
    who = await opened(room)
    await room.own(CV, QUEUE, agent())
    seen, staff = room.hear_visitor(who), room.hear_staff(CV)
    await room.service.type(who, CV, on=True)
    await room.service.type(agent(), CV, on=True)
    assert [(frame.party, frame.name) for frame in staff] == [("visitor", "")]
    assert [(frame.party, frame.name) for frame in seen] == [("agent", "Agent 1")]
    with pytest.raises(WeccError, match="not_found"):
        await room.service.type(visitor(2), CV, on=True)


async def test_resume_returns_what_was_missed_once(room: Room) -> None:
    who = await opened(room)
    for number in range(1, 11):
        await room.say(who, CV, f"ms_message{number:04d}", str(number))
    foreign = Resume(conversation_id="cv_unknown0001", after_seq=0)
    pages = await room.service.resume(who, [Resume(conversation_id=CV, after_seq=7), foreign])
    assert [message.text for message in pages[0].page.items] == ["8", "9", "10"]
    assert (len(pages), pages[0].gap, pages[0].page.has_more) == (1, False, True)
    fresh = await room.service.resume(who, [Resume(conversation_id=CV, after_seq=0)])
    assert [message.seq for message in fresh[0].page.items] == list(range(1, 11))
    assert await room.service.resume(visitor(2), [Resume(conversation_id=CV, after_seq=0)]) == []


async def test_a_long_absence_is_told_as_a_gap(light: Room) -> None:
    who = await opened(light)
    for number in range(1, 231):
        await light.say(who, CV, f"ms_message{number:04d}", str(number))
    page = (await light.service.resume(who, [Resume(conversation_id=CV, after_seq=5)]))[0]
    assert page.gap
    assert [page.page.items[0].seq, page.page.items[-1].seq] == [31, 230]


async def test_pages_backwards_meet_without_overlap(room: Room) -> None:
    who = await opened(room)
    for number in range(1, 13):
        await room.say(who, CV, f"ms_message{number:04d}", str(number))
    newest = await room.service.history(who, CV, None, 5)
    older = await room.service.history(who, CV, newest.items[0].seq, 5)
    oldest = await room.service.history(who, CV, older.items[0].seq, 5)
    seqs = [message.seq for page in (oldest, older, newest) for message in page.items]
    assert seqs == list(range(1, 13))
    assert [page.has_more for page in (newest, older, oldest)] == [True, True, False]


async def test_who_is_there_already_does_not_join_again(light: Room) -> None:
    await light.open(visitor(), CV)

    async def add(code: str, name: str = "") -> None:
        def work(tx: Tx) -> None:
            if code == "joined":
                light.service.add_joined(tx, CV, name)
            else:
                light.service.add_system_message(tx, CV, code, {})

        await light.database.write(TENANT, work)

    await add("joined", "Wei")
    await add("call_started")
    await add("joined", "Wei")
    await add("transferred")
    await add("joined", "Ana")
    await add("joined", "Wei")
    page = await light.service.history(visitor(), CV, None, 50)
    told = [item.params.get("name") or item.code for item in page.items]
    assert told == ["Wei", "call_started", "transferred", "Ana", "Wei"]
