"""Keeps the figures up to date: reads the journal behind routing, counts, and stores portions.

Each portion moves the cursor from where it was found, in the same commit as its figures, so every
entry is counted exactly once, whatever is killed. Routing never waits: the follower reads what is
committed, folds on a thread of its own, and rests as long as each portion took.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from gateway.acd.service import AcdService
from gateway.acd.service.history import end, entries_after, first
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Database, Tx
from gateway.supervision.model.ledger import FOLD_VERSION, Changes, Ledger
from gateway.supervision.store import counting

_logger = logging.getLogger("wecc.supervision")
PORTION = 200
"""Entries counted in one commit."""
_EVERY_S = 0.5
_RETRY_S = 5.0
Listener = Callable[[str, Changes | None], None]
"""Hears what a portion changed, after its commit; None: the ledger was read anew."""


class Follower:
    """One ledger per tenant of this process."""

    def __init__(self, database: Database, acd: AcdService, portion: int = PORTION) -> None:
        self._database = database
        self._size = portion
        self._ledgers: dict[str, Ledger] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._due: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.listeners: list[Listener] = []
        acd.on_committed(self.notice)

    # ---- life

    def start(self, tenant_ids: Iterable[str]) -> None:
        """Go on where the last process stopped."""
        for tenant_id in tenant_ids:
            self.notice(tenant_id)
        self._running = asyncio.create_task(self._run(), name="figures")

    async def stop(self) -> None:
        """Finish the portion at hand; the cursor knows where to go on."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def forget(self, tenant_id: str) -> None:
        """Let go of a tenant that is being dropped."""
        self._due.pop(tenant_id, None)
        async with self._lock(tenant_id):
            self._ledgers.pop(tenant_id, None)

    def notice(self, tenant_id: str) -> None:
        """The tenant's journal grew."""
        self._due[tenant_id] = None
        self._wake.set()

    def _tell(self, tenant_id: str, changes: Changes | None) -> None:
        for listener in self.listeners:
            listener(tenant_id, changes)

    @asynccontextmanager
    async def ledger(self, tenant_id: str) -> AsyncIterator[Ledger]:
        """Hold a tenant's ledger still: nothing is counted meanwhile."""
        async with self._lock(tenant_id):
            yield self._ledgers.get(tenant_id) or await self._load(tenant_id)

    def _lock(self, tenant_id: str) -> asyncio.Lock:
        return self._locks.setdefault(tenant_id, asyncio.Lock())

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, {}
            for tenant_id in due:
                await self._follow(tenant_id)
            await asyncio.sleep(_EVERY_S)

    async def _follow(self, tenant_id: str) -> None:
        try:
            await self.catch_up(tenant_id)
        except WeccError as error:
            facts = {"tenant_id": tenant_id, "code": error.code}
            _logger.warning("figures are behind: %s", error.message, extra=facts)
            self._later(tenant_id)
        except Exception:
            _logger.exception("figures are behind", extra={"tenant_id": tenant_id})
            self._later(tenant_id)

    def _later(self, tenant_id: str) -> None:
        asyncio.get_running_loop().call_later(_RETRY_S, self.notice, tenant_id)

    # ---- counting

    async def catch_up(self, tenant_id: str) -> int:
        """Count the journal up to its end; returns how many entries were new."""
        counted = 0
        async with self._lock(tenant_id):
            while True:
                began_s = time.monotonic()
                found = await self._portion(tenant_id)
                counted += found
                if found < self._size:
                    return counted
                await asyncio.sleep(min(0.5, time.monotonic() - began_s))

    async def _portion(self, tenant_id: str) -> int:
        ledger = self._ledgers.get(tenant_id) or await self._load(tenant_id)
        before = ledger.position
        entries = await self._database.read(
            tenant_id, lambda tx: entries_after(tx, before, self._size)
        )
        if not entries:
            return 0

        def count() -> tuple[Changes, counting.Rows]:
            for position, entry in entries:
                ledger.fold(position, entry)
            changes = ledger.take()
            return changes, counting.rows_for(changes)

        # Until the commit, the ledger is ahead of the disk: without it, it is read anew.
        self._ledgers.pop(tenant_id, None)
        changes, rows = await asyncio.to_thread(count)
        now = (ledger.position, ledger.at_ms)
        try:
            await self._database.write(
                tenant_id, lambda tx: counting.save(tx, FOLD_VERSION, before, now, rows)
            )
        except counting.Overtaken:
            _logger.info("another process counted", extra={"tenant_id": tenant_id})
            return self._size
        self._ledgers[tenant_id] = ledger
        self._tell(tenant_id, changes)
        return len(entries)

    async def _load(self, tenant_id: str) -> Ledger:
        ledger = await self._database.read(tenant_id, lambda tx: counting.load(tx, FOLD_VERSION))
        if ledger is None:
            ledger = await self._renew(tenant_id)
        self._ledgers[tenant_id] = ledger
        self._tell(tenant_id, None)
        return ledger

    async def _renew(self, tenant_id: str) -> Ledger:
        """Count anew by the present rules; with the old journal gone, only what comes from now."""
        if await self._database.read(tenant_id, first) == 1:
            _logger.info("figures are counted anew", extra={"tenant_id": tenant_id})
            await self._database.write(tenant_id, counting.forget)
            return Ledger()
        _logger.info("older figures stay as they were counted", extra={"tenant_id": tenant_id})
        await self._database.write(tenant_id, lambda tx: counting.adopt(tx, FOLD_VERSION))
        adopted = await self._database.read(tenant_id, lambda tx: counting.load(tx, FOLD_VERSION))
        if adopted is None:
            raise counting.Overtaken
        return adopted

    async def rebuild(self, tenant_id: str) -> int:
        """Forget all figures and count the whole journal anew; returns the number of entries.

        Refused when older entries are no longer kept: their figures could not be made again.
        """
        begins = await self._database.read(tenant_id, first)
        if begins > 1:
            raise WeccError(
                "conflict",
                f"The journal is kept from entry {begins} on. Older figures cannot be counted"
                " anew, so all of them stay as they are.",
            )
        async with self._lock(tenant_id):
            await self._database.write(tenant_id, counting.forget)
            self._ledgers.pop(tenant_id, None)
        return await self.catch_up(tenant_id)

    async def is_current(self, tenant_id: str) -> bool:
        """Tell whether everything in the journal is counted."""

        def work(tx: Tx) -> bool:
            return counting.position(tx)[0] == end(tx)

        return await self._database.read(tenant_id, work)
