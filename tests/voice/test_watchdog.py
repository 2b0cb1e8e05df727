"""The parent's view of a media worker: answering, hanging, back again, gone."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from gateway.voice.media.watchdog import Watchdog
from tests.voice.rig import Workers


async def _look(dog: Watchdog, seconds: float) -> float | None:
    """Return after how many seconds the watchdog barked, if it did."""
    started_s = time.monotonic()
    while (passed_s := time.monotonic() - started_s) < seconds:
        if dog.hangs(time.monotonic()):
            return passed_s
        await asyncio.sleep(0.1)
    return None


@pytest.mark.fault
async def test_a_hang_is_seen() -> None:
    async with Workers() as workers:
        dog = Watchdog(workers.paths[0])
        assert await _look(dog, 2) is None
        workers.signal(0, signal.SIGSTOP)
        assert await _look(dog, 30) is not None
        workers.signal(0, signal.SIGKILL)
        await asyncio.to_thread(workers.processes[0].wait)
        dog.forget()
        await workers.start(0)
        assert await _look(dog, 2) is None
        dog.forget()


async def test_a_worker_that_is_not_there_yet_does_not_hang() -> None:
    workers = Workers(1)
    dog = Watchdog(workers.paths[0])
    assert await _look(dog, 0.5) is None
    now_s = time.monotonic()
    assert not dog.hangs(now_s + 3_600)  # the machine slept
    assert any(dog.hangs(now_s + 3_600 + step / 2) for step in range(1, 70))
    workers.directory.rmdir()
