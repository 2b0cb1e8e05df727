"""Bench ``restart``: how long a tenant with a long journal takes to be routed again.

A floor of 5,000 agents writes a million journal entries through the product's own partition, with
snapshots as the product takes them, and goes on until nearly as much as ever follows the newest
snapshot. Then the process that routes is replaced: ``restart_s`` is from the start of the new
service to the moment when it routes, with the database open.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gateway.acd.model import commands as c
from gateway.acd.model.entries import Offered
from gateway.acd.service.partition import SNAPSHOT_EVERY, Partition
from gateway.acd.store import journal
from gateway.bench.floor import QUEUE_ID, TENANT_ID, Floor, conversation_id
from gateway.platform import memory

AGENTS, TALKS = 5_000, 2_000
ENTRIES, FEW_ENTRIES = 1_000_000, 40_000
_AT_ONCE = 400


def run() -> dict[str, Any]:
    """Return ``restart_s``, ``journal_entries`` and ``folded_entries``."""
    return measure(AGENTS, ENTRIES)


def run_short() -> dict[str, Any]:
    """Return the same for a short journal."""
    return measure(AGENTS, FEW_ENTRIES)


def measure(agents: int, entries: int) -> dict[str, Any]:
    """Return the figures of a journal of so many entries."""
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as folder:
        return asyncio.run(_measure(Path(folder), agents, entries))


async def _measure(folder: Path, agents: int, entries: int) -> dict[str, Any]:
    floor = Floor(folder, agents, TALKS, lambda *_: None)
    await floor.open()
    await floor.come_in(0, agents)
    memory.settle()
    partition = await floor.acd.partitions.get(TENANT_ID)
    made, since = 0, 0
    while partition.engine.state.position < entries or since < SNAPSHOT_EVERY * 9 // 10:
        await asyncio.gather(*(_talk(partition, made + at) for at in range(_AT_ONCE)))
        made += _AT_ONCE
        since = partition.since_snapshot
    await floor.close()
    again = Floor(folder, agents, TALKS, lambda *_: None)
    await again.database.open()
    tail = await again.database.read(TENANT_ID, journal.read_tail)
    began_s, cpu_s = time.monotonic(), time.process_time()
    await again.acd.start([TENANT_ID])
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
    end = await again.database.read(TENANT_ID, journal.end)
    await again.close()
    print(f"restart: {made} chats, {cpu_s:.2f} s of CPU to restart", file=sys.stderr)
    return {
        "restart_s": round(took_s, 2),
        "journal_entries": end,
        "folded_entries": len(tail.entries),
    }


async def _talk(partition: Partition, number: int) -> None:
    """One chat from arrival to end."""
    interaction_id = f"in_bench{number:08d}"
    entries = await partition.submit(
        c.Enqueue(
            interaction_id=interaction_id,
            kind="chat",
            conversation_id=conversation_id(number % TALKS),
            queue_id=QUEUE_ID,
            created_at_ms=partition.now_ms(),
        )
    )
    for entry in entries:
        if isinstance(entry, Offered):
            await partition.submit(c.Accept(offer_id=entry.offer_id, agent_id=entry.agent_id))
    await partition.submit(c.End(interaction_id=interaction_id))
