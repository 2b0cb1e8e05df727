"""Bench ``idle-gap``: how long an agent who is free sits idle while matching work waits.

Chats arrive at 300 a second, faster than the agents can take them, so that a backlog waits. Each
agent takes one at a time: accepts at once, talks 1 s (100 agents) or 2 s (500 agents), ends, and
waits for the next offer. Every step is journalled and durable before it is visible.

- ``idle_gap_ms_p99``: from the agent's end of one chat to the visible offer of the next.
- ``throughput_ratio``: talking time as a share of the time from the first to the last chat of
  each agent; 1 would be an agent who never waits for the gateway.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gateway.bench.floor import Floor
from gateway.platform import memory

PER_S = 300
RUN_S = 12.0


def run() -> dict[str, Any]:
    """Return ``agents_100`` and ``agents_500``, each with its gap and its ratio."""
    return {
        "agents_100": _measure(100, talk_s=1.0),
        "agents_500": _measure(500, talk_s=2.0),
    }


def _measure(agents: int, talk_s: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="wecc-bench-") as folder:
        room = Room(Path(folder), agents, talk_s)
        asyncio.run(room.play())
    gaps_ms = sorted(room.gaps_ms)
    place = min(len(gaps_ms) - 1, len(gaps_ms) * 99 // 100)
    median, worst = gaps_ms[len(gaps_ms) // 2], gaps_ms[-1]
    told = f"{agents} agents: {len(gaps_ms)} gaps, p50 {median:.1f} ms, most {worst:.1f} ms"
    print(f"idle-gap: {told}", file=sys.stderr)
    return {
        "idle_gap_ms_p99": round(gaps_ms[place], 2),
        "throughput_ratio": round(room.ratio(), 4),
    }


class Room:
    """Agents who never rest."""

    def __init__(self, folder: Path, agents: int, talk_s: float) -> None:
        self._floor = Floor(folder, agents, int(PER_S * RUN_S) + 1, self._ring)
        self._talk_s = talk_s
        self._free_at_s: dict[str, float] = {}
        self._talks: dict[str, list[float]] = {}
        self._busy: set[asyncio.Task[None]] = set()
        self._is_over = False
        self.gaps_ms: list[float] = []

    async def play(self) -> None:
        """Run until the arrivals are over, while work still waits."""
        await self._floor.open()
        await self._floor.come_in(0, self._floor.agents)
        memory.settle()
        began_s, made, arriving = time.monotonic(), 0, set()
        while (passed_s := time.monotonic() - began_s) < RUN_S:
            while made < passed_s * PER_S:
                task = asyncio.create_task(self._floor.arrive(f"in_bench{made:08d}", made))
                arriving.add(task)
                task.add_done_callback(arriving.discard)
                made += 1
            await asyncio.sleep(0.002)
        self._is_over = True
        await asyncio.gather(*arriving, *self._busy)
        await self._floor.close()

    def ratio(self) -> float:
        """Return the share of the time that was talked, over all agents."""
        whole_s = sum(starts[-1] - starts[0] for starts in self._talks.values())
        talked = sum(len(starts) - 1 for starts in self._talks.values())
        return talked * self._talk_s / whole_s

    def _ring(self, offer_id: str, interaction_id: str, agent: str) -> None:
        now_s = time.monotonic()
        free_at_s = self._free_at_s.pop(agent, None)
        if free_at_s is not None and not self._is_over:
            self.gaps_ms.append((now_s - free_at_s) * 1000)
        task = asyncio.create_task(self._talk(offer_id, interaction_id, agent))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _talk(self, offer_id: str, interaction_id: str, agent: str) -> None:
        actor = self._floor.actors[agent]
        await self._floor.acd.accept(actor, offer_id, None)
        self._talks.setdefault(agent, []).append(time.monotonic())
        await asyncio.sleep(self._talk_s)
        if self._is_over:
            return
        self._free_at_s[agent] = time.monotonic()
        await self._floor.acd.end(actor, interaction_id)
