"""Connections of one address are counted before they say a word (A-017, A-061, slow clients)."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.ground import Ground, ground
from tests.attack.raw import Raw

MOST = 40


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The two tenants behind a narrow door."""
    folder: Path = tmp_path_factory.mktemp("door")
    with ground(folder, WECC_LIMITS__CONNECTIONS_PER_ADDRESS=str(MOST)) as started:
        yield started


def connect(two: Ground, source: str) -> socket.socket:
    """Open a connection that says nothing."""
    channel = socket.socket()
    channel.bind((source, 0))
    channel.settimeout(60)
    channel.connect(("127.0.0.1", two.product.port))
    return channel


def ended(channels: list[socket.socket], count: int, limit_s: float = 60) -> list[socket.socket]:
    """Wait until so many were answered or closed; return those."""
    deadline_s = time.monotonic() + limit_s
    found: list[socket.socket] = []
    while time.monotonic() < deadline_s:
        found = select.select(channels, [], [], 0.2)[0]
        if len(found) >= count:
            break
    return found


def test_one_address_cannot_hold_all_connections(two: Ground) -> None:
    source = "127.0.0.121"
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(connect(two, source)) for _ in range(MOST + 15)]
        over = ended(silent, 15)
        assert len(over) == 15
        for channel in over:
            answer = channel.recv(4096)
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert b"retry-after: 5" in answer
        with two.client("desk", "127.0.0.122") as other:
            assert other.get("/healthz").status_code == 200
    deadline_s = time.monotonic() + 60
    while True:  # the others are gone: there is room again
        with contextlib.suppress(Exception), two.client("desk", source) as client:
            if client.get("/healthz").status_code == 200:
                break
        assert time.monotonic() < deadline_s
        time.sleep(0.2)


def test_sockets_of_the_product_are_not_counted_here(two: Ground) -> None:
    """They have a cap of their own; a person with many tabs still gets pages."""
    source = "127.0.0.123"
    with contextlib.ExitStack() as stack:
        for _ in range(MOST + 5):
            raw = stack.enter_context(Raw(two, two.a, source=source))
            assert raw.upgrade() == 101
        with two.client("desk", source) as client:
            assert client.get("/healthz").status_code == 200


def test_whoever_never_ends_a_head_is_let_go(two: Ground) -> None:
    """Slow heads: a byte now and then does not keep a connection (RFC 9110 section 15.5.9)."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(two, "127.0.0.124")) for _ in range(10)]
        started_s, alive = time.monotonic(), list(slow)
        for channel in slow:
            channel.sendall(b"GET / HTTP/1.1\r\nHost: desk\r\n")
        while alive and time.monotonic() - started_s < 120:
            for channel in select.select(alive, [], [], 0)[0]:
                alive.remove(channel)
            for channel in alive:
                with contextlib.suppress(OSError):
                    channel.send(b"x")
            time.sleep(0.5)
        assert not alive
