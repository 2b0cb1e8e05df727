"""Visitors: who may open a socket, what a token is worth, and signed identities."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from gateway.kernel.clock import SystemClock
from tests.attack.ground import Ground, chat, new_id
from tests.attack.raw import Raw
from tests.live.product import eventually
from tests.live.sockets import Visitor

EVIL_ORIGINS = [
    None,
    "",
    "null",
    "http://shop.alder.example",
    "https://shop.alder.example:8443",
    "https://shop.alder.example.evil.example",
    "https://evilshop.alder.example",
    "https://shop.alder.example.",
    "https://shop.alder.example/",
    "https://SHOP.alder.example",
    "https://xn--shp-alder-o6a.example",
    "https://shop.alder.example@evil.example",
    "https://shop.birch.example",
    "https://",
    "*",
    "file://",
]


@pytest.mark.parametrize("origin", EVIL_ORIGINS)
def test_sockets_of_other_web_sites_are_refused_before_the_upgrade(
    two: Ground, origin: str | None
) -> None:
    """A-013."""
    with Raw(two, two.a, source="127.0.0.60") as raw:
        assert raw.upgrade(origin=origin) == 403
    port = two.product.port
    with Raw(two, two.a, source="127.0.0.60") as raw:
        host = f"desk.localhost:{port}"
        assert raw.upgrade(origin=origin, host=host, path="/api/v1/socket") == 403


def test_refusals_before_the_upgrade_say_why(two: Ground) -> None:
    with Raw(two, two.a, source="127.0.0.60") as raw:
        assert raw.upgrade(path="/v1/socket?site=unknown-site-key") == 404
    with Raw(two, two.a, source="127.0.0.60") as raw:
        host, origin = f"desk.localhost:{two.product.port}", two.product.url("desk")
        assert raw.upgrade(origin=origin, host=host, path="/api/v1/socket") == 401


def test_upgrades_on_other_hosts_and_paths_are_refused(two: Ground) -> None:
    port, key = two.product.port, two.a.site["key"]
    for host, path in [
        ("evil.example", ""),
        (f"desk.localhost:{port}", f"/v1/socket?site={key}"),
        (f"files.localhost:{port}", f"/v1/socket?site={key}"),
        (f"widget.localhost:{port}", "/api/v1/socket"),
        (f"widget.localhost:{port}", "/v1/socket"),
        (f"widget.localhost:{port}", "/v1/socket?site=unknown-site-key"),
        (f"widget.localhost:{port}", f"/v1/socket/?site={key}"),
        (f"widget.localhost:{port}", f"/v1/../v1/socket?site={key}"),
        (f"widget.localhost:{port}", f"/v1/config?site={key}"),
    ]:
        with Raw(two, two.a, source="127.0.0.61") as raw:
            assert raw.upgrade(host=host, path=path) in (400, 403, 404, 421), (host, path)


def test_the_public_configuration_holds_nothing_else(two: Ground) -> None:
    """A-018, A-020: what a site key alone shows, to whom."""
    two.a.admin.call("POST", f"/sites/{two.a.site['id']}/identity-key")
    path = f"/v1/sites/{two.a.site['key']}/config"
    with two.client("widget") as client:
        allowed = client.get(path, headers={"Origin": two.a.origin})
        assert allowed.status_code == 200
        known = {
            "key", "languages", "form", "accent", "position", "title", "greeting", "calls", "files",
            "privacy_url", "state", "socket_url", "api_url", "max_file_bytes", "max_text_chars",
        }  # fmt: skip
        assert set(allowed.json()) == known
        for answer in (allowed, client.get(path, headers={"Origin": "https://evil.example"})):
            assert "access-control-allow-credentials" not in answer.headers
        assert answer.status_code == 403
        assert client.get("/v1/sites/unknown-site-key/config").status_code == 404
    with two.client("desk", Cookie=two.a.admin.cookie, Origin="https://evil.example") as client:
        answer = client.get("/api/v1/me")
        assert "access-control-allow-origin" not in answer.headers


async def test_robots_stay_in_the_demo_tenant(two: Ground) -> None:
    robot = Visitor(two.product, two.a.site, robot=True)
    two.wires.append(robot)
    robot._headers = dict(robot._all_headers)
    await robot.open()
    await robot.send({"type": "hello", "v": 1, "site": two.a.site["key"]})
    error = await robot.wait("error")
    assert error["code"] == "robot_refused"


def bearer(visitor: Visitor | str) -> dict[str, str]:
    """The header of a visitor's token."""
    token = visitor if isinstance(visitor, str) else visitor.token
    return {"Authorization": f"Bearer {token}"}


