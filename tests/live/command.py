"""The ``wecc`` command as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def argv(*words: str | Path) -> list[str]:
    """Return the command line of ``wecc WORDS``."""
    return [sys.executable, "-m", "gateway.cli", *map(str, words)]


def wecc(
    *words: str | Path, limit_s: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``wecc WORDS`` to its end."""
    return subprocess.run(
        argv(*words),
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
        env={**os.environ, **environment},
    )
