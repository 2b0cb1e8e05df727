"""Ranges that hold: what was told is compared with what came, and the range follows.

For each quantile a factor in the logarithm moves up when somebody waited longer than told and
down when not, in the ratio that stands still exactly when the promised share came true (online
conformal inference, Gibbs and Candes 2021). It needs no assumption about the waits.
"""

from __future__ import annotations

from math import exp, log

BANDS = (1, 3, 9, 27)
"""A promise is checked separately for those first in line, nearly so, and further back."""
_FASTEST, _SLOWEST = 0.25, 0.02
_LOWEST, _HIGHEST = log(0.25), log(8.0)
_MEMORY = 1_000


def band_of(ahead: int) -> int:
    """Return the band of somebody with so many ahead."""
    for number, limit in enumerate(BANDS):
        if ahead < limit:
            return number
    return len(BANDS)


class Quantile:
    """The correction of one promised share, and how often the promise came true."""

    __slots__ = ("checked", "coverage", "level", "log_factor")

    def __init__(self, level: float) -> None:
        self.level = level
        self.log_factor = 0.0
        self.checked = 0
        self.coverage = level

    @property
    def factor(self) -> float:
        """What the model's quantile is multiplied by."""
        return exp(self.log_factor)

    def check(self, *, held: bool) -> None:
        """Somebody who was told this quantile waited at most that long, or longer."""
        self.checked += 1
        weight = 1.0 / min(self.checked, _MEMORY)
        self.coverage += ((1.0 if held else 0.0) - self.coverage) * weight
        step = max(_SLOWEST, _FASTEST / self.checked**0.5)
        moved = self.log_factor + step * (self.level - 1.0 if held else self.level)
        self.log_factor = max(_LOWEST, min(_HIGHEST, moved))


class Calibration:
    """The two ends of the range for one queue, kind and band."""

    __slots__ = ("half", "most")

    def __init__(self) -> None:
        self.half, self.most = Quantile(0.5), Quantile(0.9)

    def check(self, waited_ms: int, p50_ms: int, p90_ms: int) -> None:
        """Compare what was told with the wait."""
        self.half.check(held=waited_ms <= p50_ms)
        self.most.check(held=waited_ms <= p90_ms)

    def gave_up(self, waited_ms: int, p50_ms: int, p90_ms: int) -> None:
        """Somebody left: beyond an end it is known to have been too short, before it nothing is."""
        if waited_ms > p50_ms:
            self.half.check(held=False)
        if waited_ms > p90_ms:
            self.most.check(held=False)
