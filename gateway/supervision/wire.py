"""Reports and the live board as browsers see them."""

from __future__ import annotations

from typing import Literal

from gateway.kernel.wire import View

ReportBy = Literal["queue", "agent", "kind"]
ReportInterval = Literal["5", "15", "30", "60", "day"]


class MetricView(View):
    """One figure of the dictionary."""

    name: str
    unit: Literal["count", "ms", "percent"]
    counts: Literal["began", "happened", "time"]
    formula: str
    meaning: str


class ReportRow(View):
    """The figures of one queue, agent or kind in one interval; null is unknown, never 0."""

    start_ms: int
    end_ms: int
    id: str
    name: str
    figures: dict[str, float | None]


class ReportView(View):
    """Rows where anything happened, in order; ``intervals`` are the starts of all of them.

    ``together`` has a row per interval over all queues, agents or kinds; ``totals`` one for each
    of these over the whole range; ``total`` is everything.
    ``counted_to_ms`` says up to when the figures are complete.
    """

    by: ReportBy
    interval: ReportInterval
    tz: str
    from_ms: int
    to_ms: int
    counted_to_ms: int
    robots_left_out: int
    intervals: list[int]
    rows: list[ReportRow]
    together: list[ReportRow]
    totals: list[ReportRow]
    total: ReportRow


class StayView(View):
    """One wait behind a figure, and what became of it."""

    interaction_id: str
    conversation_id: str
    kind: str
    queue_id: str
    queue_name: str
    agent_id: str
    agent_name: str
    cause: Literal["new", "transfer", "return", "move"]
    began_at_ms: int
    outcome: Literal["waiting", "answered", "abandoned", "moved"]
    wait_ms: int | None
    within_target: bool | None
    talk_ms: int | None
    wrap_up_ms: int | None
    is_robot: bool


class StaysPage(View):
    """Waits behind a figure, oldest first."""

    items: list[StayView]
    next_cursor: str | None


class TargetView(View):
    """``percent`` of a kind shall be answered within ``within_s``."""

    percent: int
    within_s: int


class QueueBoard(View):
    """A queue now and today. ``late`` wait longer than their target, ``soon`` will in a moment;
    ``next_soon_at_ms`` and ``next_late_at_ms`` say when the next ones will be. ``below_target``
    names the kinds whose service level today is under the target.
    """

    queue_id: str
    name: str
    targets: dict[str, TargetView]
    late: int
    soon: int
    next_soon_at_ms: int | None
    next_late_at_ms: int | None
    below_target: list[str]
    today: dict[str, float | None]


class BoardView(View):
    """The live page's figures: today, by the same rules as every report."""

    at_ms: int
    tz: str
    from_ms: int
    counted_to_ms: int
    robots_left_out: int
    queues: list[QueueBoard]
    total: dict[str, float | None]
