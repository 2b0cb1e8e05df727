"""Bench ``seats``: 20,000 agents in real time, with a real journal.

The gateway's side is one process with the service, engine, journal and SQLite store of the
product; the load is another and speaks to it over a local socket. Every agent takes one chat at a
time and all are ready. 150 chats a second arrive for 5 minutes and are handled for 60 s each, then
1,500 a second for 60 s, handled for 5 s each: agents stay free all the time.

- ``offer_ms_p99``: from the later of arrival and agent free to the offer at the load's socket.
- ``over_capacity``, ``lost``, ``double``: found by folding the committed journal afterwards;
  lost is what was acknowledged and is neither over nor in the state.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from gateway.bench.floor import TENANT_ID
from gateway.bench.fold import Verdict, folded
from gateway.bench.process import running, wait_for
from gateway.bench.seats_server import SOCKET
from gateway.kernel.clock import SystemClock
from gateway.platform.database.sqlite import SqliteDatabase

AGENTS = 20_000
TALKS = 30_000
READY_S = 600


class Phase(NamedTuple):
    """So many arrivals a second for so long, each handled for a while."""

    per_s: int
    lasts_s: float
    handled_s: float


LONG = (Phase(150, 300, 60), Phase(1_500, 60, 5))
SHORT = (Phase(150, 20, 10), Phase(1_500, 6, 2))


def run() -> dict[str, Any]:
    """Return the figures of the whole run."""
    return measure(AGENTS, LONG)


def run_short() -> dict[str, Any]:
    """Return the figures of half a minute."""
    return measure(AGENTS, SHORT)


def measure(agents: int, phases: tuple[Phase, ...]) -> dict[str, Any]:
    """Return the figures of these phases."""
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as name:
        folder = Path(name)
        argv = [sys.executable, "-m", "gateway.bench.seats_server", name, str(agents), str(TALKS)]
        with running(argv) as server:
            wait_for(server, "ready", READY_S)
            load = Load(agents)
            asyncio.run(load.play(folder / SOCKET, phases))
            server.wait(120)
        verdict = asyncio.run(_audit(folder))
    offered_ms = sorted(load.offered_ms)
    if not offered_ms:
        raise RuntimeError("nothing was offered")
    _say(f"{len(offered_ms)} offers, p50 {offered_ms[len(offered_ms) // 2]:.1f} ms")
    _say(f"{verdict.entries} entries folded, {load.refused} commands refused {load.codes}")
    return {
        "offer_ms_p99": round(offered_ms[len(offered_ms) * 99 // 100], 2),
        "over_capacity": verdict.over_capacity,
        "lost": verdict.lost(load.acknowledged) + load.unanswered(),
        "double": verdict.double,
    }


async def _audit(folder: Path) -> Verdict:
    database = await SqliteDatabase(folder / "wecc.db", SystemClock()).open()
    try:
        return await folded(database, TENANT_ID)
    finally:
        await database.close()


class Load:
    """Visitors who arrive at a rate, and agents who take what rings."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self._made = 0
        self._arrived_s: dict[str, float] = {}
        self._ended_s: dict[str, float] = {}
        self._endings: list[tuple[float, str, str]] = []
        self._handled_s = 0.0
        self._cpu_s: asyncio.Future[float] | None = None
        self.offered_ms: list[float] = []
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.codes: set[str] = set()

    def unanswered(self) -> int:
        """Return how many arrivals were never acknowledged."""
        return self._made - len(self.acknowledged)

    async def play(self, path: Path, phases: tuple[Phase, ...]) -> None:
        """Run all phases, then let what is in hand end."""
        reader, self._writer = await asyncio.open_unix_connection(path, limit=1 << 20)
        listening = asyncio.create_task(self._listen(reader))
        for phase in phases:
            before_s, made, offers = await self._used(), self._made, len(self.offered_ms)
            await self._play(phase)
            cpu_s, made = await self._used() - before_s, self._made - made
            late = sorted(self.offered_ms[offers:])
            p99 = late[len(late) * 99 // 100] if late else 0.0
            told = f"{made} arrivals at {phase.per_s}/s: {1e6 * cpu_s / made:.0f} us of CPU each"
            _say(f"{told}, {100 * cpu_s / phase.lasts_s:.0f} % of a core, offers p99 {p99:.1f} ms")
        deadline_s = time.monotonic() + 120
        while (self._endings or self.unanswered()) and time.monotonic() < deadline_s:
            self._end_due()
            await asyncio.sleep(0.01)
        await asyncio.sleep(2)
        self._writer.write_eof()
        await listening
        self._writer.close()
        await self._writer.wait_closed()

    async def _play(self, phase: Phase) -> None:
        self._handled_s = phase.handled_s
        began_s, first = time.monotonic(), self._made
        while (passed_s := time.monotonic() - began_s) < phase.lasts_s:
            while self._made - first < passed_s * phase.per_s:
                self._arrive()
            self._end_due()
            await asyncio.sleep(0.002)

    def _arrive(self) -> None:
        interaction_id = f"in_bench{self._made:08d}"
        self._arrived_s[interaction_id] = time.monotonic()
        self._writer.write(f"A {interaction_id} {self._made % TALKS}\n".encode())
        self._made += 1

    def _end_due(self) -> None:
        now_s = time.monotonic()
        while self._endings and self._endings[0][0] <= now_s:
            _, interaction_id, agent = heapq.heappop(self._endings)
            self._ended_s[agent] = now_s
            self._writer.write(f"E {interaction_id} {agent}\n".encode())

    async def _used(self) -> float:
        self._cpu_s = asyncio.get_running_loop().create_future()
        self._writer.write(b"U\n")
        return await self._cpu_s

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            words = line.decode().split()
            match words:
                case ["R", offer_id, interaction_id, agent]:
                    self._rings(offer_id, interaction_id, agent)
                case ["K", interaction_id]:
                    self.acknowledged.add(interaction_id)
                case ["X", code]:
                    self.refused += 1
                    self.codes.add(code)
                case ["U", cpu_s] if self._cpu_s is not None:
                    self._cpu_s.set_result(float(cpu_s))

    def _rings(self, offer_id: str, interaction_id: str, agent: str) -> None:
        now_s = time.monotonic()
        since_s = max(self._arrived_s.pop(interaction_id), self._ended_s.get(agent, 0.0))
        self.offered_ms.append((now_s - since_s) * 1000)
        self._writer.write(f"T {offer_id} {agent}\n".encode())
        heapq.heappush(self._endings, (now_s + self._handled_s, interaction_id, agent))


def _say(line: str) -> None:
    print(f"seats: {line}", file=sys.stderr)
