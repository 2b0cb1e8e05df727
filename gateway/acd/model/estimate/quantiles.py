"""How long a place in a queue takes: moments and quantiles in closed form, so O(1) per place.

With ``c`` agents of rate ``mu`` each and patience that runs out at rate ``theta``, whoever has
``n`` contacts ahead leaves the queue after ``n + 1`` departures, the k-th of them after a time
that is exponential with rate ``c mu + k theta`` (k falling from n to 0). The sums of ``1/rate``
and ``1/rate**2`` are differences of the digamma and trigamma functions.
"""

from __future__ import annotations

from math import log, sqrt

Z50, Z90 = 0.0, 1.2815515655446004
_SUMMED = 12
_ASYMPTOTIC_FROM = 8.0
_HARDLY_ANY = 1e-7


def digamma(x: float) -> float:
    """Return psi(x) for x > 0, to about 1e-12 (recurrence, then the asymptotic series)."""
    result = 0.0
    while x < _ASYMPTOTIC_FROM:
        result -= 1.0 / x
        x += 1.0
    y = 1.0 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))
    return result + log(x) - 0.5 / x - series


def trigamma(x: float) -> float:
    """Return psi'(x) for x > 0, to about 1e-12."""
    result = 0.0
    while x < _ASYMPTOTIC_FROM:
        result += 1.0 / (x * x)
        x += 1.0
    y = 1.0 / (x * x)
    series = y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * 5 / 66))))
    return result + 1.0 / x + 0.5 * y + series / x


def place_moments(ahead: int, service_rate: float, leaving_rate: float) -> tuple[float, float]:
    """Return mean and variance of the wait behind ``ahead`` others.

    ``service_rate`` is that of all agents together, ``leaving_rate`` that of each one who waits.
    """
    places = ahead + 1
    if leaving_rate <= _HARDLY_ANY * service_rate:
        return places / service_rate, places / (service_rate * service_rate)
    if places <= _SUMMED:
        rates = [service_rate + k * leaving_rate for k in range(places)]
        return sum(1.0 / rate for rate in rates), sum(1.0 / (rate * rate) for rate in rates)
    start = service_rate / leaving_rate
    mean = (digamma(start + places) - digamma(start)) / leaving_rate
    variance = (trigamma(start) - trigamma(start + places)) / (leaving_rate * leaving_rate)
    return mean, variance


def gamma_quantile(mean: float, variance: float, z: float) -> float:
    """Return a quantile of the gamma law with these moments (Wilson and Hilferty, 1931).

    ``z`` is the same quantile of the normal law. Within 2 % for variance <= mean**2 at 90 %.
    """
    if mean <= 0.0:
        return 0.0
    shape = mean * mean / max(variance, 1e-9 * mean * mean)
    ninth = 1.0 / (9.0 * shape)
    root = max(0.0, 1.0 - ninth + z * sqrt(ninth))
    return mean * root * root * root
