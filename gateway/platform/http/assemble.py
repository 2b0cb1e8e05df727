"""Turns the route table into Starlette routes: one endpoint per address, one way through.

Every request passes the same steps in the same order: rate by address, who is it, rate by
actor, path ids, query, body, handler, answer. Whatever goes wrong leaves as one JSON shape.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import is_id
from gateway.platform.http.codec import decode, encode
from gateway.platform.http.errors import error_response, fault_response, method_not_allowed
from gateway.platform.http.limiter import Limiter
from gateway.platform.http.limits import DEFAULT_BODY_BYTES, too_large
from gateway.platform.http.once import Answers, Once, takes_key
from gateway.platform.http.peer import Peers
from gateway.platform.http.route import Call, Origin, Route

Authenticate = Callable[[Request, Route], Awaitable[Actor | None]]
RequireEntries = Callable[[Iterable[str]], None]
_logger = logging.getLogger("wecc.http")
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, content-type, upload-offset",
    "access-control-expose-headers": "upload-offset, retry-after",
    "access-control-max-age": "600",
}
_MAX_QUERY_BYTES = 4_096


def assemble(
    routes: Sequence[Route],
    authenticate: Authenticate,
    require_entries: RequireEntries,
    limiter: Limiter,
    *,
    origin: Origin,
    peers: Peers | None = None,
    answers: Answers | None = None,
) -> list[StarletteRoute]:
    """Return the Starlette routes of one kind of origin.

    ``require_entries`` is called with every operation first, so a route that the authorization
    table does not know keeps the server from starting.
    """
    require_entries(route.operation for route in routes)
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        if route.origin != origin:
            continue
        methods = by_path.setdefault(route.path, {})
        if route.method in methods:
            raise RuntimeError(f"two routes for {route.method} {route.path}")
        methods[route.method] = route
    once = None if answers is None else Once(answers)
    steps = _Steps(authenticate, limiter, peers or Peers(), once)
    return [
        StarletteRoute(path, _Address(methods, steps, has_cors=origin == "widget"))
        for path, methods in sorted(by_path.items(), key=lambda item: _vagueness(item[0]))
    ]


def _vagueness(path: str) -> list[bool]:
    """Order addresses: a fixed word is tried before an id that could be any word."""
    return [part.startswith("{") for part in path.split("/")]


class _Steps:
    """What every request goes through."""

    def __init__(
        self, authenticate: Authenticate, limiter: Limiter, peers: Peers, once: Once | None
    ) -> None:
        self._authenticate = authenticate
        self._limiter = limiter
        self._peers = peers
        self._once = once

    async def answer(self, route: Route, request: Request) -> Response:
        """Return the response to ``request``; never raises what a client caused."""
        try:
            return await self._answer(route, request)
        except WeccError as error:
            if error.info.status >= 500:
                _logger.warning("refused", extra={"code": error.code, "where": route.path})
            return error_response(error)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # the one place where a fault becomes an answer
            return fault_response(error, f"{route.method} {route.path}")

    async def _answer(self, route: Route, request: Request) -> Response:
        bucket = self._peers.bucket(request.scope)
        self._limiter.check("address", bucket)
        if route.access == "public":
            self._limiter.check(route.rate, f"{bucket} {route.operation}")
        actor = await self._authenticate(request, route)
        if actor is not None:
            self._limiter.check(route.rate, f"{actor.tenant_id} {actor.id} {route.operation}")
        path, query = _path_ids(request), _query(request, route)
        raw = await _raw_body(request, route)

        async def act() -> Response:
            body = None if route.body is None or raw is None else decode(raw, route.body)
            return _response(await route.handler(Call(actor, request, path, query, body)), route)

        if self._once is None or actor is None or not takes_key(route):
            return await act()
        return await self._once.answer(request, actor, raw or b"", act)


class _Address:
    """One address with all its methods, as an ASGI application."""

    def __init__(self, methods: Mapping[str, Route], steps: _Steps, *, has_cors: bool) -> None:
        self._methods = dict(methods)
        if "GET" in self._methods:
            self._methods.setdefault("HEAD", self._methods["GET"])
        self._steps = steps
        self._has_cors = has_cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        route = self._methods.get(method)
        if route is not None:
            response = await self._steps.answer(route, Request(scope, receive))
        elif method == "OPTIONS" and self._has_cors:
            allowed = ", ".join(sorted(self._methods))
            response = Response(status_code=204, headers={"access-control-allow-methods": allowed})
        else:
            response = method_not_allowed(self._methods)
        if self._has_cors:
            response.headers.update(_CORS)
        await response(scope, receive, send)


def _path_ids(request: Request) -> dict[str, str]:
    ids = {name: str(value) for name, value in request.path_params.items()}
    if not all(is_id(value) for value in ids.values()):
        raise not_found("address")
    return ids


def _query(request: Request, route: Route) -> dict[str, str]:
    """Return the declared query parameters; others are ignored, repeated ones refused."""
    if len(request.scope["query_string"]) > _MAX_QUERY_BYTES:
        raise WeccError("bad_request", "The query is too long.")
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in route.query:
            continue
        if name in found:
            raise WeccError("bad_request", "A query parameter appears twice.", field=name)
        if not value.isprintable():
            raise WeccError("bad_value", "The value holds unprintable characters.", field=name)
        found[name] = value
    return found


async def _raw_body(request: Request, route: Route) -> bytes | None:
    """Return the JSON of a request; None where there is none, or the handler reads it itself."""
    if route.raw_limit_bytes or route.body is None:
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise WeccError("bad_media_type")
    return await read_body(request, DEFAULT_BODY_BYTES)


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the whole body, or raise ``too_large`` as soon as it grows above ``limit_bytes``."""
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise too_large(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _response(value: Any, route: Route) -> Response:
    if isinstance(value, Response):
        return value
    if value is None:
        status = 204 if route.status == 200 else route.status
        return Response(status_code=status, headers={"cache-control": "no-store"})
    return Response(
        encode(value), route.status, {"cache-control": "no-store"}, media_type="application/json"
    )
