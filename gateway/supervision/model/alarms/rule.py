"""When a queue is worth an alarm."""

from __future__ import annotations

from typing import Literal

import msgspec

What = Literal["near", "late", "level", "longest", "nobody"]
"""``near``: a contact comes near the target. ``late``: one waits past it. ``level``: the service
level falls under its limit. ``longest``: one waits longer than a limit. ``nobody``: one waits and
nobody who could serve it is ready."""

LIVE_KINDS = ("chat", "call")
"""Kinds whose contact is there and waits for somebody to be ready."""


class AlarmRule(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one queue; a limit of 0 is off.

    ``level_percent`` None stands for the percent of each target.
    """

    near_percent: int = 80
    late: bool = True
    level_percent: int | None = None
    longest_s: int = 0
    nobody_ready: bool = True

    def offsets(self, within_ms: int) -> tuple[tuple[int, What], ...]:
        """Return how long after its beginning a wait becomes worth which alarm, in order."""
        found: list[tuple[int, What]] = []
        if self.near_percent:
            found.append((within_ms * self.near_percent // 100, "near"))
        found.append((within_ms, "late"))
        if self.longest_s:
            found.append((self.longest_s * 1000, "longest"))
        return tuple(sorted(found))


DEFAULT_RULE = AlarmRule()
