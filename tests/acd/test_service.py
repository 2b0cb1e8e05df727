"""The ACD over a real database: one queue, offers, work, screens and handlers."""

from __future__ import annotations

import pytest

from gateway.acd.service import Enqueue
from gateway.acd.store import interactions
from gateway.acd.wire import (
    AgentChanged,
    AssignmentChanged,
    FloorChanged,
    OfferGone,
    OfferNew,
    QueueChanged,
    QueuePlace,
)
from gateway.engagement.service import access
from gateway.engagement.store import contacts
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent, visitor
from tests.patience import becomes


async def test_first_chat_needs_no_set_up(floor: Floor) -> None:
    who = await floor.ready(1)
    heard, seen = floor.at_agent(1), floor.at_visitor(1)
    work = await floor.arrive()
    await floor.settle()
    assert work.state == "offered"
    offers = [frame.offer for frame in heard if isinstance(frame, OfferNew)]
    assert [offer.interaction.id for offer in offers] == [work.id]
    assert offers[0].expires_at_ms - offers[0].offered_at_ms == 30_000
    assert offers[0].conversation.id == work.conversation_id
    assert await floor.acd.accept(who, offers[0].id, None) is None
    await floor.settle()
    mine = await floor.acd.assignments_for(who)
    assert [frame.interaction.state for frame in mine] == ["active"]
    relation = await floor.database.read(
        TENANT, lambda tx: access.relation(tx, who, work.conversation_id)
    )
    assert relation == Relation.PARTICIPANT
    places = [frame for frame in seen if isinstance(frame, QueuePlace)]
    assert (places[-1].state, places[-1].agent_name) == ("active", "Agent 1")
    assert any(isinstance(f, OfferGone) and f.outcome == "accepted" for f in heard)
    assert any(isinstance(f, AssignmentChanged) and not f.gone for f in heard)
    await floor.acd.end(who, work.id)
    await floor.acd.wrap_up(who, work.id, None, "all fine")
    assert await floor.acd.assignments_for(who) == []
    assert (await floor.acd.interaction(TENANT, work.id)).state == "closed"
    await floor.settle()
    names = [name for name, _, _ in floor.handler.calls]
    assert names == ["offered", "accepting", "accepted", "closed"]


async def test_enqueue_is_idempotent_also_when_it_is_over(floor: Floor) -> None:
    work = await floor.arrive()
    order = Enqueue(
        interaction_id=work.id,
        kind="chat",
        conversation_id=work.conversation_id,
        queue_id=work.queue_id,
        created_at_ms=work.created_at_ms,
    )
    assert (await floor.acd.enqueue(TENANT, order)).id == work.id
    assert (await floor.acd.live(LEAD)).queues[0].waiting["chat"] == 1
    await floor.acd.abandon(TENANT, work.id)
    await floor.acd.abandon(TENANT, work.id)
    assert (await floor.acd.enqueue(TENANT, order)).state == "abandoned"
    assert (await floor.acd.live(LEAD)).queues[0].waiting["chat"] == 0


async def test_unanswered_offer_returns_to_its_place(floor: Floor) -> None:
    await floor.ready(1)
    first = await floor.arrive()
    for _ in range(4):
        await floor.arrive()
    await floor.tick(30_000)
    view = await floor.acd.agent_view(agent(1))
    assert (view.state, view.reason) == ("not_ready", "no_answer")
    place = await floor.acd.place(TENANT, first.id)
    assert (place.state, place.position) == ("waiting", 1)
    second = await floor.ready(2)
    offers = await floor.acd.offers_for(second)
    assert first.id in [offer.interaction.id for offer in offers]


async def test_only_agent_who_rejects_is_asked_again(floor: Floor) -> None:
    who = await floor.ready(1)
    work = await floor.arrive()
    offer = (await floor.acd.offers_for(who))[0]
    await floor.acd.reject(who, offer.id)
    assert await floor.acd.offers_for(who) == []
    assert (await floor.acd.agent_view(who)).state == "ready"
    await floor.tick(10_000)
    again = await floor.acd.offers_for(who)
    assert [item.interaction.id for item in again] == [work.id]
    assert again[0].id != offer.id
    with pytest.raises(WeccError) as refused:
        await floor.acd.accept(who, offer.id, None)
    assert refused.value.code == "offer_gone"


