"""``wecc bench boot``: from the command to a gateway that serves, and the memory it takes."""

from __future__ import annotations

import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from gateway.bench.process import command_of, rss_bytes, running, tree, wait_for

LIMIT_S = 60


def run() -> dict[str, Any]:
    """Return ``ready_s`` (second start, data kept) and ``rss_mb`` of all processes, at rest."""
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as folder:
        data_dir = Path(folder) / "data"
        _start(data_dir)
        ready_s, memory = _start(data_dir)
    parts = ", ".join(f"{name} {size >> 20} MB" for name, size in memory.items())
    print(f"boot: {parts}", file=sys.stderr)
    return {"ready_s": round(ready_s, 2), "rss_mb": round(sum(memory.values()) / 1e6, 1)}


def _start(data_dir: Path) -> tuple[float, dict[str, int]]:
    argv = [sys.executable, "-m", "gateway.cli", "run", "--data", str(data_dir), "--port", "0"]
    began_s = time.monotonic()
    with running(argv) as process:
        lines = wait_for(process, "agent desk", LIMIT_S)
        port = lines[-1].rsplit(":", 1)[1].strip("/ ")
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        ready_s = time.monotonic() - began_s
        time.sleep(8)  # the analysis worker loads its tables behind
        memory: dict[str, int] = {}
        for pid in tree(process.pid):
            name = _name(command_of(pid))
            memory[name] = memory.get(name, 0) + rss_bytes(pid)
    return ready_s, memory


def _wait_until_ready(url: str) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("it did not become ready")


def _name(command: str) -> str:
    marks = {"gateway.cli web": "web", "media.worker": "media", "nlp.worker": "analysis"}
    for mark, name in marks.items():
        if mark in command:
            return name
    return "parent" if "gateway.cli run" in command else "children"
