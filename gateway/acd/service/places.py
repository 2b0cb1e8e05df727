"""Queue figures for the floor and places for visitors, each at most once a second per queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from gateway.acd.model.interaction import Interaction
from gateway.acd.model.order import Key
from gateway.acd.service.partition import Partition
from gateway.acd.service.views import queue_live
from gateway.acd.service.waits import told
from gateway.acd.wire import FloorChanged, QueueChanged, QueuePlace, WaitRange
from gateway.engagement.service import announce
from gateway.kernel.errors import WeccError
from gateway.platform.bus import Bus, floor_topic, tenant_topic, visitor_topic
from gateway.platform.database.port import Database

_logger = logging.getLogger("wecc.acd")
_EVERY_S = 1.0
_PLACES_PER_S = 2_000
_AT_ONCE = 250
Visitors = Mapping[str, tuple[str, ...]]
Told = tuple[str, int | None, WaitRange | None]


class Places:
    """Remembers what was told, and tells only what changed."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._again: set[tuple[str, str]] = set()
        self._told: dict[str, Told] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def news(self, partition: Partition, items: Iterable[Interaction]) -> list[QueuePlace]:
        """Return what visitors of these interactions were not told yet; it counts as told now."""
        frames = [self.place(partition, item) for item in items]
        news = [frame for frame in frames if self._told.get(frame.interaction_id) != _told(frame)]
        for frame in news:
            self._told[frame.interaction_id] = _told(frame)
        return news

    def untold(self, news: Iterable[QueuePlace]) -> None:
        """Nobody was told after all."""
        for frame in news:
            self._told.pop(frame.interaction_id, None)

    def tell(self, partition: Partition, news: Iterable[QueuePlace], visitors: Visitors) -> None:
        """Tell visitors where they stand; ``visitors`` are the screens of each conversation."""
        for frame in news:
            if self._told.get(frame.interaction_id) != _told(frame):
                continue  # something newer was told meanwhile
            for visitor_id in visitors.get(frame.conversation_id, ()):
                self._bus.publish(visitor_topic(partition.tenant_id, visitor_id), frame)
            if frame.state in ("closed", "abandoned", "overflowed"):
                self._told.pop(frame.interaction_id, None)

    def queue_changed(self, partition: Partition, queue_id: str) -> None:
        """Tell of a queue now, or when a second has passed since the last time."""
        key = (partition.tenant_id, queue_id)
        if key in self._timers:
            self._again.add(key)
            return
        self._publish(partition, queue_id)
        line = partition.engine.index.backlog.lines.get(queue_id)
        count = line.order.count if line is not None else 0
        wait_s = max(_EVERY_S, count / _PLACES_PER_S)
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(wait_s, self._due, partition, queue_id)

    def _due(self, partition: Partition, queue_id: str) -> None:
        key = (partition.tenant_id, queue_id)
        del self._timers[key]
        if key in self._again:
            self._again.discard(key)
            self.queue_changed(partition, queue_id)

    def _publish(self, partition: Partition, queue_id: str) -> None:
        if queue_id not in partition.book.queues:
            return
        frame = QueueChanged(queue=queue_live(partition, queue_id))
        self._bus.publish(floor_topic(partition.tenant_id), frame)
        line = partition.engine.index.backlog.lines.get(queue_id)
        if line is not None:
            self._run(self._tell_line(partition, list(line.order)))

    def floor_changed(self, tenant_id: str) -> None:
        """Say that somebody came, went, or the rules changed: availability may differ now."""
        self._bus.publish(tenant_topic(tenant_id), FloorChanged())

    def place(self, partition: Partition, item: Interaction) -> QueuePlace:
        """Return where an interaction stands."""
        is_waiting = item.id in partition.engine.index.backlog.placed
        is_held = item.state in ("active", "wrap_up")
        return QueuePlace(
            conversation_id=item.conversation_id,
            interaction_id=item.id,
            kind=item.kind,
            state=item.state,
            position=partition.engine.index.place(item) if is_waiting else None,
            agent_name=partition.book.agent_name(item.agent_id) if is_held else "",
            wait=told(partition, item) if is_waiting else None,
        )

    async def _tell_line(self, partition: Partition, keys: list[Key]) -> None:
        """Tell everybody in a line, some at a time, so that a long one holds nothing up."""
        for begin in range(0, len(keys), _AT_ONCE):
            waiting = partition.engine.index.backlog.waiting
            here = [waiting[key] for key in keys[begin : begin + _AT_ONCE] if key in waiting]
            news = self.news(partition, here)
            if news:
                await self._send(partition, news)
            await asyncio.sleep(0)

    async def _send(self, partition: Partition, news: list[QueuePlace]) -> None:
        ids = sorted({frame.conversation_id for frame in news})
        try:
            visitors = await self._database.read(
                partition.tenant_id, lambda tx: announce.visitors_of_all(tx, ids)
            )
        except WeccError:
            self.untold(news)
            raise
        self.tell(partition, news, visitors)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _logger.error("visitors were not told their place", exc_info=task.exception())

    async def close(self) -> None:
        """Stop telling."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=10)


def _told(frame: QueuePlace) -> Told:
    return frame.state, frame.position, frame.wait
