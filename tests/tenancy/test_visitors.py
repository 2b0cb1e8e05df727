"""Visitor tokens and signed identities (A-006 to A-008, A-011, A-015, A-016)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.tenancy.identity import verify
from tests.tenancy.house import House, stored_bytes

SECRET = b"a site's identity key"
NOW_MS = 1_700_000_000_000
NOW_S = NOW_MS // 1000
AUDIENCE = "pk_01234567890123456789012345"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(
    claims: dict[str, Any], secret: bytes = SECRET, header: dict[str, Any] | None = None
) -> str:
    head = b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode())
    body = f"{head}.{b64(json.dumps(claims).encode())}"
    return f"{body}.{b64(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def claims(**changes: Any) -> dict[str, Any]:
    found = {"sub": "u-1", "aud": AUDIENCE, "exp": NOW_S + 300, "jti": "j" * 16, **changes}
    return {name: value for name, value in found.items() if value is not ...}


def test_a_signed_identity_is_read() -> None:
    token = signed(claims(name="Ana", email="ana@mail.example", nbf=NOW_S, other=[1]))
    identity = verify(token, SECRET, AUDIENCE, NOW_MS)
    assert (identity.subject, identity.name, identity.email) == ("u-1", "Ana", "ana@mail.example")


HEADERS: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "None", "typ": "JWT"},
    {"alg": ""},
    {},
    {"typ": "JWT"},
    {"alg": "HS512"},
    {"alg": "RS256"},
    {"alg": "hs256"},
    {"alg": ["HS256"]},
    {"alg": "HS256", "kid": "../../dev/null"},
    {"alg": "HS256", "jwk": {"kty": "oct", "k": b64(SECRET)}},
    {"alg": "HS256", "jku": "https://evil.example/keys"},
    {"alg": "HS256", "x5u": "https://evil.example/keys"},
    {"alg": "HS256", "crit": ["exp"]},
    {"alg": "HS256", "typ": "at+jwt"},
]


@pytest.mark.parametrize("header", HEADERS, ids=json.dumps)
def test_the_header_decides_nothing(header: dict[str, Any]) -> None:
    with pytest.raises(WeccError) as caught:
        verify(signed(claims(), header=header or {"x": 1}), SECRET, AUDIENCE, NOW_MS)
    assert caught.value.code == "bad_identity"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "pk_another0000000000000000000"},
        {"aud": [AUDIENCE]},
        {"aud": ...},
        {"exp": NOW_S},
        {"exp": NOW_S - 1},
        {"exp": NOW_S + 601},
        {"exp": 1e300},
        {"exp": True},
        {"exp": str(NOW_S + 300)},
        {"exp": ...},
        {"nbf": NOW_S + 60},
        {"nbf": None},
        {"jti": ...},
        {"jti": "short"},
        {"jti": "j" * 129},
        {"sub": ""},
        {"sub": ...},
        {"sub": 7},
        {"sub": "s" * 256},
        {"sub": "a\nb"},
        {"name": "n" * 121},
        {"name": {"$ne": None}},
        {"email": "e" * 255},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(WeccError) as caught:
        verify(signed(claims(**changes)), SECRET, AUDIENCE, NOW_MS)
    assert caught.value.code == "bad_identity"


GOOD = signed(claims())
UNSIGNED = GOOD.rpartition(".")[0]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "a.b",
        "a.b.c.d",
        UNSIGNED + ".",
        UNSIGNED,
        GOOD + "=",
        GOOD[:-2] + "AA",
        GOOD.replace(".", "\n."),
        GOOD + "é",
        signed(claims(), secret=b"another key"),
        signed(claims(pad="x" * 5_000)),
        f"{b64(b'[]')}.{b64(b'{}')}.{b64(b'x' * 32)}",
        f"{b64(b'[' * 3_000)}.{b64(b'{}')}.aa",
        f"{b64(bytes([255, 254]))}.{b64(b'{}')}.aa",
    ],
    ids=range(15),
)
def test_broken_and_forged_tokens_are_refused(token: str) -> None:
    with pytest.raises(WeccError) as caught:
        verify(token, SECRET, AUDIENCE, NOW_MS)
    assert caught.value.code == "bad_identity"


def test_every_wrong_byte_of_the_signature_is_refused_the_same_way() -> None:
    good = hmac.new(SECRET, UNSIGNED.encode(), hashlib.sha256).digest()
    messages = set()
    for right_bytes in range(32):
        wrong = good[:right_bytes] + bytes(byte ^ 1 for byte in good[right_bytes:])
        with pytest.raises(WeccError) as caught:
            verify(f"{UNSIGNED}.{b64(wrong)}", SECRET, AUDIENCE, NOW_MS)
        messages.add(caught.value.message)
    assert len(messages) == 1


async def visitor(home: House, admin: Actor) -> tuple[str, Actor, str, bytes]:
    site = await home.site(admin)
    secret = (await home.tenancy.sites.new_identity_key(admin, site.id)).secret.encode()
    token, actor = await home.tenancy.new_visitor(admin.tenant_id, site.id)
    return token, actor, site.key, secret


async def test_the_token_rotates_when_an_anonymous_visitor_is_verified(home: House) -> None:
    planted, anonymous, key, secret = await visitor(home, await home.tenant())
    assert await home.tenancy.visitor_for_token(planted) == anonymous
    jwt = signed(claims(aud=key, name="Ana"), secret)
    verified = await home.tenancy.visitors.verify(anonymous, jwt)
    assert (verified.actor.id, verified.actor.name) == (anonymous.id, "Ana")
    assert verified.is_rotated
    assert await home.tenancy.visitor_for_token(planted) is None
    assert await home.tenancy.visitor_for_token(verified.token) == verified.actor
    assert await home.tenancy.visitors.subject(verified.actor) == "u-1"


async def test_an_identity_works_once(home: House) -> None:
    _, anonymous, key, secret = await visitor(home, await home.tenant())
    jwt = signed(claims(aud=key), secret)
    verified = await home.tenancy.visitors.verify(anonymous, jwt)
    for actor in (anonymous, verified.actor):
        with pytest.raises(WeccError) as caught:
            await home.tenancy.visitors.verify(actor, jwt)
        assert caught.value.code == "bad_identity"
    assert await home.tenancy.visitor_for_token(verified.token) == verified.actor


async def test_one_person_on_two_devices_is_one_visitor(home: House) -> None:
    admin = await home.tenant()
    _, first, key, secret = await visitor(home, admin)
    one = await home.tenancy.visitors.verify(first, signed(claims(aud=key), secret))
    token, second = await home.tenancy.new_visitor(admin.tenant_id, first.site_id)
    jwt = signed(claims(aud=key, jti="k" * 16), secret)
    two = await home.tenancy.visitors.verify(second, jwt)
    assert (two.actor.id, two.actor.contact_id) == (first.id, first.contact_id)
    assert two.previous == second
    assert await home.tenancy.visitor_for_token(token) is None
    assert await home.tenancy.visitor_for_token(one.token) is not None


async def test_another_person_on_the_same_device_is_another_visitor(home: House) -> None:
    _, first, key, secret = await visitor(home, await home.tenant())
    one = await home.tenancy.visitors.verify(first, signed(claims(aud=key), secret))
    jwt = signed(claims(aud=key, sub="u-2", jti="k" * 16), secret)
    two = await home.tenancy.visitors.verify(one.actor, jwt)
    assert two.actor.id != one.actor.id
    assert two.actor.contact_id != one.actor.contact_id


async def test_the_key_of_another_tenant_or_an_older_key_signs_nothing(home: House) -> None:
    admin, other = await home.tenant(), await home.tenant("Other")
    _, anonymous, key, old = await visitor(home, admin)
    _, _, other_key, foreign = await visitor(home, other)
    new = (await home.tenancy.sites.new_identity_key(admin, anonymous.site_id)).secret.encode()
    assert len(new) >= 32
    for jwt in (
        signed(claims(aud=key), foreign),
        signed(claims(aud=other_key), foreign),
        signed(claims(aud=key), old),
    ):
        with pytest.raises(WeccError) as caught:
            await home.tenancy.visitors.verify(anonymous, jwt)
        assert caught.value.code == "bad_identity"


async def test_identity_keys_are_stored_sealed(home: House, tmp_path: Path) -> None:
    _, _, _, secret = await visitor(home, await home.tenant())
    assert secret not in stored_bytes(tmp_path)


@pytest.mark.parametrize("token", ["", " ", "x" * 43, "vi_" + "0" * 40, "\0" * 20, "\ud800" * 20])
async def test_invented_tokens_are_nobody(home: House, token: str) -> None:
    await visitor(home, await home.tenant())
    assert await home.tenancy.visitor_for_token(token) is None


async def test_a_visitor_who_was_ended_is_nobody(home: House) -> None:
    admin = await home.tenant()
    token, actor, _, _ = await visitor(home, admin)
    await home.database.write(
        admin.tenant_id, lambda tx: home.tenancy.visitors.end_in(tx, actor.id)
    )
    assert await home.tenancy.visitor_for_token(token) is None


async def test_one_kind_of_secret_never_works_as_another(home: House) -> None:
    admin = await home.tenant()
    token, _, key, _ = await visitor(home, admin)
    login = await home.tenancy.logins.start(admin.tenant_id, admin.id, "sign_in")
    for secret in (token, key, login.token):
        assert await home.tenancy.actor_for_api_key(secret) is None
        assert await home.tenancy.actor_for_api_key(f"wecc_{secret}") is None
    assert await home.tenancy.actor_for_login(token) is None
    assert await home.tenancy.visitor_for_token(login.token) is None
    assert await home.tenancy.site_for_key(token) is None


async def test_robots_enter_demo_tenants_only(home: House) -> None:
    admin, demo = await home.tenant(), await home.tenant("Demo", is_demo=True)
    real, toy = await home.site(admin), await home.site(demo)
    with pytest.raises(WeccError) as caught:
        await home.tenancy.new_visitor(admin.tenant_id, real.id, is_robot=True)
    assert caught.value.code == "robot_refused"
    _, robot = await home.tenancy.new_visitor(demo.tenant_id, toy.id, is_robot=True)
    assert robot.is_robot


async def test_a_visitor_of_a_foreign_site_is_not_made(home: House) -> None:
    admin, other = await home.tenant(), await home.tenant("Other")
    site = await home.site(other)
    with pytest.raises(WeccError) as caught:
        await home.tenancy.new_visitor(admin.tenant_id, site.id)
    assert caught.value.code == "not_found"


async def test_verifying_again_and_again_keeps_a_bounded_number_of_tokens(home: House) -> None:
    _, actor, key, secret = await visitor(home, await home.tenant())
    tokens = []
    for n in range(25):
        jwt = signed(claims(aud=key, jti=f"identity-{n:04}"), secret)
        verified = await home.tenancy.visitors.verify(actor, jwt)
        tokens.append(verified.token)
        assert verified.is_rotated == (n == 0)
        home.clock.advance(1)
    alive = [await home.tenancy.visitor_for_token(token) is not None for token in tokens]
    assert alive == [False] * 5 + [True] * 20
