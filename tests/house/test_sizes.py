"""Files and functions stay small enough to read at once."""

from __future__ import annotations

from tests.house.measure import (
    FILE_LINES,
    TEST_LINES,
    file_sizes,
    function_sizes,
    is_test,
    report,
    share,
)
from tests.house.sources import tracked


def test_no_file_outgrows_its_limit() -> None:
    too_long = [
        f"{name}: {lines}"
        for name, lines in file_sizes().items()
        if lines > (TEST_LINES if is_test(name) else FILE_LINES)
    ]
    assert not too_long, f"split these by noun: {too_long}\n{report()}"


def test_functions_are_mostly_small() -> None:
    sizes = function_sizes()
    assert share(sizes, 50) <= 10, report()
    assert share(sizes, 90) <= 30, report()


def test_no_file_is_heavy() -> None:
    heavy = [str(name) for name in tracked() if name.stat().st_size > 5_000_000]
    assert not heavy
