"""The desk's HTTP: headers everywhere, no forged writes, no odd requests, no open doors."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway.platform.http.route import Route
from tests.attack.ground import Ground, chat
from tests.attack.routes import WRITES, desk_rows, name_of, path_of, routes

EVIL = "https://evil.example"
NEEDED = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-resource-policy",
)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "")


@pytest.fixture(scope="module")
def browser(two: Ground) -> Iterator[httpx.Client]:
    """The administrator's browser, as another page would use it: with its cookies."""
    with two.client("desk", Cookie=two.a.admin.cookie) as client:
        yield client


def check_headers(answer: httpx.Response, where: str) -> None:
    """A-049: what every answer carries."""
    for name in NEEDED:
        assert name in answer.headers, f"{where}: no {name}"
    for name in ("server", "x-powered-by"):
        assert name not in answer.headers, where
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "traceback" not in answer.text.lower()


def test_every_answer_of_the_url_map_has_its_headers(two: Ground, browser: httpx.Client) -> None:
    """A-049, A-047, A-005: on every origin, found or not, allowed or not."""
    secrets = ("$argon2", "password_hash", 'identity_key":"', "token_hash")
    for row in routes():
        if row.operation == "me.change":
            continue
        with two.client(row.origin, source="127.0.0.70") as stranger:
            answers = [stranger.request(row.method, path_of(row))]
            answers.append(stranger.options(path_of(row)))
        if row.origin == "desk" and row.method == "GET":
            answers.append(browser.get(path_of(row, two.a.site["id"])))
        for answer in answers:
            check_headers(answer, name_of(row))
            assert answer.status_code < 500, name_of(row)
            if answer.headers.get("content-type", "").startswith("application/json"):
                assert "no-store" in answer.headers["cache-control"] or row.operation in (
                    "site.config",
                    "channel.use",
                )
            assert not [word for word in secrets if word in answer.text]
    extra = [("desk", "/"), ("desk", "/any/page"), ("desk", "/assets/none.js")]
    extra += [("desk", "/api/none"), ("widget", "/widget.js"), ("widget", "/none")]
    extra += [("files", "/"), ("mirror", "/"), ("127.0.0.1", "/"), ("evil", "/"), ("desk", "/%00")]
    for origin, path in extra:
        host = f"{origin}:{two.product.port}" if origin[0] == "1" else ""
        with two.client(origin, **({"Host": host} if host else {})) as stranger:
            check_headers(stranger.get(path), origin + path)


