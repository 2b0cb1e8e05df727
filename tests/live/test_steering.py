"""Leads steer over REST and sockets; agents declare, are reminded and wrap up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Visitor

pytestmark = pytest.mark.server
LIMIT_S = 60.0


def queue_of(admin: Staff) -> dict[str, Any]:
    found: dict[str, Any] = admin.call("GET", "/queues")[0]
    return found


def queue_body(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


async def gone(agent: Agent, start: int) -> dict[str, Any]:
    return await agent.wait(
        lambda f: f["type"] == "assignment.changed" and f["gone"], LIMIT_S, start
    )


async def test_leads_move_prioritise_and_assign(running: Product, admin: Staff) -> None:
    site = admin.add_site("https://steer.example.com")
    staff = admin.add_agent("Steered One", "steered@example.com")
    desk, first, second = Agent(running, staff), Visitor(running, site), Visitor(running, site)
    for visitor in (first, second):
        await visitor.hello()
        await visitor.start("Hello")
        await visitor.wait(lambda f: f["type"] == "queue.place" and f["position"], LIMIT_S)
    waiting = admin.call("GET", "/live")["waiting"]
    ids = {item["conversation_id"]: item["id"] for item in waiting}
    one, two = ids[first.conversation], ids[second.conversation]
    other = admin.call("POST", "/queues", queue_body("Returns"))
    why = {"why": "belongs there"}
    moved = admin.call("POST", f"/interactions/{one}/move", {"to_queue_id": other["id"], **why})
    assert moved["queue_id"] == other["id"]
    raised = admin.call("POST", f"/interactions/{two}/priority", {"priority": 7, **why})
    assert raised["priority"] == 7
    admin.call("POST", f"/interactions/{two}/priority", {"priority": 7}, status=400)
    await desk.hello()
    body = {"agent_id": staff.me["user"]["id"], **why}
    rung = admin.call("POST", f"/interactions/{one}/assign", body)
    assert rung["state"] == "offered"
    taken = await desk.accept(first.conversation)
    assert taken["interaction"]["id"] == one
    admin.call("POST", f"/interactions/{one}/assign", body, status=409)
    staff.call("POST", f"/interactions/{two}/assign", body, status=403)
    told = admin.call("GET", f"/interventions?object_id={one}")
    assert [item["operation"] for item in told] == ["interaction.assign", "interaction.move"]
    assert told[0]["why"] == "belongs there"
    lead = Agent(running, admin)
    await lead.hello()
    await lead.must(
        {
            "type": "interaction.assign",
            "interaction_id": two,
            "why": "now",
            "agent_id": body["agent_id"],
        }
    )
    await desk.accept(second.conversation)
    for item in (one, two):
        await desk.must({"type": "interaction.end", "interaction_id": item})
    for wire in (desk, lead, first, second):
        await wire.close()


async def test_states_declared_and_set_by_a_lead(running: Product, admin: Staff) -> None:
    staff = admin.add_agent("Steered Two", "steered2@example.com")
    desk = Agent(running, staff)
    await desk.hello()
    await desk.ready()
    reason = admin.call("POST", "/not-ready-reasons", {"name": "Tea", "code": "tea", "max_s": 1})
    assert reason["max_s"] == 1
    await desk.must({"type": "agent.next.set", "state": "not_ready", "reason": "tea"})
    overdue = await desk.wait(
        lambda f: f["type"] == "agent.changed" and f["agent"]["overdue"], LIMIT_S
    )
    assert (overdue["agent"]["state"], overdue["agent"]["reason"]) == ("not_ready", "tea")
    start = len(desk.frames)
    path = f"/agents/{staff.me['user']['id']}/state"
    admin.call("PUT", path, {"state": "ready", "why": "customers wait"})
    told = await desk.wait("agent.changed", LIMIT_S, start)
    assert told["agent"]["state"] == "ready"
    assert told["agent"]["set_by_name"] == admin.me["user"]["name"]
    assert not told["agent"]["overdue"]
    staff.call("PUT", path, {"state": "ready", "why": "me"}, status=403)
    await desk.close()


async def test_silent_agent_is_reminded_and_who_replies_keeps_the_chat(
    running: Product, admin: Staff
) -> None:
    site = admin.add_site("https://silent.example.com")
    queue = admin.call(
        "POST",
        "/queues",
        queue_body(
            "Prompt",
            reply_timeout_s=6,
            wrap_up={"chat": {"mode": "timed", "seconds": 60, "extension_s": 60}},
        ),
    )
    staff = admin.add_agent("Steered Three", "steered3@example.com")
    desk, visitor = Agent(running, staff), Visitor(running, site)
    await visitor.hello()
    await visitor.start("Hello")
    await visitor.wait(lambda f: f["type"] == "queue.place" and f["position"], LIMIT_S)
    waiting = admin.call("GET", "/live")["waiting"]
    item = next(w["id"] for w in waiting if w["conversation_id"] == visitor.conversation)
    admin.call("POST", f"/interactions/{item}/move", {"to_queue_id": queue["id"], "why": "prompt"})
    await desk.hello()
    body = {"agent_id": staff.me["user"]["id"], "why": "try"}
    admin.call("POST", f"/interactions/{item}/assign", body)
    await desk.accept(visitor.conversation)
    due = await desk.wait("reply.due", LIMIT_S)
    assert due["interaction_id"] == item
    lost = await gone(desk, 0)
    assert lost["interaction"]["state"] == "waiting"
    start = len(desk.frames)
    admin.call("POST", f"/interactions/{item}/assign", body)
    await desk.accept(visitor.conversation, start)
    await desk.post(visitor.conversation, "Sorry, here I am")
    await asyncio.sleep(7)
    view = admin.call("GET", "/live")["waiting"]
    assert item not in [w["id"] for w in view], "who replied keeps it"
    await desk.must({"type": "interaction.end", "interaction_id": item})
    start = len(desk.frames)
    await desk.must({"type": "interaction.wrap_up.extend", "interaction_id": item})
    await desk.wait(
        lambda f: (
            f["type"] == "assignment.changed"
            and f["interaction"]["state"] == "wrap_up"
            and not f["interaction"]["can_extend"]
        ),
        LIMIT_S,
        start,
    )
    again = await desk.ask({"type": "interaction.wrap_up.extend", "interaction_id": item})
    assert (again["type"], again["code"]) == ("error", "wrong_state")
    for wire in (desk, visitor):
        await wire.close()
