"""Days end while tests run: those that count by day begin when one has still some minutes to go."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.kernel.clock import SystemClock

DAY_S = 86_400
NEEDED_S = 150


def long_enough(*zones: str) -> None:
    """Wait until midnight is over where it would come during the test (UTC, and other zones)."""
    for zone in ("UTC", *zones):
        left_s = _left_s(zone, SystemClock().now_ms() // 1000)
        if left_s < NEEDED_S:
            time.sleep(left_s + 1)


def _left_s(zone: str, now_s: int) -> int:
    here = datetime.fromtimestamp(now_s, ZoneInfo(zone))
    return DAY_S - (here.hour * 3600 + here.minute * 60 + here.second)
