"""WebSocket transport (RFC 6455), as plain ASGI so that an idle socket stays small.

Who may connect is decided before the upgrade. Frames of one socket are handled one after the
other; a socket that sends too fast is read more slowly instead of losing what it sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Scope, Send

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.kernel.ids import new_id
from gateway.platform.http.errors import error_response
from gateway.platform.http.socket_protocol import LANE
from gateway.settings import LimitSettings
from gateway.surfaces.sockets.connection import Audience, Bucket, Connection, Connections

log = logging.getLogger("wecc.sockets")

TYPING = b'"typing.set"'
Admit = Callable[[Scope], Awaitable[Callable[[Connection], Audience]]]

Enter = Callable[[Scope], Callable[[], None]]
"""Counts a socket in for its network address; returns what counts it out."""


class SocketEndpoint:
    """An ASGI application for one kind of socket. ``admit`` checks origin and login, and
    returns what makes the audience of a connection; it raises ``WeccError`` to refuse the upgrade.
    """

    def __init__(
        self,
        admit: Admit,
        enter: Enter,
        connections: Connections,
        limits: LimitSettings,
        clock: Clock,
    ) -> None:
        self._admit, self._enter, self._connections = admit, enter, connections
        self._limits, self._clock = limits, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            make_audience = await self._admit(scope)
            leave = self._enter(scope)
        except WeccError as error:
            log.info("socket refused", extra={"code": error.code})
            await _refuse(error, scope, receive, send)
            return
        try:
            await send({"type": "websocket.accept"})
            await self._serve(scope, receive, self._connection(send), make_audience)
        finally:
            leave()

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        connection: Connection,
        make_audience: Callable[[Connection], Audience],
    ) -> None:
        audience = make_audience(connection)
        self._connections.add(connection)
        self._open_lane(scope, connection, audience)
        try:
            await self._read(connection, audience, receive)
        finally:
            self._connections.remove(connection)
            await audience.gone()

    def _open_lane(self, scope: Scope, connection: Connection, audience: Audience) -> None:
        """Pass on what is only relayed without waking a task: most frames, under load."""
        lane = scope["extensions"].get(LANE)
        if lane is None:
            return

        def relay(raw: bytes) -> bool:
            now_ms = self._clock.monotonic_ms()
            if TYPING not in raw or connection.is_ending or not connection.bucket.has(now_ms):
                return False
            connection.heard_ms = now_ms
            return audience.relay(raw) and not connection.bucket.take(now_ms)

        lane.relay = relay
        connection.express = lane.write_text

    def _connection(self, send: Send) -> Connection:
        async def write(data: bytes) -> None:
            await send({"type": "websocket.send", "text": data.decode()})

        async def close(status: int, reason: str) -> None:
            await send({"type": "websocket.close", "code": status, "reason": reason})

        now_ms = self._clock.monotonic_ms()
        limits = self._limits
        return Connection(
            new_id("pr", self._clock.now_ms()),
            write,
            close,
            now_ms=now_ms,
            limit_bytes=limits.slow_client_bytes,
            bucket=Bucket(limits.frames_per_s, limits.frames_burst, now_ms),
        )

    async def _read(self, connection: Connection, audience: Audience, receive: Receive) -> None:
        while True:
            event: Message = await receive()
            if event["type"] != "websocket.receive":
                return
            now_ms = connection.heard_ms = self._clock.monotonic_ms()
            wait_s = connection.bucket.take(now_ms)
            if wait_s:
                await asyncio.sleep(wait_s)
            if connection.is_ending:
                continue  # signed out, or told to come back: nothing more is done here
            text = event.get("text")
            if text is None:
                connection.refuse(None, WeccError("bad_frame", "Frames are text, not binary."))
                continue
            await audience.frame(text)


async def _refuse(error: WeccError, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse before the upgrade: with status, code and ``Retry-After`` where that can be said."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await error_response(error)(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": error.code})
