"""The load of the bench ``seats``: visitors who arrive at a rate, agents who take what rings.

It is an open load: who is due arrives, however late the gateway is. It must stay cheap, for it
shares the machine with what it measures: one look every two milliseconds, one write for each.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from pathlib import Path
from typing import Any, NamedTuple

_LOOK_S = 0.002
_END_S = 120


class Phase(NamedTuple):
    """So many arrivals a second for so long, each handled for a while."""

    per_s: int
    lasts_s: float
    handled_s: float


class Used(NamedTuple):
    """What the gateway has used so far, and the longest pause of its loop since the last time."""

    cpu_s: float
    pause_ms: float


def p99(values: list[float]) -> float:
    """Return the 99th percentile; 0 of nothing."""
    return sorted(values)[len(values) * 99 // 100] if values else 0.0


class Load(asyncio.Protocol):
    """One connection for everybody."""

    def __init__(self, talks: int) -> None:
        self._talks = talks
        self._made = 0
        self._late_s = 0.0
        self._rest = b""
        self._out: list[str] = []
        self._arrived_s: dict[str, float] = {}
        self._ended_s: dict[str, float] = {}
        self._endings: list[tuple[float, str, str]] = []
        self._handled_s = 0.0
        self._used: asyncio.Future[Used] | None = None
        self._is_lost: asyncio.Future[None] | None = None
        self._arrivals_refused: set[str] = set()
        self.offered_ms: list[float] = []
        self.acknowledged: set[str] = set()
        self.refused: dict[str, int] = {}

    def unanswered(self) -> int:
        """Return how many arrivals were neither acknowledged nor refused."""
        return self._made - len(self.acknowledged) - len(self._arrivals_refused)

    async def play(self, path: Path, phases: tuple[Phase, ...]) -> list[dict[str, Any]]:
        """Run all phases, then let what is in hand end; returns the figures of each phase."""
        loop = asyncio.get_running_loop()
        self._is_lost = loop.create_future()
        transport, _ = await loop.create_unix_connection(lambda: self, str(path))
        self._transport = transport
        figures = [await self._measured(phase) for phase in phases]
        deadline_s = time.monotonic() + _END_S
        while (self._endings or self.unanswered()) and time.monotonic() < deadline_s:
            self._look()
            await asyncio.sleep(_LOOK_S)
        await asyncio.sleep(2)
        transport.write_eof()
        await self._is_lost
        return figures

    async def _measured(self, phase: Phase) -> dict[str, Any]:
        before, own_s = await self._ask(), time.process_time()
        made, offers, self._late_s = self._made, len(self.offered_ms), 0.0
        await self._play(phase)
        own_s = time.process_time() - own_s
        after, made = await self._ask(), max(1, self._made - made)
        late_ms = self.offered_ms[offers:]
        cpu_s = after.cpu_s - before.cpu_s
        return {
            "arrivals_per_s": phase.per_s,
            "arrivals": made,
            "offers": len(late_ms),
            "offer_ms_p50": round(sorted(late_ms)[len(late_ms) // 2], 2) if late_ms else None,
            "offer_ms_p99": round(p99(late_ms), 2),
            "offer_ms_max": round(max(late_ms, default=0.0), 2),
            "cpu_us_per_chat": round(1e6 * cpu_s / made),
            "core_percent": round(100 * cpu_s / phase.lasts_s),
            "loop_pause_ms_max": round(after.pause_ms, 1),
            "load_cpu_us_per_chat": round(1e6 * own_s / made),
            "load_late_ms_max": round(1000 * self._late_s, 1),
        }

    async def _play(self, phase: Phase) -> None:
        self._handled_s = phase.handled_s
        began_s, first = time.monotonic(), self._made
        while (passed_s := time.monotonic() - began_s) < phase.lasts_s:
            self._arrive(first, began_s, phase.per_s, passed_s)
            self._look()
            await asyncio.sleep(_LOOK_S)

    def _arrive(self, first: int, began_s: float, per_s: int, passed_s: float) -> None:
        """Let everybody come who is due; the wait counts from when they come."""
        while (number := self._made - first) < passed_s * per_s:
            interaction_id = f"in_bench{self._made:08d}"
            now_s = self._arrived_s[interaction_id] = time.monotonic()
            self._late_s = max(self._late_s, now_s - began_s - number / per_s)
            self._out.append(f"A {interaction_id} {self._made % self._talks}\n")
            self._made += 1

    def _look(self) -> None:
        """End what is due, and send what is to be said."""
        now_s = time.monotonic()
        while self._endings and self._endings[0][0] <= now_s:
            _, interaction_id, agent = heapq.heappop(self._endings)
            self._ended_s[agent] = now_s
            self._out.append(f"E {interaction_id} {agent}\n")
        self._send()

    def _send(self) -> None:
        if self._out:
            self._transport.write("".join(self._out).encode())
            self._out.clear()

    async def _ask(self) -> Used:
        self._used = asyncio.get_running_loop().create_future()
        self._out.append("U\n")
        self._send()
        return await self._used

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        now_s = time.monotonic()
        for line in lines:
            self._hear(line.decode().split(), now_s)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_lost is not None:
            self._is_lost.set_result(None)
        if self._used is not None and not self._used.done():
            self._used.set_exception(exc or ConnectionResetError())

    def _hear(self, words: list[str], now_s: float) -> None:
        match words:
            case ["R", offer_id, interaction_id, agent]:
                self._rings(offer_id, interaction_id, agent, now_s)
            case ["K", interaction_id]:
                self.acknowledged.add(interaction_id)
            case ["X", code, about]:
                self.refused[code] = self.refused.get(code, 0) + 1
                if about.startswith("in_") and about not in self.acknowledged:
                    self._arrivals_refused.add(about)
            case ["U", cpu_s, pause_ms] if self._used is not None:
                self._used.set_result(Used(float(cpu_s), float(pause_ms)))

    def _rings(self, offer_id: str, interaction_id: str, agent: str, now_s: float) -> None:
        since_s = max(self._arrived_s[interaction_id], self._ended_s.get(agent, 0.0))
        self.offered_ms.append((now_s - since_s) * 1000)
        self._out.append(f"T {offer_id} {agent}\n")
        heapq.heappush(self._endings, (now_s + self._handled_s, interaction_id, agent))
