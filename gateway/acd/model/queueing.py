"""Decisions about waiting in a queue: its steps, its limits, and where it overflows to."""

from __future__ import annotations

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.changes import score_of
from gateway.acd.model.configuration import KIND_NUMBER, Overflow, OverflowWhen, QueueRule
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matching import Matching
from gateway.acd.model.matrix import skill_key
from gateway.acd.model.pieces import overflow_after
from gateway.acd.model.timers import Timer


def arrive(engine: Matching, item: Interaction) -> None:
    """Work came to a queue: find it an agent, let it wait, or send it where it overflows to.

    It goes to no queue twice, so this ends. Most queues have one step and no overflow.
    """
    queue = engine.state.queues.get(item.queue_id)
    if queue is not None and not queue.overflow and len(queue.steps) <= 1:
        if item.state == "waiting":
            engine.match(item)
        return
    while item.state == "waiting" and item.direct_agent_id is None:
        if overflow(engine, item, _shut(engine, item)):
            continue
        begin(engine, item)
        if item.state != "waiting" or not overflow(engine, item, _full(engine, item)):
            return
    begin(engine, item)


def begin(engine: Matching, item: Interaction) -> None:
    """Pass over steps that nobody is there for, and look for an agent."""
    skip(engine, item)
    if item.state == "waiting":
        engine.match(item)


def open_up(engine: Matching, item: Interaction) -> None:
    """What waited for one agent waits for its queue: the steps begin."""
    engine.emit(e.Opened(at_ms=engine.now_ms, interaction_id=item.id))
    skip(engine, item)


# ---- steps -----------------------------------------------------------------------------------


def step_due(engine: Matching, timer: Timer) -> None:
    """Nobody took it in time: the next step begins."""
    item = engine.state.interactions[timer[2]]
    _relax(engine, item, "expired")
    begin(engine, item)


def skip(engine: Matching, item: Interaction) -> None:
    """Go past steps whose condition to be skipped holds now; the last is never skipped."""
    queue = engine.state.queues.get(item.queue_id)
    if queue is None or item.state != "waiting" or item.direct_agent_id is not None:
        return
    while item.step < len(queue.steps) - 1:
        reason = queue.step(item.step).skip_if
        if reason == "none" or _is_staffed(engine, item, item.step, reason):
            return
        _relax(engine, item, reason)


def _relax(engine: Matching, item: Interaction, reason: str) -> None:
    queue = engine.state.queues[item.queue_id]
    priority = item.priority + queue.step(item.step + 1).priority
    engine.emit(
        e.Relaxed(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            step=item.step + 1,
            reason=reason,  # type: ignore[arg-type]
            priority=priority,
            score=score_of(item.enqueued_at_ms, priority),
        )
    )


def _is_staffed(engine: Matching, item: Interaction, step: int, nobody: str) -> bool:
    """Tell whether an agent who fits a step is ready, or at least on duty."""
    kind, index = KIND_NUMBER[item.kind], engine.index
    key = (kind, item.queue_id, skill_key(item.skills), step)
    requirement = index.matrix.requirement(key, engine.state.queues.get(item.queue_id))
    there = index.roll.ready if nobody == "nobody_ready" else index.roll.duty
    return bool(index.matrix.groups_for(requirement) & there[kind])


# ---- overflow --------------------------------------------------------------------------------


def overflow(engine: Matching, item: Interaction, reasons: list[OverflowWhen]) -> bool:
    """Send work on if a rule for one of these reasons has somewhere to send it."""
    rule = _way_out(engine, item, reasons)
    if rule is None:
        return False
    engine.emit(
        e.Overflowed(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            queue_id=item.queue_id,
            to_queue_id=rule.to_queue_id,
            reason=rule.when,
        )
    )
    return True


def _way_out(engine: Matching, item: Interaction, reasons: list[OverflowWhen]) -> Overflow | None:
    waited_ms = engine.now_ms - item.queued_at_ms
    for rule in _rules(engine, item) if reasons else ():
        is_meant = rule.when in reasons and (rule.when != "wait" or waited_ms >= 1000 * rule.limit)
        if is_meant and _is_open_way(engine, item, rule):
            return rule
    return None


def _is_open_way(engine: Matching, item: Interaction, rule: Overflow) -> bool:
    """Nothing goes back to where it came from; who left a message cannot be asked for one."""
    if rule.to_queue_id is None:
        return item.kind != "message"
    gone = rule.to_queue_id == item.queue_id or rule.to_queue_id in item.left_queues
    return not gone and rule.to_queue_id in engine.state.queues


def _rules(engine: Matching, item: Interaction) -> tuple[Overflow, ...]:
    queue = engine.state.queues.get(item.queue_id)
    return queue.overflow if queue is not None else ()


def _shut(engine: Matching, item: Interaction) -> list[OverflowWhen]:
    """Why nobody could help in this queue at all."""
    found: list[OverflowWhen] = []
    if item.queue_id in engine.state.closed:
        found.append("closed")
    if _rules(engine, item) and is_deserted(engine, item):
        found.append("nobody_on_duty")
    return found


def _full(engine: Matching, item: Interaction) -> list[OverflowWhen]:
    """Whether the queue, with this one, holds more than it should."""
    line = engine.index.backlog.lines[item.queue_id]
    limits = [rule.limit for rule in _rules(engine, item) if rule.when == "size"]
    return ["size"] if any(line.order.count > limit for limit in limits) else []


def is_deserted(engine: Matching, item: Interaction) -> bool:
    """Tell whether nobody on duty could serve it, now or at a later step."""
    queue = engine.state.queues[item.queue_id]
    steps = range(min(item.step, len(queue.steps) - 1), len(queue.steps))
    return not any(_is_staffed(engine, item, step, "nobody_on_duty") for step in steps)


def overflow_due(engine: Matching, timer: Timer) -> None:
    """It waited as long as it should in this queue."""
    item = engine.state.interactions[timer[2]]
    if overflow(engine, item, ["wait"]):
        arrive(engine, item)
        return
    next_ms = overflow_after(item, engine.state.queues.get(item.queue_id), engine.now_ms)
    passed = e.OverflowPassed(at_ms=engine.now_ms, interaction_id=item.id, next_ms=next_ms)
    engine.emit(passed)


def look_after_deserted(engine: Matching) -> None:
    """Somebody left, or the rules changed: send on what nobody on duty can serve any more."""
    engine.index.roll.has_changed = False
    for queue in list(engine.state.queues.values()):
        if any(rule.when == "nobody_on_duty" for rule in queue.overflow):
            _send_on(engine, queue, ["nobody_on_duty"])


def set_open(engine: Matching, command: c.SetOpen) -> None:
    """A queue opened or closed. What waits goes on waiting, unless it is an emergency."""
    queue = engine.state.queues.get(command.queue_id)
    if queue is None or engine.state.closed.get(command.queue_id, "") == command.closed:
        return
    engine.emit(e.QueueOpen(at_ms=engine.now_ms, queue_id=command.queue_id, closed=command.closed))
    if command.closed == "emergency":
        _send_on(engine, queue, ["closed"])


def _send_on(engine: Matching, queue: QueueRule, reasons: list[OverflowWhen]) -> None:
    for item in engine.index.backlog.waiting_in(queue.queue_id):
        is_meant = item.direct_agent_id is None and item.state == "waiting"
        if reasons == ["nobody_on_duty"]:
            is_meant = is_meant and is_deserted(engine, item)
        if is_meant and overflow(engine, item, reasons):
            arrive(engine, item)
