"""Routes that belong to the surfaces themselves: fall-back channels, health and metrics."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from starlette.responses import Response

from gateway.kernel.errors import WeccError, not_found
from gateway.platform.http.peer import Peers
from gateway.platform.http.route import Call, Origin, Route
from gateway.settings import LimitSettings
from gateway.surfaces.sockets.fallback import Fallback
from gateway.surfaces.sockets.websocket import Admit

_NUMBER = re.compile(r"[0-9]{1,15}")
Ready = Callable[[], Awaitable[dict[str, str]]]
"""Returns the state of each part; anything but ``ok`` in ``store`` means not ready."""


class ChannelRoutes:
    """The fall-back channels of one audience."""

    def __init__(self, fallback: Fallback, admit: Admit, base: str, origin: Origin) -> None:
        self._fallback, self._admit = fallback, admit
        self._base, self._origin = base, origin

    def rows(self, limits: LimitSettings) -> list[Route]:
        """Return the rows of the route table."""
        size = limits.frame_bytes
        return [
            self._row("POST", "channel", self.open, {200: ["application/json"]}, size),
            self._row("GET", "stream", self.stream, {200: ["text/event-stream"]}),
            self._row("GET", "poll", self.poll, {200: ["application/json"]}),
            self._row("POST", "frames", self.frames, {202: []}, size),
        ]

    def _row(
        self,
        method: str,
        name: str,
        handler: Callable[[Call], Awaitable[Response]],
        produces: Mapping[int, Sequence[str]],
        raw_limit_bytes: int = 0,
    ) -> Route:
        return Route(
            method=method,  # type: ignore[arg-type]
            path=f"{self._base}/{name}",
            operation="channel.open" if name == "channel" else "channel.use",
            handler=handler,
            origin=self._origin,
            access="public",
            raw_limit_bytes=raw_limit_bytes,
            rate="frame",
            query={"channel": "The channel's secret id.", "site": "The site's key (visitors)."},
            produces=produces,
        )

    async def open(self, call: Call) -> Response:
        """Open a channel with a hello frame, where WebSocket does not get through."""
        make_audience = await self._admit(call.request.scope)
        hello = await call.request.body()
        return await self._fallback.open(make_audience, hello, call.request.scope)

    async def stream(self, call: Call) -> Response:
        """Receive frames as server-sent events."""
        seen = _number(call.request.headers.get("last-event-id", "0"))
        return await self._fallback.stream(_channel(call), seen)

    async def poll(self, call: Call) -> Response:
        """Receive frames numbered after ``after``, waiting up to 20 seconds for the first."""
        return await self._fallback.poll(_channel(call), _number(call.query.get("after", "0")))

    async def frames(self, call: Call) -> Response:
        """Send a JSON array of frames."""
        return await self._fallback.frames(_channel(call), await call.request.body())


def _number(text: str) -> int:
    """Return how far a browser has come; what is no number of ours counts as nothing."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _channel(call: Call) -> str:
    channel = call.query.get("channel", "")
    if not channel:
        raise WeccError("bad_value", "Say which channel.", field="channel")
    return channel


def upkeep_routes(ready: Ready, metrics: Callable[[], bytes], peers: Peers) -> list[Route]:
    """Return health, readiness and metrics. Metrics are for this machine only."""

    async def healthz(_call: Call) -> Response:
        """Tell that the process lives."""
        return Response(b"ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})

    async def readyz(_call: Call) -> Response:
        """Tell whether requests can be served, part by part."""
        parts = await ready()
        is_ready = parts.get("store") == "ok"
        return Response(
            msgspec.json.encode(parts),
            status_code=200 if is_ready else 503,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def read_metrics(call: Call) -> Response:
        """Prometheus metrics, for scrapers on this machine."""
        address = peers.address(call.request.scope)
        if address == "unknown" or not ipaddress.ip_address(address).is_loopback:
            raise not_found("page")
        return Response(metrics(), media_type="text/plain; version=0.0.4")

    text = ["text/plain"]
    states = {200: ["application/json"], 503: ["application/json"]}
    return [
        Route("GET", "/healthz", "health", healthz, access="public", produces={200: text}),
        Route("GET", "/readyz", "health", readyz, access="public", produces=states),
        Route("GET", "/metrics", "metrics", read_metrics, access="public", produces={200: text}),
    ]
