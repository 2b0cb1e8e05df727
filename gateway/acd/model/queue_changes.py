"""What entries about queues do to the state: their rules, their hours, steps and overflow."""

from __future__ import annotations

from gateway.acd.model import entries as e
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.pieces import begin_waiting, retime, start_step, time_waiting
from gateway.acd.model.state import State


def queue_set(state: State, index: Index, entry: e.QueueSet) -> None:
    """A queue is new or has another version; what waits in it keeps its clocks."""
    queue_id = entry.queue.queue_id
    state.queues[queue_id] = entry.queue
    index.backlog.requeue(queue_id, entry.queue)
    index.roll.has_changed = True
    for item in state.interactions.values():
        if item.queue_id == queue_id:
            retime(state, index, item, entry.queue)


def queue_removed(state: State, index: Index, entry: e.QueueRemoved) -> None:
    """A queue is gone, and what is known of it."""
    state.queues.pop(entry.queue_id, None)
    state.closed.pop(entry.queue_id, None)
    state.turns.pop(entry.queue_id, None)
    index.backlog.requeue(entry.queue_id, None)


def queue_open(state: State, _index: Index, entry: e.QueueOpen) -> None:
    """A queue opened or closed."""
    if entry.closed:
        state.closed[entry.queue_id] = entry.closed
    else:
        state.closed.pop(entry.queue_id, None)


def relaxed(state: State, index: Index, entry: e.Relaxed) -> Interaction:
    """The next step of the queue begins."""
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    start_step(state, item, entry.step)
    item.priority, item.score = entry.priority, entry.score
    queue = state.queues.get(item.queue_id)
    index.backlog.join(item, queue)
    time_waiting(state, index, item, queue)
    return item


def overflowed(state: State, index: Index, entry: e.Overflowed) -> Interaction:
    """Work goes to another queue, or leaves routing for a message."""
    item = state.interactions[entry.interaction_id]
    index.backlog.leave(item)
    if entry.to_queue_id is None:
        item.state = "overflowed"
        item.epoch += 1
        item.ended_at_ms = entry.at_ms
        index.unknow(item)
        state.forget(item)
        return item
    item.left_queues = (*item.left_queues, item.queue_id)
    item.queue_id = entry.to_queue_id
    item.direct_agent_id = item.direct_until_ms = None
    begin_waiting(state, index, item)
    return item


def overflow_passed(state: State, index: Index, entry: e.OverflowPassed) -> None:
    """There was nowhere to go."""
    item = state.interactions[entry.interaction_id]
    item.overflow_at_ms = entry.next_ms
    if entry.next_ms is not None:
        index.timers.add(entry.next_ms, "overflow", item.id)
