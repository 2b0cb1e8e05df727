"""Many sockets from one process, with as little work on this side as can be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import websockets


async def connect(url: str, port: int, headers: dict[str, str], origin: str | None) -> Any:
    """Open one socket to 127.0.0.1."""
    return await websockets.connect(
        url,
        host="127.0.0.1",
        port=port,
        origin=origin,  # type: ignore[arg-type]
        additional_headers=headers,
        compression=None,
        ping_interval=None,
        open_timeout=60,
        max_queue=None,
    )


async def until(socket: Any, kind: str) -> dict[str, Any]:
    """Read frames until one of a type."""
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 60))
        if frame["type"] == kind:
            return frame
        if frame["type"] in ("error", "goodbye"):
            raise RuntimeError(f"the server said {frame}")


async def closed_loop(
    pairs: Sequence[tuple[Any, Any]],
    message: Callable[[int, int], str],
    arrived: Callable[[str | bytes], bool],
    rounds: int,
) -> int:
    """Each pair sends ``message(pair, turn)``, waits until its other half has it, and goes on.

    Returns the number of messages relayed.
    """

    async def one(number: int, left: Any, right: Any) -> None:
        for turn in range(rounds):
            await left.send(message(number, turn))
            while not arrived(await right.recv()):
                pass

    await asyncio.gather(*(one(number, *pair) for number, pair in enumerate(pairs)))
    return len(pairs) * rounds


async def drain(socket: Any) -> None:
    """Read and forget, for sockets whose frames nobody waits for."""
    try:
        while True:
            await socket.recv()
    except websockets.ConnectionClosed:
        return
