"""How many of the same class are ahead of somebody who waits."""

from __future__ import annotations

from gateway.acd.model.configuration import QueueRule
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import skill_key
from gateway.acd.model.order import key_for


def ahead_of(index: Index, item: Interaction, queue: QueueRule | None) -> int | None:
    """Count who waits for the same agents, in any step, and comes first; None when it does not."""
    requirement = index.backlog.placed.get(item.id)
    if requirement is None:
        return None
    key = key_for(item.score, item.number)
    ahead = requirement.order.rank(key)
    steps = len(queue.steps) if queue is not None else 1
    own = skill_key(requirement.own)
    for step in range(steps) if steps > 1 else ():
        if step != requirement.step:
            other = (requirement.kind, requirement.queue_id, own, step)
            ahead += index.matrix.requirement(other, queue).order.rank(key)
    return ahead
