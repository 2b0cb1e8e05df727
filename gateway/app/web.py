"""The web process: rooms, surfaces, and their life from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.types import ASGIApp, Scope

from gateway.acd.http import routes as acd_routes
from gateway.app.rooms import House, build_rooms
from gateway.app.store import build_store
from gateway.demo.seed import DemoSeed
from gateway.demo.shop import application as shop_application
from gateway.engagement.http import routes as engagement_routes
from gateway.kernel.errors import WeccError
from gateway.knowledge.http import routes as knowledge_routes
from gateway.platform import memory
from gateway.platform.http.assemble import assemble
from gateway.platform.http.route import Route
from gateway.platform.telemetry import LoopLag
from gateway.rules.http import routes as rules_routes
from gateway.settings import Settings
from gateway.supervision.http import routes as supervision_routes
from gateway.surfaces.assembly import Surfaces, assemble_surfaces
from gateway.surfaces.http import ChannelRoutes, upkeep_routes
from gateway.surfaces.sockets import agent, visitor
from gateway.surfaces.sockets.admission import Admission, Crowd
from gateway.surfaces.sockets.connection import Connections
from gateway.surfaces.sockets.fallback import Fallback
from gateway.surfaces.sockets.logins import LoginWatch
from gateway.surfaces.sockets.websocket import Admit, SocketEndpoint
from gateway.tenancy.authorization import require_entries
from gateway.tenancy.http import routes as tenancy_routes
from gateway.tenancy.http.authenticator import Authenticator
from gateway.tenancy.model import LoginsEnded

log = logging.getLogger("wecc.app")

SWEEP_S = 3_600
AUDIT_S = 30
STANDS_BY = "another gateway works on this database; standing by until it ends"
MEDIA_START_S = 1.0  # calls are worth a moment, chat does not wait for them
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Web:
    """Everything a web process is."""

    def __init__(self, house: House, settings: Settings, port: int, demo: DemoSeed | None) -> None:
        self._house, self._settings, self._port = house, settings, port
        self._demo = demo
        self._connections = Connections(house.rooms.clock)
        self._lag = LoopLag(house.store.metrics)
        metrics = house.store.metrics
        metrics.sockets.labels("agent").set_function(lambda: self._connections.agents)
        metrics.sockets.labels("visitor").set_function(lambda: self._connections.visitors)
        self._upkeep: list[asyncio.Task[None]] = []
        self._is_started = False
        self.outdated = asyncio.Event()
        """Set when another gateway has taken over: this process must end."""
        self._asgi: ASGIApp | None = None

    async def start(self) -> None:
        """Take up what an earlier process left, then open the doors."""
        house, rooms = self._house, self._house.rooms
        memory.begin()
        await self._lead()
        tenant_ids = [row["id"] for row in await rooms.tenancy.tenants.all()]
        await house.analyser.start()
        if self._settings.media.enabled:
            await house.engine.start()
        await rooms.engagement.start(tenant_ids)
        await rooms.acd.start(tenant_ids)
        tenant_ids = [key for key in tenant_ids if key not in rooms.acd.refused()]
        if self._demo is not None:
            await self._demo.ensure()
        await rooms.voice.attach(tenant_ids)
        resumed = await house.steps.start(tenant_ids)
        house.supervision.start(tenant_ids)
        await rooms.sites.start()
        await self._connections.start()
        self._lag.start()
        self._upkeep = [
            asyncio.create_task(self._sweep(), name="upkeep"),
            asyncio.create_task(self._audit(), name="audit"),
            asyncio.create_task(
                LoginWatch(self._connections, rooms.tenancy).run(), name="login-watch"
            ),
        ]
        self._asgi = self._assemble()
        if self._settings.media.enabled and not await house.engine.until_available(MEDIA_START_S):
            log.warning("started without media workers")
        memory.settle()
        self._is_started = True
        log.info("web process started", extra={"count": resumed})

    async def _lead(self) -> None:
        """Wait until no other gateway works on this database, and end when one does later.

        A process that was fenced or has lost the lead has nothing to give: its parent starts the
        next one, which stands by.
        """
        lead = self._house.store.lead
        if lead is not None:
            await lead.take(lambda: print(STANDS_BY, flush=True))  # noqa: T201 - for the operator
            lead.watch(self.outdated.set)
        self._house.rooms.acd.on_fenced(self.outdated.set)

    async def stop(self) -> None:
        """Leave in the reverse order; everything durable is on disk already."""
        house, rooms = self._house, self._house.rooms
        self._is_started = False
        for task in self._upkeep:
            task.cancel()
        await asyncio.gather(*self._upkeep, return_exceptions=True)
        self._lag.stop()
        await self._connections.stop()
        await rooms.sites.stop()
        await house.supervision.stop()
        await house.steps.stop()
        await rooms.voice.stop()
        await rooms.acd.stop()
        await rooms.engagement.close()
        await house.engine.close()
        await house.isolation.close()
        await house.analyser.close()
        await house.store.close()

    async def say_goodbye(self) -> None:
        """Tell every browser to come back in a moment."""
        await self._connections.stop()

    async def banner(self, took_s: float) -> list[str]:
        """Return the lines that tell the operator where everything is."""
        rooms = self._house.rooms
        lines = [f"OpenWECC is ready ({took_s:.1f} s)", f"  agent desk   {rooms.addresses.desk}/"]
        if self._demo is not None:
            lines.append(f"  demo shop    {rooms.addresses.shop}/")
            lines.extend(await self._demo.sign_in_lines())
        if await rooms.tenancy.set_up.is_open():
            token = await rooms.tenancy.set_up.new_token()
            lines.append(f"  set up your own: {rooms.tenancy.set_up.url(token)}")
        return [*lines, "  Ctrl-C stops everything."]

    # ---- assembly --------------------------------------------------------------------------

    @property
    def asgi(self) -> ASGIApp:
        """The application to serve; there is none before ``start``."""
        if self._asgi is None:
            raise WeccError("not_ready")
        return self._asgi

    def _assemble(self) -> ASGIApp:
        house, rooms = self._house, self._house.rooms
        authenticator = Authenticator(rooms.tenancy)
        admission = Admission(rooms, authenticator)
        limits, clock = self._settings.limits, rooms.clock
        crowd = Crowd(limits.sockets_per_address)

        def enter(scope: Scope) -> Callable[[], None]:
            return crowd.enter(rooms.peers.bucket(scope))

        fallbacks = [Fallback(enter, self._connections, limits, clock) for _ in range(2)]
        self._connections.also_sweep.extend(fallback.sweep for fallback in fallbacks)
        routes: list[Route] = [
            *tenancy_routes(rooms.tenancy),
            *engagement_routes(rooms.engagement, rooms.people),
            *knowledge_routes(house.knowledge),
            *acd_routes(rooms.acd),
            *rules_routes(rooms.rules),
            *supervision_routes(house.supervision),
            *ChannelRoutes(fallbacks[0], admission.visitor, "/v1", "widget").rows(limits),
            *ChannelRoutes(fallbacks[1], admission.agent, "/api/v1", "desk").rows(limits),
            *upkeep_routes(self._state, lambda: house.store.metrics.render()[0], rooms.peers),
        ]
        require_entries(
            str(getattr(kind, "__struct_config__").tag)  # noqa: B009 - known to msgspec only
            for commands in (agent.COMMANDS, visitor.COMMANDS)
            for kind in commands
        )
        rooms.tenancy.on_logins_ended(self._logins_ended)

        def endpoint(admit: Admit) -> SocketEndpoint:
            return SocketEndpoint(admit, enter, self._connections, limits, clock)

        extra: dict[str, ASGIApp] = {}
        if self._demo is not None:
            extra["shop"] = shop_application(rooms.addresses.widget, self._demo.site_key)
        return assemble_surfaces(
            Surfaces(
                addresses=rooms.addresses,
                peers=rooms.peers,
                routes=routes,
                starlette_routes={
                    origin: assemble(
                        routes,
                        authenticator,
                        require_entries,
                        rooms.limiter,
                        origin=origin,
                        peers=rooms.peers,
                        answers=rooms.tenancy.answers,
                    )
                    for origin in ("desk", "widget", "files")
                },
                sockets={
                    "desk": {"/api/v1/socket": endpoint(admission.agent)},
                    "widget": {"/v1/socket": endpoint(admission.visitor)},
                },
                clock=clock,
                count=self._count,
                extra=extra,
                local_hosts=[f"{name}:{self._port}" for name in LOCAL_NAMES],
            )
        )

    def _count(self, origin: str, status: int, seconds: float) -> None:
        metrics = self._house.store.metrics
        metrics.requests.labels(origin, str(status)).inc()
        metrics.request_seconds.labels(origin).observe(seconds)

    def _logins_ended(self, ended: LoginsEnded) -> None:
        """Close the sockets of logins that are over, at once."""
        for connection in self._connections.of_user(ended.tenant_id, ended.user_id):
            if ended.login_ids is None or connection.login_id in ended.login_ids:
                connection.end("signed_out", again=False)

    async def _state(self) -> dict[str, str]:
        """Return how each part is doing."""
        house = self._house
        store = "ok"
        try:
            await asyncio.wait_for(house.rooms.tenancy.tenants.all(), 2)
        except (WeccError, TimeoutError):
            store = "down"
        media = "off" if not self._settings.media.enabled else "down"
        if self._settings.media.enabled and house.engine.is_available:
            media = "ok"
        analysis = "ok" if house.analyser.pid is not None else "starting"
        web = "ok" if self._is_started else "starting"
        routing = "partly_refused" if house.rooms.acd.refused() else "ok"
        return {
            "web": web, "store": store, "routing": routing, "media": media, "analysis": analysis,
        }  # fmt: skip

    async def _audit(self) -> None:
        """Every half minute: do the promises of the queue hold? The metrics must read 0."""
        metrics = self._house.store.metrics
        while True:
            await asyncio.sleep(AUDIT_S)
            try:
                waiting, broken = await self._house.rooms.acd.audit()
                metrics.waiting.set(waiting)
                for code, object_id in broken:
                    metrics.violated(code)
                    log.error("a promise is broken", extra={"code": code, "object_id": object_id})
            except WeccError as error:
                log.warning("the queue could not be audited", extra={"code": error.code})

    async def _sweep(self) -> None:
        """Once an hour: what nobody continued, and what is past its time."""
        while True:
            await asyncio.sleep(SWEEP_S)
            with contextlib.suppress(WeccError):
                for row in await self._house.rooms.tenancy.tenants.all():
                    await self._sweep_tenant(row["id"])

    async def _sweep_tenant(self, tenant_id: str) -> None:
        try:
            await self._house.rooms.engagement.sweep(tenant_id)
            await self._house.rooms.tenancy.tenants.sweep(tenant_id)
            kept_ms = self._settings.routing.journal_days * 86_400_000
            before_ms = self._house.rooms.clock.now_ms() - kept_ms
            await self._house.rooms.acd.prune(tenant_id, before_ms)
            await self._house.supervision.alarms.prune(tenant_id)
        except WeccError as error:
            facts = {"tenant_id": tenant_id, "code": error.code}
            log.warning("a tenant was not swept", extra=facts)


async def build_web(
    settings: Settings, *, port: int, media_sockets: Sequence[Path], demo: bool
) -> Web:
    """Return a web process that is ready to start."""
    store = await build_store(settings)
    house = await build_rooms(settings, store, port, media_sockets)
    seed = DemoSeed(house.rooms, house.knowledge) if demo else None
    return Web(house, settings, port, seed)
