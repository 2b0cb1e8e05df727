"""Trying a change of a queue on recorded work, in a child process with limits."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gateway.acd.model.configuration import DEFAULT_TARGETS, KINDS, QueueRule
from gateway.acd.model.hours import Hours
from gateway.acd.model.state import State
from gateway.acd.service.book import queue_hours
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.queue_rules import rule_of
from gateway.acd.service.queues import QueueSettings
from gateway.acd.simulation.rehearsal import ENOUGH, Comparison, Configuration, Order
from gateway.acd.simulation.tally import Outcome, QueueOutcome
from gateway.acd.store import journal
from gateway.acd.wire.queues import QueueView
from gateway.acd.wire.rehearsals import QueueFigures, RehearsalBody, RehearsalView, RunFigures
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.platform.isolation import Isolation, IsolationError, Limits
from gateway.tenancy.authorization import Relation, authorize

_FUNCTION = "gateway.acd.simulation.rehearsal:rehearse_bytes"
_ROWS = 60_000
"""Journal entries read at most: the newest, some ten thousand interactions."""
_LIMITS = Limits(memory_bytes=1_073_741_824, cpu_s=60, wall_ms=120_000, output_bytes=16_777_216)
_RETRY_S = 20
_DAY_MS = 86_400_000


class Rehearsals:
    """One at a time; whoever asks meanwhile is told to come again."""

    def __init__(
        self, partitions: Partitions, queues: QueueSettings, isolation: Isolation | None
    ) -> None:
        self._partitions = partitions
        self._queues = queues
        self._isolation = isolation
        self._is_running = False

    async def rehearse(self, actor: Actor, queue_id: str, body: RehearsalBody) -> RehearsalView:
        """Run recorded work under the present and the changed configuration of a queue."""
        authorize(actor, "queue.change", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        if queue_id not in partition.book.queues:
            raise not_found("queue")
        if self._isolation is None:
            raise WeccError("not_ready", "Rehearsals are not possible in this process.")
        if self._is_running:
            raise WeccError("rate_limited", "Another rehearsal is running.", retry_after_s=_RETRY_S)
        self._is_running = True
        try:
            changed = await self._queues.draft(actor, queue_id, body.queue)
            return await self._run(partition, self._isolation, changed, body)
        finally:
            self._is_running = False

    async def _run(
        self, partition: Partition, isolation: Isolation, changed: QueueView, body: RehearsalBody
    ) -> RehearsalView:
        rows = await self._partitions.database.read(
            partition.tenant_id, lambda tx: journal.rows_after(tx, journal.end(tx) - _ROWS, _ROWS)
        )
        state, book = partition.engine.state, partition.book
        others = [view for view in book.queues.values() if view.id != changed.id]
        present = queue_hours(book.queues.values(), book.hours)
        draft = queue_hours([*others, changed], book.hours)
        order = Order(
            bodies=[row for _, row in rows],
            since_ms=partition.now_ms() - body.days * _DAY_MS,
            queue_id=changed.id,
            before=configuration_of(state, None, present),
            after=configuration_of(state, rule_of(changed), draft),
            seed=secrets.randbits(32) if body.seed is None else body.seed,
        )
        try:
            answer = await isolation.call(_FUNCTION, msgspec.msgpack.encode(order), _LIMITS)
        except IsolationError as error:
            if error.reason == "timeout":
                return _too_slow(order)
            raise WeccError("internal", "The rehearsal failed; nothing was changed.") from error
        compared = msgspec.msgpack.decode(answer, type=Comparison)
        return _view(order, compared, partition.book.queue_name)


def configuration_of(
    state: State, changed: QueueRule | None, hours: Mapping[str, Hours]
) -> Configuration:
    """Return the present configuration, with one queue changed; ``hours`` by queue."""
    queues = {**state.queues}
    if changed is not None:
        queues[changed.queue_id] = changed
    return Configuration(
        queues=tuple(queues.values()),
        policy=state.policy,
        hours=dict(hours),
        profiles={agent_id: state.profile(agent_id) for agent_id in state.agents},
        targets_s={
            f"{rule.queue_id}/{kind}": float(
                rule.service_target.get(kind, DEFAULT_TARGETS[kind]).within_s
            )
            for rule in queues.values()
            for kind in KINDS
        },
    )


def _too_slow(order: Order) -> RehearsalView:
    return RehearsalView(
        verdict="too_slow",
        queue_id=order.queue_id,
        seed=order.seed,
        from_ms=order.since_ms,
        to_ms=order.since_ms,
        contacts=0,
        answered=0,
        needed=ENOUGH,
        recorded=[],
        before=None,
        after=None,
    )


def _view(order: Order, found: Comparison, name: Callable[[str], str]) -> RehearsalView:
    def queues(outcomes: list[QueueOutcome]) -> list[QueueFigures]:
        return [_figures(one, name) for one in outcomes]

    def run(outcome: Outcome | None) -> RunFigures | None:
        if outcome is None:
            return None
        return RunFigures(
            queues=queues(outcome.queues),
            agents=outcome.agents,
            occupancy=outcome.occupancy,
            fairness=outcome.fairness,
            is_complete=outcome.is_complete,
        )

    return RehearsalView(
        verdict="compared" if found.after is not None else "not_enough_work",
        queue_id=order.queue_id,
        seed=order.seed,
        from_ms=found.from_ms,
        to_ms=found.to_ms,
        contacts=found.contacts,
        answered=found.answered,
        needed=ENOUGH,
        recorded=queues(found.recorded),
        before=run(found.before),
        after=run(found.after),
    )


def _figures(one: QueueOutcome, name: Callable[[str], str]) -> QueueFigures:
    values: dict[str, Any] = msgspec.to_builtins(one)
    return msgspec.convert({**values, "queue_name": name(one.queue_id)}, QueueFigures)
