"""Caps before any handler: body bytes by route, and requests in progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from re import Pattern

from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.kernel.errors import WeccError
from gateway.platform.http.errors import error_response
from gateway.platform.http.route import Route

DEFAULT_BODY_BYTES = 64 << 10
LimitFor = Callable[[str, str], int]
"""(method, path) -> most bytes a body may have."""


def body_limits(routes: Sequence[Route], default_bytes: int = DEFAULT_BODY_BYTES) -> LimitFor:
    """Return the cap of each route's body; an address without a route gets the default."""
    special: list[tuple[str, Pattern[str], int]] = [
        (route.method, compile_path(route.path)[0], route.raw_limit_bytes)
        for route in routes
        if route.raw_limit_bytes > 0
    ]

    def limit_for(method: str, path: str) -> int:
        for own_method, pattern, limit_bytes in special:
            if own_method == method and pattern.match(path):
                return limit_bytes
        return default_bytes

    return limit_for


class BodyCap:
    """Cuts a request as soon as its body is announced or counted above its cap.

    A response that does not wait for the rest of a body closes the connection, so nobody can
    keep us reading what nobody wants.
    """

    def __init__(self, app: ASGIApp, limit_for: LimitFor) -> None:
        self._app = app
        self._limit_for = limit_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit_bytes = self._limit_for(scope["method"], scope["path"])
        body = _Body(scope, receive, send, limit_bytes)
        if body.announced_bytes > limit_bytes:
            await body.refuse()
            return
        try:
            await self._app(scope, body.receive, body.send)
        except WeccError as error:
            if error.code != "too_large" or body.has_started:
                raise
            await body.refuse()


class _Body:
    """One request's body on its way in."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit_bytes: int) -> None:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        self.announced_bytes = int(length) if length.isdigit() and len(length) < 19 else 1 << 62
        self.is_complete = self.announced_bytes == 0 and b"transfer-encoding" not in headers
        self.has_started = False
        self._scope, self._receive, self._send = scope, receive, send
        self._limit_bytes = limit_bytes
        self._seen_bytes = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen_bytes += len(message.get("body", b""))
            self.is_complete = not message.get("more_body", False)
            if self._seen_bytes > self._limit_bytes:
                raise too_large(self._limit_bytes)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            if not self.is_complete:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await self._send(message)

    async def refuse(self) -> None:
        self.is_complete = False
        await error_response(too_large(self._limit_bytes))(self._scope, self._receive, self.send)


def too_large(limit_bytes: int) -> WeccError:
    """Return the error for a body above ``limit_bytes``."""
    return WeccError("too_large", f"The body may have at most {limit_bytes} bytes here.")
