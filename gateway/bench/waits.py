"""Bench ``waits``: how near the wait estimate is to the wait that came, beside simpler ones.

Sixty agents, 8 % more work than they can do, handling times of three minutes and patience of two
minutes on average, both exponential: the trace on which estimates are compared in the queueing
literature, because there contacts leave. The real engine routes it in virtual time, the shipped
estimator learns from the engine's own entries, and everybody who has to wait is told a range.

``rmse_c60`` and its rivals: the root of the mean squared difference between the estimate on
arrival and the wait of those who were answered, over their mean wait. Head of line: how long the
first in line has waited. Last to enter service: how long the last who was answered had waited.
Moving average: (3 old + new) / 4 of the waits, the commonest in open queues.
``p90_coverage``: of all ranges told (on arrival, and again on coming near the front), the share
whose upper end held; who gave up after it counts as a miss.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from random import Random
from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import QueueRule
from gateway.acd.model.estimate import Estimates, class_of
from gateway.acd.model.estimate.place import ahead_of
from gateway.acd.simulation.driver import Arrival, Driver, Floor, Shift

AGENTS, LOAD, HANDLING_S, PATIENCE_S = 60, 1.08, 180.0, 120.0
WARM_UP, MEASURED = 6_000, 120_000
RIVALS = ("hol", "les", "ewma")
_QUEUE = "qu_bench"
_FOREVER_MS = 1 << 51
_RETELL_MS = 5_000


def run(seed: int | None = None, measured: int = MEASURED) -> dict[str, Any]:
    """Return the errors and the coverage."""
    seed = secrets.randbits(32) if seed is None else seed
    print(f"seed {seed}", file=sys.stderr)
    trial = _Trial()
    floor = Floor(
        queues=(QueueRule(queue_id=_QUEUE),),
        profiles={},
        shifts=tuple(
            Shift(agent_id=f"us_{number}", from_ms=0, to_ms=_FOREVER_MS) for number in range(AGENTS)
        ),
    )
    driver = Driver(floor, trial.observe)
    trial.driver = driver
    for arrival in _arrivals(Random(seed), WARM_UP + measured):
        driver.run([arrival], arrival.at_ms)
        trial.came(driver.now_ms)
    driver.run([], _FOREVER_MS - 1)
    return trial.figures()


def run_short() -> dict[str, Any]:
    """Try the bench on a tenth of the trace."""
    return run(measured=MEASURED // 10)


def _arrivals(rng: Random, count: int) -> Iterator[Arrival]:
    at_s, rate = 0.0, LOAD * AGENTS / HANDLING_S
    for _ in range(count):
        at_s += rng.expovariate(rate)
        yield Arrival(
            at_ms=round(1000 * at_s),
            kind="call",
            queue_id=_QUEUE,
            handling_ms=round(1000 * rng.expovariate(1 / HANDLING_S)),
            patience_ms=round(1000 * rng.expovariate(1 / PATIENCE_S)),
        )


@dataclass(slots=True)
class _Guess:
    """What was told and guessed when somebody began to wait."""

    at_ms: int
    mean_ms: dict[str, float]
    ends: list[tuple[int, int]] = field(default_factory=list)
    is_measured: bool = False


class _Trial:
    """Watches a run, tells everybody who waits, and scores."""

    def __init__(self) -> None:
        self.estimates = Estimates()
        self.driver: Driver | None = None
        self._number = 0
        self._guesses: dict[str, _Guess] = {}
        self._last_ms = self._average_ms = 0.0
        self._retold_ms = 0
        self._squares = dict.fromkeys(("ours", *RIVALS), 0.0)
        self._waits_ms = 0.0
        self._answered = self._told = self._held = 0

    def came(self, now_ms: int) -> None:
        """Somebody arrived: when they must wait, guess and tell."""
        self._number += 1
        self._tell(f"in_{self._number:08d}", now_ms)
        if now_ms - self._retold_ms >= _RETELL_MS:
            self._retold_ms = now_ms
            for interaction_id in list(self._guesses):
                self._tell(interaction_id, now_ms)

    def _tell(self, interaction_id: str, now_ms: int) -> None:
        assert self.driver is not None
        engine = self.driver.engine
        item = engine.state.interactions.get(interaction_id)
        ahead = ahead_of(engine.index, item, None) if item is not None else None
        if item is None or ahead is None:
            return
        told = self.estimates.tell(interaction_id, ahead, now_ms)
        if told is None:
            return
        guess = self._guesses.get(interaction_id)
        if guess is None:
            flow = self.estimates.flows[class_of(item)]
            first_ms = next(iter(flow.waiting.values()))
            self._guesses[interaction_id] = guess = _Guess(
                now_ms,
                {
                    "ours": told.mean_ms,
                    "hol": now_ms - first_ms,
                    "les": self._last_ms,
                    "ewma": self._average_ms,
                },
                is_measured=self._number > WARM_UP,
            )
        guess.ends.append((now_ms, told.p90_ms))

    def observe(self, entry: e.Entry) -> None:
        """Learn from an entry, and score the waits that end."""
        self.estimates.fold(entry)
        if isinstance(entry, e.Accepted):
            guess = self._guesses.pop(entry.interaction_id, None)
            waited_ms = float(entry.at_ms - guess.at_ms) if guess is not None else 0.0
            if guess is not None:
                self._last_ms = waited_ms
                self._score(guess, entry.at_ms)
            self._average_ms = (3 * self._average_ms + waited_ms) / 4
        elif isinstance(entry, e.Abandoned):
            guess = self._guesses.pop(entry.interaction_id, None)
            if guess is not None and guess.is_measured:
                self._told += sum(entry.at_ms - at_ms > p90_ms for at_ms, p90_ms in guess.ends)

    def _score(self, guess: _Guess, at_ms: int) -> None:
        if not guess.is_measured:
            return
        waited_ms = at_ms - guess.at_ms
        self._answered += 1
        self._waits_ms += waited_ms
        for name, mean_ms in guess.mean_ms.items():
            self._squares[name] += (mean_ms - waited_ms) ** 2
        self._told += len(guess.ends)
        self._held += sum(at_ms - told_ms <= p90_ms for told_ms, p90_ms in guess.ends)

    def figures(self) -> dict[str, Any]:
        """Return what the bench prints."""
        mean_ms = self._waits_ms / self._answered
        error = {
            name: round(sqrt(square / self._answered) / mean_ms, 3)
            for name, square in self._squares.items()
        }
        return {
            "rmse_c60": error["ours"],
            **{f"rmse_c60_{name}": error[name] for name in RIVALS},
            "p90_coverage": round(self._held / self._told, 3),
        }
