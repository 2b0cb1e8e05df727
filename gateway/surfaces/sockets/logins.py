"""Ends the sockets of logins that have run out; a login lives as long as somebody works by it."""

from __future__ import annotations

import asyncio
import logging

from gateway.kernel.errors import WeccError
from gateway.surfaces.sockets.connection import Connections
from gateway.tenancy.service import TenancyService

log = logging.getLogger("wecc.sockets")

CHECK_S = 60.0


class LoginWatch:
    """Looks at the logins of open desks once a minute."""

    def __init__(self, connections: Connections, tenancy: TenancyService) -> None:
        self._connections, self._tenancy = connections, tenancy

    async def run(self) -> None:
        """Check for ever; to be cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            try:
                await self.check()
            except WeccError as error:
                log.warning("logins were not checked", extra={"code": error.code})

    async def check(self) -> None:
        """Close desks whose login is over; what was done at the others keeps their login."""
        for connection in self._connections.desks():
            if connection.owner is None or connection.is_ending:
                continue
            was_used, connection.was_used = connection.was_used, False
            tenant_id, _ = connection.owner
            if not await self._tenancy.logins.keep(
                tenant_id, connection.login_id, was_used=was_used
            ):
                connection.end("signed_out", again=False)
