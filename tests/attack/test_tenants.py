"""The matrix: every route, every role, one's own and another tenant's things, and junk."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest

from gateway.platform.http.route import Route
from gateway.tenancy.authorization import TABLE
from tests.attack.ground import ROLES, Ground, Tenant, chat, new_id
from tests.attack.routes import desk_rows, name_of, path_of, routes
from tests.live.product import Staff
from tests.live.sockets import Visitor

CANARY = "kanarie-of-alder-5512"
CREATED = {
    "skills": {"name": f"{CANARY} skill"},
    "queues": {"name": f"{CANARY} queue"},
    "hours": {"name": f"{CANARY} hours", "time_zone": "UTC", "windows": []},
    "dispositions": {"name": f"{CANARY} outcome", "code": "canary"},
    "canned-replies": {"shortcut": "canary", "title": CANARY, "text": CANARY},
    "invitations": {"email": f"{CANARY}@alder.example", "name": CANARY, "role": "agent"},
    "not-ready-reasons": {"name": f"{CANARY} reason", "code": "canary"},
    "api-keys": {"name": CANARY, "role": "agent"},
    "blocks": {"kind": "email", "value": "canary@blocked.example", "why": CANARY},
    "sites": {"name": CANARY, "origins": ["https://canary.alder.example"], "languages": ["en"]},
}


@pytest.fixture(scope="module")
def things(two: Ground) -> dict[str, str]:
    """One of everything in Alder, full of canaries; ids by the first part of the path."""
    admin, found = two.a.admin, {}
    for noun, body in CREATED.items():
        made = admin.call("POST", f"/{noun}", body)
        found[noun] = made["id"]
        two.a.canaries += [made["id"], *[str(made[k]) for k in ("key", "secret") if made.get(k)]]
    route = {"name": CANARY, "queue_id": found["queues"], "department": "never"}
    found["routes"] = admin.call("POST", "/routes", route)["id"]
    found["users"] = found["agents"] = two.a.agent.me["user"]["id"]
    two.a.canaries += [CANARY, found["routes"], found["users"], two.a.admin.me["tenant_id"]]
    two.a.canaries += ["alder.example", two.a.site["key"], two.a.site["id"]]
    return found


@pytest.fixture
async def talk(two: Ground, things: dict[str, str]) -> Visitor:
    """A conversation in Alder with an agent, a note and a file."""
    visitor = await chat(two, text=f"{CANARY} hello")
    things["conversations"] = visitor.conversation
    view = two.a.admin.call("GET", f"/conversations/{visitor.conversation}")
    things["contacts"] = view["contact"]["id"]
    things["interactions"] = (await visitor.wait("queue.place"))["interaction_id"]
    work = f"/interactions/{things['interactions']}"
    two.a.admin.call("POST", f"{work}/priority", {"priority": 1, "why": CANARY})
    things["interventions"] = two.a.admin.call("GET", "/interventions")[0]["id"]
    upload = {"id": new_id(), "conversation_id": visitor.conversation, "name": f"{CANARY}.txt"}
    bearer = {"Authorization": f"Bearer {visitor.token}"}
    body = CANARY.encode()
    with two.client("widget", **bearer) as client:
        made = client.post("/v1/uploads", json={**upload, "size_bytes": len(body)})
        assert made.status_code == 201
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        done = client.patch(f"/v1/uploads/{upload['id']}", content=body, headers=kind)
    things["uploads"], things["attachments"] = upload["id"], done.json()["attachment"]["id"]
    await visitor.must(
        {
            "type": "message.post",
            "id": new_id(),
            "conversation_id": visitor.conversation,
            "attachment_id": things["attachments"],
        }
    )
    two.a.canaries += [visitor.conversation, things["contacts"], things["attachments"]]
    return visitor


def noun_of(row: Route) -> str:
    """What a route is about."""
    return row.path.removeprefix("/api/v1/").removeprefix("/v1/").split("/")[0]


def body_for(row: Route, things: dict[str, str]) -> Any:
    """A body that the route would accept."""
    bodies: dict[str, Any] = {
        **CREATED,
        "routes": {"name": "r", "queue_id": things["queues"]},
        "agents": {"queue_ids": [things["queues"]]},
        "users": {"name": "taken over"},
        "contacts": {"name": "taken over"},
        "uploads": {
            "id": new_id(),
            "conversation_id": things["conversations"],
            "name": "a.txt",
            "size_bytes": 3,
        },
    }
    acts = {"rollback": {"version": 1}, "rehearsal": {"queue": CREATED["queues"]}}
    acts["closure"] = {"reason": CANARY}
    acts["move"] = {"to_queue_id": things["queues"], "why": CANARY}
    acts["priority"] = {"priority": 1, "why": CANARY}
    acts["assign"] = {"agent_id": things["agents"], "why": CANARY}
    acts["sign-out"] = acts["undo"] = {"why": CANARY}
    acts["alarm-rule"] = {"longest_s": 60}
    acts["vip"] = {"priority": 1, "why": CANARY}
    acts["state"] = {"state": "ready", "why": CANARY}
    acts["matches"] = {"queue_id": things["queues"], "expressions": [things["skills"]]}
    body = acts.get(row.path.rpartition("/")[2], bodies.get(noun_of(row)))
    return body if row.body is not None else None


def ask(person: Staff, row: Route, object_id: str, body: Any) -> httpx.Response:
    """Send a request of a row as a person."""
    return person.client.request(row.method, path_of(row, object_id), json=body)


def patient(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """Send a request again after a refusal for being too fast."""
    answer = client.request(method, path, **more)
    if answer.status_code == 429:
        time.sleep(int(answer.headers["retry-after"]) + 0.5)
        answer = client.request(method, path, **more)
    return answer


def with_ids() -> list[Route]:
    """Desk routes about one object."""
    return [row for row in desk_rows() if "{id}" in row.path]


async def test_another_tenants_things_do_not_exist(
    two: Ground, things: dict[str, str], talk: Visitor
) -> None:
    """A-048, A-077, A-079, P4: foreign is unknown, for every role, and nothing leaks."""
    assert len(with_ids()) > 20
    before = snapshot(two.a)
    for row in with_ids():
        foreign_id = things[noun_of(row)]
        body = body_for(row, things)
        for role in ROLES:
            person = two.b.by_role(role)
            foreign = ask(person, row, foreign_id, body)
            unknown = ask(person, row, "zz_01AAAAAAAAAAAAAAAAAAAAAAAA", body)
            assert foreign.status_code == unknown.status_code, (name_of(row), role)
            assert foreign.content == unknown.content, (name_of(row), role)
            may = role in TABLE[row.operation].need
            expected = (404, 415) if may else (403,)
            assert foreign.status_code in expected, (name_of(row), role, foreign.text)
    assert snapshot(two.a) == before


def snapshot(tenant: Tenant) -> str:
    """Everything an administrator can list."""
    lists = [row for row in desk_rows("GET") if "{id}" not in row.path]
    skipped = ("me", "live", "audit", "stream", "poll", "waiting", "directory", "reports")
    found = {
        row.path: tenant.admin.client.get(row.path).text
        for row in lists
        if noun_of(row) not in skipped
    }
    return json.dumps(found, sort_keys=True)


async def test_canaries_of_one_tenant_never_reach_the_other(
    two: Ground, things: dict[str, str], talk: Visitor
) -> None:
    """P4: all lists, all searches, all live pages, as every role; and the neighbour's sockets."""
    desk, lead, neighbour = two.desk(two.b.agent), two.desk(two.b.supervisor), two.visitor(two.b)
    await desk.hello()
    await lead.hello()
    await neighbour.hello()
    await desk.ready()
    await talk.post(f"{CANARY} again")
    heard: list[str] = [json.dumps(wire.frames) for wire in (desk, lead, neighbour)]
    for role in ROLES:
        client = two.b.by_role(role).client
        for row in desk_rows("GET"):
            if "{id}" not in row.path:
                heard.append(client.get(row.path).text)
        for query in (CANARY, "", "%", "_", "' OR 1=1 --"):
            for view in ("mine", "queue", "all", "closed"):
                answer = client.get("/api/v1/conversations", params={"q": query, "view": view})
                heard.append(answer.text)
    with two.client("desk") as client:
        heard.append(client.get("/metrics").text)
    everything = "\n".join(heard)
    leaked = [canary for canary in two.a.canaries if canary in everything]
    assert not leaked
    mine = two.a.admin.client.get("/api/v1/conversations", params={"view": "all", "q": CANARY})
    assert CANARY in mine.text, "the search finds what is one's own"


