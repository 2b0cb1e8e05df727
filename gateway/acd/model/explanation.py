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
    counts = {
        "offline": index.statuses["offline"],
        "not_ready": index.statuses["not_ready"],
        "reconnecting": index.statuses["away"],
        "busy": index.statuses["ready"] - free,
        "passed_over": len(item.excluded),
    }
    if found_by == "agent" and item.direct_agent_id is None:
        counts["unqualified"] = max(0, free - 1 - len(item.excluded))
    return {reason: count for reason, count in counts.items() if count}
