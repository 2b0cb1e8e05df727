"""The formulas of theory against printed tables, and the engine against the formulas."""

from __future__ import annotations

import pytest

from gateway.acd.simulation.erlang import erlang_a, erlang_b, erlang_c, within
from gateway.acd.simulation.intervals import Batch, adjusted, joint_level, student
from gateway.bench import erlang


def test_erlang_b_as_tabled() -> None:
    assert erlang_b(10.0, 10) == pytest.approx(0.2146, abs=5e-5)
    assert erlang_b(4.0, 5) == pytest.approx(0.1991, abs=5e-5)
    assert erlang_b(1.0, 1) == pytest.approx(0.5)


def test_erlang_c_as_tabled() -> None:
    assert erlang_c(4.0, 5, 1.0).wait_share == pytest.approx(0.5541, abs=5e-5)
    assert erlang_c(8.0, 10, 1.0).wait_share == pytest.approx(0.4092, abs=5e-5)
    large = erlang_c(54.0, 60, 180.0)
    assert large.wait_share == pytest.approx(0.3246, abs=5e-5)
    assert large.mean_wait_s == pytest.approx(9.737, abs=5e-3)
    assert within(54.0, 60, 180.0, 20.0) == pytest.approx(0.8334, abs=5e-5)
    with pytest.raises(ValueError, match="load"):
        erlang_c(10.0, 10, 180.0)


def test_erlang_a_lies_between_loss_and_endless_patience() -> None:
    assert erlang_a(64.8, 60, 180.0, 120.0).abandon_share == pytest.approx(0.0996, abs=2e-4)
    assert erlang_a(8.0, 10, 180.0, 1e9).mean_wait_s == pytest.approx(
        erlang_c(8.0, 10, 180.0).mean_wait_s, rel=1e-4
    )
    assert erlang_a(8.0, 10, 180.0, 1e-6).abandon_share == pytest.approx(
        erlang_b(8.0, 10), rel=1e-4
    )


def test_students_quantile_as_tabled() -> None:
    assert student(0.99, 57) == pytest.approx(2.6649, abs=1e-3)
    assert student(0.95, 10) == pytest.approx(2.2281, abs=2e-3)
    assert joint_level(0.99, 5) == pytest.approx(0.997992, abs=1e-6)


def test_controls_take_out_what_chance_brought() -> None:
    batches = [
        Batch(5.0 + 2.0 * x - 3.0 * y, x, y)
        for x, y in [(0.1, 0.3), (-0.2, 0.1), (0.4, -0.1), (0.3, 0.2), (-0.1, -0.4), (0.2, 0.5)]
    ]
    found = adjusted(batches, 0.99)
    assert found.estimate == pytest.approx(5.0)
    assert found.half_width == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    "cell",
    [
        erlang.Cell(4, 0.7, None, 30_000),
        erlang.Cell(12, 1.1, 120.0, 30_000),
    ],
)
def test_the_engine_waits_as_theory_says(cell: erlang.Cell) -> None:
    found = erlang.measure(cell, "one/fixed", 0.9999)
    assert found.holds(cell.theory_s())
    assert found.half_width < 0.35 * cell.theory_s()


def test_a_run_repeats_itself() -> None:
    cell = erlang.Cell(3, 0.6, 60.0, 3_000)
    assert erlang.measure(cell, "same", 0.99) == erlang.measure(cell, "same", 0.99)
    assert erlang.measure(cell, "same", 0.99) != erlang.measure(cell, "other", 0.99)
