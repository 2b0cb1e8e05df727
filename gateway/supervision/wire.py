"""Reports and the live board as browsers see them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import Body, ServerFrame, View

ReportBy = Literal["queue", "agent", "kind"]
ReportInterval = Literal["5", "15", "30", "60", "day", "week", "month"]


class MetricView(View):
    """One figure of the dictionary."""

    name: str
    unit: Literal["count", "ms", "percent", "stars"]
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
    first_reply_ms: int | None
    is_robot: bool


class StaysPage(View):
    """Waits behind a figure, oldest first."""

    items: list[StayView]
    next_cursor: str | None


class TargetView(View):
    """``percent`` of a kind shall be answered within ``within_s``."""

    percent: int
    within_s: int


class StateTotal(View):
    """How long an agent was in a state for a reason, and how many times."""

    agent_id: str
    agent_name: str
    state: str
    reason: str
    lasted_ms: int
    times: int


class StatesView(View):
    """Online hours: what agents were while their desk was open, complete to ``counted_to_ms``."""

    tz: str
    from_ms: int
    to_ms: int
    counted_to_ms: int
    totals: list[StateTotal]


class SpanView(View):
    """One state of an agent. ``set_by_id`` is who set it, when it was somebody else; an agent who
    is offline with nobody's doing closed the desk or lost the connection.
    """

    agent_id: str
    agent_name: str
    state: Literal["offline", "not_ready", "ready"]
    reason: str
    began_at_ms: int
    ended_at_ms: int | None
    set_by_id: str | None
    set_by_name: str


class SpansPage(View):
    """States of agents, the oldest first."""

    items: list[SpanView]
    next_cursor: str | None


class QueueBoard(View):
    """A queue now and today. ``late`` wait longer than their target, ``soon`` will in a moment.
    ``robots_waiting`` of those who wait are simulated persons. ``below_target`` names the kinds
    whose service level today is under the target.
    """

    queue_id: str
    name: str
    targets: dict[str, TargetView]
    late: int
    soon: int
    robots_waiting: int
    below_target: list[str]
    today: dict[str, float | None]


class BoardView(View):
    """The live page's figures: today, by the same rules as every report.

    ``next_at_ms`` is when the next wait comes near its target or past it, if nothing happens.
    """

    at_ms: int
    tz: str
    from_ms: int
    counted_to_ms: int
    robots_left_out: int
    next_at_ms: int | None
    queues: list[QueueBoard]
    total: dict[str, float | None]


# ---- alarms ------------------------------------------------------------------------------------

AlarmWhat = Literal["near", "late", "level", "longest", "nobody"]
Percent = Annotated[int, Meta(ge=0, le=99)]


class AlarmView(View):
    """An alarm: ``near`` and ``late`` waits, a service ``level`` about to fall under its limit,
    the ``longest`` wait over a limit, or ``nobody`` ready while somebody waits.

    ``number`` is how many contacts it is about now, ``worst`` the most there were; of ``level``
    they are the percent expected and the lowest. ``limit`` is a percent, or seconds of
    ``longest``. ``kind`` is null for ``nobody``. ``ended_at_ms`` is null while it is on.
    """

    id: str
    queue_id: str
    queue_name: str
    kind: Literal["chat", "call", "message"] | None
    what: AlarmWhat
    limit: int
    began_at_ms: int
    ended_at_ms: int | None
    number: int
    worst: int


class AlarmChanged(ServerFrame, tag="alarm.changed"):
    """For leads: an alarm began, changed or is over. ``told``: worth a sound, the first time."""

    alarm: AlarmView
    told: bool


class AlarmsPage(View):
    """Alarms, the newest first."""

    items: list[AlarmView]
    next_cursor: str | None


class AlarmRuleBody(Body):
    """What is worth an alarm in a queue; 0 and false are off.

    ``near_percent``: a wait has used so much of its target. ``late``: a wait is past it.
    ``level_percent``: the service level of the last half hour falls under this if those near and
    past their target are served too late; null is the percent of each target. ``longest_s``: a
    wait is longer than this. ``nobody_ready``: a chat or call waits and nobody who could serve it
    is ready.
    """

    near_percent: Percent = 80
    late: bool = True
    level_percent: Percent | None = None
    longest_s: Annotated[int, Meta(ge=0, le=604_800)] = 0
    nobody_ready: bool = True


class AlarmRuleView(View):
    """A queue's rule; ``is_default`` where it has none of its own."""

    queue_id: str
    queue_name: str
    is_default: bool
    near_percent: int
    late: bool
    level_percent: int | None
    longest_s: int
    nobody_ready: bool
