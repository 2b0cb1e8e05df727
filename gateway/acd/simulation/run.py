"""One run of a scenario, and what it came to."""

from __future__ import annotations

from gateway.acd.simulation.driver import Driver
from gateway.acd.simulation.scenario import Scenario
from gateway.acd.simulation.tally import Outcome, Tally

_AFTER_MS = 24 * 3_600_000


def simulate(scenario: Scenario, seed: int) -> Outcome:
    """Run a scenario to its end; what still waits a day after the last arrival is unfinished."""
    floor = scenario.floor()
    tally = Tally(scenario.targets(), floor.shifts)
    driver = Driver(floor, tally.observe)
    driver.run(scenario.arrivals(str(seed)), scenario.until_ms + _AFTER_MS)
    return tally.outcome(driver.now_ms)
