"""Ends connections whose peer reads nothing: they would hold memory and a place for ever.

Waiting for an unread buffer to drain never ends by itself, and neither does closing one politely:
such a connection is reset, with all that waits in it, in the kernel too.
"""

from __future__ import annotations

import asyncio
import socket
import struct

STALL_LIMIT_S = 20.0


class CutsStalled(asyncio.Protocol):
    """Put before one of uvicorn's protocols in the list of base classes."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    stall_limit_s = STALL_LIMIT_S
    _stall: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_stall()
        self._stall = self.loop.call_later(self.stall_limit_s, self._reset)

    def resume_writing(self) -> None:
        self._stop_stall()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_stall()
        super().connection_lost(exc)

    def _stop_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _reset(self) -> None:
        channel = self.transport.get_extra_info("socket")
        if channel is not None:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
