"""What an entry did to a piece of work, as a line of its story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.model.engine import Engine
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.story import Turn


def turn_of(engine: Engine, item: Interaction | None, entry: e.Entry) -> Turn | None:
    """Return the line an entry makes, before it is applied; None when it makes none."""
    if isinstance(entry, e.QueueOpen):
        return _queue_open(item, entry)
    if item is None and not isinstance(entry, e.Enqueued):
        return None
    tell = _TABLE.get(type(entry))
    is_mine = item is None or getattr(entry, "interaction_id", None) == item.id
    return tell(engine, item, entry) if tell is not None and is_mine else None


def _queue_open(item: Interaction | None, entry: e.QueueOpen) -> Turn | None:
    if item is None or item.queue_id != entry.queue_id or item.state != "waiting":
        return None
    what: Any = "queue_closed" if entry.closed else "queue_opened"
    return Turn(at_ms=entry.at_ms, what=what, queue_id=entry.queue_id, reason=entry.closed)


def _queued(_engine: Engine, _item: None, entry: e.Enqueued) -> Turn:
    reason = "sticky" if entry.is_sticky else "returned" if entry.returned_to else ""
    return Turn(
        at_ms=entry.at_ms,
        what="queued",
        queue_id=entry.queue_id,
        agent_id=entry.direct_agent_id,
        priority=entry.priority,
        reason=reason,
    )


def _relaxed(engine: Engine, item: Interaction, entry: e.Relaxed) -> Turn:
    before = engine.index.backlog.requirement(item, engine.state.queues.get(item.queue_id))
    return Turn(
        at_ms=entry.at_ms,
        what="relaxed",
        queue_id=item.queue_id,
        step=entry.step,
        reason=entry.reason,
        priority=entry.priority,
        priority_before=item.priority,
        ready_before=engine.index.ready_for(before),
    )


def _overflowed(_engine: Engine, _item: Interaction, entry: e.Overflowed) -> Turn:
    return Turn(
        at_ms=entry.at_ms,
        what="overflowed",
        queue_id=entry.queue_id,
        to_queue_id=entry.to_queue_id,
        reason=entry.reason,
    )


def _passed(_engine: Engine, item: Interaction, entry: e.OverflowPassed) -> Turn:
    return Turn(at_ms=entry.at_ms, what="overflow_passed", queue_id=item.queue_id)


def _opened(_engine: Engine, item: Interaction, entry: e.Opened) -> Turn:
    return Turn(at_ms=entry.at_ms, what="opened", agent_id=item.direct_agent_id)


def _moved(_engine: Engine, item: Interaction, entry: e.Moved) -> Turn:
    return Turn(
        at_ms=entry.at_ms,
        what="moved",
        by=entry.by,
        queue_id=item.queue_id,
        to_queue_id=entry.queue_id,
    )


def _prioritized(_engine: Engine, item: Interaction, entry: e.Prioritized) -> Turn:
    return Turn(
        at_ms=entry.at_ms,
        what="prioritized",
        by=entry.by,
        priority=entry.priority,
        priority_before=item.priority,
    )


def _readmitted(_engine: Engine, _item: Interaction, entry: e.Readmitted) -> Turn:
    return Turn(at_ms=entry.at_ms, what="readmitted", agent_id=entry.agent_id)


def _in_hand(_engine: Engine, _item: Interaction, entry: e.Accepted | e.Taken) -> Turn:
    what: Any = "accepted" if isinstance(entry, e.Accepted) else "taken"
    return Turn(at_ms=entry.at_ms, what=what, agent_id=entry.agent_id)


def _transferred(_engine: Engine, item: Interaction, entry: e.Transferred) -> Turn:
    return Turn(
        at_ms=entry.at_ms,
        what="transferred",
        by=entry.agent_id,
        agent_id=entry.to_agent_id,
        queue_id=item.queue_id,
        to_queue_id=entry.queue_id,
    )


def _released(_engine: Engine, _item: Interaction, entry: e.Released) -> Turn:
    return Turn(at_ms=entry.at_ms, what="released", agent_id=entry.agent_id, reason=entry.cause)


def _ended(_engine: Engine, _item: Interaction, entry: e.Ended) -> Turn:
    return Turn(at_ms=entry.at_ms, what="ended", agent_id=entry.agent_id, reason=entry.by)


def _abandoned(_engine: Engine, _item: Interaction, entry: e.Abandoned) -> Turn:
    return Turn(at_ms=entry.at_ms, what="abandoned")


_TABLE: dict[type[e.Entry], Callable[[Engine, Any, Any], Turn]] = {
    e.Enqueued: _queued,
    e.Relaxed: _relaxed,
    e.Overflowed: _overflowed,
    e.OverflowPassed: _passed,
    e.Opened: _opened,
    e.Moved: _moved,
    e.Prioritized: _prioritized,
    e.Readmitted: _readmitted,
    e.Accepted: _in_hand,
    e.Taken: _in_hand,
    e.Transferred: _transferred,
    e.Released: _released,
    e.Ended: _ended,
    e.Abandoned: _abandoned,
}