async def test_transfer_to_agent_and_queue_keeps_clock_and_note(floor: Floor) -> None:
    giver = await floor.ready(1)
    work = await floor.arrive()
    await floor.acd.accept(giver, (await floor.acd.offers_for(giver))[0].id, None)
    floor.clock.advance(45_000)
    with pytest.raises(WeccError) as refused:
        await floor.acd.transfer(giver, work.id, to_agent_id=agent(2).id, note="vip")
    assert refused.value.code == "nobody_there"
    taker = await floor.ready(2)
    await floor.acd.transfer(giver, work.id, to_agent_id=taker.id, note="card 4111111111111111")
    offer = (await floor.acd.offers_for(taker))[0]
    assert offer.interaction.enqueued_at_ms == work.enqueued_at_ms
    assert offer.interaction.transfer_note.startswith("card ")
    assert "4111111111111111" not in offer.interaction.transfer_note
    await floor.acd.accept(taker, offer.id, None)
    assert await floor.acd.assignments_for(giver) == []
    queue_id = await floor.queue()
    await floor.acd.transfer(taker, work.id, to_queue_id=queue_id)
    again = (await floor.acd.offers_for(giver))[0]
    assert again.interaction.enqueued_at_ms == work.enqueued_at_ms
    await floor.settle()
    causes = [detail for name, _, detail in floor.handler.calls if name == "released"]
    assert causes == ["transferred", "transferred"]


async def test_call_needs_media_and_answers_with_it(floor: Floor) -> None:
    who = await floor.ready(1)
    floor.handler.answer = "v=0 answer"
    call = await floor.arrive("call", call_id="ca_call000001")
    chat = await floor.arrive("chat")
    assert chat.state == "waiting", "nobody is offered a chat while a call rings"
    offer = (await floor.acd.offers_for(who))[0]
    with pytest.raises(WeccError) as refused:
        await floor.acd.accept(who, offer.id, None)
    assert refused.value.code == "bad_sdp"
    assert await floor.acd.accept(who, offer.id, "v=0 offer") == "v=0 answer"
    assert await floor.acd.accept(who, offer.id, "v=0 offer") == "v=0 answer", "repeats"
    await floor.acd.close_for_contact(TENANT, call.id)
    assert (await floor.acd.interaction(TENANT, call.id)).state == "wrap_up"
    await floor.tick(60_000)
    assert (await floor.acd.interaction(TENANT, call.id)).state == "closed"
    assert (await floor.acd.interaction(TENANT, chat.id)).state == "offered"


async def test_accept_of_a_call_that_went_away_frees_its_leg(floor: Floor) -> None:
    who = await floor.ready(1)
    call = await floor.arrive("call", call_id="ca_call000001")
    offer = (await floor.acd.offers_for(who))[0]
    partition = await floor.acd.partitions.get(TENANT)

    class Leaves:
        async def accepting(self, *_: object) -> str:
            await floor.acd.abandon(TENANT, call.id)
            return "v=0"

        async def accept_failed(self, *_: object) -> None:
            floor.handler.calls.append(("freed", call.id, ""))

    floor.acd.partitions.handlers["call"] = Leaves()  # type: ignore[assignment]
    with pytest.raises(WeccError) as refused:
        await floor.acd.accept(who, offer.id, "v=0")
    assert refused.value.code == "offer_gone"
    assert ("freed", call.id, "") in floor.handler.calls
    assert partition.engine.state.interactions == {}


async def test_agent_whose_sockets_are_gone_keeps_work_for_the_grace(floor: Floor) -> None:
    who = await floor.ready(1)
    work = await floor.arrive()
    await floor.acd.accept(who, (await floor.acd.offers_for(who))[0].id, None)
    await floor.acd.connected(who, "so_other")
    await floor.acd.disconnected(who, "so_1")
    await floor.tick(30_000)
    assert (await floor.acd.agent_view(who)).state == "ready", "one socket is still there"
    await floor.acd.disconnected(who, "so_other")
    await floor.tick(19_000)
    waiting = await floor.arrive()
    assert waiting.state == "waiting", "no new offers during the grace"
    await floor.acd.connected(who, "so_back")
    assert (await floor.acd.interaction(TENANT, work.id)).agent_id == who.id
    assert (await floor.acd.interaction(TENANT, waiting.id)).state == "offered"
    await floor.acd.disconnected(who, "so_back")
    await floor.tick(20_000)
    assert (await floor.acd.agent_view(who)).state == "offline"
    assert (await floor.acd.place(TENANT, work.id)).position == 1
    await floor.settle()
    assert ("released", work.id, "agent_lost") in floor.handler.calls


