"""Which gateway works on a PostgreSQL database: one at a time, others stand by.

The lead is an advisory lock of a connection of its own (PostgreSQL manual, section 13.3.5): the
server lets go of it when the process dies, however it dies. Epochs fence a process that lost the
lead without noticing; the lead keeps two healthy gateways from taking work from each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import asyncpg
import sqlalchemy as sa

_LOCK = 8_701
_LOOK_S = 1.0
_ANSWER_S = 10.0
_TCP = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""So that the server lets go, within half a minute, of a machine that has vanished."""
_FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = logging.getLogger("wecc.database")


class Lead:
    """Taken before work begins; watched from then on."""

    def __init__(self, app_url: str) -> None:
        self._url = sa.make_url(app_url)
        self._connection: Any = None
        self._watching: asyncio.Task[None] | None = None

    async def take(self, stand_by: Callable[[], None]) -> None:
        """Wait until no other gateway leads; ``stand_by`` is called once if that takes time."""
        while not await self._try():
            stand_by()
            stand_by = _said
            await asyncio.sleep(_LOOK_S)

    def watch(self, lost: Callable[[], None]) -> None:
        """Call ``lost`` when another gateway leads; a server that comes back is asked again."""
        self._watching = asyncio.create_task(self._watch(lost), name="lead")

    async def close(self) -> None:
        """Let the next one lead."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._drop()

    async def _watch(self, lost: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                await self._connection.fetchval("SELECT 1", timeout=_ANSWER_S)
            except _FAULTS:
                log.warning("the connection that holds the lead is gone; asking again")
                if not await self._again():
                    lost()
                    return

    async def _again(self) -> bool:
        """Ask until the server answers: True when the lead is ours, False when another has it."""
        while True:
            await self._drop()
            try:
                return await self._try()
            except _FAULTS:
                await asyncio.sleep(_LOOK_S)

    async def _try(self) -> bool:
        if self._connection is None:
            self._connection = await self._connect()
        query = "SELECT pg_try_advisory_lock($1)"
        return bool(await self._connection.fetchval(query, _LOCK, timeout=_ANSWER_S))

    async def _connect(self) -> Any:
        plain = self._url.set(drivername="postgresql")
        return await asyncpg.connect(
            plain.render_as_string(hide_password=False),
            timeout=_ANSWER_S,
            server_settings={"application_name": "wecc lead", **_TCP},
        )

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _said() -> None:
    """Say nothing more."""
