"""Who comes back to a queue gets back what the queue says: the place, or the agent."""

from __future__ import annotations

from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.service import Enqueue
from gateway.acd.store import journal
from gateway.acd.wire.queues import QueueBody, QueueRecall
from gateway.engagement.service import Opening, conversations
from tests.acd.conftest import ADMIN, TENANT, Floor, visitor


async def queue_with(floor: Floor, name: str = "Returns", **recall: Any) -> str:
    """A queue whose work needs no wrap-up, with a rule for who comes back."""
    body = QueueBody(name=name, recall=QueueRecall(**recall))
    return (await floor.acd.settings.put_queue(ADMIN, None, body)).id


async def come_back(floor: Floor, number: int, queue_id: str, kind: Any = "chat") -> Any:
    """A contact of before comes with a new conversation."""
    floor.made += 1
    who, conversation_id = visitor(number), f"cv_back{floor.made:06d}"
    opening = Opening(conversation_id=conversation_id, site_id=who.site_id)
    await floor.database.write(TENANT, lambda tx: conversations.open_conversation(tx, who, opening))
    order = Enqueue(
        interaction_id=f"in_back{floor.made:06d}",
        kind=kind,
        conversation_id=conversation_id,
        queue_id=queue_id,
        created_at_ms=floor.clock.now_ms(),
    )
    return await floor.acd.enqueue(TENANT, order)


async def test_who_left_while_waiting_has_the_old_place_again(floor: Floor) -> None:
    queue_id = await queue_with(floor, minutes=5)
    first = await floor.arrive(queue_id=queue_id)
    await floor.tick(60_000)
    second = await floor.arrive(queue_id=queue_id)
    await floor.acd.abandon(TENANT, first.id)
    await floor.tick(240_000)
    back = await come_back(floor, 1, queue_id)
    assert (await floor.acd.place(TENANT, back.id)).position == 1
    assert (await floor.acd.place(TENANT, second.id)).position == 2
    assert back.enqueued_at_ms == first.enqueued_at_ms, "the clock of the first arrival"
    assert back.created_at_ms == floor.clock.now_ms(), "figures count the wait since the return"
    await floor.acd.abandon(TENANT, back.id)
    again = await come_back(floor, 1, queue_id, "call")
    assert again.enqueued_at_ms == first.enqueued_at_ms, "a call keeps the place of a chat"


async def test_the_place_is_gone_after_the_minutes_and_in_other_queues(floor: Floor) -> None:
    queue_id = await queue_with(floor, minutes=5)
    other_id = await queue_with(floor, "Other", minutes=5)
    off_id = await queue_with(floor, "Off")
    for late_ms, back_id in [(300_001, queue_id), (1_000, other_id), (1_000, off_id)]:
        left = await floor.arrive(queue_id=queue_id if back_id == other_id else back_id)
        number = floor.made
        await floor.acd.abandon(TENANT, left.id)
        await floor.tick(late_ms)
        back = await come_back(floor, number, back_id)
        assert back.enqueued_at_ms == floor.clock.now_ms()


async def test_nobody_takes_the_place_of_a_left_message_or_of_another_contact(
    floor: Floor,
) -> None:
    queue_id = await queue_with(floor, minutes=5)
    left = await floor.arrive(queue_id=queue_id)
    await floor.acd.abandon(TENANT, left.id)
    await floor.tick(1_000)
    message = await come_back(floor, 1, queue_id, "message")
    assert message.enqueued_at_ms == floor.clock.now_ms(), "nobody waits for an answer at once"
    stranger = await floor.arrive(queue_id=queue_id)
    assert stranger.enqueued_at_ms == floor.clock.now_ms()


async def test_who_was_helped_waits_for_the_same_agent_two_minutes(floor: Floor) -> None:
    queue_id = await queue_with(floor, minutes=5, keep="agent")
    first, other = await floor.ready(1), await floor.ready(2)
    work = await floor.arrive(queue_id=queue_id)
    offers = await floor.acd.offers_for(first) or await floor.acd.offers_for(other)
    helper = first if await floor.acd.offers_for(first) else other
    await floor.acd.accept(helper, offers[0].id, None)
    await floor.acd.end(helper, work.id)
    await floor.acd.wrap_up(helper, work.id, None)
    await floor.tick(1_000)
    back = await come_back(floor, 1, queue_id)
    mine = await floor.acd.offers_for(helper)
    assert [offer.interaction.id for offer in mine] == [back.id], "the other is idle for longer"
    assert back.enqueued_at_ms == floor.clock.now_ms(), "help is no waiting"
    await floor.acd.reject(helper, mine[0].id)
    await floor.tick(120_000)
    state = await floor.acd.interaction(TENANT, back.id)
    assert state.state == "offered", "then anybody"


async def test_the_journal_says_whose_place_it_is(floor: Floor) -> None:
    queue_id = await queue_with(floor, minutes=5, keep="both")
    left = await floor.arrive(queue_id=queue_id)
    await floor.acd.abandon(TENANT, left.id)
    back = await come_back(floor, 1, queue_id)
    bodies = await floor.database.read(TENANT, lambda tx: journal.entries_between(tx, 0, 10**9))
    queued = [entry for entry in map(e.decode, bodies) if isinstance(entry, e.Enqueued)]
    assert [(one.interaction_id, one.returned_to) for one in queued] == [
        (left.id, None),
        (back.id, left.id),
    ]
