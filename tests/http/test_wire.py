"""What reaches us over a raw socket (A-060, A-061, A-086 to A-090, A-115, M8)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import resource
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from gateway.platform.http.protocol import CappedHttpProtocol
from gateway.platform.http.route import Call, Route
from tests.tenancy.house import House

Answer = tuple[int, dict[str, str], bytes]


async def talk(home: House, *parts: bytes, wait_s: float = 5) -> bytes:
    """Send the parts as they are and return everything that comes back until the end.

    Nothing comes back when the server cut the connection while we were still sending.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), wait_s)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def parse(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
    return int(first.split()[1]), headers, body


def request(
    home: House, line: str = "GET /api/v1/me HTTP/1.1", *headers: str, host: str | None = None
) -> bytes:
    named = host if host is not None else f"desk.localhost:{home.port}"
    lines = [line, *([f"Host: {named}"] if named else []), "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def ask(home: House, *args: str, host: str | None = None) -> Answer:
    return parse(await talk(home, request(home, *args, host=host)))


@pytest.fixture
async def seen(home: House) -> AsyncIterator[list[Call]]:
    """Serve a public route that reads nothing and one that takes a large body."""
    calls: list[Call] = []

    async def look(call: Call) -> None:
        """Look."""
        calls.append(call)

    async def upload(call: Call) -> None:
        """Upload."""
        size_bytes = 0
        async for chunk in call.request.stream():
            size_bytes += len(chunk)
        calls.append(call)

    async def fail(_call: Call) -> None:
        """Fail."""
        raise RuntimeError("a secret of ours")

    extra = [
        Route("GET", "/api/v1/look", "health", look, access="public"),
        Route("POST", "/api/v1/look", "health", look, access="public"),
        Route(
            "PATCH",
            "/api/v1/upload/{id}",
            "health",
            upload,
            access="public",
            raw_limit_bytes=1 << 20,
        ),
        Route("GET", "/api/v1/fail", "health", fail, access="public"),
        Route("GET", "/api/v1/things/{id}", "health", look, access="public"),
    ]
    await home.tenant()
    async with home.serving(extra):
        yield calls


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("desk.localhost.evil.example", 421),
        ("desk.localhost:1", 421),
        ("desk.localhost", 421),
        ("desk.localhost.:8700", 421),
        ("files.localhost/api", 400),
        ("x/docs?", 400),
        ("a@b", 400),
        ("user:pw@desk.localhost", 400),
        ("desk.localhost:port", 400),
        ("", 400),
        ("desk localhost", 400),
        ("d\xe9sk.localhost", 400),
    ],
)
async def test_only_our_own_host_names_are_served(
    home: House, seen: list[Call], host: str, status: int
) -> None:
    answer = await ask(home, "GET /api/v1/look HTTP/1.1", host=host)
    assert answer[0] == status
    assert answer[1]["content-type"].startswith("text/plain")
    assert seen == []


async def test_two_hosts_are_refused_and_forwarded_hosts_ignored(
    home: House, seen: list[Call]
) -> None:
    two = await ask(home, "GET /api/v1/look HTTP/1.1", "Host: evil.example")
    assert two[0] == 400
    forwarded = await ask(
        home, "GET /api/v1/look HTTP/1.1", "X-Forwarded-Host: evil.example", "Forwarded: host=e"
    )
    assert forwarded[0] == 204
    assert not [name for name in seen[0].request.headers if "forwarded" in name]


@pytest.mark.parametrize(
    "target",
    ["@evil/api/v1/look", "evil.example:80", "*", "api/v1/look", "\\\\evil", "http://"],
)
async def test_strange_targets_reach_nothing(home: House, seen: list[Call], target: str) -> None:
    answer = await ask(home, f"GET {target} HTTP/1.1")
    assert answer[0] in (400, 404, 405)
    assert seen == []


async def test_an_absolute_target_changes_no_decision(home: House, seen: list[Call]) -> None:
    answer = await ask(home, "GET http://evil.example/api/v1/me HTTP/1.1")
    assert answer[0] == 401
    assert seen == []


