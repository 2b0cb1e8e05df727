"""One media worker as the web process sees it: a connection that heals, and a watchdog.

``up`` after the worker answered; ``down`` when its process is gone, was replaced, or has not
answered a ping for ``PING_LIMIT_S`` (a hang counts as a death: its legs are given up, and closed
should it wake again).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from gateway.kernel.errors import WeccError
from gateway.voice.media import frames

REQUEST_LIMIT_S = 3.0
PING_EVERY_S = 0.5
PING_LIMIT_S = 2.0
PING_STEP_S = 0.1
RETRY_S = 0.1

WorkerLegs = dict[str, tuple[str, str]]
"""Leg id to (state, call id)."""


class LinkListener(Protocol):
    """Who is told what a link sees, in order."""

    def link_up(self, link: Link, legs: WorkerLegs) -> None:
        """The worker answered; these legs live in it."""
        ...

    def link_down(self, link: Link) -> None:
        """The worker is gone, and its legs with it."""
        ...

    def link_report(self, link: Link, report: frames.Report) -> None:
        """A leg changed."""
        ...


class Link:
    """Keeps a connection to the worker behind ``path``."""

    def __init__(self, path: Path, listener: LinkListener) -> None:
        self.path = path
        self.is_up = False
        self._listener = listener
        self._instance: int | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._n = 0
        self._keeper: asyncio.Task[None] | None = None
        self.tried = asyncio.Event()
        """Set once the first attempt to connect ended, well or not."""

    def start(self) -> None:
        """Begin to keep the connection."""
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Let go; the worker and its legs live on."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self.is_up = False

    # ---- requests --------------------------------------------------------------------------

    async def request(
        self,
        kind: Callable[..., frames.Request],
        limit_s: float = REQUEST_LIMIT_S,
        **fields: Any,
    ) -> Any:
        """Ask the worker; raises what it refuses with, or ``media_unavailable``."""
        writer = self._writer
        if writer is None:
            raise WeccError("media_unavailable", retry_after_s=2)
        self._n += 1
        n = self._n
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[n] = future
        writer.write(frames.packed(kind(n=n, **fields)))
        try:
            async with asyncio.timeout(limit_s):
                return await future
        except TimeoutError:
            raise WeccError("media_unavailable", retry_after_s=2) from None
        finally:
            self._pending.pop(n, None)

    def told(self, seq: int) -> None:
        """Acknowledge reports up to ``seq``."""
        if self._writer is not None:
            self._writer.write(frames.packed(frames.Told(n=0, seq=seq)))

    # ---- the connection --------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            try:
                await self._one_connection()
            except (OSError, EOFError, WeccError, msgspec.MsgspecError):
                self._lost()
            self.tried.set()
            await asyncio.sleep(RETRY_S)

    async def _one_connection(self) -> None:
        reader, writer = await asyncio.open_unix_connection(self.path)
        self._writer = writer
        reading = asyncio.create_task(self._read(reader))
        try:
            await self._attach()
            self.tried.set()
            await self._watch(reading)
        finally:
            self._writer = None
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            self._fail_pending()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _attach(self) -> None:
        legs = await self.request(frames.ListLegs, PING_LIMIT_S)
        instance = await self.request(frames.Attach, PING_LIMIT_S)
        if self._instance not in (None, instance):
            self._down()
        self._instance = instance
        self.is_up = True
        self._listener.link_up(self, {key: (state, call) for key, (state, call) in legs.items()})

    async def _watch(self, reading: asyncio.Task[None]) -> None:
        while not reading.done():
            await self._ping()
            await asyncio.wait([reading], timeout=PING_EVERY_S)
        await reading

    async def _ping(self) -> None:
        """Wait for an answer in small steps, so that only time in which this process itself was
        running counts: a stall here, or a laptop's sleep, is no hang there.
        """
        asking = asyncio.create_task(self.request(frames.Ping, 60.0))
        try:
            for _ in range(round(PING_LIMIT_S / PING_STEP_S)):
                await asyncio.wait([asking], timeout=PING_STEP_S)
                if asking.done():
                    await asking
                    return
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        raise WeccError("media_unavailable", retry_after_s=2)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                response = frames.decode_response(await frames.read_frame(reader))
                if isinstance(response, frames.Report):
                    self._listener.link_report(self, response)
                else:
                    self._settle(response)
        finally:
            self._fail_pending()

    def _settle(self, reply: frames.Reply) -> None:
        future = self._pending.get(reply.n)
        if future is None or future.done():
            return
        if reply.code:
            field = "sdp_offer" if reply.code == "bad_sdp" else None
            future.set_exception(WeccError(reply.code, reply.message, field=field))
        else:
            future.set_result(reply.value)

    def _fail_pending(self) -> None:
        for future in self._pending.values():
            if not future.done():
                future.set_exception(WeccError("media_unavailable", retry_after_s=2))

    def _lost(self) -> None:
        """A broken connection or a missed ping: the worker is dead or hangs."""
        if self.is_up:
            self._down()

    def _down(self) -> None:
        self.is_up = False
        self._instance = None
        self._listener.link_down(self)


async def ping_worker(path: Path, limit_s: float = PING_LIMIT_S) -> bool:
    """Tell whether the worker behind ``path`` answers within ``limit_s``: the health check."""
    try:
        async with asyncio.timeout(limit_s):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(frames.packed(frames.Ping(n=1)))
                frames.decode_response(await frames.read_frame(reader))
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError, msgspec.MsgspecError):
        return False
    return True