async def test_take_by_hand_needs_the_queue_and_capacity(floor: Floor) -> None:
    who = agent(1)
    await floor.acd.connected(who, "so_1")
    work = await floor.arrive()
    assert [view.interaction.id for view in await floor.acd.waiting(who)] == [work.id]
    await floor.acd.take(who, work.id)
    await floor.acd.take(who, work.id)
    assert (await floor.acd.interaction(TENANT, work.id)).agent_id == who.id
    with pytest.raises(WeccError) as refused:
        await floor.acd.take(agent(2), work.id)
    assert refused.value.code == "conflict"


async def test_others_cannot_touch_ones_work(floor: Floor) -> None:
    who = await floor.ready(1)
    work = await floor.arrive()
    offer = (await floor.acd.offers_for(who))[0]
    for attempt in (
        floor.acd.accept(agent(2), offer.id, None),
        floor.acd.reject(agent(2), offer.id),
        floor.acd.end(agent(2), work.id),
        floor.acd.transfer(agent(2), work.id, to_queue_id=work.queue_id),
        floor.acd.take(visitor(1), work.id),
        floor.acd.end(agent(1), "in_unknown01"),
        floor.acd.live(agent(1)),
    ):
        with pytest.raises(WeccError) as refused:
            await attempt
        assert refused.value.code in ("not_found", "forbidden")


async def test_places_move_up_and_are_told_once(floor: Floor) -> None:
    seen = floor.at_visitor(2)
    first = await floor.arrive()
    await floor.arrive()
    await floor.settle()
    await floor.acd.abandon(TENANT, first.id)

    async def positions() -> list[int | None]:
        return [frame.position for frame in seen if isinstance(frame, QueuePlace)]

    wanted: list[int | None] = [2, 1]
    await becomes(positions, wanted)


async def test_floor_hears_of_queues_and_agents(floor: Floor) -> None:
    heard, tenant = floor.on_floor(), floor.at_tenant()
    await floor.ready(1)
    await floor.arrive()
    await floor.settle()
    queues = [frame.queue for frame in heard if isinstance(frame, QueueChanged)]
    assert queues
    assert queues[-1].ready_agents == 1
    agents = [frame.agent for frame in heard if isinstance(frame, AgentChanged)]
    assert agents[-1].load == {"chat": 1, "call": 0, "message": 0}
    assert any(isinstance(frame, FloorChanged) for frame in tenant)


async def test_rows_follow_the_journal(floor: Floor) -> None:
    who = await floor.ready(1)
    work = await floor.arrive("message", priority=3, is_robot=True)
    await floor.acd.accept(who, (await floor.acd.offers_for(who))[0].id, None)
    row = await floor.database.read(TENANT, lambda tx: interactions.find(tx, work.id))
    assert row is not None
    assert (row["state"], row["agent_id"], row["priority"]) == ("active", who.id, 3)
    assert row["is_robot"]
    found = await floor.database.read(
        TENANT, lambda tx: floor.acd.has_open(tx, work.conversation_id)
    )
    assert found


async def test_availability_follows_hours_and_agents(floor: Floor) -> None:
    queue_id = await floor.queue()
    assert await floor.acd.availability(TENANT, [queue_id]) == "offline"
    await floor.ready(1)
    assert await floor.acd.availability(TENANT, [queue_id]) == "online"
    for _ in range(4):
        await floor.arrive()
    for _ in range(2):
        await floor.arrive("call")
    assert await floor.acd.availability(TENANT, [queue_id]) == "busy"
    assert ADMIN.role == "admin"


async def test_places_go_to_who_the_visitor_is_by_now(floor: Floor) -> None:
    """While they waited, their site said who they are: they are another visitor since."""
    item = await floor.arrive()
    await floor.settle()
    before, after = floor.at_visitor(1), floor.at_visitor(9)
    before.clear()

    def become(tx: Tx) -> None:
        contacts.drop_visitors(tx, visitor(1).contact_id)
        contacts.insert_address(tx, "visitor", visitor(9).id, visitor(1).contact_id)

    await floor.database.write(TENANT, become)
    who = await floor.ready(1)
    offers = await floor.acd.offers_for(who)
    await floor.acd.accept(who, offers[0].id, None)
    await floor.settle()
    told = [frame for frame in after if isinstance(frame, QueuePlace)]
    assert (told[-1].interaction_id, told[-1].state) == (item.id, "active")
    # what was still on its way to who they were tells of the wait, never of what came after
    assert {frame.state for frame in before if isinstance(frame, QueuePlace)} <= {"waiting"}