@pytest.mark.parametrize("method", ["TRACE", "PREPARE", "__INIT__", "get", "CONNECT", "PROPFIND"])
async def test_strange_methods_are_refused(home: House, seen: list[Call], method: str) -> None:
    answer = await ask(home, f"{method} /api/v1/look HTTP/1.1")
    assert answer[0] in (400, 405)
    assert seen == []


async def test_unknown_methods_of_a_known_address_are_json_405(
    home: House, seen: list[Call]
) -> None:
    status, headers, body = await ask(
        home, "DELETE /api/v1/look HTTP/1.1", "X-HTTP-Method-Override: GET"
    )
    assert (status, headers["allow"]) == (405, "GET, HEAD, POST")
    assert json.loads(body)["error"]["code"] == "method_not_allowed"
    assert seen == []


async def test_headers_that_may_appear_once_appear_once(home: House, seen: list[Call]) -> None:
    for name in ("Authorization", "Cookie", "Origin", "X-WECC-CSRF", "Content-Type"):
        answer = await ask(home, "GET /api/v1/look HTTP/1.1", f"{name}: a", f"{name}: b")
        assert answer[0] == 400, name
    assert seen == []


async def test_underscore_twins_are_dropped(home: House, seen: list[Call]) -> None:
    answer = await ask(home, "GET /api/v1/look HTTP/1.1", "X_WECC_CSRF: a", "X_Forwarded_For: b")
    assert answer[0] == 204
    assert not [name for name in seen[0].request.headers if "_" in name]


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 3", "Transfer-Encoding: chunked"],
        ["Content-Length: 3", "Content-Length: 4"],
        ["Content-Length: -1"],
        ["Content-Length: 3, 3"],
        ["Transfer-Encoding: chunked, gzip"],
        ["X-Header : space before the colon"],
        ["X-Folded: a\r\n b"],
        ["X-Bare: a\nX-Evil: b"],
    ],
    ids=str,
)
async def test_ambiguous_messages_are_refused_and_the_connection_closed(
    home: House, seen: list[Call], headers: list[str]
) -> None:
    smuggled = request(home, "GET /api/v1/look HTTP/1.1")
    raw = await talk(home, request(home, "POST /api/v1/look HTTP/1.1", *headers) + smuggled)
    assert parse(raw)[0] in (400, 204)
    assert raw.count(b"HTTP/1.1 ") == 1, "one answer: nothing hid behind the first request"


@pytest.mark.parametrize("size_bytes", [65_537, 300 << 20, 10**18, 10**30])
async def test_an_announced_body_above_the_cap_is_cut_at_once(
    home: House, seen: list[Call], size_bytes: int
) -> None:
    head = request(
        home,
        "POST /api/v1/sign-in HTTP/1.1",
        "Content-Type: application/json",
        f"Content-Length: {size_bytes}",
    )
    status, headers, _ = parse(await talk(home, head))
    assert status in ((400, 413) if size_bytes > 1 << 62 else (413,))
    assert headers["connection"] == "close"


