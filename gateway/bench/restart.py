"""Bench ``restart``: how long a tenant with a long journal takes to be routed again.

A floor of 20,000 agents, all of them in a chat while 5,000 more wait, lives through a million
journal entries. They are decided by the product's engine and written by what writes the product's
journal, rows, owners and snapshots, only more to a commit; it goes on until as much as ever
follows the newest snapshot. That process is then gone without a word. ``restart_s`` is what a new
process takes, with the database open, from the start of its service to the moment when it routes:
the snapshot, the entries after it, and the grace that every agent gets to come back.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.service import snapshots
from gateway.acd.service.book import Book, read_book
from gateway.acd.service.decision import Decision, build, write_all
from gateway.acd.service.queue_rules import rule_of
from gateway.acd.store import journal
from gateway.bench.floor import QUEUE_ID, TENANT_ID, Floor, agent_id, conversation_id
from gateway.kernel.clock import SystemClock
from gateway.platform import memory
from gateway.platform.database.port import Database

AGENTS, WAITING, ENTRIES = 20_000, 5_000, 1_000_000
FEW_AGENTS, FEW_WAITING, FEW_ENTRIES = 1_000, 250, 40_000
_PER_COMMIT = 2_000


def run() -> dict[str, Any]:
    """Return ``restart_s``, ``restart_cpu_s``, ``journal_entries`` and ``folded_entries``."""
    return measure(AGENTS, WAITING, ENTRIES)


def run_short() -> dict[str, Any]:
    """Return the same for a short journal."""
    return measure(FEW_AGENTS, FEW_WAITING, FEW_ENTRIES)


def measure(agents: int, waiting: int, entries: int) -> dict[str, Any]:
    """Return the figures of a journal of so many entries."""
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as folder:
        asyncio.run(_live(Path(folder), agents, waiting, entries))
        fresh = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=fresh) as process:
            return process.submit(_restart, folder, agents).result()


def _restart(folder: str, agents: int) -> dict[str, Any]:
    return asyncio.run(_restarted(Path(folder), agents))


async def _restarted(folder: Path, agents: int) -> dict[str, Any]:
    floor = Floor(folder, agents, 0, lambda *_: None)
    await floor.database.open()
    tail = await floor.database.read(TENANT_ID, journal.read_tail)
    folded, snapshot = len(tail.entries), len(tail.snapshot or "")
    del tail
    memory.begin()  # as the web process does
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    await floor.acd.start([TENANT_ID])
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    partition = await floor.acd.partitions.get(TENANT_ID)
    held = len(partition.engine.state.interactions)
    end = partition.engine.state.position
    await floor.close()
    return {
        "restart_s": round(took_s, 2),
        "restart_cpu_s": round(cpu_s, 2),
        "journal_entries": end,
        "folded_entries": folded,
        "interactions": held,
        "snapshot_mb": round(snapshot / 1e6, 1),
    }


async def _live(folder: Path, agents: int, waiting: int, entries: int) -> None:
    """Write the whole past of the floor."""
    floor = Floor(folder, agents, 2 * (agents + waiting), lambda *_: None)
    await floor.furnish()
    epoch, _ = await floor.database.write(TENANT_ID, journal.take_over)
    book = await floor.database.read(TENANT_ID, lambda tx: read_book(tx, floor.people))
    past = Past(floor.database, book, epoch, random.Random(1))
    await past.begin(agents, waiting)
    memory.settle()
    while past.position < entries or not past.is_snapshot_near():
        await past.turn()
        if past.turns % 50_000 == 0:
            _say(f"{past.position} entries in {time.process_time():.0f} s of CPU")
    await past.write()
    await floor.database.close()


class Past:
    """What happens on the floor, and what is not written of it yet."""

    def __init__(self, database: Database, book: Book, epoch: int, rng: random.Random) -> None:
        self.engine = Engine()
        self.turns = 0
        self._database, self._book, self._epoch, self._rng = database, book, epoch, rng
        self._clock = SystemClock()
        self._batch: list[Decision] = []
        self._busy: list[str] = []
        self._made = self._snapshot_at = 0

    @property
    def position(self) -> int:
        """How many entries there are."""
        return self.engine.state.position

    def is_snapshot_near(self) -> bool:
        """Tell whether nearly as much follows the newest snapshot as ever does."""
        since = self.position - self._snapshot_at
        return snapshots.is_due(self.engine.state, since * 10 // 9)

    async def begin(self, agents: int, waiting: int) -> None:
        """Let everybody come in, get a chat, and more arrive."""
        await self._do(c.Start(epoch=self._epoch))
        for view in self._book.queues.values():
            await self._do(c.SetQueue(queue=rule_of(view)))
        for key, profile in self._book.profiles.items():
            await self._do(c.SetProfile(agent_id=key, profile=profile))
        for number in range(agents):
            await self._do(c.Connect(agent_id=agent_id(number)))
            await self._do(c.SetState(agent_id=agent_id(number), ready=True))
        for _ in range(agents + waiting):
            await self._arrive()

    async def turn(self) -> None:
        """Some chat ends, and its agent gets who waited longest; another arrives."""
        self.turns += 1
        await self._arrive()
        at = self._rng.randrange(len(self._busy))
        self._busy[at], self._busy[-1] = self._busy[-1], self._busy[at]
        await self._accept(await self._do(c.End(interaction_id=self._busy.pop())))

    async def write(self) -> None:
        """Write what happened since the last time, in one commit."""
        batch, self._batch = self._batch, []
        if batch:
            await self._database.write(TENANT_ID, lambda tx: write_all(tx, self._epoch, batch))

    async def _arrive(self) -> None:
        self._made += 1
        talks = 2 * (len(self.engine.state.agents) + 1)
        arrival = c.Enqueue(
            interaction_id=f"in_bench{self._made:08d}",
            kind="chat",
            conversation_id=conversation_id(self._made % talks),
            queue_id=QUEUE_ID,
            created_at_ms=self._clock.now_ms(),
        )
        await self._accept(await self._do(arrival))

    async def _accept(self, entries: Sequence[e.Entry]) -> None:
        for entry in entries:
            if isinstance(entry, e.Offered):
                await self._do(c.Accept(offer_id=entry.offer_id, agent_id=entry.agent_id))
                self._busy.append(entry.interaction_id)

    async def _do(self, command: c.Command) -> list[e.Entry]:
        engine = self.engine
        entries = engine.handle(command, self._clock.now_ms())
        if not entries:
            return []
        decision = build(engine, entries, self._book, [], ())
        decision.owed.clear()  # every handler has returned long ago
        if snapshots.is_due(engine.state, self.position - self._snapshot_at):
            self._snapshot_at, state = self.position, engine.state
            decision.snapshot = (state.position, state.at_ms, states.dump(state).decode())
        self._batch.append(decision)
        if len(self._batch) >= _PER_COMMIT:
            await self.write()
        return entries


def _say(line: str) -> None:
    print(f"restart: {line}", file=sys.stderr)
