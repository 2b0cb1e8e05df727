"""Confidence intervals of a simulated mean: batch means, adjusted for what chance brought.

A run is cut into equal batches long enough to be nearly independent. How much the contacts of a
batch happened to bring (their gaps and handling times) is known beside what they should bring
on average, and does not depend on the engine; regression on it takes that part of chance out
(control variates: Lavenberg and Welch, 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Batch(NamedTuple):
    """A batch's mean, and how far its two controls lie from their known means."""

    value: float
    first: float
    second: float


class Interval(NamedTuple):
    """An estimate and the half-width of its interval."""

    estimate: float
    half_width: float

    def holds(self, value: float) -> bool:
        """Tell whether a value lies inside."""
        return abs(value - self.estimate) <= self.half_width


def joint_level(level: float, intervals: int) -> float:
    """Return the level of each so that all independent intervals hold together (Sidak, 1967)."""
    return float(level ** (1.0 / intervals))


def student(level: float, freedom: int) -> float:
    """Return the two-sided quantile of Student's law, by Cornish and Fisher's expansion."""
    z = NormalDist().inv_cdf(0.5 + 0.5 * level)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def adjusted(batches: Sequence[Batch], level: float) -> Interval:
    """Return the interval of the mean after regression on both controls."""
    count = len(batches)
    value, x, y = (sum(column) / count for column in zip(*batches, strict=True))
    xx = sum((batch.first - x) ** 2 for batch in batches)
    yy = sum((batch.second - y) ** 2 for batch in batches)
    xy = sum((batch.first - x) * (batch.second - y) for batch in batches)
    xv = sum((batch.first - x) * (batch.value - value) for batch in batches)
    yv = sum((batch.second - y) * (batch.value - value) for batch in batches)
    apart = xx * yy - xy * xy
    on_x, on_y = (xv * yy - yv * xy) / apart, (yv * xx - xv * xy) / apart
    errors = (
        batch.value - value - on_x * (batch.first - x) - on_y * (batch.second - y)
        for batch in batches
    )
    freedom = count - 3
    variance = sum(error * error for error in errors) / freedom
    leverage = 1.0 / count + (x * x * yy - 2 * x * y * xy + y * y * xx) / apart
    half_width = student(level, freedom) * sqrt(variance * leverage)
    return Interval(value - on_x * x - on_y * y, half_width)
