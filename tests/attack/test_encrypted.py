"""The product over TLS: by itself, and behind a proxy that ends TLS (A-086 to A-090, A-096)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.attack.ground import Ground, chat, new_id, on, product_of
from tests.live.product import PASSWORD, Product, Staff, free_port
from tests.live.sockets import Visitor
from tests.live.test_calls import agent, caller, persons, site, test_a_whole_call
from tests.live.test_starts import certificate
from tests.servers.tls_proxy import TlsProxy
from tests.voice.conftest import peers_on_loopback

__all__ = ["agent", "caller", "peers_on_loopback", "persons", "site", "test_a_whole_call"]
pytestmark = pytest.mark.fault
KINDS = ("desk", "widget", "files", "mirror")
MOST = 60


@pytest.fixture(scope="module", params=["own certificate", "behind a proxy"])
def two(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """Alder and Birch over https, both ways."""
    folder: Path = tmp_path_factory.mktemp("encrypted")
    cert, key = certificate(folder)
    trusting = ssl.create_default_context(cafile=str(cert))
    limits = {"WECC_LIMITS__CONNECTIONS_PER_ADDRESS": str(MOST)}
    with contextlib.ExitStack() as stack:
        if request.param == "own certificate":
            arguments = ["--tls-cert", str(cert), "--tls-key", str(key)]
        else:
            ending = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            ending.load_cert_chain(cert, key)
            inside = free_port()
            proxy = TlsProxy(inside, ending).start()
            stack.callback(proxy.close)
            limits |= {
                f"WECC_SERVER__{kind.upper()}_URL": f"https://{kind}.localhost:{proxy.port}"
                for kind in KINDS
            }
            limits["WECC_SERVER__TRUSTED_PROXIES"] = "127.0.0.1"
            arguments = ["--port", str(inside)]
        running = stack.enter_context(product_of(folder, *arguments, tls=trusting, **limits))
        yield on(running)


@pytest.fixture(scope="module")
def running(two: Ground) -> Product:
    """The product of both tenants."""
    return two.product


@pytest.fixture(scope="module")
def admin(two: Ground) -> Staff:
    """Alder's administrator."""
    return two.a.admin


@pytest.fixture(autouse=True)
async def hang_up(two: Ground) -> Any:
    """Leave no socket open, whatever happened."""
    yield
    await two.hang_up()


def is_proxied(two: Ground) -> bool:
    """Tell whether a proxy ends TLS."""
    return "WECC_SERVER__TRUSTED_PROXIES" in two.product.environment


def raw(two: Ground, *parts: bytes, source: str = "127.0.0.1") -> bytes:
    """Send bytes over TLS; return everything that comes back until the end."""
    assert two.product.tls is not None
    with (
        socket.create_connection(
            ("127.0.0.1", two.product.port), timeout=30, source_address=(source, 0)
        ) as plain,
        two.product.tls.wrap_socket(plain, server_hostname="desk.localhost") as channel,
    ):
        found = b""
        with contextlib.suppress(OSError):
            for part in parts:
                channel.sendall(part)
            while data := channel.recv(1 << 16):
                found += data
        return found


def test_cookies_and_headers_say_https(two: Ground) -> None:
    """Sign-in over TLS: the cookie is bound to this host and to https; every origin has HSTS."""
    with two.client("desk", Origin=two.product.url("desk")) as client:
        body = {"email": "agent@alder.example", "password": PASSWORD}
        answer = client.post("/api/v1/sign-in", json=body)
        assert answer.status_code == 200
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-")
            for part in ("secure", "httponly", "path=/", "samesite=strict"):
                assert part in cookie.lower(), cookie
            assert "domain" not in cookie.lower()
    for kind in KINDS:
        with two.client(kind) as client:
            headers = client.get("/nothing-here").headers
            assert int(headers["strict-transport-security"].partition("max-age=")[2]) > 10**7
            assert "server" not in headers
    with two.client("desk") as client:
        assert "connect-src 'self' wss://" in client.get("/").headers["content-security-policy"]