async def test_roles_may_what_the_table_says(
    two: Ground, things: dict[str, str], talk: Visitor
) -> None:
    """A-079, A-095: role x route inside one's own tenant equals the table."""
    for row in desk_rows():
        if row.operation in ("me.change",):
            continue
        for role in ROLES:
            answer = ask(two.a.by_role(role), row, "zz_01AAAAAAAAAAAAAAAAAAAAAAAA", None)
            is_forbidden = answer.status_code == 403
            assert is_forbidden == (role not in TABLE[row.operation].need), (name_of(row), role)
    unrelated = two.a.agent
    for path in ("", "/messages", "/transcript"):
        address = f"/conversations/{things['conversations']}{path}"
        assert unrelated.call("GET", address, status=404)["error"]["code"] == "not_found"
    unrelated.call("GET", f"/attachments/{things['attachments']}", status=404)


async def test_whoever_leaves_a_queue_hears_no_more_of_it(two: Ground) -> None:
    """A-048: another agent's conversation, its notes, and a watch that outlives the right to it."""
    admin = two.a.admin
    watcher = admin.add_agent("Watcher", "watcher@alder.example")
    other = admin.call("POST", "/queues", {"name": "Elsewhere"})["id"]
    here = [queue["id"] for queue in admin.call("GET", "/queues") if queue["id"] != other]
    profile = f"/agents/{watcher.me['user']['id']}"
    admin.call("PUT", profile, {"queue_ids": here})
    visitor, owner, desk = await chat(two), two.desk(two.a.admin), two.desk(watcher)
    await owner.hello()
    await desk.hello()
    watch = {"type": "conversation.watch", "conversation_id": visitor.conversation, "on": True}
    for _ in range(100):
        answer = await desk.ask(watch)
        if answer["type"] == "ack":
            break
        await asyncio.sleep(0.05)
    assert answer["type"] == "ack", answer
    await owner.post(visitor.conversation, "still yours", note=True)
    await desk.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "still yours")
    for frame in (
        {"type": "message.post", "text": "not mine"},
        {"type": "message.post", "text": "not mine", "note": True},
    ):
        refused = await desk.ask({**frame, "id": new_id(), "conversation_id": visitor.conversation})
        assert (refused["type"], refused["code"]) == ("error", "not_found")
    admin.call("PUT", profile, {"queue_ids": [other]})
    await desk.wait(
        lambda f: f["type"] == "agent.changed" and f["agent"]["user_id"] == watcher.me["user"]["id"]
    )
    await asyncio.sleep(0.2)
    await owner.post(visitor.conversation, "no longer yours", note=True)
    await visitor.post("nor this")
    assert (await desk.ask(watch))["code"] == "not_found"
    assert "no longer yours" not in json.dumps(desk.frames)
    assert "nor this" not in json.dumps(desk.frames)
    watcher.call("GET", f"/conversations/{visitor.conversation}/messages", status=404)
    assert "still yours" not in json.dumps(visitor.frames)


