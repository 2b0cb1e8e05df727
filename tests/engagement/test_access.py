"""Who may see what: every way into a conversation, for every kind of stranger."""

from __future__ import annotations

import pytest

from gateway.engagement.service import Draft, access, draft
from gateway.engagement.wire import ContactPatch
from gateway.kernel.actor import Actor, system
from gateway.kernel.errors import WeccError
from gateway.tenancy.authorization import Relation
from tests.engagement.conftest import (
    OTHER,
    OTHER_QUEUE,
    QUEUE,
    TENANT,
    Room,
    agent,
    supervisor,
    visitor,
)

CV, CV_OLD = "cv_conversation1", "cv_conversation0"


async def relation(room: Room, who: Actor, conversation_id: str = CV) -> Relation:
    return await room.database.read(
        TENANT, lambda tx: room.service.relation(tx, who, conversation_id)
    )


async def test_relations(room: Room) -> None:
    await room.open(visitor(), CV)
    await room.serve(agent(1), QUEUE)
    await room.serve(agent(2), QUEUE, OTHER_QUEUE)
    assert await relation(room, agent(1)) == Relation.TENANT
    await room.own(CV, QUEUE, None)
    assert await relation(room, agent(1)) == Relation.QUEUE
    await room.own(CV, QUEUE, agent(1))
    assert await relation(room, agent(1)) == Relation.PARTICIPANT
    assert await relation(room, agent(2)) == Relation.QUEUE
    assert await relation(room, agent(3)) == Relation.TENANT
    assert await relation(room, supervisor()) == Relation.TENANT
    assert await relation(room, visitor()) == Relation.PARTICIPANT
    assert await relation(room, visitor(2)) == Relation.FOREIGN
    assert await relation(room, system(TENANT)) == Relation.SELF
    assert await relation(room, agent(1, OTHER)) == Relation.FOREIGN
    assert await relation(room, agent(1), "cv_unknown0001") == Relation.FOREIGN


async def test_transfer_and_leaving_a_queue_take_the_right_away(room: Room) -> None:
    await room.open(visitor(), CV)
    await room.serve(agent(1), QUEUE)
    await room.own(CV, QUEUE, agent(1))
    await room.own(CV, OTHER_QUEUE, agent(2))
    assert await relation(room, agent(1)) == Relation.TENANT
    with pytest.raises(WeccError, match="not_found"):
        await room.service.history(agent(1), CV, None)
    await room.own(CV, QUEUE, None)
    assert await relation(room, agent(1)) == Relation.QUEUE
    await room.serve(agent(1), OTHER_QUEUE)
    assert await relation(room, agent(1)) == Relation.TENANT


async def test_an_owner_keeps_their_part_for_wrap_up(room: Room) -> None:
    await room.open(visitor(), CV)
    await room.own(CV, QUEUE, agent(1))
    await room.close(CV)
    assert await relation(room, agent(1)) == Relation.PARTICIPANT


async def test_past_conversations_of_the_contact_can_be_read_not_written(room: Room) -> None:
    await room.open(visitor(), CV_OLD)
    await room.own(CV_OLD, OTHER_QUEUE, agent(2))
    await room.say(visitor(), CV_OLD, "ms_message0001", "before")
    await room.close(CV_OLD)
    assert await relation(room, agent(1), CV_OLD) == Relation.TENANT
    await room.open(visitor(), CV)
    await room.own(CV, QUEUE, agent(1))
    assert await relation(room, agent(1), CV_OLD) == Relation.QUEUE
    assert await room.texts(agent(1), CV_OLD) == ["before"]
    page = await room.service.of_contact(agent(1), visitor().contact_id)
    assert {item.id for item in page.items} == {CV, CV_OLD}
    with pytest.raises(WeccError, match="not_found"):
        await room.post(agent(1), draft(CV_OLD, "ms_note000001", "no", note=True))


@pytest.mark.parametrize("stranger", [visitor(2), agent(9), agent(1, OTHER), visitor(1, OTHER)])
async def test_strangers_find_nothing_and_learn_nothing(room: Room, stranger: Actor) -> None:
    await room.open(visitor(), CV)
    await room.own(CV, QUEUE, agent(1))

    async def answers(conversation_id: str) -> set[str]:
        message = Draft(conversation_id, "ms_strange0001", "hello")
        ways = [
            room.service.history(stranger, conversation_id, None),
            room.service.transcript(stranger, conversation_id),
            room.service.type(stranger, conversation_id, on=True),
            room.service.receive(stranger, conversation_id, 1, 1),
            room.service.post(stranger, message),
        ]
        found = set()
        for way in ways:
            with pytest.raises(WeccError) as caught:
                await way
            found.add(f"{caught.value.code} {caught.value.info.status}")
        return found

    assert await answers(CV) == await answers("cv_unknown0001") == {"not_found 404"}


