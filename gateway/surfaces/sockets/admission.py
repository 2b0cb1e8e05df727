"""Who may open a socket or a fall-back channel; decided before the upgrade."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection

from gateway.kernel.errors import WeccError
from gateway.surfaces.rooms import Rooms
from gateway.surfaces.sockets.agent import AgentSide
from gateway.surfaces.sockets.connection import Connection
from gateway.surfaces.sockets.visitor import VisitorSide
from gateway.tenancy.http.authenticator import Authenticator

ROBOT_HEADER = "x-wecc-robot"


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

    def __init__(self, rooms: Rooms, authenticator: Authenticator) -> None:
        self._rooms, self._authenticator = rooms, authenticator

    async def visitor(self, scope: MutableMapping[str, Any]) -> Callable[[Connection], VisitorSide]:
        """Admit a visitor's browser: a known site, one of its origins, not too often."""
        rooms = self._rooms
        bucket = rooms.peers.bucket(scope)
        rooms.limiter.check("socket", bucket)
        keys = parse_qs(scope["query_string"].decode("latin-1")).get("site", [])
        found = await rooms.tenancy.site_for_key(keys[0][:80]) if keys else None
        if found is None:
            raise WeccError("not_found", "There is no such site.")
        tenant_id, site = found
        connection = HTTPConnection(scope)
        self._authenticator.check_visitor_origin(connection, site)
        user_agent = connection.headers.get("user-agent", "")[:500]
        is_robot = ROBOT_HEADER in connection.headers

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

    async def agent(self, scope: MutableMapping[str, Any]) -> Callable[[Connection], AgentSide]:
        """Admit a desk: our own page, and a living login."""
        rooms = self._rooms
        rooms.limiter.check("socket", rooms.peers.bucket(scope))
        login = await self._authenticator.login_for_socket(HTTPConnection(scope))

        def make(connection: Connection) -> AgentSide:
            return AgentSide(connection, rooms, login)

        return make