def test_scripts_of_the_desk_run_by_nonce_alone(two: Ground) -> None:
    with two.client("desk") as client:
        policies = [client.get("/").headers["content-security-policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    for policy in policies:
        script = next(part for part in policy.split("; ") if part.startswith("script-src "))
        assert "unsafe" not in script
        assert "*" not in script
        for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy


@pytest.mark.parametrize("row", desk_rows(*WRITES), ids=name_of)
def test_no_write_from_another_page(two: Ground, browser: httpx.Client, row: Route) -> None:
    """A-041, A-042: forms, images, fetch without CORS, from anywhere."""
    me = two.a.admin.me
    path = path_of(row, me["user"]["id"])
    good = {"X-WECC-CSRF": me["csrf"]}
    forged: list[dict[str, str]] = [{"Content-Type": kind} for kind in FORMS if kind]
    forged += [{"Content-Type": "application/json"}]
    forged += [
        {"X-WECC-CSRF": wrong} for wrong in ("", "x", me["csrf"][:-1], two.b.admin.me["csrf"])
    ]
    forged += [good | {"Origin": EVIL}, good | {"Origin": "null"}]
    forged += [good | {"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "none")]
    forged += [good | {"Origin": two.product.url("widget")}]
    for headers in forged:
        answer = browser.request(row.method, path, headers=headers, content=b"{}")
        assert answer.status_code == 403, (headers, answer.text)
        assert answer.json()["error"]["code"] == "csrf_refused"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/link", "/set-up"])
def test_no_sign_in_from_another_page(two: Ground, path: str) -> None:
    with two.client("desk", source="127.0.0.71") as client:
        for headers in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            answer = client.post(f"/api/v1{path}", json={}, headers=headers)
            assert answer.json()["error"]["code"] == "csrf_refused"
        for kind in FORMS:
            headers = {"Content-Type": kind} if kind else {}
            answer = client.post(f"/api/v1{path}", content=b"{}", headers=headers)
            assert answer.status_code == 415


def test_json_needs_its_content_type(two: Ground) -> None:
    """A-042: also for those who may."""
    admin = two.a.admin
    body = json.dumps({"name": "Skill"}).encode()
    for kind in FORMS:
        headers = {"Content-Type": kind} if kind else {}
        answer = admin.client.post("/api/v1/skills", content=body, headers=headers)
        assert answer.status_code == 415


TARGETS = [
    "//evil.example", "/\\evil.example", "/%5cevil.example", "/https:evil.example", "/%2f%2fevil",
    "/link/%0d%0aSet-Cookie:x=1", "/?next=//evil.example", "/%0d%0aX:y", "/..//evil.example",
    "/api/v1/../../etc/passwd", "/assets/../../../etc/passwd", "/assets/%2e%2e%2f%2e%2e%2fetc",
    "/assets/..%5c..%5csettings", "/%2e%2e/%2e%2e/etc/passwd", "/assets/%252e%252e/x",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_no_target_leads_elsewhere(two: Ground, target: str) -> None:
    """A-043, A-044, A-055: no redirect away, no header of one's own, no file from outside."""
    for origin in ("desk", "widget", "files", "mirror"):
        connection = http.client.HTTPConnection("127.0.0.1", two.product.port, timeout=10)
        connection.putrequest("GET", target, skip_host=True)
        connection.putheader("Host", f"{origin}.localhost:{two.product.port}")
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status in (200, 400, 404), (origin, target)
        assert answer.getheader("location") is None
        assert answer.getheader("set-cookie") is None
        assert answer.getheader("x") is None
        assert b"root:" not in body


def speak(two: Ground, lines: list[str], body: bytes = b"") -> bytes:
    """Send a request written by hand; returns everything that comes back."""
    with socket.create_connection(("127.0.0.1", two.product.port), timeout=12) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        wire.shutdown(socket.SHUT_WR)
        found = b""
        while data := wire.recv(65_536):
            found += data
        return found


def test_hosts_decide_nothing_but_the_origin(two: Ground) -> None:
    """A-086: wrong, doubled and missing hosts; forwarded hosts are not believed."""
    desk = f"desk.localhost:{two.product.port}"
    wrong = ["x/docs?", "a@b", f"{desk}.evil.example", "[::1", "desk.localhost:99999999"]
    for host in [*wrong, f"evil.example:{two.product.port}"]:
        answer = speak(two, ["GET /api/v1/me HTTP/1.1", f"Host: {host}", "Connection: close"])
        assert answer.split()[1] in (b"400", b"421"), host
    assert speak(two, ["GET /api/v1/me HTTP/1.1", "Connection: close"]).split()[1] == b"400"
    twice = ["GET / HTTP/1.1", f"Host: {desk}", "Host: evil.example", "Connection: close"]
    assert speak(two, twice).split()[1] == b"400"
    for name in ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"):
        answer = speak(
            two,
            [
                "GET /api/v1/users HTTP/1.1",
                f"Host: {desk}",
                f"{name}: /healthz",
                "Connection: close",
            ],
        )
        assert answer.split()[1] == b"401", name


def test_requests_that_are_no_requests(two: Ground) -> None:
    """A-087 to A-090: targets, methods, doubled lengths, broken headers."""
    host = f"Host: desk.localhost:{two.product.port}"
    close, post = "Connection: close", "POST /api/v1/sign-in HTTP/1.1"
    bad: list[tuple[str, list[str], bytes, str]] = [
        ("GET http://evil.example/api/v1/me HTTP/1.1", [], b"", "400 401 404"),
        ("GET @evil.example HTTP/1.1", [], b"", "400 404"),
        ("PREPARE /api/v1/me HTTP/1.1", [], b"", "400 405"),
        ("TRACE / HTTP/1.1", [], b"", "405"),
        ("CONNECT / HTTP/1.1", [], b"", "400 405"),
        ("get /api/v1/me HTTP/1.1", [], b"", "400 405"),
        ("__INIT__ / HTTP/1.1", [], b"", "400 405"),
        (post, ["Content-Length: 2", "Content-Length: 3"], b"{}x", "400"),
        (post, ["Content-Length: 2", "Transfer-Encoding: chunked"], b"0\r\n\r\n", "400"),
        (post, ["Content-Length: -1"], b"{}", "400"),
        (post, ["Content-Length: 99999999999"], b"{}", "413"),
        ("GET / HTTP/1.1", ["X : y"], b"", "400"),
        ("GET / HTTP/9.9", [], b"", "400 505"),
        ("GET / HTTP/1.1", ["X: " + "y" * 70_000], b"", "431"),
        ("GET / HTTP/1.1", [f"X{n}: " + "y" * 900 for n in range(80)], b"", "431"),
        ("GET /" + "y" * 70_000 + " HTTP/1.1", [], b"", "431"),
    ]
    for first, fields, body, allowed in bad:
        answer = speak(two, [first, host, close, *fields], body)
        assert answer[:5] == b"HTTP/", (first[:80], answer[:100])
        assert answer.split()[1].decode() in allowed.split(), (first[:80], fields[:1])
        assert answer.count(b"HTTP/1.1 ") == 1, first[:80]
    override = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
    listed = two.a.admin.client.get("/api/v1/skills", headers=override)
    assert isinstance(listed.json(), list)


def test_headers_only_a_proxy_may_send_are_not_believed(two: Ground) -> None:
    """A-089, A-096: nobody chooses their own address; metrics stay on this machine."""
    with two.client("desk", source="127.0.0.72") as client:
        spoofed = [
            client.post(
                "/api/v1/sign-in",
                json={"email": "nobody@alder.example", "password": "wrong-wrong"},
                headers={"X-Forwarded-For": f"10.0.0.{number}", "X_Forwarded_For": "10.1.1.1"},
            )
            for number in range(25)
        ]
        assert spoofed[-1].status_code == 429
        assert int(spoofed[-1].headers["retry-after"]) >= 1


def test_health_ready_and_metrics(two: Ground) -> None:
    with two.client("desk") as client:
        assert client.get("/healthz").text == "ok\n"
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["store"] == "ok"
        metrics = client.get("/metrics").text
    for tenant in (two.a, two.b):
        for word in (tenant.name, tenant.admin.me["tenant_id"], tenant.site["key"], "@"):
            assert word not in metrics
    for origin in ("widget", "files", "mirror"):
        with two.client(origin) as client:
            assert client.get("/metrics").status_code == 404, origin


async def test_what_visitors_write_is_never_reflected_as_markup(two: Ground) -> None:
    """A-035: markup in paths, queries and bodies does not come back as HTML."""
    evil = "<script>alert(1)</script>"
    visitor = await chat(two, text=evil)
    quoted = "%3Cscript%3Ealert(1)%3C/script%3E"
    addresses = [f"/{quoted}", f"/api/{quoted}", f"/api/v1/conversations?q={quoted}&view=all"]
    addresses += [f"/api/v1/conversations/{quoted}", f"/assets/{quoted}", f"/f/{quoted}?s={quoted}"]
    addresses += [f"/v1/sites/{quoted}/config", f"/v1/poll?channel={quoted}"]
    for origin in ("desk", "widget", "files", "mirror"):
        for address in addresses:
            answer = two.a.admin.client.get(
                address, headers={"Host": f"{origin}.localhost:{two.product.port}"}
            )
            is_html = answer.headers["content-type"].startswith("text/html")
            assert evil not in answer.text or not is_html, (origin, address)
    page = two.a.admin.client.get(f"/api/v1/conversations/{visitor.conversation}/transcript")
    assert evil not in page.text
    assert page.headers["content-disposition"].startswith("attachment")


def test_bodies_over_their_cap_are_refused_early(two: Ground) -> None:
    """A-061: announced or not, a body nobody wants is not read."""
    admin = two.a.admin.client

    def endless() -> Iterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 65_536

    for path in ("/api/v1/skills", "/api/v1/sign-in", "/api/v1/frames?channel=x", "/none"):
        try:
            answer = admin.post(
                path, content=endless(), headers={"Content-Type": "application/json"}
            )
        except httpx.TransportError:
            continue  # it closed while we were still sending
        assert answer.status_code in (403, 404, 405, 410, 413, 429), (path, answer.text)
    parts: list[Any] = [b'{"name":"' + b"x" * 70_000 + b'"}', b"[" * 60_000, b'{"a":' * 10_000]
    parts += [
        b'{"name":"a","name":"b"}',
        b'{"name":NaN}',
        b'{"name":"\\u0000"}',
        b'{"name":"\\ud800"}',
    ]
    parts += [b"\xff\xfe", b"", b"null", b"[]", b'"x"', b'{"name":1e999}']
    parts += [b'{"name":' + b"9" * 50_000 + b"}"]
    for part in parts:
        answer = admin.post(
            "/api/v1/skills", content=part, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 413), part[:40]
