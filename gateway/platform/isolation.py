"""Run a function on hostile bytes in a child process that can be killed.

A child takes one payload, answers once and ends. It starts with limits on memory, processor time
and open files (``setrlimit``), inherits nothing but its two pipes, writes no files, and is killed
at a deadline. One warm child waits with its modules loaded, so that a call costs no start-up.

The function is named ``package.module:function``, takes and returns ``bytes``. What it raises
stays in the child: the caller only learns a code.
"""

from __future__ import annotations

import asyncio
import logging
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

_logger = logging.getLogger("wecc.isolation")
_HEADER = struct.Struct("<II")
_ROOT = Path(__file__).resolve().parents[2]
_STATUS_OK, _STATUS_FAILED = 0, 1

Reason = Literal["timeout", "crashed", "too_large", "failed"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use. ``memory_bytes`` bounds its address space (RLIMIT_AS)."""

    memory_bytes: int = 1_073_741_824
    cpu_s: int = 10
    wall_ms: int = 15_000
    output_bytes: int = 134_217_728


class IsolationError(Exception):
    """The child did not answer: ``timeout``, ``crashed``, ``too_large`` or ``failed``."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


class _Order(msgspec.Struct, frozen=True):
    """What a child is told: function, limits; the payload follows."""

    function: str
    memory_bytes: int
    cpu_s: int


class Isolation:
    """Starts children. At most ``parallel`` work at once; ``preload`` names their modules."""

    def __init__(self, *, preload: Sequence[str] = (), parallel: int = 2) -> None:
        self._preload = tuple(preload)
        self._slots = asyncio.Semaphore(parallel)
        self._warm: asyncio.subprocess.Process | None = None
        self._live: set[asyncio.subprocess.Process] = set()
        self._warming: asyncio.Task[None] | None = None
        self._is_closed = False

    async def call(self, function: str, payload: bytes, limits: Limits | None = None) -> bytes:
        """Run ``function`` on ``payload`` in a child; raise ``IsolationError`` when it fails."""
        limits = limits or Limits()
        async with self._slots:
            child = await self._take()
            try:
                async with asyncio.timeout(limits.wall_ms / 1000):
                    return await self._exchange(child, function, payload, limits)
            except TimeoutError:
                raise self._failed(function, "timeout") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                raise self._failed(function, "crashed") from None
            finally:
                await self._end(child)
                self._warm_up()

    async def close(self) -> None:
        """End every child, also those at work."""
        self._is_closed = True
        if self._warming is not None:
            await self._warming
        for child in list(self._live):
            await self._end(child)

    async def _take(self) -> asyncio.subprocess.Process:
        if self._warming is not None:
            await self._warming
        warm, self._warm = self._warm, None
        if warm is not None and warm.returncode is None:
            return warm
        return await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-s",
            "-m",
            __name__,
            *self._preload,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
            start_new_session=True,
        )
        self._live.add(child)
        return child

    def _warm_up(self) -> None:
        if not self._is_closed and self._warm is None and self._warming is None:
            self._warming = asyncio.get_running_loop().create_task(self._keep_warm())

    async def _keep_warm(self) -> None:
        try:
            self._warm = await self._start()
        except OSError:
            _logger.warning("no child could be started")
        finally:
            self._warming = None

    async def _exchange(
        self, child: asyncio.subprocess.Process, function: str, payload: bytes, limits: Limits
    ) -> bytes:
        assert child.stdin is not None
        assert child.stdout is not None
        order = msgspec.msgpack.encode(_Order(function, limits.memory_bytes, limits.cpu_s))
        child.stdin.write(_HEADER.pack(len(order), len(payload)) + order)
        child.stdin.write(payload)
        await child.stdin.drain()
        status, size = _HEADER.unpack(await child.stdout.readexactly(_HEADER.size))
        if status != _STATUS_OK:
            raise self._failed(function, "failed")
        if size > limits.output_bytes:
            raise self._failed(function, "too_large")
        return await child.stdout.readexactly(size)

    def _failed(self, function: str, reason: Reason) -> IsolationError:
        _logger.warning("isolated call failed", extra={"function": function, "reason": reason})
        return IsolationError(reason)

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        self._live.discard(child)
        if child.returncode is None:
            try:
                child.kill()
            except ProcessLookupError:
                pass
        if child.stdin is not None:
            child.stdin.close()
        # Read first: a reader with much unread output is paused, and wait() ends only when the pipe
        # has closed (python/cpython#119710).
        if child.stdout is not None:
            while await child.stdout.read(65_536):
                pass
        await child.wait()


# ---- in the child ------------------------------------------------------------------------


def _limit(kind: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))


def _read(count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = os.read(0, min(count - len(parts), 1 << 20))
        if not part:
            raise SystemExit(0)
        parts += part
    return bytes(parts)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _serve(preload: Sequence[str]) -> None:
    import importlib
    import resource

    for name in preload:
        importlib.import_module(name)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    order_bytes, payload_bytes = _HEADER.unpack(_read(_HEADER.size))
    order = msgspec.msgpack.decode(_read(order_bytes), type=_Order)
    module, _, name = order.function.partition(":")
    function = getattr(importlib.import_module(module), name)
    payload = _read(payload_bytes)
    used_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _limit(resource.RLIMIT_NOFILE, 32)
    _limit(resource.RLIMIT_CPU, int(used_s) + 1 + order.cpu_s)
    _limit(resource.RLIMIT_AS, order.memory_bytes)
    try:
        answer: bytes = function(payload)
    except BaseException:
        _write(_HEADER.pack(_STATUS_FAILED, 0))
        raise
    _write(_HEADER.pack(_STATUS_OK, len(answer)))
    _write(answer)


if __name__ == "__main__":
    _serve(sys.argv[1:])
