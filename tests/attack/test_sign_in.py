"""Signing in: guessed, replayed, raced, spied on; and what ends when a login ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.attack.ground import Ground, chat, new_id
from tests.live.product import PASSWORD, Staff

NEW_PASSWORD = "another-" + PASSWORD
ENDS: dict[str, Callable[[Staff, Staff], Any]] = {
    "sign-out": lambda _admin, one: one.call("POST", "/sign-out"),
    "password": lambda _admin, one: one.call(
        "POST", "/me/password", {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    ),
    "role": lambda admin, one: admin.call(
        "PATCH", f"/users/{one.me['user']['id']}", {"role": "supervisor"}
    ),
    "disabled": lambda admin, one: admin.call(
        "PATCH", f"/users/{one.me['user']['id']}", {"active": False}
    ),
}


@pytest.mark.parametrize("how", ENDS)
async def test_a_login_that_ends_ends_everywhere_at_once(two: Ground, how: str) -> None:
    """A-010, A-075: sockets and channels of the login are dead at once."""
    admin = two.a.admin
    person = admin.add_agent("Leaver", f"{how}@alder.example")
    desk, busy = two.desk(person), two.desk(person)
    await desk.hello()
    await busy.hello()
    await desk.ready()
    visitor = await chat(two)
    await desk.accept(visitor.conversation)
    cookie = person.cookie
    headers = {"Cookie": cookie, "Origin": two.product.url("desk")}
    with two.client("desk", **headers) as client:
        channel = client.post("/api/v1/channel", content=b'{"type":"hello","v":1}').json()[
            "channel"
        ]
        await asyncio.to_thread(ENDS[how], admin, person)
        post = {
            "type": "message.post",
            "id": new_id(),
            "conversation_id": visitor.conversation,
            "text": "after the end",
        }
        frames = json.dumps([post]).encode()
        late = client.post(f"/api/v1/frames?channel={channel}", content=frames)
        assert late.status_code == 410
        for wire in (desk, busy):
            goodbye = await wire.wait("goodbye")
            assert (goodbye["code"], goodbye["again"]) == ("signed_out", False)
            await asyncio.wait_for(wire.closed.wait(), 30)
        assert client.get("/api/v1/me").status_code == 401
    again = two.desk(person)
    again._all_headers["Cookie"] = cookie
    with pytest.raises(Exception, match="401"):
        await again.hello()
    two.wires.remove(again)
    items = await visitor.ask_history(visitor.conversation)
    assert "after the end" not in [item["text"] for item in items]
    if how == "disabled":
        with two.client("desk", source="127.0.0.90") as client:
            body = {"email": f"{how}@alder.example", "password": PASSWORD}
            assert client.post("/api/v1/sign-in", json=body).status_code == 401


WRONG: list[Any] = ["", " ", "wrong-wrong-wrong", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1]]


def test_no_wrong_password_opens_anything(two: Ground) -> None:
    """A-074, A-081."""
    email = two.a.supervisor.me["user"]["email"]
    with two.client("desk", source="127.0.0.91") as client:
        for password in WRONG:
            answer = client.post("/api/v1/sign-in", json={"email": email, "password": password})
            assert answer.status_code == 401, password
            assert "set-cookie" not in answer.headers
        for password in (None, 0, True, [], {}, {"$ne": None}, "x" * 10_000):
            answer = client.post("/api/v1/sign-in", json={"email": email, "password": password})
            assert answer.status_code == 400, password
    for name in ("wecc", "__Host-wecc", "wecc-device"):
        for token in ("", "x", "a" * 43, "x" * 5_000, "null", two.a.admin.me["csrf"]):
            with two.client("desk", source="127.0.0.91", Cookie=f"{name}={token}") as client:
                assert client.get("/api/v1/me").status_code == 401


def test_nobody_learns_who_has_an_account(two: Ground) -> None:
    """A-091: same text, same status, about the same time."""
    known = two.b.supervisor.me["user"]["email"]
    times: dict[str, list[float]] = {known: [], "nobody@birch.example": []}
    texts = set()
    for _ in range(6):
        for email, found in times.items():
            with two.client("desk", source=f"127.0.0.{92 + len(found) % 3}") as client:
                began_s = time.monotonic()
                body = {"email": email, "password": "wrong-wrong-wrong"}
                answer = client.post("/api/v1/sign-in", json=body)
                found.append(time.monotonic() - began_s)
            assert answer.status_code == 401
            texts.add(answer.text)
    assert len(texts) == 1
    quickest = sorted(min(found) for found in times.values())  # a busy machine only adds
    assert quickest[0] > quickest[1] / 3


def test_guessing_from_many_addresses_is_bounded_and_locks_nobody_out(two: Ground) -> None:
    """A-094: the account has a limit of its own; a browser that is known has another."""
    person = two.b.admin.add_agent("Target", "target@birch.example")
    known = {name: value for name, value in person.client.cookies.items() if "device" in name}
    assert known
    codes = []
    for number in range(40):
        with two.client("desk", source=f"127.0.1.{number + 1}") as client:
            body = {"email": "target@birch.example", "password": f"guess-{number:06}"}
            answer = client.post("/api/v1/sign-in", json=body)
            codes.append(answer.status_code)
    assert codes.count(401) <= 12
    assert codes[-1] == 429
    assert int(answer.headers["retry-after"]) >= 1
    body = {"email": "target@birch.example", "password": PASSWORD}
    with two.client("desk", source="127.0.2.1") as client:
        assert client.post("/api/v1/sign-in", json=body).status_code == 429
    cookie = "; ".join(f"{name}={value}" for name, value in known.items())
    with two.client("desk", source="127.0.2.2", Cookie=cookie) as client:
        answer = client.post("/api/v1/sign-in", json=body)
        assert answer.status_code == 200
        for one in answer.headers.get_list("set-cookie"):
            assert "httponly" in one.lower()
            assert "samesite=strict" in one.lower()
            assert "domain" not in one.lower()


def test_an_invitation_works_once_and_only_at_home(two: Ground) -> None:
    """A-015, A-085, A-092, A-098: raced by twenty, exactly one gets in, into the right tenant."""
    admin = two.a.admin
    evil = {"Host": f"desk.localhost:{two.product.port}", "X-Forwarded-Host": "evil.example"}
    made = admin.client.post(
        "/api/v1/invitations",
        json={"email": "new@alder.example", "name": "New", "role": "agent"},
        headers=evil,
    ).json()
    assert made["link"].startswith(two.product.url("desk") + "/")
    token = made["link"].rsplit("/", 1)[1]
    assert token not in json.dumps(admin.call("GET", "/invitations"))

    def redeem(place: int) -> int:
        with two.client("desk", source=f"127.0.3.{place + 1}") as client:
            body = {"token": token, "password": PASSWORD}
            answer = client.post("/api/v1/sign-in/link", json=body)
            if answer.status_code == 200:
                assert answer.json()["tenant_id"] == admin.me["tenant_id"]
            return int(answer.status_code)

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(redeem, range(20)))
    assert sorted(codes) == [200] + [410] * 19
    for role in ("supervisor", "admin"):
        body = {"email": f"{role}x@alder.example", "name": "x", "role": role}
        two.a.supervisor.call("POST", "/invitations", body, status=403)
        two.a.agent.call("POST", "/invitations", body, status=403)
    withdrawn = admin.call(
        "POST", "/invitations", {"email": "w@alder.example", "name": "W", "role": "agent"}
    )
    two.b.admin.call("DELETE", f"/invitations/{withdrawn['id']}", status=404)
    admin.call("DELETE", f"/invitations/{withdrawn['id']}")
    with two.client("desk", source="127.0.3.40") as client:
        dead = withdrawn["link"].rsplit("/", 1)[1]
        for wrong in (dead, "x" * 43, "x" * 200, token + "x"):
            answer = client.post(
                "/api/v1/sign-in/link", json={"token": wrong, "password": PASSWORD}
            )
            assert answer.status_code == 410


def test_nobody_rises_above_themselves(two: Ground) -> None:
    own = two.a.supervisor.me["user"]["id"]
    for role in ("admin", "supervisor"):
        two.a.supervisor.call("PATCH", f"/users/{own}", {"role": role}, status=403)
        two.a.agent.call("PATCH", f"/users/{own}", {"role": role}, status=403)
    for person in (two.a.agent, two.a.supervisor):
        person.call("POST", "/api-keys", {"name": "mine", "role": "admin"}, status=403)
    admin = two.a.admin
    own = admin.me["user"]["id"]
    for change in ({"role": "agent"}, {"active": False}):
        admin.call("PATCH", f"/users/{own}", change, status=409)


async def test_api_keys_do_what_their_role_does_and_die(two: Ground) -> None:
    """A-005, A-084: shown once, no socket, no oneself; gone when removed."""
    admin = two.a.admin
    key = admin.call("POST", "/api-keys", {"name": "bot", "role": "agent"})
    assert key["secret"] not in json.dumps(admin.call("GET", "/api-keys"))
    header = {"Authorization": f"Bearer {key['secret']}"}
    with two.client("desk", source="127.0.0.95", **header) as client:
        assert client.get("/api/v1/conversations").status_code == 200
        assert client.get("/api/v1/users").status_code == 403
        assert client.post("/api/v1/skills", json={"name": "x"}).status_code == 403
        assert client.get("/api/v1/me").status_code == 409
        origin = {"Origin": two.product.url("desk")}
        opened = client.post("/api/v1/channel", content=b'{"type":"hello","v":1}', headers=origin)
        assert opened.status_code == 401
        both = {"Cookie": admin.cookie}
        assert client.get("/api/v1/users", headers=both).status_code == 403
        admin.call("DELETE", f"/api-keys/{key['id']}")
        assert client.get("/api/v1/conversations").status_code == 401
    with two.client("widget", source="127.0.0.95", **header) as client:
        assert client.get(f"/v1/attachments/{new_id()}").status_code == 401


def test_the_audit_log_tells_of_it_without_secrets(two: Ground) -> None:
    two.a.admin.call("POST", "/api-keys", {"name": "for the log", "role": "agent"})
    entries = two.a.admin.call("GET", "/audit")["items"]
    text = json.dumps(entries)
    assert {"invitation.make", "api_key.make", "me.password"} <= {e["operation"] for e in entries}
    for secret in (PASSWORD, NEW_PASSWORD, "wecc_", two.a.admin.me["csrf"], "/link/"):
        assert secret not in text
    for person in (two.a.agent, two.a.supervisor):
        person.call("GET", "/audit", status=403)


def test_set_up_is_over(two: Ground) -> None:
    """P8: with a tenant there is nothing to take over, by any token."""
    body = {
        "token": "x" * 43,
        "tenant_name": "Evil",
        "name": "Evil",
        "email": "evil@evil.example",
        "password": PASSWORD,
    }
    with two.client("desk", source="127.0.0.96") as client:
        answers = [client.post("/api/v1/set-up", json=body) for _ in range(8)]
    assert {answer.status_code for answer in answers} <= {401, 410, 429}
    assert answers[-1].status_code == 429
