"""A queue's rules over REST, and what a visitor and an agent then meet, over the real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Frame, Visitor

ORIGIN = "https://shop.example.com"
SET_BY_THE_SERVER = ("id", "version", "warnings", "closed", "closure")


@pytest.fixture(scope="module")
def site(admin: Staff) -> dict[str, Any]:
    return admin.add_site(ORIGIN)


def publish(admin: Staff, **fields: Any) -> dict[str, Any]:
    """Publish a change of the only queue."""
    queue = admin.call("GET", "/queues")[0]
    body = {name: value for name, value in queue.items() if name not in SET_BY_THE_SERVER}
    found: dict[str, Any] = admin.call("PUT", f"/queues/{queue['id']}", body | fields)
    return found


def place(kind: str, state: str) -> Any:
    def matches(frame: Frame) -> bool:
        is_place = frame["type"] == "queue.place"
        return is_place and (frame["kind"], frame["state"]) == (kind, state)

    return matches


async def test_a_chat_that_waits_too_long_becomes_a_message_and_is_answered(
    running: Product, admin: Staff, site: dict[str, Any]
) -> None:
    tax = admin.call("POST", "/skills", {"name": "Tax"})
    publish(
        admin,
        steps=[{"expression": "tax >= 60", "after_s": 1}, {"expression": "tax"}],
        overflow=[{"when": "wait", "limit": 3}],
    )
    person = admin.add_agent("Agent One", "one@example.com")
    queue_id = admin.call("GET", "/queues")[0]["id"]
    profile = {"skills": {tax["id"]: 40}, "queue_ids": [queue_id], "capacity": {"chat": 0}}
    address = f"/agents/{person.me['user']['id']}"
    admin.call("PUT", address, profile)
    agent, visitor = Agent(running, person), Visitor(running, site)
    await agent.hello()
    await agent.ready()
    welcome = await visitor.hello()
    assert welcome["availability"] == "busy", "the second step has somebody"
    await visitor.start("I need help with my taxes")
    await visitor.wait(place("chat", "waiting"), 30)
    await visitor.wait(place("chat", "overflowed"), 30)
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["code"] == "left_message", 30
    )
    await visitor.post("My number is in the letter.")
    offer = await agent.accept(visitor.conversation)
    assert offer["interaction"]["kind"] == "message"
    await visitor.wait(place("message", "active"), 30)
    await agent.post(visitor.conversation, "We found your letter.")
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "We found your letter.", 30
    )
    await agent.close()
    await visitor.close()


def test_versions_warnings_closure_and_holidays_over_rest(admin: Staff) -> None:
    queue = publish(admin, steps=[], overflow=[], note="open to all")
    path = f"/queues/{queue['id']}"
    body = {"name": "Other", "steps": [{"expression": "Tax AND NOT Tax"}]}
    warnings = admin.call("POST", "/queues/check", body)
    assert [warning["code"] for warning in warnings] == ["contradiction"]
    refused = admin.call("POST", "/queues", {"name": "Other", "steps": [{"expression": "("}]}, 400)
    assert (refused["error"]["code"], refused["error"]["field"]) == (
        "bad_expression",
        "steps.0.expression",
    )
    versions = admin.call("GET", f"{path}/versions")
    assert versions[0]["note"] == "open to all"
    back = admin.call("POST", f"{path}/rollback", {"version": 1})
    assert back["version"] == queue["version"] + 1
    closed = admin.call("PUT", f"{path}/closure", {"reason": "Fire alarm"})
    assert closed["closed"] == "emergency"
    admin.call("DELETE", f"{path}/closure")
    hours = admin.call("GET", "/hours")[0]
    file = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:19991225\nRRULE:FREQ=YEARLY\nEND:VEVENT\n"
    address = f"/api/v1/hours/{hours['id']}/holidays"
    answer = admin.client.post(address, content=file, headers={"Content-Type": "text/calendar"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["added"] == 6
    wrong = admin.client.post(address, json={"calendar": file})
    assert wrong.status_code == 415
    huge = admin.client.post(
        address, content="x" * (1 << 20), headers={"Content-Type": "text/calendar"}
    )
    assert huge.status_code == 413
