"""Both sides of connections without a network: frames in, the frames a browser would see out."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from gateway.app import House
from gateway.kernel.actor import Actor, system
from gateway.kernel.ids import new_id
from gateway.surfaces.sockets.agent import AgentSide
from gateway.surfaces.sockets.connection import Bucket, Connection
from gateway.surfaces.sockets.visitor import VisitorSide
from gateway.tenancy.model import Login
from gateway.tenancy.wire import SiteBody, SiteView
from tests.tenancy.test_visitors import claims
from tests.tenancy.test_visitors import signed as signed_token

Frame = dict[str, Any]


@dataclass
class Browser:
    """One connection and everything it was sent."""

    house: House
    frames: list[Frame] = field(default_factory=list)
    side: Any = None

    def connection(self) -> Connection:
        async def write(data: bytes) -> None:
            self.frames.append(json.loads(data))

        async def close(_status: int, _reason: str) -> None:
            self.frames.append({"type": "closed"})

        clock = self.house.rooms.clock
        return Connection(
            new_id("pr", clock.now_ms()),
            write,
            close,
            now_ms=clock.monotonic_ms(),
            limit_bytes=1 << 22,
            bucket=Bucket(1e6, 10**6, clock.monotonic_ms()),
        )

    async def send(self, **frame: Any) -> Frame:
        """Send a request; returns its ack or error."""
        ref = uuid.uuid4().hex
        await self.side.frame(json.dumps({"ref": ref, **frame}))
        return next(f for f in self.frames if f.get("ref") == ref and f["type"] in ("ack", "error"))

    async def hello(self, **more: Any) -> Frame:
        """Say hello; returns the welcome."""
        start = len(self.frames)
        await self.side.frame(json.dumps({"type": "hello", "v": 1, **more}))
        return next(f for f in self.frames[start:] if f["type"] == "welcome")

    async def start(self, conversation_id: str, text: str = "Hello") -> Frame:
        """Open a conversation."""
        return await self.send(
            type="conversation.start",
            conversation_id=conversation_id,
            message_id=new_id("ms", self.house.rooms.clock.now_ms()),
            mode="chat",
            text=text,
        )


def at_desk(house: House, agent: Actor) -> Browser:
    """A desk of this agent."""
    browser = Browser(house)
    browser.side = AgentSide(browser.connection(), house.rooms, Login("lg_1", agent, "", 2**50))
    return browser


def on_site(house: House, tenant_id: str, site: SiteView) -> Browser:
    """A browser of a new visitor."""
    browser = Browser(house)
    browser.side = VisitorSide(
        browser.connection(), house.rooms, tenant_id=tenant_id, site=site, bucket="127.0.0.1"
    )
    return browser


async def site_of(house: House, visitor: Actor) -> SiteView:
    """The site of a visitor."""
    site = await house.rooms.tenancy.sites.find(visitor.tenant_id, visitor.site_id)
    assert site is not None
    return site


async def change_site(house: House, visitor: Actor, **changes: Any) -> None:
    """Set up the site otherwise."""
    site = await site_of(house, visitor)
    known = {name: getattr(site, name) for name in SiteBody.__struct_fields__}
    admin = Actor("user", "us_admin0001", visitor.tenant_id, "admin", "Admin")
    await house.rooms.tenancy.sites.change(admin, site.id, SiteBody(**{**known, **changes}))


async def identity(house: House, visitor: Actor, subject: str, **more: Any) -> str:
    """An identity the site signs, with a fresh key."""
    tenant = system(visitor.tenant_id)
    admin = Actor("user", "us_admin0001", tenant.tenant_id, "admin", "Admin")
    key = await house.rooms.tenancy.sites.new_identity_key(admin, visitor.site_id)
    site = await site_of(house, visitor)
    exp = int(time.time()) + 300  # noqa: TID251 - the rooms run on the host's clock
    known = claims(aud=site.key, sub=subject, jti=uuid.uuid4().hex, exp=exp, **more)
    return signed_token(known, key.secret.encode())


async def until(check: Any, limit_s: float = 30) -> None:
    """Wait until ``check()`` holds."""
    for _ in range(int(limit_s / 0.02)):
        if await check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")
