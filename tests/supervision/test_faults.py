"""Who counts is killed again and again; every entry is counted exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.acd.model import entries as e
from gateway.acd.store import journal
from gateway.kernel.clock import SystemClock
from gateway.platform.database.port import Tx
from gateway.platform.database.schema import metadata
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.supervision.service.check import check
from gateway.supervision.store import counting
from tests.acd.conftest import TENANT
from tests.supervision.journals import random_journal

KILLS = 6


def _writing(entries: list[e.Entry]) -> Callable[[Tx], None]:
    def work(tx: Tx) -> None:
        epoch, _ = journal.take_over(tx)
        rows = [
            {
                "position": position,
                "epoch": epoch,
                "at_ms": entry.at_ms,
                "kind": e.kind_of(entry),
                "body": e.encode(entry).decode(),
            }
            for position, entry in enumerate(entries, 1)
        ]
        journal.append(tx, epoch, 0, rows, len(rows))

    return work


def _count(path: Path, kill_after_s: float | None) -> str:
    """Run a process that counts, and kill it; return what it said after it had begun."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.supervision.counter", str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout as said:
        assert said.readline() == "counting\n"
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            os.kill(child.pid, signal.SIGKILL)
        rest = said.read()
    child.wait(60)
    return rest


@pytest.mark.fault
async def test_kill_9_while_counting_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path, entries = tmp_path / "wecc.db", random_journal(4, 6_000)
    database = await SqliteDatabase(path, SystemClock(), prepare=metadata.create_all).open()
    await database.write(TENANT, _writing(entries))
    await database.close()
    dice = random.Random()
    endings = [_count(path, dice.uniform(0.02, 0.15)) for _ in range(KILLS)]
    assert "" in endings, "every process was done before it was killed"
    assert _count(path, None) == "done\n"
    database = await SqliteDatabase(path, SystemClock(), prepare=metadata.create_all).open()
    try:
        assert (await database.read(TENANT, counting.position))[0] == len(entries)
        assert (await check(database, TENANT)).differing == ()
    finally:
        await database.close()
