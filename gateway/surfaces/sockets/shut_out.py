"""Whoever is blocked while their page is open is told so, and their calls end.

What they wrote stays where it is, and whoever has it in hand keeps it. What comes after the
goodbye is not acknowledged, so their browser shows it as not sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from gateway.engagement.model.blocks import Barred, Comer
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.bus import blocks_topic
from gateway.surfaces.rooms import Rooms
from gateway.surfaces.sockets.connection import Connection

log = logging.getLogger("wecc.sockets")
_running: set[asyncio.Task[None]] = set()


def follow_blocks(
    rooms: Rooms, connection: Connection, actor: Actor, comer: Callable[[], Comer]
) -> Callable[[], None]:
    """Show ``actor`` out when a block is made that meets them; returns what ends it."""

    def heard(block: object) -> None:
        if isinstance(block, Barred) and block.meets(comer()):
            task = asyncio.create_task(_show_out(rooms, connection, actor))
            _running.add(task)
            task.add_done_callback(_running.discard)

    return rooms.bus.subscribe(blocks_topic(actor.tenant_id), heard)


async def _show_out(rooms: Rooms, connection: Connection, actor: Actor) -> None:
    try:
        for call in await rooms.voice.calls_for(actor):
            await rooms.voice.hang_up(actor, call.id)
    except WeccError as error:
        log.warning("a blocked caller's call did not end", extra={"code": error.code})
    finally:
        connection.refuse(None, WeccError("blocked"))
        connection.end("blocked", again=False)
