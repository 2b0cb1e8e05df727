"""Rates learned from what happens: events per time at risk, with a bounded memory."""

from __future__ import annotations

MEMORY = 400
"""A rate forgets by events, not by the clock: a night without work teaches nothing."""
ENOUGH = 8.0
"""From this many events a rate counts as known."""


class Rate:
    """Events divided by exposure: the estimate that stays right while many are unfinished."""

    __slots__ = ("events", "exposure")

    def __init__(self) -> None:
        self.events = 0.0
        self.exposure = 0.0

    def spend(self, amount: float) -> None:
        """Add time at risk."""
        self.exposure += amount

    def end(self, *, counts: bool) -> None:
        """One exposure ended; ``counts`` tells whether with the event that is measured."""
        keep = 1.0 - 1.0 / MEMORY
        self.events = self.events * keep + (1.0 if counts else 0.0)
        self.exposure *= keep

    @property
    def is_known(self) -> bool:
        """Tell whether there was enough to go by."""
        return self.events >= ENOUGH and self.exposure > 0.0

    @property
    def value(self) -> float:
        """Events per unit of exposure."""
        return self.events / self.exposure if self.exposure > 0.0 else 0.0
