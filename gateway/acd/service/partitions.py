"""All tenants' partitions of this process, opened when first needed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.ports import InteractionHandler
from gateway.acd.service.book import People
from gateway.acd.service.decision import Decision
from gateway.acd.service.deliveries import Deliveries
from gateway.acd.service.effects import Effects
from gateway.acd.service.folding import Refused
from gateway.acd.service.opening import OpeningHours
from gateway.acd.service.partition import Partition
from gateway.acd.service.places import Places
from gateway.acd.service.waits import Waits
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError, not_found
from gateway.platform.bus import Bus
from gateway.platform.database.port import Database

_logger = logging.getLogger("wecc.acd")
_RETRY_S = 0.5
_FLOOR = (e.AgentSet, e.AgentAway, e.AgentBack, e.ProfileSet, e.QueueSet, e.QueueRemoved)
Restored = Callable[[Partition], Awaitable[None]]


class Partitions:
    """Opens, finds and closes partitions, and lets commits take effect."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, people: People) -> None:
        self.database = database
        self.clock = clock
        self.people = people
        self.handlers: dict[str, InteractionHandler] = {}
        self.places = Places(database, bus)
        self.effects = Effects(database, bus, self.places)
        self.deliveries = Deliveries(database, self.handlers)
        self.opening_hours = OpeningHours(clock, self.places)
        self.waits = Waits(database)
        self.restored: list[Restored] = [self.opening_hours.watch, self.waits.watch]
        self.followers: list[Callable[[str], None]] = []
        self._open: dict[str, asyncio.Task[Partition]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone: set[str] = set()
        self.refused: dict[str, Refused] = {}
        """Tenants whose journal is not sound: they are not routed until the next start."""
        self._is_closed = False
        self.on_fenced: list[Callable[[], None]] = []
        self._living: dict[str, Partition] = {}
        self._unheard: set[str] = set()

    def register(self, kind: str, handler: InteractionHandler) -> None:
        """Have ``handler`` called for interactions of a kind."""
        self.handlers[kind] = handler
        if not handler.hears_offers:
            self._unheard.add(kind)

    async def get(self, tenant_id: str) -> Partition:
        """Return the tenant's partition, taking it over when this process has not yet."""
        living = self._living.get(tenant_id)
        if living is not None:
            return living
        opening = self._open.get(tenant_id)
        if opening is None:
            self._check(tenant_id)
            opening = self._open[tenant_id] = asyncio.create_task(self._take(tenant_id))
        try:
            found = await asyncio.shield(opening)
        except Exception:
            if self._open.get(tenant_id) is opening:
                del self._open[tenant_id]
            raise
        if self._open.get(tenant_id) is opening:
            self._living[tenant_id] = found
        return found

    def _check(self, tenant_id: str) -> None:
        """Raise when the tenant cannot be taken over now."""
        if self._is_closed:
            raise WeccError("not_ready")
        if tenant_id in self._gone:
            raise not_found("tenant")
        if tenant_id in self.refused:
            raise self.refused[tenant_id]

    def living(self) -> list[Partition]:
        """Return the partitions this process has taken over."""
        done = [task for task in self._open.values() if task.done() and not task.cancelled()]
        return [task.result() for task in done if task.exception() is None]

    async def _take(self, tenant_id: str) -> Partition:
        partition = Partition(
            tenant_id, self.database, self.clock, self.people, self._committed, self._rebuilt
        )
        partition.fenced, partition.refused = self._fenced, self._refuse
        partition.unheard = self._unheard
        try:
            await partition.open()
        except Refused as error:
            self._refuse(tenant_id, error)
            raise
        await self.deliveries.resume(partition)
        for restored in self.restored:
            await restored(partition)
        return partition

    async def open_all(self, tenant_ids: Iterable[str]) -> None:
        """Take over every tenant, so that timers and owed calls go on.

        One whose journal is refused does not keep the others from being served.
        """
        for tenant_id in tenant_ids:
            with contextlib.suppress(Refused):
                await self.get(tenant_id)

    async def forget(self, tenant_id: str) -> None:
        """Let go of a tenant that is being dropped; late sockets do not bring it back."""
        self._gone.add(tenant_id)
        self.opening_hours.forget(tenant_id)
        self._living.pop(tenant_id, None)
        opening = self._open.pop(tenant_id, None)
        if opening is not None:
            await (await opening).close()

    async def close(self) -> None:
        """Stop everything; the journal and what is owed stay on disk."""
        self._is_closed = True
        self.opening_hours.close()
        for opening in self._open.values():
            await asyncio.wait([opening], timeout=10)
            if opening.done() and opening.exception() is None:
                await opening.result().close()
        await self.deliveries.close()
        await self.effects.settle()
        await self.places.close()
        for task in list(self._tasks):
            task.cancel()

    def _committed(self, partition: Partition, batch: Sequence[Decision]) -> None:
        for decision in batch:
            partition.estimates.fold_all(decision.entries)
        self.effects.add(partition, batch)
        for decision in batch:
            self.deliveries.add(partition, decision.owed, decision.touched)
        if any(isinstance(entry, _FLOOR) for item in batch for entry in item.entries):
            self.places.floor_changed(partition.tenant_id)
        for follower in self.followers:
            follower(partition.tenant_id)

    def _refuse(self, tenant_id: str, error: Refused) -> None:
        """Name a tenant that is not routed; the others are."""
        self.refused[tenant_id] = error
        self._living.pop(tenant_id, None)
        self._open.pop(tenant_id, None)
        self.opening_hours.forget(tenant_id)
        facts = {"tenant_id": tenant_id, "code": error.code, "position": error.position}
        _logger.error("a tenant is not routed: %s", error.reason, extra=facts)

    def _fenced(self) -> None:
        for follower in self.on_fenced:
            follower()

    def _rebuilt(self, partition: Partition) -> None:
        """After a failed commit: what the disk has may be more than what was seen to succeed."""
        self._run(self._restore(partition))

    async def _restore(self, partition: Partition) -> None:
        while not self._is_closed:
            try:
                await self.deliveries.resume(partition)
                for restored in self.restored:
                    await restored(partition)
            except WeccError as error:
                if error.code == "not_ready":
                    return
                await asyncio.sleep(_RETRY_S)
            else:
                break
        for agent_id in list(partition.engine.state.agents):
            self.effects.agent_changed(partition, agent_id)
        for queue_id in list(partition.book.queues):
            self.places.queue_changed(partition, queue_id)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _logger.error("routing was not fully restored", exc_info=task.exception())
