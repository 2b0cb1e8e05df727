"""From nothing to a running demo: a clean clone, no caches, `make run`, Ctrl-C, `make run` again.

Needs the network and the package registries, so it is part of ``make soak``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.house.sources import ROOT

FIRST_RUN_S = 360
SECOND_RUN_S = 10


@contextmanager
def running(clone: Path, port: int, limit_s: float) -> Iterator[float]:
    """Run ``make run`` until the desk answers; yields the seconds it took, then presses Ctrl-C."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WECC_")}
    environment |= {"PIP_NO_CACHE_DIR": "1", "npm_config_cache": str(clone.parent / "npm")}
    log = clone.parent / "run.log"
    started_s = time.monotonic()
    with log.open("wb") as words:
        process = subprocess.Popen(
            ["make", "run", f"ARGS=--port {port}"],
            cwd=clone,
            env=environment,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not answers(port):
                assert process.poll() is None, log.read_text()[-3_000:]
                assert time.monotonic() - started_s < limit_s, log.read_text()[-3_000:]
                time.sleep(0.2)
            yield time.monotonic() - started_s
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=30)


def answers(port: int) -> bool:
    """Tell whether the desk's page is served."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", headers={"Host": f"desk.localhost:{port}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return b"<html" in response.read().lower()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def processes_of(clone: Path) -> list[str]:
    """Return the command lines of processes that run from the clone."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(clone) in words:
            found.append(words)
    return found


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_clean_clone_runs_and_leaves_nothing_behind(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    with running(clone, free_port(), FIRST_RUN_S) as first_s:
        assert first_s <= FIRST_RUN_S
        assert (clone / "data").is_dir()
    assert processes_of(clone) == []
    before = {path.name for path in (clone / "data").iterdir()}
    with running(clone, free_port(), SECOND_RUN_S) as second_s:
        assert second_s <= SECOND_RUN_S
    assert before <= {path.name for path in (clone / "data").iterdir()}
    assert processes_of(clone) == []
