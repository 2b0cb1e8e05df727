"""Tells the tenant's screens the moment business hours open or close."""

from __future__ import annotations

import asyncio

from gateway.acd.model import commands as c
from gateway.acd.service.partition import Partition
from gateway.acd.service.places import Places
from gateway.kernel.clock import Clock

_LONGEST_S = 6 * 3_600.0
_SHORTEST_S = 1.0


class OpeningHours:
    """One timer per tenant, set to the next change of any of its hours."""

    def __init__(self, clock: Clock, places: Places) -> None:
        self._clock = clock
        self._places = places
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def watch(self, partition: Partition) -> None:
        """Tell routing what is open, and set the timer anew: hours or the process are new."""
        self.forget(partition.tenant_id)
        now_ms = self._clock.now_ms()
        closed = partition.engine.state.closed
        for queue_id in list(partition.book.queues):
            now_closed = partition.book.closed(queue_id, now_ms)
            if closed.get(queue_id, "") != now_closed:
                await partition.submit(c.SetOpen(queue_id=queue_id, closed=now_closed))
        changes = [hours.next_change_ms(now_ms) for hours in partition.book.hours.values()]
        due = [change_ms for change_ms in changes if change_ms is not None]
        if not due:
            return
        # The host's clock may be set meanwhile, so no wait is trusted for longer than hours.
        wait_s = min(_LONGEST_S, max(_SHORTEST_S, (min(due) - now_ms) / 1000))
        loop = asyncio.get_running_loop()
        self._timers[partition.tenant_id] = loop.call_later(wait_s, self._due, partition)

    def forget(self, tenant_id: str) -> None:
        """Stop watching a tenant."""
        timer = self._timers.pop(tenant_id, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Stop watching."""
        for tenant_id in list(self._timers):
            self.forget(tenant_id)

    def _due(self, partition: Partition) -> None:
        self._places.floor_changed(partition.tenant_id)
        task = asyncio.get_running_loop().create_task(self.watch(partition))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
