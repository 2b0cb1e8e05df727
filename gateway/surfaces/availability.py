"""What the widget of a site may offer now, kept current for launchers and open sockets.

The state of a site is asked of the ACD over the queues its routes can reach, kept for a moment,
and asked again when agents or queues change and once a minute for business hours. Visitors who
are connected hear of a change at once, so nothing is offered that would fail. Calls are offered
only while a media worker answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from gateway.acd.wire import AgentChanged
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.bus import Bus, floor_topic, staff_topic, tenant_topic

log = logging.getLogger("wecc.surfaces")

State = Literal["online", "busy", "offline"]
Ask = Callable[[str, str], Awaitable[State]]
Media = Callable[[], bool]
"""Whether a call could be carried now."""
FRESH_MS = 60_000
SETTLE_S = 0.3


def site_topic(tenant_id: str, site_id: str) -> str:
    """Availability of one site, for its visitors' sockets; the frame is the state."""
    return f"site/{tenant_id}/{site_id}"


class SiteStates:
    """Availability per site, asked lazily and pushed when it changes."""

    def __init__(self, *, ask: Ask, media: Media, bus: Bus, clock: Clock) -> None:
        self._ask, self._media, self._bus, self._clock = ask, media, bus, clock
        self._known: dict[tuple[str, str], tuple[State, int]] = {}
        self._watched: dict[str, list[Callable[[], None]]] = {}
        self._due: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._minute: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow business hours."""
        self._minute = asyncio.create_task(self._every_minute(), name="site-states")

    async def stop(self) -> None:
        """Stop following."""
        running = [*self._tasks, *([self._minute] if self._minute is not None else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for ends in self._watched.values():
            for end in ends:
                end()

    async def state(self, tenant_id: str, site_id: str) -> State:
        """Return what the site's widget may offer now."""
        self._watch(tenant_id)
        known = self._known.get((tenant_id, site_id))
        now_ms = self._clock.monotonic_ms()
        if known is not None and now_ms - known[1] < FRESH_MS:
            return known[0]
        state = await self._ask(tenant_id, site_id)
        self._known[tenant_id, site_id] = (state, now_ms)
        return state

    async def is_offline(self, tenant_id: str, site_id: str) -> bool:
        """Tell whether nobody is there, asking again before saying so."""
        if await self.state(tenant_id, site_id) != "offline":
            return False
        await self._renew(tenant_id, site_id)
        return await self.state(tenant_id, site_id) == "offline"

    @property
    def has_calls(self) -> bool:
        """Whether calls can be carried now."""
        return self._media()

    def media_changed(self) -> None:
        """Tell every connected visitor: calls can be carried again, or no longer."""
        for (tenant_id, site_id), (state, _) in self._known.items():
            self._bus.publish(site_topic(tenant_id, site_id), state)

    def _watch(self, tenant_id: str) -> None:
        if tenant_id in self._watched:
            return

        def changed(frame: object) -> None:
            if frame == "configuration" or isinstance(frame, AgentChanged):
                self._refresh_soon(tenant_id)

        self._watched[tenant_id] = [
            self._bus.subscribe(floor_topic(tenant_id), changed),
            self._bus.subscribe(staff_topic(tenant_id), changed),
            self._bus.subscribe(tenant_topic(tenant_id), lambda _: self._refresh_soon(tenant_id)),
        ]

    def _refresh_soon(self, tenant_id: str) -> None:
        if tenant_id not in self._due:
            self._due.add(tenant_id)
            task = asyncio.create_task(self._refresh(tenant_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _refresh(self, tenant_id: str) -> None:
        await asyncio.sleep(SETTLE_S)
        self._due.discard(tenant_id)
        for tenant, site_id in list(self._known):
            if tenant == tenant_id:
                await self._renew(tenant, site_id)

    async def _renew(self, tenant_id: str, site_id: str) -> None:
        before = self._known.get((tenant_id, site_id))
        try:
            state = await self._ask(tenant_id, site_id)
        except WeccError as error:
            if error.code == "not_found":  # the site or its tenant was removed
                self._forget(tenant_id, site_id)
            else:
                log.warning("availability could not be asked", extra={"code": error.code})
            return
        except Exception:
            log.exception("availability could not be asked", extra={"site_id": site_id})
            return
        self._known[tenant_id, site_id] = (state, self._clock.monotonic_ms())
        if before is None or before[0] != state:
            self._bus.publish(site_topic(tenant_id, site_id), state)

    def _forget(self, tenant_id: str, site_id: str) -> None:
        self._known.pop((tenant_id, site_id), None)
        if not any(tenant == tenant_id for tenant, _ in self._known):
            for end in self._watched.pop(tenant_id, []):
                end()

    async def _every_minute(self) -> None:
        while True:
            await asyncio.sleep(60 - self._clock.now_ms() / 1000 % 60 + 0.5)
            for tenant_id, site_id in list(self._known):
                await self._renew(tenant_id, site_id)