async def test_visitor_http_with_no_wrong_or_foreign_tokens(two: Ground) -> None:
    """A-001, A-002, A-004 over HTTP: foreign and unknown are the same bytes."""
    visitor, stranger, neighbour = await chat(two), two.visitor(), two.visitor(two.b)
    await stranger.hello()
    await neighbour.hello()
    upload = {"id": new_id(), "conversation_id": visitor.conversation, "name": "a.txt"}
    upload["size_bytes"] = 3  # type: ignore[assignment]
    with two.client("widget") as client:
        path = f"/v1/conversations/{visitor.conversation}/transcript"
        assert client.get(path, headers=bearer(visitor)).status_code == 200
        unknown = f"/v1/conversations/{new_id()}/transcript"
        for other in (stranger, neighbour):
            answers = [client.get(one, headers=bearer(other)) for one in (path, unknown)]
            assert [a.status_code for a in answers] == [404, 404]
            assert answers[0].content == answers[1].content
            made = client.post("/v1/uploads", json=upload, headers=bearer(other))
            assert made.status_code == 404
        for token in ("", " x", " " + "a" * 43, " \u00e9", " " + "x" * 9_000, " null"):
            for one in (path, unknown):
                answer = client.get(one, headers={b"Authorization": b"Bearer" + token.encode()})
                assert answer.status_code == 401
        assert client.get(path).status_code == 401
        basic = base64.b64encode(b"admin@alder.example:x").decode()
        assert client.get(path, headers={"Authorization": f"Basic {basic}"}).status_code == 401
        evil = client.get(path, headers={**bearer(visitor), "Origin": "https://evil.example"})
        assert evil.status_code == 403
    with two.client("desk") as client:
        answer = client.get("/api/v1/conversations", headers=bearer(visitor))
        assert answer.status_code == 401


def segment(value: Any) -> str:
    """One part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sign(secret: str, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """A signed token as a site would make it."""
    head = {"alg": "HS256", "typ": "JWT"} if header is None else header
    signed = f"{segment(head)}.{segment(claims)}"
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{segment(mac)}"


def claims_for(site: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Claims that are right, but for the changes."""
    now_s = SystemClock().now_ms() // 1000
    right = {"sub": "customer-1", "aud": site["key"], "exp": now_s + 300, "jti": new_id()}
    claims = {**right, "name": "Kim Example", "email": "kim@alder.example", **changes}
    return {name: value for name, value in claims.items() if value is not None}


async def test_forged_identities_are_refused(two: Ground) -> None:
    """A-007, A-008."""
    site = two.a.site
    secret = two.a.admin.call("POST", f"/sites/{site['id']}/identity-key")["secret"]
    foreign = two.b.admin.call("POST", f"/sites/{two.b.site['id']}/identity-key")["secret"]
    visitor = await chat(two)
    now_s = SystemClock().now_ms() // 1000
    right = claims_for(site)
    none = segment({"alg": "none"}) + "." + segment(right) + "."
    forged = [
        none,
        none + segment(b"x"),
        sign(foreign, right),
        sign(secret, claims_for(two.b.site)),
        sign("", right),
        *[sign(secret, right, {"alg": alg}) for alg in ("none", "HS384", "RS256", "hs256", "")],
        sign(secret, right, {"alg": "HS256", "kid": "../../dev/null"}),
        sign(secret, right, {"alg": "HS256", "jwk": {"kty": "oct", "k": ""}}),
        sign(secret, right, {"alg": "HS256", "jku": "http://127.0.0.1/keys"}),
        sign(secret, right, {"alg": "HS256", "crit": ["exp"]}),
        sign(secret, claims_for(site, exp=now_s - 1)),
        sign(secret, claims_for(site, exp=now_s + 3600)),
        sign(secret, claims_for(site, exp=None)),
        sign(secret, claims_for(site, exp=str(now_s + 60))),
        sign(secret, claims_for(site, nbf=now_s + 120)),
        sign(secret, claims_for(site, aud=[site["key"]])),
        sign(secret, claims_for(site, jti=None)),
        sign(secret, claims_for(site, sub=None)),
        sign(secret, claims_for(site, sub={"$ne": None})),
        sign(secret, claims_for(site, sub="a\u0000b")),
        sign(secret, right)[:-1],
        sign(secret, right) + "A",
        "a.b.c",
        "..",
        "",
    ]
    for token in forged:
        answer = await visitor.ask({"type": "identity.set", "jwt": token})
        assert (answer["type"], answer["code"]) == ("error", "bad_identity"), token
    token = sign(secret, claims_for(site))
    await visitor.must({"type": "identity.set", "jwt": token})
    again = await visitor.ask({"type": "identity.set", "jwt": token})
    assert (again["type"], again["code"]) == ("error", "bad_identity"), "A-015: used twice"


