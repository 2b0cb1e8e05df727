"""Why an agent was chosen, in a few numbers that cost next to nothing.

The full list is built on demand: replay the journal up to the offer and ask the same index.
"""

from __future__ import annotations

from typing import Literal

from gateway.acd.model.configuration import KIND_NUMBER
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction

Found = Literal["work", "agent", "hand"]
RUNNERS_UP = 5


def left_out(index: Index, item: Interaction, found_by: Found) -> dict[str, int]:
    """Count who could not get it, by reason; zero counts are left out.

    ``busy``: ready but at capacity or on a call. ``passed_over``: declined, missed or gave it
    away lately. ``unqualified`` is exact when an agent found the work: whoever else is free
    then lacks a skill or the queue, or was passed over.
    """
    free = index.idle[KIND_NUMBER[item.kind]].count
    statuses, passed_over = index.statuses, len(item.excluded)
    counts = {}
    if statuses["offline"]:
        counts["offline"] = statuses["offline"]
    if statuses["not_ready"]:
        counts["not_ready"] = statuses["not_ready"]
    if statuses["away"]:
        counts["reconnecting"] = statuses["away"]
    if statuses["ready"] > free:
        counts["busy"] = statuses["ready"] - free
    if passed_over:
        counts["passed_over"] = passed_over
    if found_by == "agent" and item.direct_agent_id is None and free > 1 + passed_over:
        counts["unqualified"] = free - 1 - passed_over
    return counts
