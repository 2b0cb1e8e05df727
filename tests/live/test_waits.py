"""A wait as the visitor's socket says it, what it goes by over REST, and a rehearsal over REST."""

from __future__ import annotations

import json

from tests.live.command import wecc
from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Visitor

ORIGIN = "https://waits.example.com"
SERVED = 9


async def test_a_wait_becomes_a_range_and_a_change_is_rehearsed(
    running: Product, admin: Staff
) -> None:
    site = admin.add_site(ORIGIN)
    person = admin.add_agent("Agent Waits", "waits@example.com")
    (queue,) = admin.call("GET", "/queues")
    profile = {"queue_ids": [queue["id"]], "capacity": {"chat": 1}}
    admin.call("PUT", f"/agents/{person.me['user']['id']}", profile)
    agent = Agent(running, person)
    await agent.hello()
    await agent.ready()
    for number in range(SERVED):
        visitor = Visitor(running, site)
        await visitor.hello()
        await visitor.start(f"Question {number}")
        taken = (await agent.accept(visitor.conversation))["interaction"]["id"]
        await agent.must({"type": "interaction.end", "interaction_id": taken})
        await agent.must({"type": "interaction.wrap_up", "interaction_id": taken})
        await visitor.close()
    first, second = Visitor(running, site), Visitor(running, site)
    for visitor in (first, second):
        await visitor.hello()
        await visitor.start("Me too")
    await agent.accept(first.conversation)
    place = await second.wait(
        lambda f: f["type"] == "queue.place" and f["position"] == 1 and f["wait"] is not None
    )
    assert 0 <= place["wait"]["p50_ms"] < place["wait"]["p90_ms"]
    (known,) = admin.call("GET", "/waits")
    assert (known["kind"], known["slots"], known["waiting"]) == ("chat", 1, 1)
    assert known["mean_handling_ms"] > 0
    person.call("GET", "/waits", status=403)
    changed = {"queue": {"name": queue["name"], "priority": 5}, "seed": 1}
    path = f"/queues/{queue['id']}/rehearsal"
    found = admin.call("POST", path, changed)
    assert (found["verdict"], found["needed"]) == ("not_enough_work", 30)
    assert found["contacts"] >= SERVED + 2
    person.call("POST", path, changed, status=403)
    admin.call("POST", path, {"queue": {"name": ""}}, status=400)
    again = wecc("simulate", "--week", "--json", "--data", running.data_dir)
    assert again.returncode == 0, again.stderr
    replayed = json.loads(again.stdout)
    assert replayed["contacts"] == found["contacts"]
    assert replayed["before"] is None  # too little to go by, and said so
    for socket in (agent, first, second):
        await socket.close()
