"""Cookies, CSRF and first start over REST (A-041, A-044, A-091, A-094, A-096, A-178)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from gateway.kernel.actor import Actor
from gateway.tenancy.wire import UserPatch
from tests.tenancy.house import PASSWORD, House, house
from tests.tenancy.objects import UNKNOWN, body_for


async def sign_in(home: House, email: str, password: str = PASSWORD) -> httpx.Response:
    async with home.client(origin=home.desk) as client:
        body = {"email": email, "password": password}
        return await client.post("/api/v1/sign-in", json=body)


async def test_signing_in_sets_strict_cookies_and_gives_the_csrf_token(desk: House) -> None:
    await desk.tenant()
    answer = await sign_in(desk, "admin@shop.example")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    me = answer.json()
    assert (me["user"]["role"], me["tenant_name"], me["is_demo"]) == ("admin", "Shop", False)
    token = answer.cookies["wecc"]
    async with desk.client(cookie=f"wecc={token}") as client:
        assert (await client.get("/api/v1/me")).json() == me
        refused = await client.post("/api/v1/sign-out")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf_refused")
        done = await client.post("/api/v1/sign-out", headers={"x-wecc-csrf": me["csrf"]})
        assert done.status_code == 204
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_every_write_needs_the_logins_own_csrf_token(desk: House) -> None:
    admin = await desk.tenant()
    mine, theirs = (
        await desk.person(admin, "admin", "one"),
        await desk.person(admin, "admin", "two"),
    )
    wrong = ["", "x", mine.login.csrf[:-1], mine.login.csrf.upper(), theirs.login.csrf, mine.token]
    for row in desk.routes():
        if row.access != "user" or row.method in ("GET", "HEAD"):
            continue
        for csrf in wrong:
            headers = {"cookie": f"wecc={mine.token}", "x-wecc-csrf": csrf}
            async with desk.client(**headers) as client:
                path = row.path.replace("{id}", UNKNOWN)
                answer = await client.request(row.method, path, json=body_for(row))
            assert answer.json()["error"]["code"] == "csrf_refused", (row.path, csrf)


FOREIGN_PAGES = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://widget.localhost"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": ""},
]


@pytest.mark.parametrize("headers", FOREIGN_PAGES, ids=str)
async def test_writes_from_other_pages_are_refused_even_with_every_secret(
    desk: House, headers: dict[str, str]
) -> None:
    admin = await desk.tenant()
    signed_in = await desk.person(admin, "admin", "one")
    for row in desk.routes():
        if row.origin != "desk" or row.method in ("GET", "HEAD"):
            continue
        async with desk.client(signed_in, **headers) as client:
            path = row.path.replace("{id}", UNKNOWN)
            answer = await client.request(row.method, path, json=body_for(row))
        assert answer.json()["error"]["code"] == "csrf_refused", row.path
    assert await desk.tenancy.actor_for_login(signed_in.token) is not None


async def test_our_own_page_may_write(desk: House) -> None:
    signed_in = await desk.person(await desk.tenant(), "agent", "one")
    headers = {"origin": desk.desk, "sec-fetch-site": "same-origin"}
    async with desk.client(signed_in, **headers) as client:
        body = {"preferences": {"theme": "dark"}}
        assert (await client.put("/api/v1/me/preferences", json=body)).status_code == 204
        assert (await client.get("/api/v1/me")).json()["preferences"] == {"theme": "dark"}


async def test_changing_the_password_gives_this_browser_a_new_login(desk: House) -> None:
    await desk.tenant()
    first = await sign_in(desk, "admin@shop.example")
    second = await sign_in(desk, "admin@shop.example")
    headers = {
        "cookie": f"wecc={first.cookies['wecc']}",
        "x-wecc-csrf": first.json()["csrf"],
    }
    async with desk.client(**headers) as client:
        wrong = await client.post(
            "/api/v1/me/password", json={"old_password": "no", "new_password": "a new password"}
        )
        assert wrong.json()["error"]["code"] == "bad_credentials"
        changed = await client.post(
            "/api/v1/me/password", json={"old_password": PASSWORD, "new_password": "a new password"}
        )
    assert changed.status_code == 200
    for answer, status in ((first, 401), (second, 401), (changed, 200)):
        async with desk.client(cookie=f"wecc={answer.cookies['wecc']}") as client:
            assert (await client.get("/api/v1/me")).status_code == status
    assert (await sign_in(desk, "admin@shop.example")).status_code == 401
    assert (await sign_in(desk, "admin@shop.example", "a new password")).status_code == 200


async def test_unknown_people_and_wrong_passwords_get_the_same_bytes(desk: House) -> None:
    admin = await desk.tenant()
    disabled = await desk.tenancy.users.create(admin, "d@shop.example", "D", "agent", PASSWORD)
    await desk.tenancy.users.change(admin, disabled.id, UserPatch(active=False))
    answers = [
        await sign_in(desk, "nobody@shop.example"),
        await sign_in(desk, "admin@shop.example", "wrong password"),
        await sign_in(desk, "d@shop.example"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert not [answer for answer in answers if "set-cookie" in answer.headers]


async def test_before_the_first_tenant_only_set_up_is_served(desk: House) -> None:
    for row in desk.routes():
        path = row.path.replace("{id}", UNKNOWN).replace("{key}", UNKNOWN)
        client = desk.client() if row.origin == "desk" else desk.widget()
        async with client:
            answer = await client.request(row.method, path, json=body_for(row))
        expected = 401 if row.operation == "set_up" else 503
        assert answer.status_code == expected, row.path


async def test_the_story_of_a_fresh_tenant(desk: House) -> None:
    token = await desk.tenancy.set_up.new_token()
    body = {
        "token": token,
        "tenant_name": "Mine",
        "name": "Me",
        "email": "me@mine.example",
        "password": PASSWORD,
    }
    async with desk.client(origin=desk.desk) as client:
        made = await client.post("/api/v1/set-up", json=body)
        assert (await client.post("/api/v1/set-up", json=body)).status_code == 401
    assert made.json()["user"]["role"] == "admin"
    headers = {"cookie": f"wecc={made.cookies['wecc']}", "x-wecc-csrf": made.json()["csrf"]}
    async with desk.client(**headers) as client:
        invited = await client.post(
            "/api/v1/invitations",
            json={"email": "agent@mine.example", "name": "Agent", "role": "agent"},
        )
        site = await client.post(
            "/api/v1/sites",
            json={"name": "Shop", "origins": ["https://shop.example"], "languages": ["en", "zh"]},
        )
        assert (await client.get("/api/v1/sites")).json() == [site.json()]
    async with desk.client(origin=desk.desk) as client:
        joined = await client.post(
            "/api/v1/sign-in/link",
            json={"token": invited.json()["link"].rpartition("/")[2], "password": PASSWORD},
        )
    assert joined.json()["user"]["role"] == "agent"
    async with desk.widget(origin="https://shop.example") as client:
        config = await client.get(f"/v1/sites/{site.json()['key']}/config")
    assert config.json()["languages"] == ["en", "zh"]


async def test_links_are_made_from_the_settings_and_not_from_the_host(desk: House) -> None:
    signed_in = await desk.person(await desk.tenant(), "admin", "one")
    async with desk.client(signed_in, **{"x-forwarded-host": "evil.example"}) as client:
        body = {"email": "i@shop.example", "name": "I", "role": "agent"}
        link = (await client.post("/api/v1/invitations", json=body)).json()["link"]
    assert link.startswith(f"{desk.desk}/link/")


async def test_rates_are_by_address_and_answer_with_retry_after(tmp_path: Path) -> None:
    async with house(tmp_path, generous=False) as home, home.serving():
        await home.tenant()
        answers = []
        for n in range(40):
            async with home.client(**{"x-forwarded-for": f"203.0.113.{n}"}) as client:
                path = "/api/v1/sign-in" + ("/link" if n % 2 else "")
                body = (
                    {"token": "x" * 43} if n % 2 else {"email": f"u{n}@s.example", "password": "p"}
                )
                answers.append(await client.post(path, json=body))
        assert [a.status_code for a in answers].count(429) == 0
        for _ in range(2):
            async with home.client() as client:
                answers.append(await client.post("/api/v1/sign-in/link", json={"token": "x" * 43}))
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1


async def test_fifty_people_cannot_redeem_one_invitation(desk: House) -> None:
    admin: Actor = await desk.tenant()
    signed_in = await desk.person(admin, "admin", "one")
    async with desk.client(signed_in) as client:
        body = {"email": "i@shop.example", "name": "I", "role": "agent"}
        link = (await client.post("/api/v1/invitations", json=body)).json()["link"]
        redeem = {"token": link.rpartition("/")[2], "password": PASSWORD}
        answers = await asyncio.gather(
            *(client.post("/api/v1/sign-in/link", json=redeem) for _ in range(50))
        )
    assert sorted({answer.status_code for answer in answers}) == [200, 410]
    assert [answer.status_code for answer in answers].count(200) == 1
