"""Everything acknowledged survives a power cut, and the rig is able to see when it does not.

trust.md F-05 (power loss), F-07 (fsync fails), F-08 (disk full). ``kill -9`` cannot prove this:
the kernel's page cache survives a killed process.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes.util
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.kernel.clock import SystemClock
from gateway.platform.blobs import BlobRef, DiskBlobs
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.events import read_after
from gateway.platform.keys import open_keys
from tests.store.tables import metadata, note_ids

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]


@dataclass
class Disk:
    """A mounted disk that forgets, and the directory that shows what a power cut left."""

    mount_point: Path
    afterwards: Path

    def weather(self, word: str) -> None:
        with contextlib.suppress(OSError):
            (self.mount_point / ".control").write_text(word)


@pytest.fixture
def disk(tmp_path: Path, require_or_skip: Callable[[object, str], None]) -> Iterator[Disk]:
    with _mounted(tmp_path, require_or_skip) as found:
        yield found


@contextlib.contextmanager
def _mounted(tmp_path: Path, require_or_skip: Callable[[object, str], None]) -> Iterator[Disk]:
    usable = os.access("/dev/fuse", os.W_OK) and shutil.which("fusermount")
    require_or_skip(usable and ctypes.util.find_library("fuse"), "libfuse2 with /dev/fuse")
    found = Disk(tmp_path / "mount", tmp_path / "afterwards")
    found.mount_point.mkdir()
    found.afterwards.mkdir()
    command = [sys.executable, "-m", "tests.faults.power_loss_disk"]
    process = subprocess.Popen([*command, str(found.mount_point), str(found.afterwards)])
    try:
        deadline = time.monotonic() + 60
        while not found.mount_point.is_mount():
            assert process.poll() is None, "the filesystem did not start"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield found
    finally:
        subprocess.run(["fusermount", "-u", "-z", str(found.mount_point)], check=False)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Writer:
    """The product's own store in a process of its own, and what it acknowledged."""

    def __init__(self, data_dir: Path, *options: str, under: tuple[str, ...] = ()) -> None:
        command = [*under, sys.executable, "-m", "tests.faults.writer", str(data_dir), *options]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.acked: list[str] = []
        self.errors: list[str] = []

    def read(self, *, acks: int = 0, errors: int = 0, word: str = "") -> None:
        """Read until there are so many more acks and errors, or until ``word``."""
        acks, errors = len(self.acked) + acks, len(self.errors) + errors
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = line.strip()
            if said.startswith("error "):
                self.errors.append(said.removeprefix("error "))
            elif said not in {"open", "closed"}:
                self.acked.append(said)
            if said == word:
                return
            if not word and len(self.acked) >= acks and len(self.errors) >= errors:
                return
        assert word == "end", "the writer ended early"

    def kill(self) -> None:
        """End it, and read what it said before it died."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.read(word="end")
        assert self._process.stdout is not None
        self._process.stdout.close()

    def finish(self) -> None:
        self.read(word="closed")
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert self._process.wait(timeout=120) == 0


async def _survivors(data_dir: Path, files: list[str]) -> set[str]:
    """What is there after the power came back, by the product's own eyes."""
    database = SqliteDatabase(data_dir / "wecc.db", SystemClock(), prepare=metadata.create_all)
    await database.open()
    found = await database.read("t1", note_ids)
    events = await database.read("t1", lambda tx: read_after(tx, 0, 1_000_000))
    assert {event.facts["note_id"] for event in events} == found
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    if files:
        blobs = DiskBlobs(data_dir / "blobs", await open_keys(database, data_dir / "master.key"))
        for name in files:
            contact = f"contact-{name.split('-')[2]}"
            assert await blobs.read(BlobRef("t1", contact, name)) == b"content"
        await blobs.close()
    await database.close()
    with contextlib.closing(sqlite3.connect(data_dir / "wecc.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return found | set(files)


def _lost(disk: Disk, writer: Writer) -> set[str]:
    files = [name for name in writer.acked if name.startswith("file-")]
    return set(writer.acked) - asyncio.run(_survivors(disk.afterwards, files))


@pytest.mark.parametrize("acks", [1, 50, 1500])
def test_what_was_acknowledged_survives_a_power_cut(disk: Disk, acks: int) -> None:
    writer = Writer(disk.mount_point, "--files")
    writer.read(acks=acks)
    disk.weather("cut")
    writer.read(errors=1)
    writer.kill()
    assert len(writer.acked) >= acks
    assert _lost(disk, writer) == set()
    assert "store_unavailable" in writer.errors


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_power_cuts(
    tmp_path_factory: pytest.TempPathFactory, require_or_skip: Callable[[object, str], None]
) -> None:
    """trust.md G5: the power fails at a random moment, 200 times."""
    for cycle in range(200):
        with _mounted(tmp_path_factory.mktemp("cycle"), require_or_skip) as disk:
            writer = Writer(disk.mount_point, "--files")
            writer.read(acks=random.Random(cycle).randrange(1, 400))
            disk.weather("cut")
            writer.kill()
            assert _lost(disk, writer) == set(), f"cycle {cycle}"


def test_the_rig_sees_a_store_that_acknowledges_too_early(disk: Disk) -> None:
    writer = Writer(disk.mount_point, "--normal")
    writer.read(acks=500)
    disk.weather("cut")
    writer.kill()
    with contextlib.closing(sqlite3.connect(disk.afterwards / "wecc.db")) as raw:
        try:
            stored = {row[0] for row in raw.execute("SELECT id FROM notes")}
        except sqlite3.OperationalError:
            stored = set()
    assert set(writer.acked) - stored


@pytest.mark.parametrize(("weather", "code"), [("eio", "store_unavailable"), ("full", "disk_full")])
def test_a_failing_disk_is_never_acknowledged_and_recovers(
    disk: Disk, weather: str, code: str
) -> None:
    writer = Writer(disk.mount_point, "--files")
    writer.read(acks=200)
    disk.weather(weather)
    writer.read(errors=100)
    before = len(writer.acked)
    writer.read(errors=100)
    assert len(writer.acked) == before, "acknowledged although the disk refused"
    assert set(writer.errors) == {code}
    disk.weather("fine")
    writer.read(acks=500)
    disk.weather("cut")
    writer.read(errors=1)
    writer.kill()
    assert _lost(disk, writer) == set()


_ACK = re.compile(r'write\(1, "note-')
_PUT = re.compile(r"(pwrite64|pwritev)\(\d+,")
_SYNC = re.compile(r"(fdatasync|fsync)(\(\d+|.*resumed).*\) += 0")


def _early_acks(trace: str) -> tuple[int, int]:
    """How many acks there are, and how many follow a write that no sync followed."""
    acks = early = 0
    is_dirty = False
    for line in trace.splitlines():
        if _PUT.search(line):
            is_dirty = True
        elif _SYNC.search(line):
            is_dirty = False
        elif _ACK.search(line):
            acks += 1
            early += is_dirty
    return acks, early


@pytest.mark.parametrize("careless", [False, True])
def test_by_system_call_no_ack_comes_before_its_sync(
    tmp_path: Path, require_or_skip: Callable[[object, str], None], careless: bool
) -> None:
    require_or_skip(shutil.which("strace"), "strace")
    trace = tmp_path / "trace"
    calls = "trace=write,pwrite64,pwritev,fsync,fdatasync"
    writer = Writer(
        tmp_path / "data",
        *(["--normal"] if careless else []),
        "--shared", "--callers", "1", "--units", "60",
        under=("strace", "-f", "-qq", "-e", calls, "-o", str(trace)),
    )  # fmt: skip
    writer.finish()
    acks, early = _early_acks(trace.read_text())
    assert acks == 60
    assert early == (60 if careless else 0)
