"""Token buckets: how often one peer, actor or address may do one thing.

A bucket holds at most ``burst`` tokens and gains ``per_s`` each second; a request takes ``cost``
of them or is refused with the time until it would succeed. Memory is bounded: beyond ``capacity``
buckets the one that was used longest ago is forgotten.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, ``per_s`` sustained."""

    burst: float
    per_s: float


DEFAULT_RATES: Mapping[str, Rate] = {
    "address": Rate(burst=600, per_s=150),
    "default": Rate(burst=80, per_s=20),
    "sign_in": Rate(burst=20, per_s=0.2),
    "password": Rate(burst=10, per_s=1 / 30),
    "device": Rate(burst=10, per_s=1 / 10),
    "set_up": Rate(burst=20, per_s=0.2),
    "config": Rate(burst=120, per_s=20),
    "upload": Rate(burst=200, per_s=50),
    "socket": Rate(burst=60, per_s=5),
    "frame": Rate(burst=120, per_s=20),
    "conversation": Rate(burst=20, per_s=60 / 3600),
}


class Limiter:
    """All buckets of this process."""

    def __init__(
        self,
        clock: Clock,
        rates: Mapping[str, Rate] = DEFAULT_RATES,
        *,
        capacity: int = 50_000,
    ) -> None:
        self._clock = clock
        self._rates = dict(rates)
        self._capacity = capacity
        self._buckets: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def check(self, rate: str, key: str, cost: float = 1.0) -> None:
        """Take ``cost`` tokens of ``key`` or raise ``rate_limited`` with ``Retry-After``."""
        wait_s = self.try_take(rate, key, cost)
        if wait_s > 0:
            raise WeccError(
                "rate_limited",
                f"Too many requests; wait {wait_s} s.",
                retry_after_s=wait_s,
            )

    def try_take(self, rate: str, key: str, cost: float = 1.0) -> int:
        """Take ``cost`` tokens and return 0, or take none and return the seconds to wait."""
        rule = self._rates.get(rate) or self._rates["default"]
        now_ms = self._clock.monotonic_ms()
        tokens, at_ms = self._buckets.pop((rate, key), (rule.burst, now_ms))
        tokens = min(rule.burst, tokens + (now_ms - at_ms) / 1000 * rule.per_s)
        is_allowed = tokens >= cost
        self._buckets[rate, key] = (tokens - cost if is_allowed else tokens, now_ms)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        if is_allowed:
            return 0
        self.refused += 1
        return max(1, math.ceil((cost - tokens) / rule.per_s))

    def give_back(self, rate: str, key: str, cost: float = 1.0) -> None:
        """Return tokens that were taken for something that turned out harmless."""
        rule = self._rates.get(rate) or self._rates["default"]
        found = self._buckets.get((rate, key))
        if found is not None:
            self._buckets[rate, key] = (min(rule.burst, found[0] + cost), found[1])
