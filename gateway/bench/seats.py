"""Bench ``seats``: 20,000 agents in real time, with a real journal.

The gateway's side is one process with the service, engine, journal and SQLite store of the
product; the load is another and speaks to it over a local socket. Every agent takes one chat at a
time and all are ready. 150 chats a second arrive for 5 minutes and are handled for 60 s each, then
1,500 a second for 60 s, handled for 5 s each: agents stay free all the time.

- ``offer_ms_p99``: from the later of arrival and agent free to the offer at the load's socket, in
  the worse of the two phases.
- ``over_capacity``, ``lost``, ``double``: found by folding the committed journal afterwards;
  lost is what was acknowledged and is neither over nor in the state, or was never answered.
- ``refused``: commands that were told no, by code; who is told no is not lost.
- ``phases``: the figures of each phase, with what the gateway and the load used.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from gateway.bench.floor import TENANT_ID
from gateway.bench.fold import Verdict, folded
from gateway.bench.process import running, wait_for
from gateway.bench.seats_load import Load, Phase
from gateway.bench.seats_server import SOCKET
from gateway.kernel.clock import SystemClock
from gateway.platform import memory
from gateway.platform.database.sqlite import SqliteDatabase

AGENTS = 20_000
TALKS = 30_000
READY_S = 600

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
            load = Load(TALKS)
            memory.settle()
            figures = uvloop.run(load.play(folder / SOCKET, phases))
            server.wait(120)
        verdict = asyncio.run(_audit(folder))
    if not load.offered_ms:
        raise RuntimeError("nothing was offered")
    return {
        "offer_ms_p99": max(phase["offer_ms_p99"] for phase in figures),
        "over_capacity": verdict.over_capacity,
        "lost": verdict.lost(load.acknowledged) + load.unanswered(),
        "double": verdict.double,
        "refused": load.refused,
        "entries": verdict.entries,
        "phases": figures,
    }


async def _audit(folder: Path) -> Verdict:
    database = await SqliteDatabase(folder / "wecc.db", SystemClock()).open()
    try:
        return await folded(database, TENANT_ID)
    finally:
        await database.close()
