"""The bench of seats at a small size: nothing lost, nothing doubled, nobody above capacity."""

from __future__ import annotations

from gateway.bench.seats import measure
from gateway.bench.seats_load import Phase


def test_a_small_floor_loses_and_doubles_nothing() -> None:
    figures = measure(60, (Phase(40, 1.0, 0.5), Phase(120, 1.0, 0.2)))
    assert {"offer_ms_p99", "over_capacity", "lost", "double"} <= set(figures)
    assert (figures["over_capacity"], figures["lost"], figures["double"]) == (0, 0, 0)
