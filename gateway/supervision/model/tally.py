"""Counters of five minutes, and how they are added up."""

from __future__ import annotations

from typing import NamedTuple

BUCKET_MS = 300_000
"""Base of every report: five minutes, aligned to UTC; every zone in use is a multiple of it."""

COUNTERS = (
    # of everybody who began to wait in this interval, whenever it was settled
    "offered",
    "transferred_in",
    "returned",
    "answered",
    "answered_within",
    "abandoned",
    "abandoned_within",
    "abandoned_short",
    "moved_out",
    "answer_wait_ms",
    "abandon_wait_ms",
    "replied",
    "reply_wait_ms",
    # of what happened in this interval
    "accepted",
    "transfers_accepted",
    "handled",
    "talk_ms",
    "wrap_up_ms",
    "transferred_out",
    "offers",
    "declined",
    "unanswered",
    # of agents' time within this interval
    "signed_in_ms",
    "ready_ms",
    "staffed_ms",
    "busy_ms",
)
LONGEST = "answer_wait_max_ms"
"""The one counter that is a maximum, not a sum."""
RATINGS = ("ratings", "ratings_sum", "ratings_good")
"""Counted when a report is asked for: a contact may change the own rating for a while."""
AGENT_TIME = ("signed_in_ms", "ready_ms", "staffed_ms", "busy_ms")

Counts = dict[str, int]
Histogram = dict[int, int]


class Key(NamedTuple):
    """What a row of counters is about; an empty id means that it belongs to none."""

    start_ms: int
    queue_id: str
    agent_id: str
    kind: str
    is_robot: bool


def bucket_of(at_ms: int) -> int:
    """Return the start of the five minutes that hold ``at_ms``."""
    return at_ms - at_ms % BUCKET_MS


def add(into: Counts, counts: Counts) -> None:
    """Add counters up; the longest wait stays the longest."""
    for name, value in counts.items():
        if name == LONGEST:
            into[name] = max(into.get(name, 0), value)
        else:
            into[name] = into.get(name, 0) + value


# ---- waits: bins whose borders grow by a fixed ratio ------------------------------------------

_RATIO = 2 ** (1 / 8)
EDGES_MS: tuple[int, ...] = (
    0,
    *dict.fromkeys(round(250 * _RATIO**step) for step in range(150)),
)
"""Lower borders: 0, then from 0.25 s to about 28 hours, each 9 % above the one before."""


def bin_of(wait_ms: int) -> int:
    """Return the number of the bin that holds a wait."""
    low, high = 0, len(EDGES_MS)
    while high - low > 1:
        middle = (low + high) // 2
        if EDGES_MS[middle] <= wait_ms:
            low = middle
        else:
            high = middle
    return low


def percentile_ms(waits: Histogram, share: float) -> int | None:
    """Return the wait that ``share`` of all waits did not exceed; None without any.

    Interpolated within its bin, so it is at most one bin (9 %) off.
    """
    total = sum(waits.values())
    if total == 0:
        return None
    needed, seen = share * total, 0
    for number in sorted(waits):
        count = waits[number]
        if count and seen + count >= needed:
            low = EDGES_MS[number]
            high = EDGES_MS[number + 1] if number + 1 < len(EDGES_MS) else low
            return round(low + (high - low) * max(0.0, needed - seen) / count)
        seen += count
    return EDGES_MS[max(waits)]
