"""The formulas of Erlang: what theory says of a queue with memoryless arrivals and service.

``a`` is the offered load in erlangs (arrival rate times mean handling time), ``c`` the agents.
C: nobody leaves (Erlang, 1917). A: patience is exponential (Palm, 1957).
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple


class Waits(NamedTuple):
    """What a contact meets: chance to wait, mean wait of all, and share that gives up."""

    wait_share: float
    mean_wait_s: float
    abandon_share: float


def erlang_b(a: float, c: int) -> float:
    """Return the blocking probability, by the stable recursion."""
    inverse = 1.0
    for agents in range(1, c + 1):
        inverse = 1.0 + inverse * agents / a
    return 1.0 / inverse


def erlang_c(a: float, c: int, handling_s: float) -> Waits:
    """Return the waits of M/M/c; the load must be below the agents."""
    if not 0 < a < c:
        raise ValueError("the offered load must lie between 0 and the agents")
    blocked = erlang_b(a, c)
    waiting = c * blocked / (c - a * (1.0 - blocked))
    return Waits(waiting, waiting * handling_s / (c - a), 0.0)


def within(a: float, c: int, handling_s: float, target_s: float) -> float:
    """Return the share of M/M/c that is answered within a target: the service level."""
    waiting = erlang_c(a, c, handling_s).wait_share
    return 1.0 - waiting * exp(-(c - a) * target_s / handling_s)


def erlang_a(a: float, c: int, handling_s: float, patience_s: float) -> Waits:
    """Return the waits of M/M/c+M from its birth-death chain; any load has a balance.

    The mean wait is over all who come, answered or not: by Little's law the mean number
    waiting over the arrival rate, and those who leave do so at ``1 / patience_s`` each.
    """
    arrival, service, leaving = a / handling_s, 1.0 / handling_s, 1.0 / patience_s
    blocked = erlang_b(a, c)
    weight, total, queued, number = blocked, blocked, 0.0, 0
    while weight > 1e-16 * total:
        number += 1
        weight *= arrival / (c * service + number * leaving)
        total += weight
        queued += number * weight
    everything = 1.0 - blocked + total
    waiting = total / everything
    mean_wait_s = queued / everything / arrival
    return Waits(waiting, mean_wait_s, mean_wait_s / patience_s)