async def test_a_chat_with_a_file_over_tls(two: Ground) -> None:
    """Visitor socket, desk socket, upload, signed download address: all of them https."""
    desk = two.desk(two.a.agent)
    await desk.hello()
    await desk.ready()
    visitor = await chat(two, two.a)
    offer = await desk.accept(visitor.conversation)
    await desk.post(visitor.conversation, "Good day.")
    await visitor.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "Good day.")
    body = os.urandom(200_000).hex().encode()
    upload = {"id": new_id(), "conversation_id": visitor.conversation, "name": "a.txt"}
    with two.client("widget", Authorization=f"Bearer {visitor.token}") as client:
        made = client.post("/v1/uploads", json={**upload, "size_bytes": len(body)})
        assert made.status_code == 201
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        done = client.patch(f"/v1/uploads/{upload['id']}", content=body, headers=kind)
        url = done.json()["attachment"]["url"]
    assert url.startswith(two.product.url("files") + "/")
    with two.client("files") as client:
        assert client.get(url.removeprefix(two.product.url("files"))).content == body
    for text in (f"{n}" for n in range(20)):
        await visitor.post(text)
    work = offer["interaction"]["id"]
    await desk.must({"type": "interaction.end", "interaction_id": work})
    await desk.must({"type": "interaction.wrap_up", "interaction_id": work})


async def test_sockets_of_other_pages_are_refused(two: Ground) -> None:
    """A-013 under TLS: the same host without TLS or on another port is another page."""
    own = two.product.url("desk")
    for origin in (own.replace("https", "http"), own + "1", "https://evil.example", "null"):
        desk = two.desk(two.a.agent)
        desk._all_headers["Origin"] = origin
        with pytest.raises(websockets.InvalidStatus) as refused:
            await desk.hello()
        assert refused.value.response.status_code == 403, origin
        visitor = Visitor(two.product, two.a.site, origin=origin)
        with pytest.raises(websockets.InvalidStatus) as refused:
            await visitor.hello()
        assert refused.value.response.status_code == 403, origin


def test_no_host_but_ours(two: Ground) -> None:
    """A-086: a foreign host is told nothing, and no forwarded host reaches a link."""
    for host in (
        "evil.example",
        f"desk.localhost.evil.example:{two.product.port}",
        "desk.localhost",
    ):
        with two.client("desk", Host=host) as client:
            assert client.get("/api/v1/me").status_code == 421, host
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=http"}
    body = {"email": f"{new_id()[:8]}@alder.example", "name": "New", "role": "agent"}
    made = two.a.admin.client.post("/api/v1/invitations", json=body, headers=forged)
    assert made.json()["link"].startswith(two.product.url("desk") + "/")


def wrong_sign_ins(two: Ground, source: str, count: int) -> list[int]:
    """Sign in wrongly from one address under a forged other one each time."""
    found = []
    for number in range(count):
        forged = {"X-Forwarded-For": f"203.0.113.{number + 1}", "X-Real-IP": "203.0.113.9"}
        with two.client("desk", source, **forged) as client:
            body = {"email": f"nobody{number}@alder.example", "password": "wrong-wrong-wrong"}
            found.append(client.post("/api/v1/sign-in", json=body).status_code)
    return found


def test_limits_are_kept_per_real_client(two: Ground) -> None:
    """A-096: who says they come from elsewhere is counted where they come from, and alone."""
    codes = wrong_sign_ins(two, "127.0.0.141", 30)
    assert codes[:10] == [401] * 10
    assert codes[-1] == 429
    assert wrong_sign_ins(two, "127.0.0.142", 3) == [401] * 3


