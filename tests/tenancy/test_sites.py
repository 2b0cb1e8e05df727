"""Sites and their origins (A-013, A-018, A-020, A-179)."""

from __future__ import annotations

import pytest

from gateway.kernel.errors import WeccError
from gateway.tenancy.model import is_origin_allowed, normal_origin
from tests.tenancy.house import House

ALLOWED = "https://ok.com"
FOREIGN = [
    None,
    "",
    "null",
    "http://ok.com",
    "https://ok.com:8443",
    "https://ok.com:443",
    "https://ok.com.",
    "https://ok.com/",
    "https://ok.com.evil.com",
    "https://evilok.com",
    "https://sub.ok.com",
    "https://ok.com@evil.com",
    "https://OK.com",
    "https://\u043ek.com",
    "https://xn--k-gtb.com",
    " https://ok.com",
    "https://ok.com\n",
    "*",
]


async def test_origins_match_exactly_or_not_at_all(home: House) -> None:
    site = await home.site(await home.tenant(), origins=[ALLOWED])
    assert is_origin_allowed(site, ALLOWED)
    assert [origin for origin in FOREIGN if is_origin_allowed(site, origin)] == []


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_origins_are_stored_as_browsers_send_them(written: str, stored: str) -> None:
    assert normal_origin(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "*",
        "https://*",
        "https://*.shop.example",
        "https://user@shop.example",
        "https://user:pass@shop.example",
        "https://@shop.example",
        "https://shop.example/",
        "https://shop.example/path",
        "https://shop.example?x",
        "https://shop.example#x",
        "https://shop.example.",
        "https://shop.example:99999",
        "https://shop.example:port",
        "https://shop example",
        "https://",
        "ftp://shop.example",
        "javascript:alert(1)",
        "null",
        "https://[::1",
        "https://shop\\evil.example",
    ],
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(WeccError) as caught:
        normal_origin(written)
    assert caught.value.code == "bad_value"


async def test_the_snippet_and_the_policy_come_from_the_settings(home: House) -> None:
    site = await home.site(await home.tenant())
    assert f'src="http://widget.localhost:{home.port}/widget.js"' in site.snippet
    assert f'data-wecc-site="{site.key}"' in site.snippet
    assert f"connect-src http://widget.localhost:{home.port} ws://widget.localhost:{home.port}" in (
        site.csp
    )
    assert [line.split()[0] for line in site.csp] == ["script-src", "connect-src", "img-src"]


async def test_the_public_configuration_shows_only_its_schema(desk: House) -> None:
    admin = await desk.tenant()
    site = await desk.site(admin, name="Internal name")
    await desk.tenancy.sites.new_identity_key(admin, site.id)
    async with desk.widget(origin="https://shop.example") as client:
        answer = await client.get(f"/v1/sites/{site.key}/config")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.json()["state"] == "online"
    for hidden in ("Internal name", "identity", "origins", "snippet", admin.tenant_id, site.id):
        assert hidden not in answer.text


async def test_an_unlisted_web_site_gets_no_configuration(desk: House) -> None:
    site = await desk.site(await desk.tenant(), origins=[ALLOWED])
    for origin in FOREIGN[2:12]:
        async with desk.widget(origin=str(origin)) as client:
            answer = await client.get(f"/v1/sites/{site.key}/config")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_refused")


async def test_a_deleted_site_serves_nobody(desk: House) -> None:
    admin = await desk.tenant()
    site = await desk.site(admin)
    await desk.tenancy.sites.remove(admin, site.id)
    async with desk.widget() as client:
        gone = await client.get(f"/v1/sites/{site.key}/config")
        unknown = await client.get("/v1/sites/pk_00000000000000000000000000/config")
    assert gone.status_code == unknown.status_code == 404
    assert gone.content == unknown.content
