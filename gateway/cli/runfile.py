"""``run.json`` in the data directory: what runs here, for the other commands."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

NAME = "run.json"


class RunFile(msgspec.Struct, frozen=True):
    """The running gateway of a data directory."""

    pid: int
    port: int
    widget_url: str
    shop_url: str


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
        running = msgspec.json.decode((data_dir / NAME).read_bytes(), type=RunFile)
        os.kill(running.pid, 0)
    except (OSError, msgspec.MsgspecError):
        return None
    return running
