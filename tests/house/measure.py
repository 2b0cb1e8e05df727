"""Sizes of files and functions; ``python -m tests.house.measure`` prints the distribution."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.house.sources import PRODUCT, ROOT, functions, is_generated, python_files, tracked

FILE_LINES = 400
TEST_LINES = 600
CODE = {".py", ".ts", ".tsx"}


def is_test(name: Path) -> bool:
    """Tell whether a file is a test or serves one."""
    return name.parts[0] == "tests" or ".test." in name.name


def file_sizes() -> dict[Path, int]:
    """Return lines per source file that a person writes."""
    return {
        name: len((ROOT / name).read_text("utf-8").splitlines())
        for name in tracked()
        if name.suffix in CODE and not is_generated(name)
    }


def function_sizes() -> list[int]:
    """Return lines per function of the product, sorted."""
    return sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for name in python_files(*PRODUCT)
        for node in functions(name)
    )


def share(sizes: list[int], percent: int) -> int:
    """Return the size below which ``percent`` of the sorted sizes lie."""
    return sizes[min(len(sizes) - 1, len(sizes) * percent // 100)] if sizes else 0


def report() -> str:
    """Return the distribution in words."""
    files = file_sizes()
    lines = []
    for title, sizes in (
        ("product files (lines)", sorted(n for f, n in files.items() if not is_test(f))),
        ("test files (lines)", sorted(n for f, n in files.items() if is_test(f))),
        ("product functions (lines)", function_sizes()),
    ):
        figures = f"median {share(sizes, 50)}, p90 {share(sizes, 90)}, max {share(sizes, 100)}"
        lines.append(f"{title}: {len(sizes)}, {figures}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
