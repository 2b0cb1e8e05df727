"""The first guard: which host names we answer to, and what a request may look like.

Decisions are taken on ``scope["path"]`` and the exact ``Host``, never on a URL put together
from them. Hosts are a closed list; each belongs to one kind of origin, which decides the routes
and the headers behind this guard.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.platform.http.errors import method_not_allowed
from gateway.platform.http.peer import Peers

KIND = "wecc.origin"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ONCE = frozenset(
    {
        b"host",
        b"authorization",
        b"content-type",
        b"content-length",
        b"cookie",
        b"origin",
        b"sec-fetch-site",
        b"upload-offset",
        b"idempotency-key",
        b"x-wecc-csrf",
    }
)
_FORWARDED = (b"x-forwarded-", b"forwarded", b"x-real-ip")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]{1,253})(:[0-9]{1,5})?")


def origin_kind(scope: Mapping[str, Any]) -> str:
    """Return the kind of origin a request came to: ``desk``, ``widget``, ``files``, ..."""
    return str(scope[KIND])


class HostGuard:
    """Answers 421 for an unknown ``Host``, 400 for a broken one, 405 for a strange method."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Mapping[str, str],
        *,
        open_paths: Collection[str] = (),
        peers: Peers | None = None,
    ) -> None:
        """``hosts`` maps ``name:port`` (no port when it is the scheme's own) to a kind.

        ``open_paths`` (health checks) are served under any well-formed host, as ``desk``.
        """
        self._app = app
        self._hosts = {host.lower(): kind for host, kind in hosts.items()}
        self._open_paths = frozenset(open_paths)
        self._peers = peers or Peers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        problem = self._problem(scope)
        if problem is None:
            scope["headers"] = self._own_headers(scope)
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await _refuse_socket(scope, receive, send, problem)
        else:
            await _refuse(scope, receive, send, problem)

    def _problem(self, scope: Scope) -> tuple[int, str] | None:
        if scope["type"] == "http" and scope["method"] not in METHODS:
            return 405, ""
        seen: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in seen and name in _ONCE:
                return 400, "A header that may appear once appeared twice."
            seen[name] = value
        host = seen.get(b"host", b"").decode("latin-1").lower()
        if _HOST.fullmatch(host) is None:
            return 400, "The Host header is missing or malformed."
        kind = self._hosts.get(host) or self._hosts.get(_without_port(host, scope["scheme"]))
        if kind is None and scope["path"] in self._open_paths:
            kind = "desk"
        if kind is None:
            return 421, "This server does not serve that host name."
        scope[KIND] = kind
        return None

    def _own_headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Drop what an outsider may not say: forwarding headers and underscore twins."""
        is_trusted = self._peers.is_trusted(scope)
        return [
            (name, value)
            for name, value in scope["headers"]
            if b"_" not in name and (is_trusted or not name.startswith(_FORWARDED))
        ]


def _without_port(host: str, scheme: str) -> str:
    standard = ":443" if scheme in ("https", "wss") else ":80"
    return host.removesuffix(standard)


def _plain(status: int, text: str) -> Response:

    return PlainTextResponse(text, status, {"connection": "close", "cache-control": "no-store"})


async def _refuse(scope: Scope, receive: Receive, send: Send, problem: tuple[int, str]) -> None:
    status, text = problem
    response = method_not_allowed(METHODS) if status == 405 else _plain(status, text)
    await response(scope, receive, send)


async def _refuse_socket(
    scope: Scope, receive: Receive, send: Send, problem: tuple[int, str]
) -> None:
    """Refuse before the upgrade, with the real status where the server can say it."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await _plain(*problem)(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008})
