"""The whole of what is served: guards outermost, then one application per origin.

From outside in: security headers, host and header guard, body cap, then the origin's sockets,
routes, static files. A path that nobody serves is a plain 404 on every origin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.http.errors import on_fault, on_http_exception, on_wecc_error
from gateway.platform.http.headers import SecurityHeaders, nonce_of
from gateway.platform.http.hosts import HostGuard, origin_kind
from gateway.platform.http.limits import BodyCap, body_limits
from gateway.platform.http.peer import Peers
from gateway.platform.http.route import Route
from gateway.settings import Addresses, host_of
from gateway.surfaces import static
from gateway.surfaces.counting import Count, Counting

OPEN_PATHS = ("/healthz", "/readyz", "/metrics")
LOCAL = "local"
API_PREFIX = "/api/"


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What the assembly puts together."""

    addresses: Addresses
    peers: Peers
    routes: Sequence[Route]
    starlette_routes: Mapping[str, Sequence[BaseRoute]]
    sockets: Mapping[str, Mapping[str, ASGIApp]]
    clock: Clock
    count: Count
    extra: Mapping[str, ASGIApp] = field(default_factory=dict)
    local_hosts: Sequence[str] = ()


def assemble_surfaces(surfaces: Surfaces) -> ASGIApp:
    """Return the one ASGI application."""
    addresses = surfaces.addresses
    by_kind: dict[str, ASGIApp] = {
        "desk": _desk(surfaces),
        "widget": _widget(surfaces),
        "files": _application(surfaces.starlette_routes.get("files", ())),
        "mirror": _application(()),
        LOCAL: _local(addresses),
        **surfaces.extra,
    }
    hosts = dict.fromkeys(surfaces.local_hosts, LOCAL)
    for kind in ("desk", "widget", "files", "mirror", *surfaces.extra):
        hosts[host_of(getattr(addresses, kind))] = kind
    router: ASGIApp = _ByKind(by_kind, surfaces.sockets)
    capped = BodyCap(router, body_limits(surfaces.routes))
    guarded = HostGuard(capped, hosts, open_paths=OPEN_PATHS, peers=surfaces.peers)
    secured = SecurityHeaders(
        guarded,
        connect="ws" + addresses.desk.removeprefix("http"),
        frames=f"{addresses.files} {addresses.mirror}",
        is_tls=addresses.secure,
    )
    return Counting(secured, surfaces.clock, surfaces.count)


class _ByKind:
    """Hands a request to the application of its origin, a socket to its endpoint."""

    def __init__(
        self, apps: Mapping[str, ASGIApp], sockets: Mapping[str, Mapping[str, ASGIApp]]
    ) -> None:
        self._apps, self._sockets = apps, sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = origin_kind(scope)
        if kind == LOCAL and scope["path"] in OPEN_PATHS:
            kind = "desk"
        if scope["type"] != "websocket":
            await self._apps[kind](scope, receive, send)
            return
        endpoint = self._sockets.get(kind, {}).get(scope["path"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not_found"})


def _application(rows: Sequence[BaseRoute]) -> Starlette:
    """Return an application whose faults are ours to word; it never redirects by ``Host``."""
    application = Starlette(
        routes=list(rows),
        exception_handlers={
            WeccError: on_wecc_error,
            HTTPException: on_http_exception,
            Exception: on_fault,
        },
    )
    application.router.redirect_slashes = False
    return application


def _desk(surfaces: Surfaces) -> ASGIApp:
    """The REST API, the built desk, and its page for every other path."""
    assets = static.load(static.STATIC_DIR / "web")
    index = assets.pop("/index.html", None)

    async def page(request: Request) -> Response:
        path = request.scope["path"]
        asset = assets.get(path)
        if asset is not None:
            return static.respond(asset, request)
        if index is None:
            return PlainTextResponse("The desk is not built: run `make build`.\n", 503)
        if path.startswith((API_PREFIX, "/assets/")):
            return PlainTextResponse("There is nothing here.\n", 404)
        return static.page(index, nonce_of(request.scope))

    rows = [*surfaces.starlette_routes.get("desk", ())]
    return _application([*rows, StarletteRoute("/{path:path}", page, methods=["GET"])])


def _widget(surfaces: Surfaces) -> ASGIApp:
    """The widget's API and its built files."""
    assets = static.load(static.STATIC_DIR / "widget")

    async def file(request: Request) -> Response:
        asset = assets.get(request.scope["path"])
        if asset is None:
            return PlainTextResponse("There is nothing here.\n", 404)
        return static.respond(asset, request)

    rows = [*surfaces.starlette_routes.get("widget", ())]
    return _application([*rows, StarletteRoute("/{path:path}", file, methods=["GET"])])


def _local(addresses: Addresses) -> ASGIApp:
    """Whoever typed the machine's address is sent to the desk."""

    async def to_desk(_request: Request) -> Response:
        return RedirectResponse(addresses.desk + "/", 302)

    return _application([StarletteRoute("/", to_desk)])
