"""One connected browser, whatever carries its frames.

A connection costs nothing while it is idle: no task and no timer belongs to it. Outgoing frames
wait in a bounded buffer that a short-lived writer drains; a client that reads too slowly is told
``goodbye`` and resumes from its cursor later, so nothing is lost and nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from types import coroutine
from typing import Any, Protocol

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.surfaces import wire

log = logging.getLogger("wecc.sockets")

HEARTBEAT_MS = 25_000
# Browsers wake the timers of a hidden page once a minute.
SILENCE_LIMIT_MS = 80_000
HELLO_LIMIT_MS = 10_000
FAREWELL_S = 10

Write = Callable[[bytes], Coroutine[Any, Any, None]]
Close = Callable[[int, str], Awaitable[None]]


class Bucket:
    """A token bucket for one socket: ``rate`` per second, ``burst`` at once."""

    __slots__ = ("_at_ms", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, now_ms: int) -> None:
        self._rate, self._burst = rate, burst
        self._tokens: float = burst
        self._at_ms = now_ms

    def has(self, now_ms: int) -> bool:
        """Tell whether there is a token to take."""
        self._fill(now_ms)
        return self._tokens >= 1

    def _fill(self, now_ms: int) -> None:
        self._tokens = min(self._burst, self._tokens + (now_ms - self._at_ms) / 1000 * self._rate)
        self._at_ms = now_ms

    def take(self, now_ms: int) -> int:
        """Take one token; return 0, or the seconds to wait when there is none."""
        self._fill(now_ms)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return max(1, int((1 - self._tokens) / self._rate) + 1)


class Audience(Protocol):
    """What a connection talks to: the visitor's or the agent's side of the gateway."""

    async def frame(self, raw: bytes | str) -> None:
        """Handle one frame; never raises."""
        ...

    def relay(self, raw: bytes) -> bool:
        """Handle a frame that is only passed on, without waiting; False leaves it to ``frame``."""
        ...

    async def gone(self) -> None:
        """The browser is gone; end subscriptions and presence."""
        ...


class Connection:
    """The sending half of one browser's connection, and what the sweeper needs to know."""

    __slots__ = (
        "_buffer",
        "_bytes",
        "_close",
        "_closing",
        "_limit_bytes",
        "_write",
        "_writer",
        "bucket",
        "express",
        "greeted",
        "heard_ms",
        "id",
        "login_id",
        "opened_ms",
        "owner",
        "was_used",
    )

    def __init__(
        self,
        connection_id: str,
        write: Write,
        close: Close,
        *,
        now_ms: int,
        limit_bytes: int,
        bucket: Bucket,
    ) -> None:
        self.id = connection_id
        self.opened_ms = self.heard_ms = now_ms
        self.greeted = False
        self.owner: tuple[str, str] | None = None
        self.login_id = ""
        self.was_used = False
        self.express: Callable[[bytes], bool] | None = None
        self.bucket = bucket
        self._write, self._close = write, close
        self._limit_bytes = limit_bytes
        self._buffer: deque[bytes] | None = None
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def is_ending(self) -> bool:
        """Goodbye was said: what the browser still sends is not for us any more."""
        return self._closing

    def send(self, frame: object) -> None:
        """Queue a frame. Never blocks; a full buffer ends the connection."""
        self.send_bytes(wire.encode(frame))

    def pass_on(self, frame: object) -> None:
        """Queue a frame that others get too, one after the other: it is encoded once."""
        self.send_bytes(wire.encode_once(frame))

    def send_bytes(self, data: bytes) -> None:
        """Queue an encoded frame."""
        if self._closing:
            return
        if self._bytes + len(data) > self._limit_bytes:
            self.end("slow_client", again=True, status=1013)
            return
        if self._writer is None:
            if self.express is None or not self.express(data):
                self._write_now(data)
            return
        if self._buffer is None:
            self._buffer = deque()
        self._buffer.append(data)
        self._bytes += len(data)

    def refuse(self, ref: str | None, error: WeccError) -> None:
        """Answer a frame with its error."""
        self.send(
            wire.ErrorFrame(
                ref=ref, code=error.code, message=error.message, retry_after_s=error.retry_after_s
            )
        )

    def end(self, code: str, *, again: bool, after_ms: int = 0, status: int = 1008) -> None:
        """Say goodbye and close; ``again`` tells the browser whether to come back."""
        if self._closing:
            return
        self._closing = True
        farewell = wire.encode(wire.Goodbye(code=code, again=again, after_ms=after_ms))
        if self._buffer and code == "slow_client":
            self._buffer.clear()  # it resumes from its cursor
        self._writer = asyncio.create_task(self._farewell(self._writer, farewell, status, code))

    def _write_now(self, data: bytes) -> None:
        """Write without a task: only a transport that is full makes us wait, and then in one."""
        writing = self._write(data)
        try:
            waits_for = writing.send(None)
        except StopIteration:
            return
        except (OSError, RuntimeError):
            self._closing = True
            return
        self._bytes += len(data)
        self._writer = asyncio.create_task(self._drain(writing, waits_for, len(data)))

    async def _drain(
        self, writing: Coroutine[Any, Any, None], waits_for: object, first_bytes: int
    ) -> None:
        try:
            await _rest_of(writing, waits_for)
            self._bytes -= first_bytes
            while self._buffer:
                data = self._buffer.popleft()
                await self._write(data)
                self._bytes -= len(data)
        except (OSError, RuntimeError):
            self._closing = True
        finally:
            if not self._closing:
                self._buffer, self._bytes, self._writer = None, 0, None

    async def _farewell(
        self, previous: asyncio.Task[None] | None, data: bytes, status: int, code: str
    ) -> None:
        """Let what was queued go first, then the goodbye; the transport cuts who never reads."""
        try:
            async with asyncio.timeout(FAREWELL_S):
                if previous is not None:
                    await previous
                await self._write(data)
                await self._close(status, code)
        except (OSError, RuntimeError, TimeoutError):
            log.info("connection left before goodbye", extra={"code": code})