async def test_foreign_ids_in_bodies_are_unknown(two: Ground, things: dict[str, str]) -> None:
    """A-077: every field that names another object."""
    birch = two.b.admin
    own_queue = birch.call("GET", "/queues")[0]["id"]
    user = birch.me["user"]["id"]
    tries = [
        ("POST", "/routes", {"name": "r", "queue_id": things["queues"]}),
        ("POST", "/routes", {"name": "r", "queue_id": own_queue, "site_id": things["sites"]}),
        ("POST", "/routes", {"name": "r", "queue_id": own_queue, "skills": {things["skills"]: 1}}),
        ("POST", "/queues", {"name": "q", "hours_id": things["hours"]}),
        ("POST", "/queues", {"name": "q", "steps": [{"expression": things["skills"]}]}),
        ("POST", "/queues", {"name": "q", "disposition_ids": [things["dispositions"]]}),
        ("PUT", f"/agents/{user}", {"queue_ids": [things["queues"]]}),
        ("PUT", f"/agents/{user}", {"skills": {things["skills"]: 50}}),
    ]
    for method, path, body in tries:
        foreign = birch.client.request(method, f"/api/v1{path}", json=body)
        changed = json.loads(json.dumps(body).replace("_01", "_0Z"))
        assert foreign.status_code in (400, 404), (path, body, foreign.text)
        unknown = birch.client.request(method, f"/api/v1{path}", json=changed)
        assert foreign.status_code == unknown.status_code, (path, foreign.text, unknown.text)


PRIVILEGED = {
    "tenant_id": "x", "id": "us_mine", "role": "admin", "created_at_ms": 1, "is_demo": True,
    "verified": True, "owner_id": "x", "__proto__": {"role": "admin"}, "key": "mine",
}  # fmt: skip


def test_nothing_is_assigned_by_the_way(two: Ground, things: dict[str, str]) -> None:
    """A-083: fields that are not in the body's shape are refused, in every write."""
    for row in desk_rows("POST", "PUT", "PATCH"):
        if row.body is None:
            continue
        known = {field.encode_name for field in msgspec.structs.fields(row.body)}
        for name, value in PRIVILEGED.items():
            if name in known:
                continue
            body = {**(body_for(row, things | {"conversations": new_id()}) or {}), name: value}
            path = path_of(row, things.get(noun_of(row), "unknown-0000"))
            answer = patient(two.a.admin.client, row.method, path, json=body)
            assert answer.status_code == 400, (name_of(row), name, answer.text)


