"""Token buckets and the addresses they are kept by (A-096)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel.clock import ManualClock
from gateway.kernel.errors import WeccError
from gateway.platform.http.limiter import Limiter, Rate
from gateway.platform.http.peer import Peers, address_bucket


def limiter(capacity: int = 100) -> tuple[Limiter, ManualClock]:
    clock = ManualClock()
    return Limiter(clock, {"default": Rate(burst=5, per_s=2)}, capacity=capacity), clock


def test_a_bucket_empties_and_fills_again() -> None:
    limits, clock = limiter()
    for _ in range(5):
        limits.check("default", "a")
    with pytest.raises(WeccError) as caught:
        limits.check("default", "a")
    assert (caught.value.code, caught.value.retry_after_s) == ("rate_limited", 1)
    limits.check("default", "b")
    clock.advance(500)
    limits.check("default", "a")
    assert limits.refused == 1


def test_waiting_as_told_is_enough() -> None:
    limits, clock = limiter()
    limits.check("default", "a", 5)
    wait_s = limits.try_take("default", "a", 4)
    clock.advance(wait_s * 1000)
    assert limits.try_take("default", "a", 4) == 0


@given(st.lists(st.integers(0, 3_000), max_size=200))
def test_never_more_than_burst_plus_rate(pauses_ms: list[int]) -> None:
    limits, clock = limiter()
    allowed = 0
    for pause_ms in pauses_ms:
        clock.advance(pause_ms)
        allowed += limits.try_take("default", "a") == 0
    assert allowed <= 5 + sum(pauses_ms) / 1000 * 2 + 1e-6


def test_memory_is_bounded() -> None:
    limits, _ = limiter(capacity=10)
    for n in range(10_000):
        limits.try_take("default", str(n))
    assert len(limits) == 10


def test_an_unknown_rate_is_the_default() -> None:
    limits, _ = limiter()
    assert [limits.try_take("no such rate", "a") > 0 for _ in range(6)] == [False] * 5 + [True]


def scope(client: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (client, 1) if client else None, "headers": headers}


def test_forwarded_addresses_are_believed_from_named_proxies_only() -> None:
    peers = Peers(["10.0.0.0/8", "::1"])
    assert peers.address(scope("198.51.100.1", "203.0.113.9")) == "198.51.100.1"
    assert peers.address(scope("10.1.2.3", "203.0.113.9")) == "203.0.113.9"
    assert peers.address(scope("10.1.2.3", "1.1.1.1, 203.0.113.9, 10.9.9.9")) == "203.0.113.9"
    assert peers.address(scope("10.1.2.3", "1.1.1.1", "203.0.113.9")) == "203.0.113.9"
    assert peers.address(scope("10.1.2.3", "garbage")) == "10.1.2.3"
    assert peers.address(scope("10.1.2.3")) == "10.1.2.3"
    assert peers.address(scope("::1", "2001:db8::7")) == "2001:db8::7"
    assert peers.address(scope(None, "203.0.113.9")) == "unknown"
    assert Peers().address(scope("127.0.0.1", "203.0.113.9")) == "127.0.0.1"


def test_one_household_is_one_bucket() -> None:
    assert address_bucket("2001:db8:1:2::1") == address_bucket("2001:db8:1:2:ffff:1:2:3")
    assert address_bucket("2001:db8:1:2::1") != address_bucket("2001:db8:1:3::1")
    assert address_bucket("::ffff:192.0.2.1") == address_bucket("192.0.2.1") == "192.0.2.1"
    assert address_bucket("192.0.2.1") != address_bucket("192.0.2.2")
    assert address_bucket("x" * 1_000) == "unknown"
