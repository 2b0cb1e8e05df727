"""Laws of times: how long handling takes, how long patience lasts, how long an answer takes."""

from __future__ import annotations

from bisect import bisect_left
from math import exp, log, sqrt
from random import Random
from statistics import NormalDist
from typing import Annotated

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0, le=1_000_000)]
NEVER_MS = 1 << 52
_NORMAL = NormalDist()


class Fixed(msgspec.Struct, frozen=True, tag="fixed", tag_field="law", forbid_unknown_fields=True):
    """Always the same."""

    s: Annotated[float, Meta(ge=0, le=1_000_000)]


class Exponential(
    msgspec.Struct, frozen=True, tag="exponential", tag_field="law", forbid_unknown_fields=True
):
    """Memoryless, by its mean."""

    mean_s: Seconds


class Lognormal(
    msgspec.Struct, frozen=True, tag="lognormal", tag_field="law", forbid_unknown_fields=True
):
    """Skewed as handling times are, by its mean and its coefficient of variation."""

    mean_s: Seconds
    cv: Annotated[float, Meta(gt=0, le=20)] = 1.0


class Empirical(
    msgspec.Struct, frozen=True, tag="empirical", tag_field="law", forbid_unknown_fields=True
):
    """What was seen: values in order, each with the share of cases up to and including it.

    What is left above the last share never happens, as with patience that nobody saw end.
    Without ``shares`` every value counts the same.
    """

    values_s: Annotated[list[Annotated[float, Meta(ge=0)]], Meta(min_length=1, max_length=200_000)]
    shares: Annotated[list[Annotated[float, Meta(ge=0, le=1)]], Meta(max_length=200_000)] = []


class Never(msgspec.Struct, frozen=True, tag="never", tag_field="law", forbid_unknown_fields=True):
    """It does not happen: patience without end."""


Law = Fixed | Exponential | Lognormal | Empirical | Never
NEVER = Never()
AT_ONCE = Fixed(0)


def fault_of(law: Law) -> str | None:
    """Say what is wrong with a law that the types cannot tell, or None."""
    if not isinstance(law, Empirical):
        return None
    if law.values_s != sorted(law.values_s):
        return "values_s must rise"
    if law.shares and len(law.shares) != len(law.values_s):
        return "shares must be as many as values_s"
    if law.shares != sorted(law.shares):
        return "shares must rise"
    return None


def draw_ms(law: Law, rng: Random) -> int:
    """Draw one time; ``NEVER_MS`` stands for never."""
    return quantile_ms(law, rng.random())


def quantile_ms(law: Law, u: float) -> int:
    """Return the time that a share ``u`` (0 <= u < 1) of all cases does not exceed."""
    match law:
        case Exponential():
            return round(-1000.0 * law.mean_s * log(1.0 - u))
        case Lognormal():
            spread = sqrt(log(1.0 + law.cv * law.cv))
            deviate = _NORMAL.inv_cdf(max(u, 1e-15))
            return round(1000.0 * law.mean_s * exp(spread * deviate - 0.5 * spread * spread))
        case Fixed():
            return round(1000.0 * law.s)
        case Empirical():
            return _empirical_ms(law, u)
        case Never():
            return NEVER_MS


def _empirical_ms(law: Empirical, u: float) -> int:
    if not law.shares:
        return round(1000.0 * law.values_s[int(u * len(law.values_s))])
    found = bisect_left(law.shares, u)
    return NEVER_MS if found == len(law.shares) else round(1000.0 * law.values_s[found])


def survival(times_ms: list[int], happened: list[bool]) -> Empirical | Never:
    """Return the law of a time of which some cases were only seen up to a point.

    Kaplan and Meier (1958): at each time something happened, the share that goes on is
    multiplied by one less those it happened to over those still seen. Patience is read so from
    abandoned work (it happened) and answered work (it had not happened yet).
    """
    order = sorted(range(len(times_ms)), key=lambda number: (times_ms[number], happened[number]))
    at_risk, alive = len(order), 1.0
    values: list[float] = []
    shares: list[float] = []
    place = 0
    while place < len(order):
        time_ms, ended, gone = times_ms[order[place]], 0, 0
        while place < len(order) and times_ms[order[place]] == time_ms:
            ended += happened[order[place]]
            gone += 1
            place += 1
        if ended:
            alive *= 1.0 - ended / at_risk
            values.append(time_ms / 1000.0)
            shares.append(min(1.0, 1.0 - alive))
        at_risk -= gone
    return Empirical(values, shares) if values else NEVER
