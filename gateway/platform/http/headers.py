"""Security headers, by kind of origin.

The desk runs only our own scripts, by nonce; the widget's files may be used by any site, without
credentials; the files origin runs nothing at all. A response that sets one of these headers
itself keeps its own value.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.platform.http.hosts import KIND

NONCE = "wecc.nonce"
_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
}
_DESK_FEATURES = "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
_NO_FEATURES = "camera=(), microphone=(), display-capture=(), geolocation=()"
_DROPPED = {b"server", b"x-powered-by"}


def nonce_of(scope: Mapping[str, Any]) -> str:
    """Return the nonce that this response's policy allows (for the desk's index page)."""
    return str(scope[NONCE])


def desk_policy(nonce: str, connect: str, frames: str) -> str:
    """Return the desk's Content-Security-Policy (W3C CSP3, Trusted Types)."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "style-src-attr 'unsafe-inline'",
            f"connect-src 'self' {connect}".rstrip(),
            f"img-src 'self' blob: data: {frames}".rstrip(),
            f"media-src 'self' blob: {frames}".rstrip(),
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            f"frame-src {frames or chr(39) + 'none' + chr(39)}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
        ]
    )


class SecurityHeaders:
    """Adds the headers of the origin a request came to, and drops what names our software."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        connect: str = "",
        frames: str = "",
        is_tls: bool = False,
    ) -> None:
        """``connect`` are the desk's socket addresses (``ws://desk.localhost:8700``), ``frames``
        the files and mirror origins; both separated by spaces.
        """
        self._app = app
        self._connect = connect
        self._frames = frames
        self._is_tls = is_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[NONCE] = secrets.token_urlsafe(16)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._guarded(scope, message.get("headers", []))
            await send(message)

        await self._app(scope, receive, send_guarded)

    def _guarded(self, scope: Scope, own: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = [(name.lower(), value) for name, value in own if name.lower() not in _DROPPED]
        names = {name for name, _ in kept}
        ours = self._headers(scope.get(KIND, ""), scope[NONCE])
        added = [
            (name.encode(), value.encode())
            for name, value in ours.items()
            if name.encode() not in names
        ]
        return kept + added

    def _headers(self, kind: str, nonce: str) -> dict[str, str]:
        found = dict(_EVERYWHERE)
        if self._is_tls:
            found["strict-transport-security"] = "max-age=31536000"
        if kind == "desk":
            found["content-security-policy"] = desk_policy(nonce, self._connect, self._frames)
            found["cross-origin-resource-policy"] = "same-origin"
            found["permissions-policy"] = _DESK_FEATURES
            found["x-frame-options"] = "DENY"
        elif kind == "widget":
            found["access-control-allow-origin"] = "*"
            found["cross-origin-resource-policy"] = "cross-origin"
            found["content-security-policy"] = "default-src 'none'; frame-ancestors 'none'"
        elif kind == "files":
            found["content-disposition"] = "attachment"
            found["content-security-policy"] = "sandbox; default-src 'none'"
            found["cross-origin-resource-policy"] = "cross-origin"
            found["permissions-policy"] = _NO_FEATURES
            found["cache-control"] = "private, no-store"
        else:
            found["content-security-policy"] = "default-src 'none'; frame-ancestors 'none'"
            found["cross-origin-resource-policy"] = "same-origin"
        return found
