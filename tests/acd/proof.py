"""Runs the machine on whichever ``gateway`` comes first on the path, until it finds something.

``python -m tests.acd.proof`` prints one line of JSON. What it does depends on its arguments and
on ``PYTHONHASHSEED`` alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import gateway
from tests.acd.test_machine import Floor
from tests.acd.test_shift import Shift

ROUND = 50
SHIFT_STEPS = 250


class Outcome(msgspec.Struct, kw_only=True):
    """What was run, and what was found; ``found`` is empty when every promise was kept."""

    package: str
    seed: int
    found: str = ""
    by: str = ""
    examples: int = 0
    steps: int = 0
    shifts: int = 0
    cpu_s: float = 0.0


class Counted(Floor):
    """The machine, counting what it is put through."""

    examples = 0
    steps = 0

    def check_invariants(self, *given: Any) -> None:
        """Look at what always holds: once before the first step, and after each."""
        is_first = not hasattr(self, "has_begun")
        self.has_begun = True
        Counted.examples += is_first
        Counted.steps += not is_first
        super().check_invariants(*given)


def run(outcome: Outcome, asked: argparse.Namespace) -> None:
    """Take turns between long shifts and the machine until one of them finds something, or there
    were so many examples, of so many steps on average, and shifts.
    """
    number = 0
    while not outcome.found and outcome.cpu_s <= asked.cpu:
        is_enough = Counted.examples >= asked.examples
        is_enough = is_enough and Counted.steps >= asked.examples * asked.steps
        if is_enough and number >= asked.shifts:
            return
        if number < asked.shifts:
            _look(outcome, "shift", lambda at: _shift(outcome, at), asked.seed + number)
        if not outcome.found and not is_enough:
            _look(outcome, "machine", lambda at: _machine(asked.steps, at), asked.seed + number)
        number += 1
        outcome.examples, outcome.steps = Counted.examples, Counted.steps
        outcome.cpu_s = round(time.process_time(), 1)


def _look(outcome: Outcome, by: str, work: Callable[[int], None], at: int) -> None:
    """Keep what it finds: the last line of the code it was found in, and the words."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            work(at)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = " ".join(str(error).split())[:200]
        where = f"{Path(place.filename).name}:{place.lineno}"
        outcome.found = f"{type(error).__name__}: {words} ({where})"
        outcome.by = f"{by}, seed {at}"


def _shift(outcome: Outcome, at: int) -> None:
    outcome.shifts += 1
    shift = Shift(at)
    for _ in range(SHIFT_STEPS):
        shift.step()
    shift.floor.teardown()


def _machine(steps: int, at: int) -> None:
    rules = settings(
        max_examples=ROUND,
        stateful_step_count=steps,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(at)(Counted), settings=rules)


def main() -> None:
    """Run what the arguments say and print the outcome."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--shifts", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--cpu", type=float, default=60.0, help="seconds after which no more begins"
    )
    asked = parser.parse_args()
    outcome = Outcome(package=str(gateway.__file__), seed=asked.seed)
    run(outcome, asked)
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")


if __name__ == "__main__":
    main()
