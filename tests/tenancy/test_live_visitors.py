"""Visitors and agents on the real sockets of the running product (A-001 to A-013)."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest

from tests.live.conftest import admin, running
from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Frame, Visitor
from tests.tenancy.test_sites import FOREIGN
from tests.tenancy.test_visitors import claims, signed

__all__ = ["admin", "running"]
pytestmark = pytest.mark.server
ORIGIN = "https://shop.example"


@pytest.fixture
def site(admin: Staff) -> dict[str, Any]:
    return admin.add_site(ORIGIN)


def identity(admin: Staff, site: Frame, subject: str, **more: Any) -> str:
    secret = admin.call("POST", f"/sites/{site['id']}/identity-key")["secret"].encode()
    exp = int(time.time()) + 300  # noqa: TID251 - the product runs on the host's clock
    return signed(claims(aud=site["key"], sub=subject, jti=uuid.uuid4().hex, exp=exp), secret)


async def test_a_planted_token_sees_nothing_after_verification(
    running: Product, admin: Staff, site: Frame
) -> None:
    attacker, victim = Visitor(running, site), Visitor(running, site)
    attacker.token = victim.token = (await attacker.hello())["token"]
    await victim.hello()
    jwt = identity(admin, site, "victim")
    start = len(victim.frames)
    await victim.must({"type": "identity.set", "jwt": jwt})
    welcome = await victim.wait("welcome", start=start)
    assert welcome["token"] != victim.token
    goodbye = await attacker.wait("goodbye")
    assert (goodbye["code"], goodbye["again"]) == ("unauthenticated", True)
    await asyncio.wait_for(attacker.closed.wait(), 30)
    seen = len(attacker.frames)
    await victim.start("only for the desk")
    again = await attacker.hello()
    assert again["visitor_id"] != welcome["visitor_id"]
    assert again["conversations"] == []
    assert not [f for f in attacker.frames[seen:] if f["type"] == "message.new"]
    refused = await victim.ask({"type": "identity.set", "jwt": jwt})
    assert refused["code"] == "bad_identity"
    await victim.close()
    await attacker.close()


async def test_foreign_and_unknown_conversations_look_the_same(
    running: Product, site: Frame
) -> None:
    owner, stranger = Visitor(running, site), Visitor(running, site)
    await owner.hello()
    await stranger.hello()
    await owner.start("mine")
    unknown = str(uuid.uuid4())

    def frames(conversation_id: str) -> list[Frame]:
        return [
            {"type": "history.get", "conversation_id": conversation_id},
            {
                "type": "message.post",
                "id": str(uuid.uuid4()),
                "conversation_id": conversation_id,
                "text": "hello",
            },
            {"type": "typing.set", "conversation_id": conversation_id, "on": True},
            {
                "type": "receipt.set",
                "conversation_id": conversation_id,
                "delivered_seq": 1,
                "read_seq": 1,
            },
            {"type": "conversation.end", "conversation_id": conversation_id},
            {"type": "conversation.rate", "conversation_id": conversation_id, "rating": 1},
        ]

    for foreign, other in zip(frames(owner.conversation), frames(unknown), strict=True):
        answers = [await stranger.ask(foreign), await stranger.ask(other)]
        assert [answer["type"] for answer in answers] == ["error", "error"], foreign
        assert [(a["code"], a["message"]) for a in answers] == [
            ("not_found", answers[1]["message"])
        ] * 2, foreign
    await owner.must(
        {
            "type": "message.post",
            "id": str(uuid.uuid4()),
            "conversation_id": owner.conversation,
            "text": "still open",
        }
    )
    texts = [m["text"] for m in owner.messages(owner.conversation) if m["kind"] == "text"]
    assert texts == ["mine", "still open"]
    await owner.close()
    await stranger.close()


async def test_nothing_is_answered_before_hello(running: Product, site: Frame) -> None:
    for kind in (
        "history.get",
        "message.post",
        "call.start",
        "__init__",
        "__class__",
        "VisitorHello",
        "constructor",
        "offer.accept",
        "agent.state.set",
        "",
    ):
        visitor = Visitor(running, site)
        visitor._headers = dict(visitor._all_headers)
        await visitor.open()
        await visitor.send({"type": kind, "conversation_id": "cv_0123456789", "ref": "r"})
        answer = await visitor.wait("error")
        assert answer["code"] in ("hello_expected", "bad_frame"), kind
        assert "object at" not in answer["message"]
        await visitor.close()


@pytest.mark.parametrize("token", ["", " ", "x" * 43, "x" * 100_000, 0, [], {}, {"$ne": None}])
async def test_invented_tokens_make_a_new_visitor_or_an_error(
    running: Product, site: Frame, token: Any
) -> None:
    visitor = Visitor(running, site)
    visitor.token = token
    if isinstance(token, str) and len(token) < 100:
        welcome = await visitor.hello()
        assert welcome["token"] != token
        assert welcome["conversations"] == []
    else:
        visitor._headers = dict(visitor._all_headers)
        await visitor.open()
        await visitor.send({"type": "hello", "v": 1, "site": site["key"], "token": token})
        await visitor.wait(lambda frame: frame["type"] in ("error", "goodbye"))
        assert not [frame for frame in visitor.frames if frame["type"] == "welcome"]
    await visitor.close()


async def upgrade(product: Product, origin: str, target: str, headers: dict[str, str]) -> int:
    """Ask for a WebSocket with exactly these headers; returns the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", product.port)
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {origin}.localhost:{product.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    line = await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


@pytest.mark.parametrize("origin", [o for o in FOREIGN if o is None or o.isprintable()], ids=str)
async def test_foreign_pages_are_refused_before_the_upgrade(
    running: Product,
    site: Frame,
    origin: str | None,
) -> None:
    target = f"/v1/socket?site={site['key']}"
    headers = {} if origin is None else {"Origin": origin}
    if origin == f" {ORIGIN}":
        pytest.skip("the space before a header's value is no part of it")
    assert await upgrade(running, "widget", target, headers) == 403
    assert await upgrade(running, "widget", target, {"Origin": ORIGIN}) == 101


@pytest.mark.parametrize("patch", [{"active": False}, {"role": "supervisor"}], ids=str)
async def test_an_agents_socket_ends_at_once_with_their_login(
    running: Product, admin: Staff, patch: Frame
) -> None:
    staff = admin.add_agent("Ann", f"ann-{uuid.uuid4().hex}@example.com")
    agent = Agent(running, staff)
    await agent.hello()
    admin.call("PATCH", f"/users/{staff.me['user']['id']}", patch)
    goodbye = await agent.wait("goodbye")
    assert goodbye["again"] is False
    await asyncio.wait_for(agent.closed.wait(), 30)
    staff.call("GET", "/me", status=401)
    headers = {"Cookie": staff.cookie, "Origin": running.url("desk")}
    assert await upgrade(running, "desk", "/api/v1/socket", headers) in (401, 403)


async def test_the_desks_socket_opens_from_the_desk_only(running: Product, admin: Staff) -> None:
    desk = running.url("desk")
    attempts: list[dict[str, str]] = [
        {"Cookie": admin.cookie},
        {"Cookie": admin.cookie, "Origin": ORIGIN},
        {"Cookie": admin.cookie, "Origin": "null"},
        {"Cookie": admin.cookie, "Origin": running.url("widget")},
        {"Cookie": admin.cookie, "Origin": desk + "."},
        {"Origin": desk},
        {"Cookie": "wecc=" + "x" * 43, "Origin": desk},
    ]
    for headers in attempts:
        status = await upgrade(running, "desk", "/api/v1/socket", headers)
        assert status in (401, 403), headers
    good = {"Cookie": admin.cookie, "Origin": desk}
    assert await upgrade(running, "desk", "/api/v1/socket", good) == 101


async def test_an_endless_head_is_cut(running: Product) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(b"GET /" + b"a" * 60_000)
    assert b" 431 " in await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    await writer.wait_closed()


def test_no_secret_reaches_the_log(running: Product, admin: Staff) -> None:
    staff = admin.add_agent("Canary Person", f"canary-{uuid.uuid4().hex}@example.com")
    running.http(Origin=running.url("desk")).post(
        "/api/v1/sign-in", json={"email": "canary-mail@example.com", "password": "canary-password"}
    )
    log = running.errors()
    secrets = [staff.cookie.partition("=")[2], staff.me["csrf"], admin.me["csrf"]]
    for canary in ("canary-mail", "canary-password", "Canary Person", *secrets):
        assert canary not in log
