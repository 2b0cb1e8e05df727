"""Work in an agent's hands: first replies, wrap-up, strikes, last agents, taking by hand."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.acd.service import Enqueue
from gateway.acd.wire import AssignmentChanged
from gateway.acd.wire.queues import QueueBody, WrapUpTime
from gateway.acd.wire.steering import CapacityPolicyBody, ReplyDue
from gateway.engagement.service import Opening, conversations
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent, visitor


async def queue_with(floor: Floor, **known: Any) -> str:
    return await queue_with_name(floor, "Special", **known)


async def queue_with_name(floor: Floor, name: str, **known: Any) -> str:
    return str((await floor.acd.settings.put_queue(ADMIN, None, QueueBody(name=name, **known))).id)


async def in_hand(floor: Floor, who: Actor, queue_id: str, kind: Any = "chat") -> str:
    work = await floor.arrive(kind, queue_id=queue_id)
    offers = await floor.acd.offers_for(who)
    await floor.acd.accept(who, next(o.id for o in offers if o.interaction.id == work.id), None)
    return work.id


async def refused(attempt: Any, code: str) -> None:
    with pytest.raises(WeccError) as error:
        await attempt
    assert error.value.code == code


async def test_silent_agent_is_warned_and_loses_the_chat_at_its_old_place(floor: Floor) -> None:
    queue_id = await queue_with(floor, reply_timeout_s=60)
    who = await floor.ready(1)
    heard = floor.at_agent(1)
    work_id = await in_hand(floor, who, queue_id)
    before = await floor.acd.interaction(TENANT, work_id)
    await floor.tick(40_000)
    await floor.settle()
    due = [frame for frame in heard if isinstance(frame, ReplyDue)]
    assert [frame.interaction_id for frame in due] == [work_id]
    assert due[0].due_at_ms == (before.accepted_at_ms or 0) + 60_000
    await floor.tick(20_000)
    after = await floor.acd.interaction(TENANT, work_id)
    assert (after.state, after.enqueued_at_ms) == ("waiting", before.enqueued_at_ms)
    view = await floor.acd.agent_view(who)
    assert (view.state, view.reason) == ("not_ready", "no_reply")
    await floor.settle()
    assert ("released", work_id, "no_reply") in floor.handler.calls
    other = await floor.ready(2)
    assert [o.interaction.id for o in await floor.acd.offers_for(other)] == [work_id]


async def test_first_reply_ends_the_clock_and_costs_one_entry(floor: Floor) -> None:
    queue_id = await queue_with(floor, reply_timeout_s=60)
    who = await floor.ready(1)
    work_id = await in_hand(floor, who, queue_id)
    work = await floor.acd.interaction(TENANT, work_id)
    partition = await floor.acd.partitions.get(TENANT)
    before = partition.engine.state.position
    await floor.acd.replied(TENANT, work.conversation_id, agent(2).id)
    assert partition.engine.state.position == before, "somebody else's note is no reply"
    for _ in range(3):
        await floor.acd.replied(TENANT, work.conversation_id, who.id)
    assert partition.engine.state.position == before + 1
    await floor.tick(120_000)
    assert (await floor.acd.interaction(TENANT, work_id)).state == "active"


async def test_agent_is_not_ready_after_as_many_misses_as_the_queue_allows(floor: Floor) -> None:
    queue_id = await queue_with(floor, no_answer_strikes=2)
    who = await floor.ready(1)
    await floor.arrive(queue_id=queue_id)
    await floor.tick(30_000)
    assert (await floor.acd.agent_view(who)).state == "ready", "one miss is forgiven"
    assert await floor.acd.offers_for(who) == [], "but this one is not offered again at once"
    await floor.tick(10_000)
    assert len(await floor.acd.offers_for(who)) == 1
    await floor.tick(30_000)
    view = await floor.acd.agent_view(who)
    assert (view.state, view.reason) == ("not_ready", "no_answer")
    await floor.tick(60_000)
    assert (await floor.acd.agent_view(who)).state == "not_ready", "back by hand only"


async def test_forced_wrap_up_needs_an_outcome_and_has_no_end_of_its_own(floor: Floor) -> None:
    queue_id = await queue_with(floor, wrap_up={"chat": WrapUpTime(mode="forced", seconds=0)})
    who = await floor.ready(1)
    work_id = await in_hand(floor, who, queue_id)
    await floor.acd.end(who, work_id)
    await floor.tick(3_600_000)
    view = await floor.acd.interaction(TENANT, work_id)
    assert (view.state, view.wrap_up, view.wrap_up_until_ms) == ("wrap_up", "forced", None)
    await refused(floor.acd.wrap_up(who, work_id, None), "bad_value")
    outcome = (await floor.acd.settings.dispositions(ADMIN))[0].id
    await floor.acd.wrap_up(who, work_id, outcome)
    assert (await floor.acd.interaction(TENANT, work_id)).disposition_id == outcome


async def test_optional_wrap_up_gives_the_capacity_back_at_once(floor: Floor) -> None:
    queue_id = await queue_with(floor, wrap_up={"call": WrapUpTime(mode="optional", seconds=60)})
    who = await floor.ready(1)
    floor.handler.answer = "v=0"
    call = await floor.arrive("call", call_id="ca_call000001", queue_id=queue_id)
    await floor.acd.accept(who, (await floor.acd.offers_for(who))[0].id, "v=0")
    await floor.acd.end(who, call.id)
    assert (await floor.acd.agent_view(who)).load["call"] == 0
    again = await floor.arrive("call", call_id="ca_call000002", queue_id=queue_id)
    assert again.state == "offered"
    await floor.acd.wrap_up(who, call.id, None)
    assert (await floor.acd.interaction(TENANT, call.id)).state == "closed"
    assert (await floor.acd.audit())[1] == []


async def test_wrap_up_is_extended_once(floor: Floor) -> None:
    rule = WrapUpTime(seconds=30, extension_s=45)
    queue_id = await queue_with(floor, wrap_up={"chat": rule})
    who = await floor.ready(1)
    work_id = await in_hand(floor, who, queue_id)
    await refused(floor.acd.extend_wrap_up(who, work_id), "wrong_state")
    await floor.acd.end(who, work_id)
    ended = await floor.acd.interaction(TENANT, work_id)
    assert ended.can_extend
    heard = floor.at_agent(1)
    longer = await floor.acd.extend_wrap_up(who, work_id)
    assert longer.wrap_up_until_ms == (ended.wrap_up_until_ms or 0) + 45_000
    assert not longer.can_extend
    await refused(floor.acd.extend_wrap_up(who, work_id), "wrong_state")
    await refused(floor.acd.extend_wrap_up(agent(2), work_id), "not_found")
    await floor.settle()
    assert [f for f in heard if isinstance(f, AssignmentChanged)]
    await floor.tick(74_000)
    assert (await floor.acd.interaction(TENANT, work_id)).state == "wrap_up"
    await floor.tick(1_000)
    assert (await floor.acd.interaction(TENANT, work_id)).state == "closed"


async def come_back(floor: Floor, number: int, queue_id: str) -> str:
    """Let a contact of before open another conversation."""
    floor.made += 1
    who, conversation_id = visitor(number), f"cv_back{floor.made:06d}"
    opening = Opening(conversation_id=conversation_id, site_id=who.site_id)
    await floor.database.write(TENANT, lambda tx: conversations.open_conversation(tx, who, opening))
    order = Enqueue(
        interaction_id=f"in_back{floor.made:06d}",
        kind="chat",
        conversation_id=conversation_id,
        queue_id=queue_id,
        created_at_ms=floor.clock.now_ms(),
    )
    return (await floor.acd.enqueue(TENANT, order)).id


async def test_who_helped_last_is_waited_for_then_everybody(floor: Floor) -> None:
    queue_id = await queue_with(floor, sticky_s=40)
    first = await floor.ready(1)
    work_id = await in_hand(floor, first, queue_id)
    await floor.acd.end(first, work_id)
    await floor.acd.wrap_up(first, work_id, None)
    other = await floor.ready(2)
    back = await come_back(floor, 1, queue_id)
    assert [o.interaction.id for o in await floor.acd.offers_for(first)] == [back]
    await floor.acd.accept(first, (await floor.acd.offers_for(first))[0].id, None)
    await floor.acd.duty.put_policy(ADMIN, CapacityPolicyBody(interrupted_by={"chat": []}))
    await floor.acd.set_state(first, "not_ready", "break")
    again = await come_back(floor, 1, queue_id)
    assert [o.interaction.id for o in await floor.acd.offers_for(other)] == [again], "not ready"
    await floor.acd.reject(other, (await floor.acd.offers_for(other))[0].id)
    await floor.acd.abandon(TENANT, again)
    await floor.acd.duty.put_policy(ADMIN, CapacityPolicyBody(sticky_waits=True))
    third = await come_back(floor, 1, queue_id)
    assert (await floor.acd.interaction(TENANT, third)).state == "waiting", "waits by policy"
    await floor.tick(40_000)
    assert (await floor.acd.interaction(TENANT, third)).state == "offered", "then for everybody"


async def test_only_the_oldest_may_be_taken_by_hand(floor: Floor) -> None:
    queue_id = await queue_with(floor, pull_oldest=1)
    who = agent(1)
    await floor.acd.connected(who, "so_1")
    first = await floor.arrive(queue_id=queue_id)
    second = await floor.arrive(queue_id=queue_id)
    assert [view.interaction.id for view in await floor.acd.waiting(who)] == [first.id]
    await refused(floor.acd.take(who, second.id), "wrong_state")
    await floor.acd.connected(LEAD, "so_lead")
    assert len(await floor.acd.waiting(LEAD)) == 2
    await floor.acd.take(LEAD, second.id)
    await floor.acd.take(who, first.id)
    none = await queue_with_name(floor, "Closed shop", pull_oldest=0)
    third = await floor.arrive(queue_id=none)
    await refused(floor.acd.take(who, third.id), "wrong_state")


async def test_quiet_chat_frees_its_place_until_the_contact_writes(floor: Floor) -> None:
    await floor.acd.duty.put_policy(ADMIN, CapacityPolicyBody(quiet_chat_s=60))
    who = await floor.ready(1)
    queue_id = await floor.queue()
    held = [await in_hand(floor, who, queue_id) for _ in range(4)]
    fifth = await floor.arrive()
    assert fifth.state == "waiting"
    await floor.tick(59_000)
    talk = (await floor.acd.interaction(TENANT, held[0])).conversation_id
    await floor.acd.heard(TENANT, talk)
    await floor.tick(17_000)
    assert (await floor.acd.interaction(TENANT, fifth.id)).state == "offered"
    view = await floor.acd.agent_view(who)
    assert view.load["chat"] == 2, "one who wrote, one that rings; three are quiet"
    quiet = (await floor.acd.interaction(TENANT, held[1])).conversation_id
    await floor.acd.heard(TENANT, quiet)
    assert (await floor.acd.agent_view(who)).load["chat"] == 3
    assert (await floor.acd.audit())[1] == []


async def test_fairness_window_shares_work_out_evenly(floor: Floor) -> None:
    queue_id = await queue_with(floor, fairness_window_s=600, wrap_up={})
    first, second = await floor.ready(1), await floor.ready(2)
    busy = await floor.arrive("message")
    offers = await floor.acd.offers_for(first)
    assert [o.interaction.id for o in offers] == [busy.id], "a load in another queue"
    await floor.acd.accept(first, offers[0].id, None)
    got: list[str] = []
    for _ in range(4):
        work = await floor.arrive(queue_id=queue_id)
        for who in (first, second):
            for offer in await floor.acd.offers_for(who):
                await floor.acd.accept(who, offer.id, None)
                got.append(who.id)
        assert (await floor.acd.interaction(TENANT, work.id)).state == "active"
        floor.clock.advance(1_000)
    assert sorted(got) == [first.id, first.id, second.id, second.id], "by turns, not by load"
