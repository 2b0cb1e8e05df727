"""Whatever is killed while people write: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from tests.faults.audit import audit
from tests.faults.crowd import Desk, Ledger, Writer, at_work
from tests.live.product import Product, eventually

ORIGIN = "https://shop.example.com"
ROUNDS = 3
LIMITS = {
    "WECC_LIMITS__CONVERSATIONS_PER_HOUR": "60000",
    "WECC_LIMITS__SOCKETS_PER_ADDRESS": "4000",
    "WECC_LIMITS__FRAMES_PER_S": "1000",
}


async def _kill_for_a_while(running: Product, rounds: int) -> int:
    """Kill the web process three times, a helper once, then everything at once; and again."""
    kills = 0
    for turn in range(rounds):
        for kind in ("web", "web", "media" if turn % 2 else "analysis", "web"):
            await asyncio.sleep(random.uniform(0.2, 0.9))
            running.kill(kind)
            kills += 1
            await asyncio.to_thread(running.wait_ready)
        await asyncio.sleep(random.uniform(0.1, 0.5))
        await asyncio.to_thread(running.crash)
        kills += 1
        await asyncio.to_thread(running.start)
    return kills


def _unfinished(data_dir: Path) -> int:
    place = f"file:{data_dir / 'wecc.sqlite'}?mode=ro"
    with contextlib.closing(sqlite3.connect(place, uri=True)) as connection:
        wanted = "SELECT count(*) FROM intakes WHERE state NOT IN ('enqueued', 'closed')"
        return int(connection.execute(wanted).fetchone()[0])


async def _run(data_dir: Path, rounds: int) -> None:
    running = Product(data_dir, **LIMITS).start()
    ledger = Ledger()
    try:
        admin = running.set_up()
        site = admin.add_site(ORIGIN)
        people = [admin.add_agent(f"Agent {n}", f"agent{n}@example.com") for n in (1, 2)]
        desks = [Desk(running, person, ledger) for person in people]
        writers = [Writer(running, site, ledger) for _ in range(6)]
        async with at_work(*desks, *writers):
            kills = await _kill_for_a_while(running, rounds)
            await asyncio.sleep(1)
        eventually(lambda: _unfinished(data_dir) == 0, 90, "the last intake")
    finally:
        running.stop()
    assert kills >= 5 * rounds
    result = audit(data_dir)
    result.has_each_once(ledger.by_visitors)
    result.has_each_once(ledger.by_agents)
    result.has_one_interaction_each(list(ledger.by_visitors))
    print(  # noqa: T201 - the figures of this run
        f"{kills} kills, {ledger.count} acknowledged messages, {len(ledger.by_visitors)}"
        f" conversations, {result.offers} offers, {len(ledger.refused)} refused and sent again"
    )
    assert result.faults == []
    assert ledger.count > 5 * rounds
    assert set(ledger.refused) <= {"not_ready", "store_unavailable"}


@pytest.mark.fault
async def test_fifteen_random_kills_under_load(data_dir: Path) -> None:
    await _run(data_dir, ROUNDS)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_five_hundred_random_kills_under_load(data_dir: Path) -> None:
    await _run(data_dir, 100)
