"""Counts requests and measures their time, per kind of origin; no path or name gets in."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.kernel.clock import Clock
from gateway.platform.http.hosts import KIND

Count = Callable[[str, int, float], None]
"""(origin, status, seconds) of one answered request."""


class Counting:
    """Around everything else that answers requests."""

    def __init__(self, app: ASGIApp, clock: Clock, count: Count) -> None:
        self._app, self._clock, self._count = app, clock, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_ms = self._clock.monotonic_ms()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                took_s = (self._clock.monotonic_ms() - began_ms) / 1000
                self._count(str(scope.get(KIND, "none")), message["status"], took_s)
            await send(message)

        await self._app(scope, receive, counted)