async def test_a_planted_token_sees_nothing_of_the_verified_visitor(two: Ground) -> None:
    """A-011: fixation."""
    site = two.a.site
    secret = two.a.admin.call("POST", f"/sites/{site['id']}/identity-key")["secret"]
    attacker = await chat(two, text="planted")
    victim = two.visitor()
    victim.token, victim.conversation = attacker.token, attacker.conversation
    await victim.hello()
    start = len(victim.frames)
    token = sign(secret, claims_for(site, sub="customer-2"))
    await victim.must({"type": "identity.set", "jwt": token})
    welcome = await victim.wait("welcome", start=start)
    assert welcome["verified"] is True
    assert welcome["token"] != attacker.token
    goodbye = await attacker.wait("goodbye")
    assert goodbye["code"] == "unauthenticated"
    await victim.must(
        {
            "type": "conversation.start",
            "conversation_id": new_id(),
            "message_id": new_id(),
            "text": "my secret order",
        }
    )
    with two.client("widget") as client:
        path = f"/v1/conversations/{attacker.conversation}/transcript"
        assert client.get(path, headers=bearer(attacker)).status_code == 401
    again = two.visitor()
    again.token = attacker.token
    start_again = await again.hello()
    assert start_again["conversations"] == []
    assert start_again["visitor_id"] != welcome["visitor_id"]
    assert "my secret order" not in json.dumps(attacker.frames)


async def test_a_removed_site_is_gone_at_once(two: Ground) -> None:
    site = two.b.admin.add_site("https://short.birch.example")
    with Raw(two, two.b, source="127.0.0.62") as raw:
        path = f"/v1/socket?site={site['key']}"
        assert raw.upgrade(origin="https://short.birch.example", path=path) == 101
    two.b.admin.call("DELETE", f"/sites/{site['id']}")
    with Raw(two, two.b, source="127.0.0.62") as raw:
        assert raw.upgrade(origin="https://short.birch.example", path=path) == 404


async def test_what_a_visitor_sends_with_names_of_prototypes_is_only_text(two: Ground) -> None:
    """A-024."""
    visitor = two.visitor()
    await visitor.hello()
    form = {"__proto__": "x", "constructor": "y", "name": "{{7*7}} ${7*7} {0.__class__}"}
    await visitor.must(
        {
            "type": "conversation.start",
            "conversation_id": visitor.conversation,
            "message_id": new_id(),
            "text": "{{7*7}} ${7*7} {0.__class__}",
            "form": form,
        }
    )
    found = two.a.admin.call("GET", f"/conversations/{visitor.conversation}")
    assert found["contact"]["name"] == form["name"]
    items = await visitor.ask_history(visitor.conversation)
    assert items[0]["text"] == form["name"]

    def is_online() -> bool:
        one = two.a.admin.call("GET", f"/conversations/{visitor.conversation}")
        return bool(one["visitor_online"])

    eventually(is_online)


async def test_what_comes_in_headers_and_page_is_only_text(two: Ground) -> None:
    """A-026, and only web addresses are addresses."""
    evil = "<script>alert(1)</script>"
    visitor = two.visitor()
    visitor._all_headers = {**visitor._all_headers, "User-Agent": evil, "Referer": evil}
    await visitor.hello(
        page={"url": "javascript:alert(1)", "title": evil, "referrer": "data:text/html,x"}
    )
    await visitor.start("hi")
    found = two.a.admin.call("GET", f"/conversations/{visitor.conversation}")
    assert found["page"] == {"url": "", "title": evil, "referrer": ""}
    with two.client("widget") as client:
        path = f"/v1/conversations/{visitor.conversation}/transcript"
        page = client.get(path, headers=bearer(visitor))
    assert "<script" not in page.text
    assert "sandbox" in page.headers["content-security-policy"]
