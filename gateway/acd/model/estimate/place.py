"""How many of the same class are ahead of somebody who waits."""

from __future__ import annotations

from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.order import key_for


def ahead_of(index: Index, item: Interaction) -> int | None:
    """Count who waits for the same agents and comes first; None when it does not wait."""
    requirement = index.backlog.placed.get(item.id)
    if requirement is None:
        return None
    return requirement.order.rank(key_for(item.score, item.number))
