"""Security headers by kind of origin (A-019, A-020, A-163)."""

from __future__ import annotations

import re

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.platform.http.headers import SecurityHeaders, nonce_of
from gateway.platform.http.hosts import HostGuard


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(nonce_of(request.scope), headers={"Server": "ours"})


HOSTS = {f"{kind}.example": kind for kind in ("desk", "widget", "files", "shop")}


async def get(kind: str, **headers: str) -> httpx.Response:
    app = HostGuard(Starlette(routes=[Route("/", page)]), HOSTS)
    guarded = SecurityHeaders(
        app, connect="wss://desk.example", frames="https://files.example", is_tls=True
    )
    transport = httpx.ASGITransport(guarded)
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{kind}.example") as client:
        return await client.get("/", headers=headers)


async def test_the_desk_allows_its_own_scripts_by_a_fresh_nonce() -> None:
    first, second = await get("desk"), await get("desk")
    policy = first.headers["content-security-policy"]
    assert f"script-src 'self' 'nonce-{first.text}'" in policy
    assert first.text != second.text
    assert len(first.text) >= 22
    scripts = re.search(r"script-src ([^;]*)", policy)
    assert scripts is not None
    assert "unsafe" not in scripts.group(1)
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert policy.endswith("require-trusted-types-for 'script'; trusted-types default")
    assert "connect-src 'self' wss://desk.example" in policy
    assert first.headers["x-frame-options"] == "DENY"
    assert first.headers["cross-origin-opener-policy"] == "same-origin"
    assert first.headers["cross-origin-resource-policy"] == "same-origin"


async def test_every_origin_has_the_common_headers_and_no_server_name() -> None:
    for kind in ("desk", "widget", "files", "shop"):
        headers = (await get(kind)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert "server" not in headers


async def test_the_widget_may_be_used_by_any_site_without_credentials() -> None:
    headers = (await get("widget", origin="https://any.example")).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-credentials" not in headers


async def test_the_desk_answers_no_foreign_origin() -> None:
    headers = (await get("desk", origin="https://any.example")).headers
    assert "access-control-allow-origin" not in headers


async def test_files_run_nothing() -> None:
    headers = (await get("files")).headers
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["content-disposition"] == "attachment"
    assert headers["cache-control"] == "private, no-store"
