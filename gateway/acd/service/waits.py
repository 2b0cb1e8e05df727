"""Wait estimates of the living partitions: learned from what was committed, told to people."""

from __future__ import annotations

import logging
from typing import cast

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import KINDS
from gateway.acd.model.estimate import Estimates, Flow, Range
from gateway.acd.model.estimate.calibration import BANDS
from gateway.acd.model.estimate.place import ahead_of
from gateway.acd.model.interaction import Interaction
from gateway.acd.service.partition import Partition
from gateway.acd.store import journal
from gateway.acd.wire import EstimateView, InteractionKind, PromiseView, WaitRange
from gateway.platform.database.port import Database

_logger = logging.getLogger("wecc.acd")
_LEARNED_FROM = 5_000
"""Entries read at start: some hundred interactions, enough for every rate."""


class Waits:
    """Gives a partition its estimates when it is taken over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def watch(self, partition: Partition) -> None:
        """Learn the rates from the end of the journal, then go on from the present state."""
        # A start writes an entry for everybody on duty, and these teach nothing.
        count = _LEARNED_FROM + len(partition.engine.state.agents)
        rows = await self._database.read(
            partition.tenant_id, lambda tx: journal.rows_after(tx, journal.end(tx) - count, count)
        )
        estimates = Estimates()
        for _, body in rows:
            try:
                estimates.fold(e.decode(body))
            except msgspec.DecodeError:
                _logger.warning("a journal entry could not be learned from")
        estimates.calibrations = partition.estimates.calibrations
        estimates.begin(partition.engine.state)
        partition.estimates = estimates


def told(partition: Partition, item: Interaction) -> WaitRange | None:
    """Return what to tell the contact of waiting work; it counts as a promise."""
    queue = partition.engine.state.queues.get(item.queue_id)
    ahead = ahead_of(partition.engine.index, item, queue)
    if ahead is None:
        return None
    return _range(partition.estimates.tell(item.id, ahead, partition.now_ms()))


def would_wait(partition: Partition, queue_id: str) -> dict[InteractionKind, WaitRange]:
    """Return for each kind that waits in a queue what somebody who comes now would be told."""
    found: dict[InteractionKind, WaitRange] = {}
    for kind in KINDS:
        flow = partition.estimates.flows.get((queue_id, kind, ()))
        if flow is not None and flow.waiting:
            wait = _newcomer(partition, queue_id, kind, flow)
            if wait is not None:
                found[cast(InteractionKind, kind)] = wait
    return found


def estimate_views(partition: Partition) -> list[EstimateView]:
    """Return what every queue's estimates go by, and how they held."""
    return [
        _view(partition, queue_id, kind, pool)
        for (queue_id, kind), pool in sorted(partition.estimates.pools.items())
        if queue_id in partition.book.queues
    ]


def _view(partition: Partition, queue_id: str, kind: str, pool: Flow) -> EstimateView:
    now_ms = partition.now_ms()
    service, leaving = pool.service_rate, pool.leaving_rate
    own = partition.estimates.flows.get((queue_id, kind, ()), pool)
    return EstimateView(
        queue_id=queue_id,
        queue_name=partition.book.queue_name(queue_id),
        kind=cast(InteractionKind, kind),
        waiting=len(pool.waiting),
        slots=partition.estimates.staffing.slots((queue_id, kind, ()), now_ms),
        mean_handling_ms=round(1 / service) if service is not None else None,
        mean_patience_ms=round(1 / leaving) if leaving > 0.0 else None,
        share=round(own.share, 3),
        wait=_newcomer(partition, queue_id, kind, own) if pool.waiting else None,
        promises=_promises(partition.estimates, queue_id, kind),
    )


def _promises(estimates: Estimates, queue_id: str, kind: str) -> list[PromiseView]:
    views = []
    for band, ahead_from in enumerate((0, *BANDS)):
        found = estimates.calibrations.get((queue_id, kind, band))
        if found is not None and found.most.checked:
            views.append(
                PromiseView(
                    ahead_from=ahead_from,
                    checked=found.most.checked,
                    coverage=round(found.most.coverage, 3),
                    factor=round(found.most.factor, 3),
                )
            )
    return views


def _newcomer(partition: Partition, queue_id: str, kind: str, flow: Flow) -> WaitRange | None:
    key = (queue_id, kind, ())
    return _range(partition.estimates.estimate(key, len(flow.waiting), partition.now_ms()))


def _range(found: Range | None) -> WaitRange | None:
    if found is None:
        return None
    p50_ms, p90_ms = found.rounded()
    return WaitRange(p50_ms=p50_ms, p90_ms=p90_ms)
