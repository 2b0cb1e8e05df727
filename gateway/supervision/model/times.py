"""Agents' time: the state that lasts, the states there were, and how they fill the intervals."""

from __future__ import annotations

import msgspec

from gateway.supervision.model.tally import BUCKET_MS, Counts, bucket_of


class Watch(msgspec.Struct, kw_only=True):
    """An agent whose time is counted up to ``counted_ms``, and since when the state lasts.

    ``number`` is the journal's position at which it began, 0 before the first.
    """

    agent_id: str
    state: str = "offline"
    counted_ms: int = 0
    in_hand: int = 0
    reason: str = ""
    by_id: str = ""
    began_ms: int = 0
    number: int = 0


class Span(msgspec.Struct, kw_only=True):
    """One state of an agent: why, who set it if it was somebody else, and how long it lasted.

    ``ended_ms`` is 0 while it lasts.
    """

    agent_id: str
    number: int
    state: str
    reason: str
    by_id: str
    began_ms: int
    ended_ms: int = 0


def time_of(watch: Watch, until_ms: int) -> dict[int, Counts]:
    """Split the time since ``counted_ms`` over five-minute buckets; empty while offline."""
    found: dict[int, Counts] = {}
    if watch.state == "offline":
        return found
    is_ready, is_busy = watch.state == "ready", watch.in_hand > 0
    at_ms = watch.counted_ms
    while at_ms < until_ms:
        start_ms = bucket_of(at_ms)
        part_ms = min(until_ms, start_ms + BUCKET_MS) - at_ms
        counts = {"signed_in_ms": part_ms}
        if is_ready:
            counts["ready_ms"] = part_ms
        if is_busy:
            counts["busy_ms"] = part_ms
        if is_ready or is_busy:
            counts["staffed_ms"] = part_ms
        found[start_ms] = counts
        at_ms += part_ms
    return found
