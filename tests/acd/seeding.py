"""Puts a bug into a copy of the package, and lets the proof run on that copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from tests.acd.proof import Outcome

ROOT = Path(__file__).parents[2]
BUGS = sorted((Path(__file__).parent / "bugs").glob("*.patch"))


class Stale(AssertionError):
    """A patch does not fit the code any more."""


def copied(to: Path) -> Path:
    """Copy the package without its screens; returns the folder to put on the path."""
    left_out = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(ROOT / "gateway", to / "gateway", ignore=left_out)
    return to


def seed_bug(folder: Path, patch: Path) -> None:
    """Change the copy as a unified diff says; its lines may have moved, but not changed."""
    for part in patch.read_text().split("--- a/")[1:]:
        head, *rest = part.splitlines()
        path = folder / head.split("\t")[0]
        text = path.read_text() if path.is_file() else ""
        for old, new in _hunks(rest):
            if text.count(old) != 1:
                raise Stale(
                    f"{patch.name} fits {text.count(old)} places of {head}: the code it breaks has"
                    f" changed. Write the same bug into it anew and keep that as the patch:\n{old}"
                )
            text = text.replace(old, new)
        path.write_text(text)


def _hunks(lines: list[str]) -> list[tuple[str, str]]:
    """Return for every hunk the lines it expects and those it leaves."""
    hunks: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("+++ "):
            continue
        if line.startswith("@@"):
            hunks.append(("", ""))
            continue
        old, new = hunks[-1]
        kept = line[1:] + "\n"
        is_old, is_new = line[:1] != "+", line[:1] != "-"
        hunks[-1] = (old + kept * is_old, new + kept * is_new)
    return hunks


def proved(folder: Path | None, *options: str) -> Outcome:
    """Run the proof in a process of its own, on a copy or on the code as it is."""
    path = [str(folder)] if folder is not None else []
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*path, str(ROOT)]),
        "PYTHONHASHSEED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "tests.acd.proof", *options],
        cwd=folder or ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2_000:]
    outcome = msgspec.json.decode(ran.stdout, type=Outcome)
    assert outcome.package == str((folder or ROOT) / "gateway" / "__init__.py"), "another package"
    return outcome
