"""What the attacks stand on: two tenants with people and sites in one running product."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets

from gateway.app import build_rooms, build_store
from gateway.settings import Settings, load
from tests.live.product import PASSWORD, Product, Staff
from tests.live.sockets import Agent, Visitor, Wire

ROLES = ("agent", "supervisor", "admin")
LIMITS = {
    "WECC_LIMITS__CONVERSATIONS_PER_HOUR": "100000",
    "WECC_LIMITS__SOCKETS_PER_ADDRESS": "400",
}


@dataclass
class Tenant:
    """One tenant: its people by role, and a site."""

    name: str
    origin: str
    admin: Staff
    agent: Staff
    supervisor: Staff
    site: dict[str, Any]
    canaries: list[str] = field(default_factory=list)

    def by_role(self, role: str) -> Staff:
        """The person with that role."""
        person: Staff = getattr(self, role)
        return person


@dataclass
class Ground:
    """The product and both tenants."""

    product: Product
    a: Tenant
    b: Tenant
    wires: list[Wire] = field(default_factory=list)

    def client(self, origin: str = "desk", source: str = "127.0.0.1", **headers: str) -> Any:
        """A client without a login, from a loopback address of its own choice."""
        return httpx.Client(
            base_url=f"{self.product.scheme}://127.0.0.1:{self.product.port}",
            headers={"Host": f"{origin}.localhost:{self.product.port}", **headers},
            transport=httpx.HTTPTransport(local_address=source, verify=self.product.tls or False),
            timeout=60,
        )

    def visitor(self, tenant: Tenant | None = None) -> Visitor:
        """A visitor of a tenant's site."""
        one = Visitor(self.product, (tenant or self.a).site)
        self.wires.append(one)
        return one

    def desk(self, person: Staff) -> Agent:
        """A desk of a person."""
        one = Agent(self.product, person)
        self.wires.append(one)
        return one

    async def hang_up(self) -> None:
        """End the chats and close the sockets that a test opened, so that no agent is kept busy."""
        for wire in self.wires:
            if isinstance(wire, Visitor) and wire.token and not wire.closed.is_set():
                with contextlib.suppress(AssertionError, websockets.ConnectionClosed):
                    end = {"type": "conversation.end", "conversation_id": wire.conversation}
                    await wire.ask(end, limit_s=20)
            await wire.close()
        self.wires.clear()


async def _make(settings: Settings, names: list[str]) -> None:
    store = await build_store(settings)
    house = await build_rooms(settings, store, 8700, [])
    try:
        for name in names:
            await house.rooms.tenancy.create_tenant(
                name,
                admin_email=f"admin@{name.lower()}.example",
                admin_name=f"{name} Admin",
                admin_password=PASSWORD,
            )
    finally:
        await house.isolation.close()
        await house.engine.close()
        await store.close()


def _tenant(running: Product, name: str) -> Tenant:
    domain = f"{name.lower()}.example"
    admin = running.sign_in(f"admin@{domain}")
    return Tenant(
        name=name,
        origin=f"https://shop.{domain}",
        admin=admin,
        agent=admin.add_agent(f"{name} Agent", f"agent@{domain}"),
        supervisor=admin.add_agent(f"{name} Lead", f"lead@{domain}", "supervisor"),
        site=admin.add_site(f"https://shop.{domain}"),
    )


@contextlib.contextmanager
def ground(folder: Path, *arguments: str, **environment: str) -> Iterator[Ground]:
    """Run a product with the tenants Alder and Birch for the length of the block."""
    with product_of(folder, *arguments, tls=None, **environment) as running:
        yield on(running)


def on(running: Product) -> Ground:
    """Meet the people of both tenants in a running product."""
    return Ground(running, _tenant(running, "Alder"), _tenant(running, "Birch"))


@contextlib.contextmanager
def product_of(
    folder: Path, *arguments: str, tls: ssl.SSLContext | None = None, **environment: str
) -> Iterator[Product]:
    """Run a product in which both tenants were made; with ``tls`` its addresses are https."""
    data_dir = folder / "data"
    data_dir.mkdir(mode=0o700)
    settings = load(None, environment, {"store.data_dir": str(data_dir)})
    asyncio.run(_make(settings, ["Alder", "Birch"]))
    running = Product(data_dir, *arguments, **{**LIMITS, **environment})
    running.tls = tls
    try:
        yield running.start()
    finally:
        if running.process is not None:
            running.stop()


def new_id() -> str:
    """An id as a browser makes it."""
    return str(uuid.uuid4())


async def chat(two: Ground, tenant: Tenant | None = None, text: str = "Hello") -> Visitor:
    """A visitor who has written a first message."""
    visitor = two.visitor(tenant)
    await visitor.hello()
    await visitor.start(text)
    return visitor
