"""One tenant's routing: the engine in memory, its journal on disk, in this order.

A command is decided at once in memory and queued for the disk; commands that come while a
commit is on its way are decided behind it and go into the next commit together. A caller
resumes, and effects happen, only after the commit. When a commit fails, nothing of it and of
what was decided after it has become visible: the engine is rebuilt from the journal and every
caller in flight gets the same error.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.model.estimate import Estimates
from gateway.acd.service import snapshots
from gateway.acd.service.book import Book, People, policy_of, read_book
from gateway.acd.service.decision import Decision, Work, build, write_all
from gateway.acd.service.folding import Refused
from gateway.acd.service.queue_rules import rule_of
from gateway.acd.service.steady import SteadyTime
from gateway.acd.store import journal
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Database, Tx

_logger = logging.getLogger("wecc.acd")
_BATCH = 500
_RETRY_S = 1.0

Committed = Callable[["Partition", Sequence[Decision]], None]
Rebuilt = Callable[["Partition"], None]


class Partition:
    """The only writer of one tenant's journal, fenced by its epoch."""

    def __init__(
        self,
        tenant_id: str,
        database: Database,
        clock: Clock,
        people: People,
        committed: Committed,
        rebuilt: Rebuilt,
    ) -> None:
        self.tenant_id = tenant_id
        self.engine = Engine()
        self.estimates = Estimates()
        self.book = Book()
        self.epoch = 0
        self._database = database
        self._clock = clock
        self._people = people
        self._committed = committed
        self._rebuilt = rebuilt
        self._time = SteadyTime(clock, 0)
        self._queue: list[Decision] = []
        self._newest: Decision | None = None
        self._committer: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._rebuilding: asyncio.Task[None] | None = None
        self._snapshot_at = 0
        self._broken: WeccError | None = None
        self._is_closed = False
        self.unheard: set[str] = set()
        """Kinds of interactions whose handler does nothing at an offer: it is owed none."""
        self.fenced: Callable[[], None] | None = None
        """Called when another process has taken this partition over: it stays closed here."""
        self.refused: Callable[[str, Refused], None] | None = None
        """Called when the journal turns out not to be sound while it is rebuilt from."""

    # ---- life

    async def open(self) -> None:
        """Take the partition over: raise the epoch, fold the journal, begin."""
        self.epoch, _ = await self._database.write(self.tenant_id, journal.take_over)
        await self._load()
        await self.submit(c.Start(epoch=self.epoch))
        if self.book.policy is not None:
            await self.submit(c.SetPolicy(policy=policy_of(self.book.policy)))
        for view in self.book.queues.values():
            await self.submit(c.SetQueue(queue=rule_of(view)))
        for queue_id in set(self.engine.state.queues) - set(self.book.queues):
            await self.submit(c.RemoveQueue(queue_id=queue_id))
        known = self.engine.state.profiles
        for agent_id, profile in self.book.profiles.items():
            if known.get(agent_id) == profile:
                continue
            await self.submit(c.SetProfile(agent_id=agent_id, profile=profile))

    async def _load(self) -> None:
        def work(tx: Tx) -> tuple[journal.Tail, Book]:
            return journal.read_tail(tx), read_book(tx, self._people)

        tail, self.book = await self._database.read(self.tenant_id, work)
        found = await snapshots.restored(self._database, self.tenant_id, tail)
        self.engine, self._snapshot_at = found
        self._time = SteadyTime(self._clock, self.engine.state.at_ms)
        self._broken = None

    async def close(self) -> None:
        """Finish what is being committed, then stop. The journal has everything."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for running in (self._ticking, self._committer, self._rebuilding):
            if running is not None:
                await asyncio.wait([running], timeout=10)

    @property
    def since_snapshot(self) -> int:
        """How many entries a restart would fold."""
        return self.engine.state.position - self._snapshot_at

    # ---- commands

    def now_ms(self) -> int:
        """Return the partition's time."""
        return self._time.now_ms()

    async def submit(self, command: c.Command, *works: Work) -> list[e.Entry]:
        """Decide a command; returns its entries once they are on disk with ``works``.

        Raises ``WeccError`` at once when the command is refused, and the commit's error when it
        could not be stored.
        """
        if self._broken is not None:
            raise self._broken
        if self._is_closed:
            raise WeccError("not_ready")
        decision = self._decide(command, list(works))
        if decision is None:
            # Nothing to do, perhaps because of something that is still on its way to the disk.
            if self._newest is not None:
                await self._newest.stored()
            return []
        self._add_snapshot(decision)
        self._queue.append(decision)
        self._newest = decision
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_all())
        return await decision.future

    def _decide(self, command: c.Command, works: list[Work]) -> Decision | None:
        """Decide in memory; None when there is nothing to store.

        A refusal changes nothing. A fault of ours half-way is undone by a rebuild.
        """
        before = self.engine.state.position
        try:
            entries = self.engine.handle(command, self.now_ms())
            if not entries and not works:
                return None
            return build(self.engine, entries, self.book, works, self.unheard)
        except Exception as error:
            if self.engine.state.position != before:
                self._broken = fault = WeccError("internal", "Routing met a fault; try again.")
                self._rebuilding = asyncio.create_task(self._after_commits(fault, error))
            raise

    async def _after_commits(self, fault: WeccError, error: Exception) -> None:
        """Let what was decided before the fault reach the disk, then rebuild from it."""
        if self._committer is not None and not self._committer.done():
            await asyncio.wait([self._committer])
        if self._broken is fault:
            await self._fail([], error)

    def _add_snapshot(self, decision: Decision) -> None:
        """Write a snapshot into the same commit when one is due."""
        state = self.engine.state
        if snapshots.is_due(state, self.since_snapshot):
            self._snapshot_at = state.position
            decision.snapshot = (state.position, state.at_ms, states.dump(state).decode())

    async def _commit_all(self) -> None:
        while self._queue:
            batch, self._queue = self._queue[:_BATCH], self._queue[_BATCH:]

            def work(tx: Tx, batch: list[Decision] = batch) -> None:
                write_all(tx, self.epoch, batch)

            try:
                await self._database.write(self.tenant_id, work)
            except Exception as error:
                await self._fail(batch, error)
                return
            for decision in batch:
                decision.succeed()
            self._committed(self, batch)
            self.schedule()
        self._newest = None

    # ---- failure

    async def _fail(self, batch: list[Decision], error: Exception) -> None:
        coded = error if isinstance(error, WeccError) else WeccError("store_unavailable")
        self._broken = coded
        code = {"tenant_id": self.tenant_id, "code": coded.code}
        _logger.error("a routing commit failed; rebuilding", extra=code, exc_info=error)
        lost, self._queue, self._newest = batch + self._queue, [], None
        for decision in lost:
            decision.fail(coded)
        while not self._is_closed:
            try:
                if await self._is_taken_over(error):
                    return
                await self._load()
            except Refused as refusal:
                self._broken, self._is_closed = refusal, True
                if self.refused is not None:
                    self.refused(self.tenant_id, refusal)
                return
            except Exception:
                _logger.exception("the routing journal cannot be read; trying again", extra=code)
                await asyncio.sleep(_RETRY_S)
            else:
                self._rebuilt(self)
                self.schedule()
                return

    async def _is_taken_over(self, error: Exception) -> bool:
        """Stay closed when somebody else writes the journal now."""
        if not isinstance(error, journal.Fenced) or await self._is_writer():
            return False
        self._is_closed = True
        if self.fenced is not None:
            self.fenced()
        return True

    async def _is_writer(self) -> bool:
        """Tell whether nobody took over: a commit whose answer was lost can look like that."""
        epoch = await self._database.read(self.tenant_id, journal.epoch)
        return epoch == self.epoch

    # ---- time

    def schedule(self) -> None:
        """Wake up when the next timer is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_ms = self.engine.next_due_ms()
        if due_ms is None or self._is_closed:
            return
        wait_s = max(0.0, (due_ms - self.now_ms()) / 1000)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._wake)

    def _wake(self) -> None:
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        try:
            await self.tick()
        except WeccError:
            await asyncio.sleep(_RETRY_S)
        except Exception:
            _logger.exception("a timer failed", extra={"tenant_id": self.tenant_id})
            await asyncio.sleep(_RETRY_S)
        finally:
            self.schedule()

    async def tick(self) -> None:
        """Do what is due."""
        await self.submit(c.Tick())
