"""``run.json`` in the data directory: what runs here, for the other commands.

Whoever works on a data directory alone holds a lock on it. The kernel lets go of the lock when
its holder ends, however it ends, so a number left behind by a killed gateway (in a container they
come back quickly) stops nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.kernel.errors import WeccError

NAME = "run.json"
LOCK_NAME = "run.lock"
ATTEMPTS = 5
PAUSE_S = 0.05


class RunFile(msgspec.Struct, frozen=True):
    """The running gateway of a data directory."""

    pid: int
    port: int
    widget_url: str
    shop_url: str
    desk_url: str = ""


@contextlib.contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Keep every other gateway, and every command that needs to be alone, off ``data_dir``.

    Raises ``unsafe_configuration`` when one is there already.
    """
    descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not any(_locks(descriptor, fcntl.LOCK_EX) for _ in range(ATTEMPTS)):
            other = _read(data_dir)
            which = f" (process {other.pid}, port {other.port})" if other is not None else ""
            raise WeccError(
                "unsafe_configuration",
                f"A gateway runs on {data_dir} already{which}. Stop it first.",
            )
        yield
    finally:
        os.close(descriptor)


def write_run_file(data_dir: Path, running: RunFile) -> None:
    """Say what runs here; replaced as a whole."""
    path = data_dir / NAME
    partial = path.with_suffix(".partial")
    partial.write_bytes(msgspec.json.encode(running))
    partial.replace(path)


def remove_run_file(data_dir: Path) -> None:
    """Say that nothing runs here any more."""
    (data_dir / NAME).unlink(missing_ok=True)


def read_run_file(data_dir: Path) -> RunFile | None:
    """Return what runs here; None when nothing does, or what did is gone."""
    try:
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        is_free = _locks(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
    return None if is_free else _read(data_dir)


def _locks(descriptor: int, how: int) -> bool:
    """Try to lock; a moment's patience, because a reader's look takes one too."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        time.sleep(PAUSE_S)
        return False
    return True


def _read(data_dir: Path) -> RunFile | None:
    try:
        return msgspec.json.decode((data_dir / NAME).read_bytes(), type=RunFile)
    except (OSError, msgspec.MsgspecError):
        return None