def test_only_the_named_proxy_is_believed(two: Ground) -> None:
    """Straight to the port behind the proxy: the metrics stay closed, the address stays real."""
    if not is_proxied(two):
        with two.client("desk", **{"X-Forwarded-For": "203.0.113.7"}) as client:
            assert client.get("/metrics").status_code == 200, "this machine, whatever it says"
        return
    inside = int(two.product.arguments[1])
    for source, forwarded, expected in (
        ("127.0.0.1", "203.0.113.7", 404),  # the proxy speaks for somebody outside
        ("127.0.0.1", "203.0.113.7, nonsense", 200),
        ("127.0.0.150", "203.0.113.7", 200),  # a stranger's word counts for nothing
    ):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=source)) as client:
            headers = {
                "Host": f"desk.localhost:{two.product.port}",
                "X-Forwarded-For": forwarded,
            }
            answer = client.get(f"http://127.0.0.1:{inside}/metrics", headers=headers)
            assert answer.status_code == expected, (source, forwarded)


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n"
SHAPES: dict[str, tuple[bytes, bytes]] = {
    "length and chunks": (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunks and length": (b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", b"0\r\n\r\nX"),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 40\r\n", b"{}"),
    "list of lengths": (b"Content-Length: 2, 40\r\n", b"{}"),
    "signed length": (b"Content-Length: +2\r\n", b"{}"),
    "hexadecimal length": (b"Content-Length: 0x2\r\n", b"{}"),
    "chunked twice": (
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"0\r\n\r\n",
    ),
    "odd coding": (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "space before the colon": (b"Transfer-Encoding : chunked\r\nContent-Length: 2\r\n", b"{}"),
    "folded": (b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n", b"{}"),
    "bare line feed": (b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n", b"{}"),
    "huge chunk": (b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff1\r\n"),
    "broken chunk": (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}XX0\r\n\r\n"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_request_hides_in_another(two: Ground, shape: str) -> None:
    """A-090: an ambiguous length is refused or ends the connection; nothing behind it counts."""
    headers, body = SHAPES[shape]
    host = f"desk.localhost:{two.product.port}".encode()
    head = b"POST /api/v1/sign-in HTTP/1.1\r\nHost: " + host
    head += b"\r\nContent-Type: application/json\r\n" + headers + b"\r\n"
    answers = raw(two, head, body, SMUGGLED % host, source="127.0.0.145")
    assert answers.count(b"HTTP/1.1 ") <= 1, answers
    assert b"\r\n\r\nok\n" not in answers, answers
    if answers:
        assert int(answers.split()[1]) in (400, 408, 413, 415, 429), answers


def test_handshakes_that_never_end_are_bounded(two: Ground) -> None:
    """Half-open TLS: so many per address and no more, each for ten seconds; others get in."""
    if is_proxied(two):
        return  # the proxy's own affair
    hello = bytes.fromhex("16030100c8010000c40303")
    with contextlib.ExitStack() as stack:
        channels = []
        for number in range(MOST + 20):
            channel = stack.enter_context(socket.socket())
            channel.bind(("127.0.0.146", 0))
            channel.settimeout(30)
            channel.connect(("127.0.0.1", two.product.port))
            if number % 2:
                with contextlib.suppress(OSError):
                    channel.sendall(hello)
            channels.append(channel)
        with two.client("desk", "127.0.0.147") as client:
            assert client.get("/healthz").status_code == 200
        began_s = time.monotonic()
        for channel in channels:
            with contextlib.suppress(OSError):
                while channel.recv(4096):
                    pass
        assert time.monotonic() - began_s < 150
    with two.client("desk", "127.0.0.146") as client:
        assert client.get("/healthz").status_code == 200


async def test_plain_words_on_the_encrypted_port(two: Ground) -> None:
    """Nobody is answered without TLS."""
    reader, writer = await asyncio.open_connection("127.0.0.1", two.product.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: desk.localhost\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        assert not (await asyncio.wait_for(reader.read(), 30)).startswith(b"HTTP/1.1 200")
    writer.close()