@coroutine
def _rest_of(
    begun: Coroutine[Any, Any, None], waits_for: object
) -> Generator[object, object, None]:
    """Go on, inside a task, with a coroutine whose first step waits for something."""
    resume: Callable[[], object]
    while True:
        try:
            value = yield waits_for
        except BaseException as error:
            resume = partial(begun.throw, error)
        else:
            resume = partial(begun.send, value)
        try:
            waits_for = resume()
        except StopIteration:
            return


class Connections:
    """All connected browsers of this process, and the one sweeper that watches them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._connections: dict[str, Connection] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self.also_sweep: list[Callable[[], Awaitable[None]]] = []

    @property
    def agents(self) -> int:
        """How many desks are connected."""
        return sum(one.owner is not None for one in self._connections.values())

    @property
    def visitors(self) -> int:
        """How many visitors' browsers are connected."""
        return len(self._connections) - self.agents

    def add(self, connection: Connection) -> None:
        """Watch over a new connection."""
        self._connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.pop(connection.id, None)

    def of_user(self, tenant_id: str, user_id: str) -> list[Connection]:
        """Return the open desks of one person."""
        owner = (tenant_id, user_id)
        return [one for one in self._connections.values() if one.owner == owner]

    def desks(self) -> list[Connection]:
        """Return the open desks of everybody."""
        return [one for one in self._connections.values() if one.owner is not None]

    async def start(self) -> None:
        """Start the sweeper."""
        self._sweeper = asyncio.create_task(self._sweep(), name="connection-sweeper")

    async def stop(self) -> None:
        """Tell everyone to come back in a moment, then stop."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for place, connection in enumerate(list(self._connections.values())):
            # spread the return of many browsers over a few seconds
            connection.end("restarting", again=True, after_ms=200 + place % 50 * 60, status=1012)
        await asyncio.sleep(0.2)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(2.5)
            now_ms = self._clock.monotonic_ms()
            for connection in list(self._connections.values()):
                if not connection.greeted and now_ms - connection.opened_ms > HELLO_LIMIT_MS:
                    connection.end("hello_expected", again=False, status=1008)
                elif now_ms - connection.heard_ms > SILENCE_LIMIT_MS:
                    connection.end("silent", again=True, status=1001)
            for sweep in self.also_sweep:
                try:
                    await sweep()
                except Exception:
                    log.exception("a sweep failed; the next one goes on")
