"""What leads did by hand can be taken back; agents are signed out with a reason they read."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.acd.wire.queues import QueueBody
from gateway.acd.wire.steering import AgentSignedOut, InterventionView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent


async def take_offer(floor: Floor, who: Actor) -> None:
    offer = (await floor.acd.offers_for(who))[0]
    await floor.acd.accept(who, offer.id, None)


async def refused(attempt: Any, code: str) -> None:
    with pytest.raises(WeccError) as error:
        await attempt
    assert error.value.code == code


async def undone(floor: Floor, object_id: str) -> InterventionView:
    """Take back the newest intervention."""
    newest = (await floor.acd.steering.interventions(LEAD, object_id))[0]
    assert newest.can_undo
    floor.clock.advance(10)
    done = await floor.acd.steering.undo(LEAD, newest.id, "it was a mistake")
    floor.clock.advance(10)
    return done


async def test_what_a_lead_did_can_be_taken_back(floor: Floor) -> None:
    steering = floor.acd.steering
    other = await floor.acd.settings.put_queue(ADMIN, None, QueueBody(name="Returns"))
    work = await floor.arrive()
    item = (await floor.acd.partitions.get(TENANT)).engine.state.interactions[work.id]
    await steering.move(LEAD, work.id, other.id, "wrong desk")
    done = await undone(floor, work.id)
    assert (item.queue_id, done.can_undo, done.object_name) == (work.queue_id, False, "General")
    told = await steering.interventions(LEAD, work.id)
    assert (told[0].undoes, told[1].undone_by) == (done.id, told[0].id)
    assert told[0].details == {"from_queue_id": other.id, "to_queue_id": work.queue_id}
    await refused(steering.undo(LEAD, done.id, "again"), "conflict")
    await refused(steering.undo(LEAD, told[0].id, "an undo"), "conflict")
    await refused(steering.undo(LEAD, "iv_unknown01", "what"), "not_found")
    await refused(steering.undo(agent(1), done.id, "mine"), "forbidden")

    await steering.prioritize(LEAD, work.id, 5, "soon")
    await undone(floor, work.id)
    assert item.priority == 0

    who = agent(1)
    await floor.acd.connected(who, "so_1")
    await steering.assign(LEAD, work.id, who.id, "knows it", over_capacity=False)
    assert item.state == "offered"
    await undone(floor, work.id)
    assert (item.state, await floor.acd.offers_for(who)) == ("waiting", [])
    floor.clock.advance(10)

    await steering.assign(LEAD, work.id, who.id, "knows it", over_capacity=False)
    await take_offer(floor, who)
    newest = (await steering.interventions(LEAD, work.id))[0]
    assert not newest.can_undo
    await refused(steering.undo(LEAD, newest.id, "too late"), "conflict")


async def test_a_set_state_is_taken_back_unless_it_changed_since(floor: Floor) -> None:
    steering, who = floor.acd.steering, await floor.ready(1)
    await floor.acd.set_state(who, "not_ready", "meal")
    await steering.set_agent(LEAD, who.id, "ready", None, "many wait")
    done = await undone(floor, who.id)
    view = await floor.acd.agent_view(who)
    assert (view.state, view.reason, view.set_by_name) == ("not_ready", "meal", "Lead")
    assert done.object_name == "Agent 1"
    await steering.set_agent(LEAD, who.id, "ready", None, "many wait")
    floor.clock.advance(10)
    await floor.acd.set_state(who, "not_ready", "break")
    newest = (await steering.interventions(LEAD, who.id))[0]
    assert not newest.can_undo


async def test_a_signed_out_agent_is_told_by_whom_and_the_work_waits_again(floor: Floor) -> None:
    heard, ended = floor.at_agent(1), []
    floor.acd.steering._end_logins = lambda _tx, user_id: ended.append(user_id)
    who = await floor.ready(1)
    work = await floor.arrive()
    await take_offer(floor, who)
    await refused(floor.acd.steering.sign_out(agent(2), who.id, "rival"), "forbidden")
    await refused(floor.acd.steering.sign_out(LEAD, LEAD.id, "me"), "wrong_state")
    await refused(floor.acd.steering.sign_out(LEAD, ADMIN.id, "above"), "forbidden")
    await refused(floor.acd.steering.sign_out(LEAD, "us_unknown01", "who"), "not_found")
    view = await floor.acd.steering.sign_out(LEAD, who.id, "desk left open")
    assert (view.state, view.set_by_name, ended) == ("offline", "Lead", [who.id])
    await floor.settle()
    told = [frame for frame in heard if isinstance(frame, AgentSignedOut)]
    assert [(frame.by_name, frame.why) for frame in told] == [("Lead", "desk left open")]
    item = (await floor.acd.partitions.get(TENANT)).engine.state.interactions[work.id]
    assert (item.state, item.agent_id) == ("waiting", None)
    newest = (await floor.acd.steering.interventions(LEAD, who.id))[0]
    assert (newest.operation, newest.can_undo) == ("agent.sign_out", False)
    await refused(floor.acd.steering.sign_out(LEAD, who.id, "twice"), "wrong_state")
