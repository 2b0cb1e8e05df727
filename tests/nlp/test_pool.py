"""The worker process behind its budget: late, dead and hanging workers never block."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from nlp.contract import Analysis, AnalysisRequest
from nlp.pool import WorkerPool

REQUEST = AnalysisRequest(
    text="Wo ist meine Bestellung geblieben?", languages=["en", "de"], hint="en"
)


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool()
    await pool.start()
    yield pool
    await pool.close()


async def answered(pool: WorkerPool) -> Analysis:
    for _ in range(300):
        analysis = await pool.analyse(REQUEST, budget_ms=2_000)
        if not analysis.degraded:
            return analysis
        await asyncio.sleep(0.1)
    raise AssertionError("the worker never answered")


async def test_answers_through_a_real_process(pool: WorkerPool) -> None:
    analysis = await answered(pool)
    assert analysis.language == "de"
    assert pool.pid not in (None, os.getpid())


async def test_until_it_is_up_the_hint_decides() -> None:
    pool = WorkerPool()
    analysis = await pool.analyse(REQUEST, budget_ms=1)
    assert (analysis.language, analysis.degraded) == ("en", True)
    await pool.close()


async def test_a_killed_worker_is_replaced(pool: WorkerPool) -> None:
    await answered(pool)
    first = pool.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await asyncio.sleep(0.05)
    late = await pool.analyse(REQUEST, budget_ms=50)
    assert late.language in ("en", "de")
    assert (await answered(pool)).language == "de"
    assert pool.pid != first


async def test_a_stopped_worker_costs_only_the_budget(pool: WorkerPool) -> None:
    await answered(pool)
    assert pool.pid is not None
    os.kill(pool.pid, signal.SIGSTOP)
    analysis = await pool.analyse(REQUEST, budget_ms=50)
    assert (analysis.language, analysis.degraded) == ("en", True)


async def test_a_program_that_ends_at_once_is_survived() -> None:
    pool = WorkerPool((sys.executable, "-c", "pass"))
    await pool.start()
    await asyncio.sleep(0.2)
    analysis = await pool.analyse(REQUEST, budget_ms=50)
    assert analysis.degraded
    await pool.close()
