"""Who is on duty and who is ready, by profile group, so that "nobody" is known at once."""

from __future__ import annotations

from gateway.acd.model.configuration import KINDS

_ON_DUTY = ("not_ready", "away", "ready")


class Roll:
    """Masks of the profile groups that have somebody on duty, or ready, per kind of work.

    ``has_changed`` is set when somebody may have left, or serves other work than before; who
    looks whether work is deserted by that clears it.
    """

    __slots__ = ("_duty", "_ready", "duty", "has_changed", "ready")

    def __init__(self) -> None:
        self._duty: list[dict[int, int]] = [{} for _ in KINDS]
        self._ready: list[dict[int, int]] = [{} for _ in KINDS]
        self.duty = [0 for _ in KINDS]
        self.ready = [0 for _ in KINDS]
        self.has_changed = True

    def move(self, group: int, limits: tuple[int, ...], before: str, after: str) -> None:
        """An agent of a group went from one status to another; empty: was not there."""
        for kind, limit in enumerate(limits):
            if limit:
                duty = (after in _ON_DUTY) - (before in _ON_DUTY)
                ready = (after == "ready") - (before == "ready")
                self.duty[kind] = _count(self._duty[kind], self.duty[kind], group, duty)
                self.ready[kind] = _count(self._ready[kind], self.ready[kind], group, ready)
        if after not in _ON_DUTY:
            self.has_changed = True


def _count(counts: dict[int, int], mask: int, group: int, by: int) -> int:
    if not by:
        return mask
    count = counts.get(group, 0) + by
    if count:
        counts[group] = count
        return mask | 1 << group
    del counts[group]
    return mask & ~(1 << group)