async def test_staff_views_are_not_for_visitors(room: Room) -> None:
    await room.open(visitor(), CV)
    for way in (
        room.service.get(visitor(), CV),
        room.service.list(visitor(), "all"),
        room.service.of_contact(visitor(), visitor().contact_id),
        room.service.change_contact(visitor(), visitor().contact_id, ContactPatch(name="x")),
    ):
        with pytest.raises(WeccError, match="forbidden"):
            await way


async def test_a_conversation_id_cannot_be_taken_over(room: Room) -> None:
    await room.open(visitor(1), CV)
    with pytest.raises(WeccError, match="already_exists"):
        await room.open(visitor(2), CV)
    await room.open(visitor(1, OTHER), CV)
    await room.say(visitor(1, OTHER), CV, "ms_message0001", "theirs")
    assert await room.texts(visitor(1), CV) == []


async def test_tenants_do_not_meet(room: Room) -> None:
    await room.open(visitor(1), CV)
    await room.say(visitor(1), CV, "ms_message0001", "ours")
    await room.open(visitor(1, OTHER), "cv_conversation2")
    assert await room.say(visitor(1, OTHER), "cv_conversation2", "ms_message0001", "theirs") == 1
    page = await room.service.list(supervisor(OTHER), "all")
    assert [item.id for item in page.items] == ["cv_conversation2"]
    with pytest.raises(WeccError, match="not_found"):
        await room.service.of_contact(supervisor(OTHER), "ct_unknown0001")

    def foreign(tx: object) -> object:
        return access.conversation_for(tx, visitor(1), CV, "history.get")  # type: ignore[arg-type]

    with pytest.raises(WeccError, match="not_found"):
        await room.database.read(OTHER, foreign)


async def test_lists_show_what_each_may_see(room: Room) -> None:
    for number, queue in ((1, QUEUE), (2, QUEUE), (3, OTHER_QUEUE), (4, OTHER_QUEUE)):
        room.clock.advance(1_000)
        await room.open(visitor(number), f"cv_conversation{number}", form={"name": f"Ann {number}"})
        await room.own(f"cv_conversation{number}", queue, None)
    await room.serve(agent(1), QUEUE)
    await room.own("cv_conversation1", QUEUE, agent(1))
    await room.own("cv_conversation4", OTHER_QUEUE, agent(2))
    await room.close("cv_conversation2")

    async def ids(who: Actor, view: str, text: str = "") -> list[str]:
        page = await room.service.list(who, view, text=text)
        return [item.id[-1] for item in page.items]

    assert await ids(agent(1), "mine") == ["1"]
    assert await ids(agent(1), "queue") == []
    assert await ids(agent(1), "all") == ["2", "1"]
    assert await ids(agent(1), "closed") == ["2"]
    assert await ids(supervisor(), "queue") == ["3"]
    assert await ids(supervisor(), "all") == ["4", "3", "2", "1"]
    await room.say(visitor(3), "cv_conversation3", "ms_message0001", "My Umbrella 100% 雨伞")
    assert await ids(supervisor(), "all", "umbrella 100%") == ["3"]
    assert await ids(supervisor(), "all", "雨伞") == ["3"]
    assert await ids(supervisor(), "all", "ann 2") == ["2"]
    assert await ids(agent(1), "all", "umbrella") == []
    assert await ids(supervisor(), "all", "%") == ["3"]
    with pytest.raises(WeccError, match="bad_value"):
        await ids(supervisor(), "everything")


async def test_long_lists_come_in_pages(light: Room) -> None:
    for number in range(120):
        light.clock.advance(number % 2)
        await light.open(visitor(number), f"cv_conversation{number}")
    seen: list[str] = []
    cursor = None
    while True:
        page = await light.service.list(supervisor(), "all", cursor=cursor)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 120
    for bad in ("x", "!!!!", "\u00e9", "eHg"):
        with pytest.raises(WeccError, match="bad_value"):
            await light.service.list(supervisor(), "all", cursor=bad)
