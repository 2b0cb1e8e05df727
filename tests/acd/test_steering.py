"""Leads steer work and agents by hand, with a reason; agents declare what comes next."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.acd.wire import AgentChanged, QueueChanged
from gateway.acd.wire.queues import QueueBody
from gateway.acd.wire.steering import (
    CapacityLabel,
    CapacityPolicyBody,
    NotReadyReasonBody,
)
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.tenancy.store import audit
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent


async def take_offer(floor: Floor, who: Actor) -> str:
    offer = (await floor.acd.offers_for(who))[0]
    await floor.acd.accept(who, offer.id, None)
    return offer.interaction.id


async def refused(attempt: Any, *codes: str) -> None:
    with pytest.raises(WeccError) as error:
        await attempt
    assert error.value.code in codes


async def test_moved_work_keeps_its_clock_and_says_why(floor: Floor) -> None:
    other = await floor.acd.settings.put_queue(ADMIN, None, QueueBody(name="Returns"))
    work = await floor.arrive()
    await floor.settle()
    on_floor = floor.on_floor()
    floor.clock.advance(40_000)
    moved = await floor.acd.steering.move(
        LEAD, work.id, other.id, "wrong desk, call 4111111111111111"
    )
    assert (moved.queue_id, moved.enqueued_at_ms) == (other.id, work.enqueued_at_ms)
    for _ in range(400):
        figures = [frame.queue for frame in on_floor if isinstance(frame, QueueChanged)]
        counts = {queue.queue_id: queue.waiting["chat"] for queue in figures}
        if counts == {work.queue_id: 0, other.id: 1}:
            break
        await asyncio.sleep(0.1)
    assert counts == {work.queue_id: 0, other.id: 1}, "both queues tell their new length"
    told = await floor.acd.steering.interventions(LEAD, work.id)
    assert [(one.operation, one.actor_name) for one in told] == [("interaction.move", "Lead")]
    assert told[0].why.startswith("wrong desk")
    assert "4111111111111111" not in told[0].why
    assert told[0].details["to_queue_id"] == other.id
    rows = await floor.database.read(TENANT, lambda tx: audit.before(tx, None, 10))
    assert "interaction.move" in [row["operation"] for row in rows]
    await refused(floor.acd.steering.move(agent(1), work.id, other.id, "mine"), "forbidden")
    await refused(floor.acd.steering.move(LEAD, work.id, "qu_unknown1", "where"), "not_found")
    await refused(floor.acd.steering.move(LEAD, work.id, other.id, "  "), "bad_text")


async def test_priority_changes_the_place_at_once(floor: Floor) -> None:
    first, second = await floor.arrive(), await floor.arrive()
    view = await floor.acd.steering.prioritize(LEAD, second.id, 5, "angry")
    assert view.priority == 5
    assert (await floor.acd.place(TENANT, second.id)).position == 1
    assert (await floor.acd.place(TENANT, first.id)).position == 2
    assert (await floor.acd.interaction(TENANT, second.id)).priority == 5


async def test_assigned_work_rings_there_above_capacity_only_when_said(floor: Floor) -> None:
    who = await floor.ready(1)
    for _ in range(4):
        await floor.arrive()
        await take_offer(floor, who)
    work = await floor.arrive()
    assign = floor.acd.steering.assign
    await refused(assign(LEAD, work.id, who.id, "knows her", over_capacity=False), "conflict")
    assert await floor.acd.offers_for(who) == []
    await assign(LEAD, work.id, who.id, "knows her", over_capacity=True)
    assert [o.interaction.id for o in await floor.acd.offers_for(who)] == [work.id]
    await assign(LEAD, work.id, who.id, "knows her", over_capacity=True)
    await take_offer(floor, who)
    assert (await floor.acd.agent_view(who)).load["chat"] == 5
    await refused(assign(LEAD, work.id, agent(2).id, "late", over_capacity=False), "conflict")
    other = await floor.arrive()
    await refused(assign(LEAD, other.id, agent(2).id, "come", over_capacity=False), "nobody_there")
    await floor.acd.connected(agent(2), "so_2")
    await assign(LEAD, other.id, agent(2).id, "come", over_capacity=False)
    assert len(await floor.acd.offers_for(agent(2))) == 1, "also who is not ready"
    assert (await floor.acd.audit())[1] == []


async def test_state_set_by_a_lead_is_told_with_who_did_it(floor: Floor) -> None:
    who = await floor.ready(1)
    heard = floor.at_agent(1)
    await floor.acd.steering.set_agent(LEAD, who.id, "not_ready", "meeting", "team meeting")
    await floor.settle()
    told = [frame.agent for frame in heard if isinstance(frame, AgentChanged)]
    assert (told[-1].state, told[-1].reason, told[-1].set_by_name) == (
        "not_ready",
        "meeting",
        "Lead",
    )
    await floor.acd.set_state(who, "ready", None)
    assert (await floor.acd.agent_view(who)).set_by_name == ""
    set_agent = floor.acd.steering.set_agent
    await refused(set_agent(agent(2), who.id, "ready", None, "mine"), "forbidden")
    await refused(set_agent(LEAD, agent(3).id, "ready", None, "come"), "wrong_state")
    await refused(set_agent(LEAD, who.id, "not_ready", "nonsense", "x"), "bad_value")


async def test_next_state_waits_for_the_last_work(floor: Floor) -> None:
    who = await floor.ready(1)
    await floor.arrive()
    held = await take_offer(floor, who)
    await floor.acd.set_next(who, "not_ready", "meal")
    view = await floor.acd.agent_view(who)
    assert (view.state, view.next_state, view.next_reason) == ("ready", "not_ready", "meal")
    waiting = await floor.arrive()
    assert waiting.state == "waiting", "no new offers"
    await floor.acd.set_next(who, None, None)
    assert (await floor.acd.interaction(TENANT, waiting.id)).state == "offered", "taken back"
    await floor.acd.set_next(who, "not_ready", "meal")
    second = await take_offer(floor, who)
    for item in (held, second):
        await floor.acd.end(who, item)
        await floor.acd.wrap_up(who, item, None)
    view = await floor.acd.agent_view(who)
    assert (view.state, view.reason, view.next_state) == ("not_ready", "meal", None)


async def test_reason_lasts_its_time_and_is_overdue_after_it(floor: Floor) -> None:
    body = NotReadyReasonBody(name="Quick tea", code="tea", max_s=60)
    made = await floor.acd.duty.put_reason(ADMIN, None, body)
    who = await floor.ready(1)
    on_floor = floor.on_floor()
    view = await floor.acd.set_state(who, "not_ready", "tea")
    assert view.until_ms == view.since_ms + 60_000
    await floor.tick(59_000)
    assert not (await floor.acd.agent_view(who)).overdue
    await floor.tick(1_000)
    view = await floor.acd.agent_view(who)
    assert (view.overdue, view.state) == (True, "not_ready"), "nobody is kicked"
    await floor.settle()
    assert [f.agent.overdue for f in on_floor if isinstance(f, AgentChanged)][-1]
    await floor.acd.duty.remove_reason(ADMIN, made.id)
    await refused(floor.acd.set_state(who, "not_ready", "tea"), "bad_value")
    codes = [reason.code for reason in await floor.acd.duty.reasons(who)]
    assert sorted(codes) == ["admin", "break", "meal", "meeting", "training"]
    reserved = NotReadyReasonBody(name="No answer", code="no_answer")
    await refused(floor.acd.duty.put_reason(ADMIN, None, reserved), "bad_value")
    twice = NotReadyReasonBody(name="Other meal", code="meal")
    await refused(floor.acd.duty.put_reason(ADMIN, None, twice), "already_exists")
    await refused(floor.acd.duty.put_reason(who, None, twice), "forbidden")


async def test_policy_says_what_interrupts_what_and_survives_a_restart(floor: Floor) -> None:
    await floor.ready(1)
    await floor.arrive("call", call_id="ca_call000001")
    chat = await floor.arrive()
    assert chat.state == "waiting", "by default nothing interrupts a call"
    body = CapacityPolicyBody(interrupted_by={"call": ["chat"]}, personal_limit=3)
    view = await floor.acd.duty.put_policy(ADMIN, body)
    assert view.interrupted_by == {
        "chat": ["call", "message"],
        "call": ["chat"],
        "message": ["call", "chat"],
    }
    assert (await floor.acd.interaction(TENANT, chat.id)).state == "offered"
    wrong = CapacityPolicyBody(
        labels=[CapacityLabel(name="VIP", queue_ids=["qu_nowhere1"], limit=1)]
    )
    await refused(floor.acd.duty.put_policy(ADMIN, wrong), "bad_value")
    await floor.begin()
    assert (await floor.acd.duty.policy(LEAD)).personal_limit == 3


async def test_slot_takes_call_capacity_until_it_is_released(floor: Floor) -> None:
    who = await floor.ready(1)
    await floor.acd.hold_slot(TENANT, "sl_consult01", who.id, "consult")
    await floor.acd.hold_slot(TENANT, "sl_consult01", who.id, "consult")
    call = await floor.arrive("call", call_id="ca_call000001")
    assert call.state == "waiting"
    await refused(floor.acd.hold_slot(TENANT, "sl_consult02", who.id, "consult"), "conflict")
    await refused(floor.acd.hold_slot(TENANT, "sl_other", agent(2).id, "call"), "nobody_there")
    await floor.begin()
    await floor.acd.connected(who, "so_1")
    assert (await floor.acd.agent_view(who)).load["call"] == 1, "a slot survives a restart"
    await floor.acd.release_slot(TENANT, "sl_consult01")
    await floor.acd.release_slot(TENANT, "sl_consult01")
    assert (await floor.acd.interaction(TENANT, call.id)).state == "offered"


async def test_moved_work_overtakes_nobody(floor: Floor) -> None:
    other = await floor.acd.settings.put_queue(ADMIN, None, QueueBody(name="Returns"))
    who = await floor.ready(1)
    ringing = await floor.arrive("call")
    first = await floor.arrive("call", queue_id=other.id, priority=5)
    assert [one.interaction.id for one in await floor.acd.offers_for(who)] == [ringing.id]
    await floor.acd.steering.move(LEAD, ringing.id, other.id, "wrong desk")
    assert [one.interaction.id for one in await floor.acd.offers_for(who)] == [first.id]
    assert (await floor.acd.interaction(TENANT, ringing.id)).state == "waiting"