def test_ids_of_other_shapes(two: Ground) -> None:
    """A-080, A-081, A-082."""
    odd = ["1abc", "1.0", "true", "01", "%201", "1e0", "-1", str(2**63), "..%2f..", "%00", "%27"]
    odd += ["a" * 65, "%F0%9F%92%A9" * 8, "unknown%0a00", "[%22x%22]", "%7B%22$ne%22:null%7D"]
    for row in with_ids():
        for text in odd:
            answer = patient(two.a.admin.client, row.method, path_of(row, text), json={})
            assert answer.status_code in (400, 404, 405, 415), (name_of(row), text, answer.text)
    for name, values in {
        "view": ["x", "mine' OR 1=1", "all;--"],
        "cursor": ["x", "AAAA", "MTox", "' OR 1=1", "9" * 500, "LTE6eA", "\u00b2"],
        "before_seq": ["-1", "x", "1e9", "\u00b2", str(2**63), "1.0", " 1"],
        "limit": ["-1", "x", "\u0661", str(2**63)],
        "before": ["-1", "x", "\u00b2", str(2**63)],
    }.items():
        for path in ("/conversations", "/audit", f"/conversations/{new_id()}/messages"):
            for value in values:
                address = f"/api/v1{path}"
                answer = patient(two.a.admin.client, "GET", address, params={name: value})
                assert answer.status_code in (200, 400, 404), (path, name, value, answer.text)


JUNK: tuple[Any, ...] = (
    None, [], {}, "x", 1, True, {"x": 1}, {"name": None}, {"name": []}, {"name": {"$ne": None}},
    {"name": "x" * 10_000}, {"name": "\u202e\u0000"}, {"name": 1e308}, {"name": -(2**80)},
)  # fmt: skip


def callers(two: Ground) -> Iterator[httpx.Client]:
    """Everybody, each from an address of their own: nobody, and each role of both tenants."""
    yield two.client("desk", "127.0.0.80")
    people = [tenant.by_role(role) for tenant in (two.a, two.b) for role in ROLES]
    for place, person in enumerate(people):
        headers = {"Cookie": person.cookie, "X-WECC-CSRF": person.me["csrf"]}
        yield two.client("desk", f"127.0.0.{81 + place}", **headers)


def test_junk_never_breaks_a_route(two: Ground, things: dict[str, str]) -> None:
    """A-097: every route with junk as everybody: no fault of ours, one shape of errors."""
    place, limited = 0, 0
    for client in callers(two):
        with client:
            for row in routes():
                if row.operation in ("me.change", "channel.use"):
                    continue
                client.headers["Host"] = f"{row.origin}.localhost:{two.product.port}"
                for turn in range(2):
                    junk = JUNK[(place := place + 1) % len(JUNK)]
                    object_id = things.get(noun_of(row)) if turn else None
                    is_named = row.path.startswith("/api/v1/users/")
                    path = path_of(row, "unknown-0000" if is_named else object_id or "unknown-0000")
                    if row.method == "DELETE" or "identity-key" in path:
                        path = path_of(row)
                    content = b"\xff{" if place % 5 == 0 else json.dumps(junk).encode()
                    answer = client.request(
                        row.method,
                        path,
                        content=content,
                        headers={"Content-Type": "application/json"},
                    )
                    limited += answer.status_code == 429
                    check_answer(answer, f"{name_of(row)} {junk!r}")
    assert limited < place / 20


def check_answer(answer: httpx.Response, where: str) -> None:
    """An answer is right, or an error in the one shape; never a fault."""
    assert answer.status_code < 500, (where, answer.text)
    is_json = answer.headers.get("content-type") == "application/json" and answer.content
    if answer.status_code >= 400 and is_json:
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "field"}, where
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0


def test_fifty_equal_writes_make_one_thing(two: Ground) -> None:
    """A-098: the same name fifty times at once is one skill, one address one person."""
    admin = two.b.admin
    headers = {"Cookie": admin.cookie, "X-WECC-CSRF": admin.me["csrf"]}

    def make(place: int) -> int:
        with two.client("desk", f"127.0.4.{place + 1}", **headers) as client:
            return int(client.post("/api/v1/skills", json={"name": "Only one"}).status_code)

    with ThreadPoolExecutor(25) as pool:
        codes = list(pool.map(make, range(50)))
    assert codes.count(201) == 1
    assert set(codes) == {201, 409}
    names = [skill["name"] for skill in admin.call("GET", "/skills")]
    assert names.count("Only one") == 1
