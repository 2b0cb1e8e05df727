"""Bench ``erlang``: the real engine against the theory of queues, five times.

Each cell runs the engine in virtual time, a new printed seed each run, and asks whether the mean
wait that theory gives (Erlang C, or Erlang A where contacts leave) lies inside the interval of
the mean wait that came, with a half-width of at most 5 % of the theory. The five intervals are a
joint 99 % set (each at 99.8 %), so that an honest run of all five misses one time in a hundred;
single 99 % intervals would miss in one run of twenty. The lengths are fixed beforehand: the run
does not go on until it fits. Two processes share the work.
"""

from __future__ import annotations

import multiprocessing
import secrets
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import QueueRule
from gateway.acd.simulation.driver import Arrival, Driver, Floor, Shift
from gateway.acd.simulation.erlang import erlang_a, erlang_c
from gateway.acd.simulation.intervals import Batch, Interval, adjusted, joint_level
from gateway.acd.simulation.laws import NEVER_MS

LEVEL, MOST_HALF_WIDTH = 0.99, 0.05
BATCHES = 60
HANDLING_S = 180.0
_QUEUE = "qu_bench"
_FOREVER_MS = 1 << 51


@dataclass(frozen=True, slots=True)
class Cell:
    """One configuration. ``patience_s`` None: nobody leaves."""

    agents: int
    load: float
    patience_s: float | None
    arrivals: int

    @property
    def name(self) -> str:
        """Return Kendall's name of it."""
        return f"M/M/{self.agents}{'+M' if self.patience_s else ''} load {self.load:.2f}"

    def theory_s(self) -> float:
        """Return the mean wait of everybody who comes."""
        offered = self.agents * self.load
        if self.patience_s is None:
            return erlang_c(offered, self.agents, HANDLING_S).mean_wait_s
        return erlang_a(offered, self.agents, HANDLING_S, self.patience_s).mean_wait_s


CELLS = (
    Cell(3, 0.90, None, 2_040_000),
    Cell(11, 0.82, None, 1_800_000),
    Cell(5, 0.80, None, 900_000),
    Cell(60, 1.08, 120.0, 240_000),
    Cell(20, 0.95, 180.0, 300_000),
)


def run(seed: int | None = None, cells: tuple[Cell, ...] = CELLS) -> dict[str, Any]:
    """Return ``cells_inside_ci``; the cells' figures go to stderr as they come."""
    seed = secrets.randbits(32) if seed is None else seed
    print(f"seed {seed}", file=sys.stderr)
    context = multiprocessing.get_context("spawn")
    inside = 0
    with ProcessPoolExecutor(min(2, len(cells)), mp_context=context) as workers:
        seeds = [f"{seed}/{number}" for number in range(len(cells))]
        levels = [joint_level(LEVEL, len(cells))] * len(cells)
        for cell, found in zip(cells, workers.map(measure, cells, seeds, levels), strict=True):
            theory_s = cell.theory_s()
            width = found.half_width / theory_s
            is_inside = found.holds(theory_s) and width <= MOST_HALF_WIDTH
            inside += is_inside
            print(
                f"{cell.name}: theory {theory_s:.3f} s, engine {found.estimate:.3f} s"
                f" +- {100 * width:.2f} % ({'inside' if is_inside else 'OUTSIDE'})",
                file=sys.stderr,
            )
    return {"cells_inside_ci": inside}


def run_short() -> dict[str, Any]:
    """Try the bench on a fiftieth of the contacts: the intervals are then too wide to count."""
    return run(cells=tuple(replace(cell, arrivals=cell.arrivals // 50) for cell in CELLS))


def measure(cell: Cell, seed: str, level: float) -> Interval:
    """Run one cell and return the interval of its mean wait in seconds."""
    watch = _Watch(cell, seed)
    floor = Floor(
        queues=(QueueRule(queue_id=_QUEUE),),
        profiles={},
        shifts=tuple(
            Shift(agent_id=f"us_{number}", from_ms=0, to_ms=_FOREVER_MS)
            for number in range(cell.agents)
        ),
    )
    driver = Driver(floor, watch.observe)
    driver.run(watch.arrivals(), _FOREVER_MS - 1)
    return adjusted(watch.batches(), level)


class _Watch:
    """Makes a cell's contacts and adds up their waits, batch by batch in order of arrival."""

    def __init__(self, cell: Cell, seed: str) -> None:
        self._cell = cell
        self._rng = Random(seed)
        self._per = cell.arrivals // BATCHES
        self._skipped = cell.arrivals // 25
        self._came: dict[str, int] = {}
        self._waits_ms = [0] * (BATCHES + 1)
        self._gaps_s = [0.0] * (BATCHES + 1)
        self._work_s = [0.0] * (BATCHES + 1)

    def _batch(self, number: int) -> int:
        """Return the batch of the ``number``-th contact; the last place is for the warm-up."""
        after = number - self._skipped
        return after // self._per if after >= 0 else BATCHES

    def arrivals(self) -> Iterator[Arrival]:
        """Make the contacts: the warm-up, then the batches."""
        cell, draw = self._cell, self._rng.expovariate
        rate, at_s = cell.agents * cell.load / HANDLING_S, 0.0
        for number in range(self._skipped + self._per * BATCHES):
            gap_s, work_s = draw(rate), draw(1.0 / HANDLING_S)
            at_s += gap_s
            batch = self._batch(number)
            self._gaps_s[batch] += gap_s
            self._work_s[batch] += work_s
            patience_ms = NEVER_MS
            if cell.patience_s is not None:
                patience_ms = round(1000 * draw(1.0 / cell.patience_s))
            yield Arrival(
                at_ms=round(1000 * at_s),
                kind="call",
                queue_id=_QUEUE,
                handling_ms=round(1000 * work_s),
                patience_ms=patience_ms,
            )

    def observe(self, entry: e.Entry) -> None:
        """Add a wait when it ends, by an agent or by leaving."""
        if isinstance(entry, e.Enqueued):
            self._came[entry.interaction_id] = entry.at_ms
        elif isinstance(entry, e.Accepted | e.Abandoned):
            waited_ms = entry.at_ms - self._came.pop(entry.interaction_id)
            if waited_ms:
                self._waits_ms[self._batch(int(entry.interaction_id[3:]) - 1)] += waited_ms

    def batches(self) -> list[Batch]:
        """Return each batch's mean wait, with what chance brought beside what it should."""
        rate = self._cell.agents * self._cell.load / HANDLING_S
        return [
            Batch(
                self._waits_ms[number] / self._per / 1000,
                self._gaps_s[number] / self._per * rate - 1.0,
                self._work_s[number] / self._per / HANDLING_S - 1.0,
            )
            for number in range(BATCHES)
        ]
