"""Runs the programs of the set-up: one progress line each, their own words only on failure."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TextIO

KEPT_LINES = 15
_NOISE = ("Ignoring ", "Looking in ", "Collecting ", "  Using cached", "npm notice", "    at ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"https?://[^\s'\",)]+")


class Failed(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def say(text: str, *, to: TextIO | None = None) -> None:
    """Print a line at once."""
    print(text, file=to or sys.stdout, flush=True)


def output_of(command: list[str]) -> str:
    """Return what a quick command prints, or nothing when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


class Progress:
    """A line that counts while a step runs: rewritten on a terminal, plain elsewhere."""

    def __init__(self, title: str, count: int) -> None:
        self.title = title
        self.count = count
        self.seen = 0
        self.started_s = time.monotonic()
        self.live = sys.stdout.isatty()

    def line(self, text: str) -> None:
        """Take note of a line of the program."""
        if text.startswith("Collecting "):
            self.seen += 1
        elif text.startswith("Installing collected"):
            self.seen = self.count
        self.show()

    def show(self) -> None:
        """Rewrite the line, where there is a terminal."""
        if not self.live:
            return
        share = f" {min(self.seen, self.count)}/{self.count}" if self.count else ""
        installing = " installing" if self.count and self.seen >= self.count else share
        seconds = time.monotonic() - self.started_s
        sys.stdout.write(f"\r\033[K  {self.title} ...{installing} {seconds:.0f} s")
        sys.stdout.flush()

    def end(self) -> None:
        """Write the final line with the time it took."""
        start = "\r\033[K" if self.live else ""
        say(f"{start}  {self.title}: {time.monotonic() - self.started_s:.1f} s")


def call(
    title: str,
    command: list[str],
    root: Path,
    environment: dict[str, str],
    *,
    count: int = 0,
    hint: str = "",
) -> None:
    """Run one program to its end; raise ``Failed`` with its last words when it fails."""
    call_together(title, [command], root, environment, count=count, hint=hint)


def call_together(
    title: str,
    commands: list[list[str]],
    root: Path,
    environment: dict[str, str],
    *,
    count: int = 0,
    hint: str = "",
) -> None:
    """Run programs side by side under one progress line. None of them outlives this call."""
    progress = Progress(title, count)
    running: list[tuple[subprocess.Popen[str], deque[str], threading.Thread]] = []
    try:
        for command in commands:
            running.append(_start(command, root, environment, progress))  # noqa: PERF401 - one may fail
        while any(child.poll() is None for child, _, _ in running):
            time.sleep(0.2)
            progress.show()
    finally:
        for child, _, reader in running:
            _stop(child)
            reader.join(timeout=5)
    for child, words, _ in running:
        if child.returncode:
            if progress.live:
                say("")
            text = "\n".join(f"    {line}" for line in words)
            advice = f"\n\n{hint}" if hint else ""
            raise Failed(
                f"{title}: failed (exit {child.returncode}). Its last words:\n{text}{advice}"
            )
    progress.end()


def _start(
    command: list[str], root: Path, environment: dict[str, str], progress: Progress
) -> tuple[subprocess.Popen[str], deque[str], threading.Thread]:
    child = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    words: deque[str] = deque(maxlen=KEPT_LINES)

    def read() -> None:
        if child.stdout is None:
            return
        with child.stdout as stream:
            for raw in stream:
                line = _ADDRESS.sub("<address>", _COLOUR.sub("", raw.rstrip()))
                if line and not line.startswith(_NOISE):
                    words.append(line)
                progress.line(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return child, words, reader


def _stop(child: subprocess.Popen[str]) -> None:
    """End what is still running, with everything it started."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
