"""The gateway's side of the bench ``seats``: ``python -m gateway.bench.seats_server FOLDER``.

The load talks to it over a unix socket in lines: ``A interaction talk`` arrives, ``T offer agent``
takes an offer, ``E interaction agent`` ends, ``U`` asks what was used. It answers ``R offer
interaction agent`` when an offer rings at an agent, ``K interaction`` when an arrival is durable,
``X code id`` when something was refused and ``U cpu_s pause_ms``: the CPU of the process so far,
and the longest time since the last ``U`` in which the loop looked at nothing. Lines of one turn of
the loop leave together.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

import uvloop

from gateway.bench.floor import Floor
from gateway.kernel.errors import WeccError
from gateway.platform import memory

SOCKET = "load.sock"
_COMING_IN = 64
_BEAT_S = 0.01


class Server(asyncio.Protocol):
    """One floor, one load."""

    def __init__(self, folder: Path, agents: int, talks: int) -> None:
        self._folder = folder
        self._floor = Floor(folder, agents, talks, self._ring)
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._running: set[asyncio.Task[None]] = set()
        self._is_over = asyncio.Event()
        self._pause_s = 0.0

    async def serve(self) -> None:
        """Get everybody ready, then do what the load says until it hangs up."""
        await self._floor.open()
        parts = self._floor.agents // _COMING_IN + 1
        await asyncio.gather(
            *(
                self._floor.come_in(first, min(first + parts, self._floor.agents))
                for first in range(0, self._floor.agents, parts)
            )
        )
        memory.settle()
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(lambda: self, self._folder / SOCKET)
        beating = asyncio.create_task(self._beat())
        print("ready", flush=True)
        await self._is_over.wait()
        beating.cancel()
        server.close()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._floor.close()

    async def _beat(self) -> None:
        """Find out how long the loop does not come round."""
        last_s = time.monotonic()
        while True:
            await asyncio.sleep(_BEAT_S)
            now_s = time.monotonic()
            self._pause_s = max(self._pause_s, now_s - last_s - _BEAT_S)
            last_s = now_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._do(line.decode().split())

    def eof_received(self) -> None:
        self._flush()
        self._is_over.set()

    def _do(self, words: list[str]) -> None:
        match words:
            case ["A", interaction_id, talk]:
                self._run(interaction_id, self._arrive(interaction_id, int(talk)))
            case ["T", offer_id, agent]:
                self._run(offer_id, self._take(offer_id, agent))
            case ["E", interaction_id, agent]:
                ending = self._floor.acd.end(self._floor.actors[agent], interaction_id)
                self._run(interaction_id, ending)
            case ["U"]:
                self._say(f"U {time.process_time()} {1000 * self._pause_s}")
                self._pause_s = 0.0

    async def _arrive(self, interaction_id: str, talk: int) -> None:
        await self._floor.arrive(interaction_id, talk)
        self._say(f"K {interaction_id}")

    async def _take(self, offer_id: str, agent: str) -> None:
        await self._floor.acd.accept(self._floor.actors[agent], offer_id, None)

    def _ring(self, offer_id: str, interaction_id: str, agent: str) -> None:
        self._say(f"R {offer_id} {interaction_id} {agent}")

    def _run(self, about: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=about)
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            code = error.code if isinstance(error, WeccError) else type(error).__name__
            self._say(f"X {code} {task.get_name()}")

    def _say(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        self._lines.append(line)

    def _flush(self) -> None:
        if self._lines and self._transport is not None:
            self._transport.write(("\n".join(self._lines) + "\n").encode())
        self._lines.clear()


def main() -> None:
    """Serve one run."""
    folder, agents, talks = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    uvloop.run(Server(folder, agents, talks).serve())


if __name__ == "__main__":
    main()
