"""Channels without WebSocket: who leaves in the middle of a frame, and frames sent side by side."""

from __future__ import annotations

import asyncio
import json

from gateway.kernel.clock import ManualClock
from gateway.settings import LimitSettings
from gateway.surfaces.sockets.connection import Connection, Connections
from gateway.surfaces.sockets.fallback import Fallback
from tests.patience import turns


class Slow:
    """An audience whose frames take as long as the test wants."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.seen: list[str] = []
        self.connection: Connection | None = None

    def make(self, connection: Connection) -> Slow:
        self.connection = connection
        return self

    async def frame(self, raw: bytes | str) -> None:
        name = json.loads(raw)
        self.seen.append(f"{name} begins")
        await self.go.wait()
        await asyncio.sleep(0)
        self.seen.append(f"{name} ends")

    def relay(self, raw: bytes) -> bool:
        del raw
        return False

    async def gone(self) -> None:
        self.seen.append("gone")


def fallback() -> Fallback:
    clock = ManualClock()
    return Fallback(lambda _: lambda: None, Connections(clock), LimitSettings(), clock)


async def test_nobody_leaves_in_the_middle_of_a_hello() -> None:
    """Otherwise the hello's end would count somebody in whom nobody counts out."""
    channels, slow = fallback(), Slow()
    opening = asyncio.create_task(channels.open(slow.make, b'"hello"', {"type": "http"}))
    await turns()
    assert slow.connection is not None
    slow.connection.end("hello_expected", again=False)
    await turns()
    await channels.sweep()
    assert slow.seen == ["hello begins"]
    slow.go.set()
    await opening
    await channels.sweep()
    assert slow.seen == ["hello begins", "hello ends", "gone"]


async def test_requests_side_by_side_keep_their_frames_together() -> None:
    channels, slow = fallback(), Slow()
    slow.go.set()
    answer = await channels.open(slow.make, b'"hello"', {"type": "http"})
    channel = json.loads(bytes(answer.body))["channel"]
    slow.seen.clear()
    slow.go.clear()
    sending = [asyncio.create_task(channels.frames(channel, b)) for b in (b'["a","b"]', b'["c"]')]
    await turns()
    slow.go.set()
    await asyncio.gather(*sending)
    assert slow.seen == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]
