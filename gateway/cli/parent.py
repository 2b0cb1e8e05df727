"""The small parent of ``wecc run``: starts the siblings, starts them again, ends them all.

The listening sockets are made here and inherited by the web process, so a restart of the web
process refuses nobody: connections wait in the socket's queue. Media workers are siblings of the
web process and outlive it. Every child asks the kernel to be told when the parent dies, so
nothing stays behind even when the parent is killed. A child that has a ``Watch`` is also replaced
when it lives but does not answer.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.kernel.errors import WeccError

log = logging.getLogger("wecc.parent")

BACKLOG = 2_048
RESTART_S = (0.0, 0.5, 2.0, 5.0, 15.0)
STABLE_S = 30.0
STOP_S = 8.0
EXIT_CONFIGURATION = 78
_PR_SET_PDEATHSIG = 1


def listen(address: str, port: int, spare: int = 0) -> socket.socket:
    """Return a listening socket on ``port``, or on one of the next ``spare`` free ones.

    Raises ``unsafe_configuration`` in plain words when none can be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    reason = ""
    for candidate in range(port, port + spare + 1):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, candidate))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
            continue
        listener.set_inheritable(True)
        return listener
    raise WeccError(
        "unsafe_configuration",
        f"Cannot listen on {address} port {port}: {reason}. Stop the program that uses it, or"
        " choose another with --port.",
    )


def _tell_when_parent_dies() -> None:
    """Runs in the child before it starts: ask for SIGTERM when the parent is gone."""
    os.setpgrp()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Watch(Protocol):
    """Sees whether a living process still answers; never waits."""

    def hangs(self, now_s: float) -> bool:
        """Tell whether the process must be replaced; asked several times a second."""
        ...

    def forget(self) -> None:
        """The process is a new one."""
        ...


@dataclass
class Child:
    """One sibling: how to start it, and what became of it."""

    name: str
    argv: Sequence[str]
    fds: tuple[int, ...] = ()
    watch: Watch | None = None
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    failures: int = 0
    due_s: float = 0.0

    def start(self) -> None:
        """Start the process; descriptors in ``fds`` keep their numbers."""
        self.process = subprocess.Popen(
            self.argv,
            pass_fds=self.fds,
            stdin=subprocess.DEVNULL,
            preexec_fn=_tell_when_parent_dies,  # noqa: PLW1509 - the parent has one thread
        )
        self.started_s = time.monotonic()
        if self.watch is not None:
            self.watch.forget()

    def ended(self) -> int | None:
        """Return the exit code once the process has ended, else None."""
        return None if self.process is None else self.process.poll()


@dataclass
class Parent:
    """Keeps ``children`` running until told to stop; returns the exit code of the whole."""

    children: list[Child]
    say: Callable[[str], None]
    stopping: bool = field(default=False, init=False)

    def run(self) -> int:
        """Start everything and stay until SIGINT, SIGTERM or a fault that cannot be mended."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start()
        code = 0
        while not self.stopping:
            code = self._look()
            if code == EXIT_CONFIGURATION:
                break
            time.sleep(0.1)
        self._end_all()
        return 0 if self.stopping else code

    def _stop(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def _look(self) -> int:
        """Start again what has ended; return the code of one that must not be."""
        now_s = time.monotonic()
        for child in self.children:
            code = child.ended()
            if code is None and child.process is not None:
                self._end_if_hanging(child, now_s)
                continue
            if code == EXIT_CONFIGURATION:
                return code
            if child.process is not None:
                self._schedule(child, code, now_s)
            if now_s >= child.due_s:
                child.start()
        return 0

    def _end_if_hanging(self, child: Child, now_s: float) -> None:
        """Kill a process that does not answer; the next look starts it again."""
        if child.watch is None or child.process is None or not child.watch.hangs(now_s):
            return
        log.warning("process hangs", extra={"child": child.name})
        self.say(f"{child.name} does not answer; ending it")
        child.process.kill()
        child.process.wait()

    def _schedule(self, child: Child, code: int | None, now_s: float) -> None:
        child.failures = 1 if now_s - child.started_s > STABLE_S else child.failures + 1
        wait_s = RESTART_S[min(child.failures, len(RESTART_S)) - 1]
        child.process, child.due_s = None, now_s + wait_s
        log.warning("process ended", extra={"child": child.name, "exit_code": code})
        self.say(f"{child.name} ended (code {code}); starting it again")

    def _end_all(self) -> None:
        """Ask everyone to end, the web process first; then insist."""
        self.say("stopping")
        living = [child.process for child in self.children if child.process is not None]
        for process in living:
            if process.poll() is None:
                process.terminate()
        deadline_s = time.monotonic() + STOP_S
        for process in living:
            try:
                process.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
