"""What a contact would meet who asks for a queue now, in that queue or in the one it leads to."""

from __future__ import annotations

from typing import Literal

from gateway.acd.model.configuration import Overflow, OverflowWhen
from gateway.acd.service.partition import Partition
from gateway.acd.service.views import steps_of

Availability = Literal["online", "busy", "offline"]


def reach(
    partition: Partition, queue_id: str, now_ms: int, left: tuple[str, ...] = ()
) -> Availability:
    """Follow a queue's overflow as its work would go: ``left`` are the queues behind it.

    ``offline``: closed, or no ready agent fits, or all that is left is a message. ``busy``: they
    fit, but one would wait.
    """
    state, index = partition.engine.state, partition.engine.index
    steps = steps_of(state, index, queue_id)
    line = index.backlog.lines.get(queue_id)
    waiting = line.order.count if line is not None else 0
    if index.has_free(steps[0]) and not waiting and not partition.book.closed(queue_id, now_ms):
        return "online"
    left = (*left, queue_id)
    for rule in _rules(partition, queue_id, left):
        if rule.when in _reasons(partition, queue_id, now_ms) or _is_full(rule, waiting):
            return (
                reach(partition, rule.to_queue_id, now_ms, left) if rule.to_queue_id else "offline"
            )
    if partition.book.closed(queue_id, now_ms):
        return "offline"
    if index.ready_for(*steps):
        return "busy"
    later = [rule.to_queue_id for rule in _rules(partition, queue_id, left) if rule.when == "wait"]
    there = reach(partition, later[0], now_ms, left) if later and later[0] else "offline"
    return "offline" if there == "offline" else "busy"


def _rules(partition: Partition, queue_id: str, left: tuple[str, ...]) -> list[Overflow]:
    """Return the rules that lead somewhere: to a message, or to a queue it was not in."""
    queues = partition.engine.state.queues
    queue = queues.get(queue_id)
    return [
        rule
        for rule in (queue.overflow if queue is not None else ())
        if rule.to_queue_id is None or (rule.to_queue_id in queues and rule.to_queue_id not in left)
    ]


def _reasons(partition: Partition, queue_id: str, now_ms: int) -> list[OverflowWhen]:
    index = partition.engine.index
    found: list[OverflowWhen] = ["closed"] if partition.book.closed(queue_id, now_ms) else []
    if not index.on_duty_for(*steps_of(partition.engine.state, index, queue_id)):
        found.append("nobody_on_duty")
    return found


def _is_full(rule: Overflow, waiting: int) -> bool:
    return rule.when == "size" and waiting >= rule.limit