async def test_a_streamed_body_is_counted_and_cut(home: House, seen: list[Call]) -> None:
    head = request(
        home,
        "POST /api/v1/sign-in HTTP/1.1",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    raw = await talk(home, head, *[chunk] * 400)
    if raw:
        assert parse(raw)[0] == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 16 << 10


async def test_the_cap_is_the_routes_own(home: House, seen: list[Call]) -> None:
    for size_bytes, status in ((1 << 20, 204), ((1 << 20) + 1, 413)):
        head = request(
            home,
            "PATCH /api/v1/upload/up_0123456789 HTTP/1.1",
            f"Content-Length: {size_bytes}",
        )
        raw = await talk(home, head, b"x" * (size_bytes if status == 204 else 10))
        assert parse(raw)[0] == status
    assert len(seen) == 1


async def test_a_body_nobody_reads_closes_the_connection(home: House, seen: list[Call]) -> None:
    head = request(home, "POST /api/v1/look HTTP/1.1", "Content-Length: 1000")
    status, headers, _ = parse(await talk(home, head.replace(b"Connection: close\r\n", b"")))
    assert (status, headers["connection"]) == (204, "close")


async def test_a_huge_head_is_refused(home: House, seen: list[Call]) -> None:
    start = request(home)[:-2]
    filler = b"X-Filler: " + b"x" * 8_000 + b"\r\n"
    raw = await talk(home, start, *[filler] * 40)
    if raw:
        assert parse(raw)[0] == 431
    endless = await talk(home, b"GET /" + b"a" * 100_000)
    if endless:
        assert parse(endless)[0] == 431


async def test_a_head_that_never_ends_is_timed_out(
    home: House, seen: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedHttpProtocol, "head_timeout_s", 0.3)
    raw = await talk(home, b"GET /api/v1/look HT", wait_s=30)
    assert parse(raw)[0] == 408
    assert await talk(home, b"", wait_s=30) == b"", "who said nothing is told nothing"


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json5",
    ],
)
async def test_bodies_must_say_that_they_are_json(
    home: House, seen: list[Call], media_type: str
) -> None:
    body = b'{"email": "a@b.example", "password": "x"}'
    headers = [f"Content-Length: {len(body)}"]
    if media_type:
        headers.append(f"Content-Type: {media_type}")
    raw = await talk(home, request(home, "POST /api/v1/sign-in HTTP/1.1", *headers), body)
    assert parse(raw)[0] == 415
    assert b"bad_media_type" in raw


@pytest.mark.parametrize(
    "identifier",
    [
        "1",
        "1abc",
        "1.0",
        "true",
        "-1",
        "01",
        "%201234567",
        "a%00bcdefghi",
        "..%2f..%2fetc",
        "a" * 65,
        "9223372036854775808.",
        "%22or1=1--%22",
        "\u00e9" * 10,
        "_leading1",
    ],
)
async def test_ids_are_ids_or_not_found(home: House, seen: list[Call], identifier: str) -> None:
    path = quote(identifier, safe="%")
    status, _, body = await ask(home, f"GET /api/v1/things/{path} HTTP/1.1")
    assert status == 404
    assert json.loads(body)["error"]["code"] == "not_found"
    assert seen == []


async def test_a_fault_shows_a_reference_and_nothing_else(
    home: House, seen: list[Call], caplog: pytest.LogCaptureFixture
) -> None:
    status, headers, body = await ask(home, "GET /api/v1/fail HTTP/1.1")
    error = json.loads(body)["error"]
    assert (status, error["code"]) == (500, "internal")
    reference = re.search(r"reference ([0-9a-f]{12})", error["message"])
    assert reference is not None
    assert [r for r in caplog.records if getattr(r, "reference", "") == reference.group(1)]
    for leak in (b"secret", b"RuntimeError", b"Traceback", b".py"):
        assert leak not in body
    assert "server" not in headers


async def test_half_open_requests_do_not_keep_others_out(home: House, seen: list[Call]) -> None:
    held = [await asyncio.open_connection("127.0.0.1", home.port) for _ in range(200)]
    for _, writer in held:
        writer.write(b"GET /api/v1/look HTTP/1.1\r\nHost: ")
    assert (await ask(home, "GET /api/v1/look HTTP/1.1"))[0] == 204
    for _, writer in held:
        writer.close()


async def test_a_body_that_comes_too_slowly_ends_its_connection(
    home: House, seen: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte now and then holds no handler for ever; what comes fast enough is waited for."""
    monkeypatch.setattr(CappedHttpProtocol, "body_grace_s", 0.3)
    body = b'{"email": "a@b.example", "password": "x"}' + b" " * 20_000
    headers = [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    head = request(home, "POST /api/v1/sign-in HTTP/1.1", *headers)
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(head)
    with contextlib.suppress(ConnectionError):
        for place in range(600):
            writer.write(body[place : place + 1])
            await writer.drain()
            if reader.at_eof():
                break
            await asyncio.sleep(0.05)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b"", "nothing was decided"
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(head)
    for place in range(0, len(body), 4_000):
        writer.write(body[place : place + 4_000])
        await asyncio.sleep(0.2)
    assert parse(await reader.read())[0] == 401
    writer.close()
