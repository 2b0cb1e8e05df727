"""The parent of all processes: what ends or hangs is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from gateway.cli.parent import EXIT_CONFIGURATION, Child, Parent

LOOKS_S = 60.0


class Alarm:
    """A watch whose process hangs when the test says so."""

    def __init__(self) -> None:
        self.rings = False
        self.forgotten = 0

    def hangs(self, now_s: float) -> bool:
        return self.rings

    def forget(self) -> None:
        self.rings = False
        self.forgotten += 1


@pytest.fixture
def alarm() -> Alarm:
    return Alarm()


@pytest.fixture
def parent(alarm: Alarm) -> Iterator[Parent]:
    """A parent with one child that sleeps, and one that stops at nothing."""
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    said: list[str] = []
    found = Parent(
        [Child("sleeper", sleeper, watch=alarm), Child("deaf", [sys.executable, "-c", deaf])],
        said.append,
    )
    for child in found.children:
        child.start()
    yield found
    for child in found.children:
        if child.process is not None:
            child.process.kill()
            child.process.wait()


def process_of(child: Child) -> subprocess.Popen[bytes]:
    """The child's process, which must be there."""
    assert child.process is not None
    return child.process


def look_until_new(parent: Parent, child: Child, pid: int) -> None:
    """Look as the parent does until the child has another process."""
    deadline_s = time.monotonic() + LOOKS_S
    while time.monotonic() < deadline_s:
        assert parent._look() == 0
        if child.process is not None and child.process.pid != pid:
            return
        time.sleep(0.05)
    raise AssertionError("it was not started again")


@pytest.mark.fault
def test_what_hangs_or_ends_is_started_again(parent: Parent, alarm: Alarm) -> None:
    sleeper, deaf = parent.children
    untouched, first = process_of(deaf).pid, process_of(sleeper).pid
    assert alarm.forgotten == 1
    alarm.rings = True
    os.kill(first, signal.SIGSTOP)  # not even a request to end would reach it
    look_until_new(parent, sleeper, first)
    assert alarm.forgotten == 2
    second = process_of(sleeper).pid
    os.kill(second, signal.SIGKILL)
    look_until_new(parent, sleeper, second)
    assert process_of(deaf).pid == untouched


@pytest.mark.fault
def test_a_fault_of_configuration_is_not_tried_again(alarm: Alarm) -> None:
    code = f"raise SystemExit({EXIT_CONFIGURATION})"
    parent = Parent([Child("web", [sys.executable, "-c", code], watch=alarm)], lambda _: None)
    parent.children[0].start()
    process_of(parent.children[0]).wait()
    assert parent._look() == EXIT_CONFIGURATION
