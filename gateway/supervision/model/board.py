"""A queue on the live board: today's figures, its targets, and who waits too long."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gateway.supervision.model.alarms.lookout import Lateness
from gateway.supervision.model.dictionary import (
    DEFAULT_SERVICE_LEVEL,
    Facts,
    Targets,
    Value,
    all_targets,
    figures_of,
)
from gateway.supervision.wire import QueueBoard, TargetView


class QueueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a queue today; figures are None when nothing happened."""

    queue_id: str
    name: str
    targets: Targets | None
    lateness: Lateness | None
    today: Mapping[str, Value] | None
    of_kind: Mapping[str, Mapping[str, Value] | None]


def queue_board(facts: QueueFacts) -> QueueBoard:
    """Return a queue as the board shows it."""
    targets = all_targets(facts.targets)
    lateness = facts.lateness or Lateness()
    below = []
    for kind, target in targets.items():
        level = (facts.of_kind.get(kind) or {}).get(DEFAULT_SERVICE_LEVEL)
        if level is not None and level < target.percent:
            below.append(kind)
    return QueueBoard(
        queue_id=facts.queue_id,
        name=facts.name,
        targets={
            kind: TargetView(percent=each.percent, within_s=each.within_s)
            for kind, each in targets.items()
        },
        late=lateness.late,
        soon=lateness.soon,
        robots_waiting=lateness.robots,
        below_target=below,
        today=dict(facts.today or figures_of(Facts({}, {}), has_time=False)),
    )
