"""Calls that interaction handlers must get: in order per interaction, until each returned once.

What is owed is written in the commit that caused it and deleted when the handler has returned,
so after a crash the rest is called again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from gateway.acd.model.interaction import Interaction
from gateway.acd.ports import InteractionHandler
from gateway.acd.service.decision import Owed
from gateway.acd.service.partition import Partition
from gateway.acd.service.views import interaction_view, row_view
from gateway.acd.store import interactions, journal
from gateway.acd.wire import InteractionView
from gateway.platform.database.port import Database, Tx

_logger = logging.getLogger("wecc.acd")
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Settled:
    """Strikes off calls that returned: what comes during one commit goes into the next together."""

    def __init__(self, database: Database, tenant_id: str) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._returned: list[tuple[int, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, position: int) -> None:
        """Return when it is struck off; raises when the disk refuses."""
        future = asyncio.get_running_loop().create_future()
        self._returned.append((position, future))
        if self._running is None:
            self._running = asyncio.create_task(self._work())
        await future

    async def _work(self) -> None:
        await asyncio.sleep(0)  # the others of this turn of the loop come along
        while self._returned:
            returned, self._returned = self._returned, []
            try:
                await self._strike_off([position for position, _ in returned])
            except Exception as error:
                _tell(returned, error)
            else:
                _tell(returned, None)
        self._running = None

    async def _strike_off(self, positions: list[int]) -> None:
        await self._database.write(self._tenant_id, lambda tx: journal.delivered(tx, positions))


def _tell(returned: Sequence[tuple[int, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, future in returned:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


class Deliveries:
    """One chain per interaction."""

    def __init__(self, database: Database, handlers: dict[str, InteractionHandler]) -> None:
        self._database = database
        self._handlers = handlers
        self._chains: dict[tuple[str, str], deque[Owed]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._in_flight: set[tuple[str, int]] = set()
        self._over: dict[tuple[str, str], Interaction] = {}
        self._done: dict[str, Settled] = {}

    async def resume(self, partition: Partition) -> None:
        """Take up what an earlier process, or a lost answer of the disk, left owed."""
        rows = await self._database.read(partition.tenant_id, journal.owed)
        self.add(partition, [Owed(**{k: row[k] for k in Owed.__slots__}) for row in rows])

    def add(
        self,
        partition: Partition,
        owed: Sequence[Owed],
        touched: Mapping[str, Interaction] = MappingProxyType({}),
    ) -> None:
        """Call the handlers for what was just committed; ``touched`` has the work it is about."""
        for item in owed:
            work = touched.get(item.interaction_id)
            if work is not None and work.state in ("closed", "abandoned"):
                self._over[partition.tenant_id, item.interaction_id] = work
            known = (partition.tenant_id, item.position)
            if known in self._in_flight:
                continue
            self._in_flight.add(known)
            key = (partition.tenant_id, item.interaction_id)
            chain = self._chains.get(key)
            if chain is not None:
                chain.append(item)
                continue
            self._chains[key] = deque([item])
            task = asyncio.create_task(self._work(partition, key))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Stop; what is still owed stays on disk."""
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(list(self._running), timeout=10)

    async def _work(self, partition: Partition, key: tuple[str, str]) -> None:
        chain = self._chains[key]
        try:
            while chain:
                owed = chain[0]
                await self._until_done(partition, owed)
                chain.popleft()
                self._in_flight.discard((partition.tenant_id, owed.position))
        finally:
            del self._chains[key]
            self._over.pop(key, None)
            for owed in chain:
                self._in_flight.discard((partition.tenant_id, owed.position))

    async def _until_done(self, partition: Partition, owed: Owed) -> None:
        failures = 0
        while True:
            try:
                await self._call(partition, owed)
                await self._settled(partition.tenant_id).add(owed.position)
            except Exception:
                wait_s = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
                failures += 1
                facts = {"interaction_id": owed.interaction_id, "call": owed.call}
                _logger.exception("an interaction handler failed; calling again", extra=facts)
                await asyncio.sleep(wait_s)
            else:
                return

    def _settled(self, tenant_id: str) -> Settled:
        found = self._done.get(tenant_id)
        if found is None:
            found = self._done[tenant_id] = Settled(self._database, tenant_id)
        return found

    async def _call(self, partition: Partition, owed: Owed) -> None:
        view = self._present(partition, owed.interaction_id)
        if view is None:
            view = await self._stored(partition, owed.interaction_id)
        handler = self._handlers.get(view.kind) if view is not None else None
        if view is None or handler is None:
            return
        agent_id = owed.agent_id or ""
        agent = partition.book.actor(partition.tenant_id, agent_id)
        match owed.call:
            case "offered":
                await handler.offered(view, agent)
            case "accepted":
                await handler.accepted(view, agent)
            case "released":
                await handler.released(partition.tenant_id, view, agent_id, owed.cause)
            case "overflowed":
                await handler.overflowed(partition.tenant_id, view, owed.cause)
            case "closed":
                await handler.closed(partition.tenant_id, view, owed.cause)

    def _present(self, partition: Partition, interaction_id: str) -> InteractionView | None:
        item = partition.engine.state.interactions.get(interaction_id)
        if item is None:
            item = self._over.get((partition.tenant_id, interaction_id))
        return None if item is None else interaction_view(partition.book, item)

    async def _stored(self, partition: Partition, interaction_id: str) -> InteractionView | None:
        def work(tx: Tx) -> InteractionView | None:
            row = interactions.find(tx, interaction_id)
            return row_view(partition.book, row) if row is not None else None

        return await self._database.read(partition.tenant_id, work)
