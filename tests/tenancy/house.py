"""A whole gateway as far as tenancy, rules and knowledge go, on a real file and a real port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from gateway.kernel import actor as actors
from gateway.kernel.actor import Actor
from gateway.kernel.clock import ManualClock
from gateway.knowledge import http as knowledge_http
from gateway.knowledge.service import KnowledgeService
from gateway.platform.database.port import Database, Tx
from gateway.platform.database.schema import metadata
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.http.assemble import assemble
from gateway.platform.http.errors import on_fault, on_http_exception
from gateway.platform.http.headers import SecurityHeaders
from gateway.platform.http.hosts import HostGuard
from gateway.platform.http.limiter import DEFAULT_RATES, Limiter, Rate
from gateway.platform.http.limits import BodyCap, body_limits
from gateway.platform.http.protocol import CappedHttpProtocol
from gateway.platform.http.route import Route
from gateway.rules import http as rules_http
from gateway.rules.service import RulesService
from gateway.tenancy import http as tenancy_http
from gateway.tenancy.authorization import require_entries
from gateway.tenancy.http.authenticator import Authenticator
from gateway.tenancy.model import Addresses, SiteLimits
from gateway.tenancy.passwords import Passwords
from gateway.tenancy.ports import Availability
from gateway.tenancy.sealing import MasterKeySealer
from gateway.tenancy.service import SignedIn, TenancyService
from gateway.tenancy.wire import Role, SiteBody, SiteView

PASSWORD = "correct horse battery"
MASTER_KEY = bytes(range(32))


class KnownQueues:
    """Queues and skills by tenant, as the routing table asks for them."""

    def __init__(self) -> None:
        self.queues: dict[str, list[str]] = {}
        self.skills: dict[str, list[str]] = {}

    def queue_exists(self, tx: Tx, queue_id: str) -> bool:
        return queue_id in self.queues.get(tx.tenant_id, [])

    def skill_exists(self, tx: Tx, skill_id: str) -> bool:
        return skill_id in self.skills.get(tx.tenant_id, [])

    def first_queue(self, tx: Tx) -> str | None:
        return next(iter(self.queues.get(tx.tenant_id, [])), None)


async def online(_tenant_id: str, _site_id: str) -> Availability:
    return "online"


@dataclass
class House:
    """Services over one database; ``port`` is bound but served only by ``serving``."""

    database: Database
    clock: ManualClock
    limiter: Limiter
    passwords: Passwords
    tenancy: TenancyService
    rules: RulesService
    knowledge: KnowledgeService
    known: KnownQueues
    listener: socket.socket
    people: dict[tuple[str, str], SignedIn] = field(default_factory=dict)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def desk(self) -> str:
        return self.tenancy.addresses.desk_url

    def routes(self) -> list[Route]:
        return [
            *tenancy_http.routes(self.tenancy),
            *rules_http.routes(self.rules),
            *knowledge_http.routes(self.knowledge),
        ]

    async def tenant(self, name: str = "Shop", *, is_demo: bool = False) -> Actor:
        """Make a tenant; returns its administrator."""
        made = await self.tenancy.create_tenant(
            name,
            admin_email=f"admin@{name.lower()}.example",
            admin_name=f"Admin of {name}",
            admin_password=PASSWORD,
            is_demo=is_demo,
        )
        user = await self.tenancy.users.find(actors.system(made.tenant_id), made.admin_id)
        return Actor("user", user.id, made.tenant_id, "admin", user.name)

    async def person(self, admin: Actor, role: Role, name: str) -> SignedIn:
        """Make a user and sign them in."""
        user = await self.tenancy.users.create(admin, f"{name}@shop.example", name, role)
        return await self.tenancy.logins.start(admin.tenant_id, user.id, "sign_in")

    async def site(self, admin: Actor, **changes: Any) -> SiteView:
        body = {"name": "Shop", "origins": ["https://shop.example"], "languages": ["en"]}
        return await self.tenancy.sites.create(admin, SiteBody(**{**body, **changes}))

    def client(self, signed_in: SignedIn | None = None, /, **headers: str) -> httpx.AsyncClient:
        """A browser at the desk, signed in or not."""
        own = {"host": f"desk.localhost:{self.port}"}
        if signed_in is not None:
            own["cookie"] = f"wecc={signed_in.token}"
            own["x-wecc-csrf"] = signed_in.login.csrf
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={**own, **headers}, verify=False
        )

    def widget(self, **headers: str) -> httpx.AsyncClient:
        own = {"host": f"widget.localhost:{self.port}"}
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={**own, **headers}, verify=False
        )

    def app(self, extra: list[Route] | None = None) -> ASGIApp:
        table = [*self.routes(), *(extra or [])]
        authenticate = Authenticator(self.tenancy)
        handlers = {404: on_http_exception, 405: on_http_exception, Exception: on_fault}
        starlette = Starlette(
            routes=[
                route
                for origin in ("desk", "widget", "files")
                for route in assemble(
                    table, authenticate, require_entries, self.limiter, origin=origin
                )
            ],
            exception_handlers=handlers,
        )
        starlette.router.redirect_slashes = False
        capped = BodyCap(starlette, body_limits(table))
        hosts = {f"{kind}.localhost:{self.port}": kind for kind in ("desk", "widget", "files")}
        return SecurityHeaders(HostGuard(capped, hosts))

    @asynccontextmanager
    async def serving(self, extra: list[Route] | None = None) -> AsyncIterator[None]:
        """Serve on the port with the protocol of the product."""
        config = uvicorn.Config(
            self.app(extra),
            http=CappedHttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[self.listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        yield
        server.should_exit = True
        await running


@asynccontextmanager
async def house(path: Path, *, generous: bool = True) -> AsyncIterator[House]:
    """Build everything on a file; ``generous`` lifts the rate limits a test would run into."""
    clock = ManualClock()
    database = SqliteDatabase(path / "wecc.db", clock, prepare=metadata.create_all)
    await database.open()
    with build(database, clock, generous=generous) as built:
        yield built
    await database.close()


@contextmanager
def build(database: Database, clock: ManualClock, *, generous: bool = True) -> Iterator[House]:
    """Build everything on an open database."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    rates = {name: Rate(1e6, 1e6) for name in DEFAULT_RATES} if generous else dict(DEFAULT_RATES)
    limiter = Limiter(clock, {**rates, "password": DEFAULT_RATES["password"]})
    passwords = Passwords(time_cost=1, memory_kib=64)
    tenancy = TenancyService(
        database=database,
        clock=clock,
        sealer=MasterKeySealer(MASTER_KEY),
        limiter=limiter,
        addresses=Addresses(
            desk_url=f"http://desk.localhost:{port}",
            widget_url=f"http://widget.localhost:{port}",
            files_url=f"http://files.localhost:{port}",
        ),
        site_limits=SiteLimits(max_file_bytes=50 << 20),
        passwords=passwords,
        availability=online,
        has_calls=lambda: True,
    )
    known = KnownQueues()
    rules = RulesService(database=database, tenancy=tenancy, destinations=known)
    knowledge = KnowledgeService(database=database, tenancy=tenancy)
    yield House(database, clock, limiter, passwords, tenancy, rules, knowledge, known, listener)
    listener.close()


def stored_bytes(path: Path) -> bytes:
    """Everything the database has on disk, write-ahead log included."""
    return b"".join(file.read_bytes() for file in path.iterdir() if file.is_file())
