"""Who may open a socket or a fall-back channel; decided before the upgrade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from gateway.kernel.errors import WeccError
from gateway.surfaces.rooms import Rooms
from gateway.surfaces.sockets.agent import AgentSide
from gateway.surfaces.sockets.connection import Connection
from gateway.surfaces.sockets.visitor import VisitorSide
from gateway.tenancy.model import Login

ROBOT_HEADER = b"x-wecc-robot"


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """Return one header of an ASGI scope, or nothing."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


class Crowd:
    """Counts open sockets per network address, so that one cannot take all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: dict[str, int] = {}

    def enter(self, bucket: str) -> Callable[[], None]:
        """Count one in; returns what counts it out. Raises ``rate_limited`` when it is full."""
        count = self._open.get(bucket, 0)
        if count >= self._limit:
            raise WeccError("rate_limited", "Too many sockets from this address.", retry_after_s=10)
        self._open[bucket] = count + 1

        def leave() -> None:
            left = self._open[bucket] - 1
            if left:
                self._open[bucket] = left
            else:
                del self._open[bucket]

        return leave


class Admission:
    """Checks origin, site and login."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def visitor(self, scope: Mapping[str, Any]) -> Callable[[Connection], VisitorSide]:
        """Admit a visitor's browser: a known site, one of its origins, not too often."""
        rooms = self._rooms
        bucket = rooms.peers.bucket(scope)
        rooms.limiter.check("socket", bucket)
        keys = parse_qs(scope["query_string"].decode("latin-1")).get("site", [])
        found = await rooms.tenancy.site_for_key(keys[0][:80]) if keys else None
        if found is None:
            raise WeccError("not_found", "There is no such site.")
        tenant_id, site = found
        if header(scope, b"origin") not in (*site.origins, rooms.addresses.widget):
            raise WeccError("origin_refused")
        user_agent = header(scope, b"user-agent")[:500]
        is_robot = bool(header(scope, ROBOT_HEADER))

        def make(connection: Connection) -> VisitorSide:
            return VisitorSide(
                connection,
                rooms,
                tenant_id=tenant_id,
                site=site,
                bucket=bucket,
                user_agent=user_agent,
                is_robot=is_robot,
            )

        return make

    async def agent(self, scope: Mapping[str, Any]) -> Callable[[Connection], AgentSide]:
        """Admit a desk: our own page, and a living login."""
        rooms = self._rooms
        rooms.limiter.check("socket", rooms.peers.bucket(scope))
        if header(scope, b"origin") != rooms.addresses.desk:
            raise WeccError("origin_refused")
        login = await self.login(scope)
        return lambda connection: AgentSide(connection, rooms, login.actor)

    async def login(self, scope: Mapping[str, Any]) -> Login:
        """Return the login of a request's cookie."""
        name = "__Host-wecc" if self._rooms.addresses.secure else "wecc"
        try:
            cookie = SimpleCookie(header(scope, b"cookie")).get(name)
        except CookieError:
            cookie = None
        login = await self._rooms.tenancy.login_for_token(cookie.value) if cookie else None
        if login is None:
            raise WeccError("unauthenticated")
        return login
