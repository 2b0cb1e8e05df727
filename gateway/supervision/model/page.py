"""The dictionary of figures as a page of the reference."""

from __future__ import annotations

from gateway.acd.model.configuration import DEFAULT_TARGETS
from gateway.supervision.model.dictionary import METRICS, Of

_NOTE = "<!-- generated from the code by `make docs`: do not edit -->"
_COUNTS: dict[Of, str] = {
    "began": "where the wait began",
    "happened": "where it happened",
    "time": "time in the interval",
}
_SOURCE = """\
The figures of reports and of the live page, each with its one definition. They are derived from
the routing journal, so the same number is the same everywhere. Durations are in milliseconds,
shares in percent; a share of nothing is empty, never 0."""
_WAITS = """\
A contact may wait more than once: when it is handed over, moved to another queue, or its agent is
lost, it waits anew. Each wait counts in the interval in which it began and is settled exactly
once: answered, abandoned or moved out. Robots are left out unless they are asked for; what an
agent did with them is still that agent's time."""
_TARGETS = """\
Service targets are the queue's own; where it states none: {targets}. A target applies to the waits
that begin after it was set."""
_TIME = """\
Agents' time belongs to agents, not to queues or kinds: an agent serves several at once. It is
therefore only in reports by agent that are not narrowed to a queue or kind."""


def page() -> str:
    """Return the page."""
    targets = ", ".join(
        f"{kind} {each.percent} % within {each.within_s} s"
        for kind, each in DEFAULT_TARGETS.items()
    )
    parts = [_NOTE, "# Figures", "", _SOURCE, "", _WAITS, "", _TARGETS.format(targets=targets)]
    rows = [
        f"| `{each.name}` | {each.unit} | {_COUNTS[each.of]} | {each.formula} | {each.meaning} |"
        for each in METRICS
    ]
    head = ["| figure | unit | counts | formula | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*parts, "", _TIME, "", *head, *rows]) + "\n"
