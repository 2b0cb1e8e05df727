"""Queues as people set them up: steps, overflow, wrap-up, targets, versions."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from gateway.kernel.wire import Body, Id, Name, ShortText, View

KindKey = Literal["chat", "call", "message"]
SkillExpression = Annotated[
    str,
    Meta(
        max_length=1000,
        description="Skills by name or id, e.g. `spanish >= 60 AND (billing OR sales)`.",
    ),
]
Mistake = Literal[
    "too_long",
    "open_quote",
    "unknown_sign",
    "end_expected",
    "too_deep",
    "open_parenthesis",
    "skill_expected",
    "too_many_skills",
    "unknown_skill",
    "level_expected",
    "too_many_alternatives",
]
"""What is wrong with an expression, for those who say it in another language."""
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
AgentOrder = Literal[
    "longest_idle", "least_loaded", "best_skill", "round_robin", "weighted", "manual"
]


class QueueStep(View):
    """Who may serve for how long: after ``after_s`` the next step begins; the last has none.

    ``preferred`` puts the agents who meet it first without keeping the others away. The
    interaction's own skills are needed too, unless ``drops_own``. ``priority`` is added when the
    step begins. ``skip_if`` goes past the step when, at that moment, no fitting agent is ready,
    or none is on duty.
    """

    expression: SkillExpression = ""
    preferred: SkillExpression = ""
    after_s: Annotated[int, Meta(ge=1, le=86_400)] | None = None
    priority: Annotated[int, Meta(ge=-100, le=100)] = 0
    skip_if: Literal["none", "nobody_ready", "nobody_on_duty"] = "none"
    drops_own: bool = False


class QueueOverflow(View):
    """When this queue cannot help: go to another queue, or (``to_queue_id`` null) ask for a
    message. ``limit`` is seconds for ``wait``, a count for ``size``, and 0 for the others.
    """

    when: Literal["wait", "size", "nobody_on_duty", "closed"]
    limit: Annotated[int, Meta(ge=0, le=86_400)] = 0
    to_queue_id: Id | None = None


class WrapUpTime(View):
    """Time after the exchange. ``none``: no wrap-up. ``optional``: the capacity is free at once,
    and the outcome may still be given for ``seconds``. ``timed``: it ends after ``seconds`` by
    itself. ``forced``: it lasts until the agent finishes it. ``extension_s`` may be added once.
    """

    mode: Literal["forced", "timed", "optional", "none"] = "timed"
    seconds: Annotated[int, Meta(ge=0, le=900)] = 60
    extension_s: Annotated[int, Meta(ge=0, le=900)] = 0


class ServiceTarget(View):
    """``percent`` of the contacts are to be answered within ``within_s`` seconds."""

    percent: Annotated[int, Meta(ge=1, le=100)]
    within_s: Annotated[int, Meta(ge=1, le=86_400)]


class QueueRecall(View):
    """Who comes back within ``minutes`` (0: off). ``place``: who left while waiting here waits
    again at the place they had. ``agent``: who was helped here waits first for the same agent,
    at most two minutes. ``both``: whichever of the two happened last.
    """

    minutes: Annotated[int, Meta(ge=0, le=120)] = 0
    keep: Literal["place", "agent", "both"] = "place"


class QueueBody(Body):
    """A queue. What is left out has its default; kinds that are left out, too. There are at
    most 8 steps and 8 overflows.

    ``no_answer_strikes``: unanswered offers in a row after which an agent is not ready.
    ``reply_timeout_s``: a chat whose agent stays silent that long goes to somebody else (0:
    never). ``sticky_s``: who helped the contact last is waited for that long first (0: not).
    ``pull_oldest``: agents may take by hand only the oldest so many (0: none).
    ``fairness_window_s``: the span over which work is shared out evenly (0: off). ``note`` says
    what this version changes.
    """

    name: Name
    steps: list[QueueStep] = []
    order: AgentOrder = "longest_idle"
    overflow: list[QueueOverflow] = []
    priority: Annotated[int, Meta(ge=-100, le=100)] = 0
    hours_id: Id | None = None
    offer_timeout_s: dict[KindKey, Annotated[int, Meta(ge=5, le=900)]] = {}
    no_answer_strikes: Annotated[int, Meta(ge=1, le=10)] = 1
    reply_timeout_s: Seconds = 0
    sticky_s: Seconds = 0
    pull_oldest: Annotated[int, Meta(ge=0, le=100)] = 100
    fairness_window_s: Seconds = 0
    recall: QueueRecall = field(default_factory=QueueRecall)
    wrap_up: dict[KindKey, WrapUpTime] = {}
    service_target: dict[KindKey, ServiceTarget] = {}
    disposition_ids: list[Id] = []
    note: ShortText = ""


class QueueWarning(View):
    """Something that was accepted but will hardly do what is wanted. ``step`` counts from 0."""

    code: Literal[
        "nobody_qualifies",
        "contradiction",
        "never_reached",
        "overflow_cycle",
        "overflow_first",
        "sticky_too_long",
    ]
    step: int | None
    message: str


class QueueClosure(View):
    """An emergency closure: who closed the queue, when and why."""

    reason: str
    by_id: str
    by_name: str
    at_ms: int


class QueueClosureBody(Body):
    """Why a queue is closed at once, whatever its hours say."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class QueueView(View):
    """A queue in its published ``version``. Names of skills are as they are now. ``warnings``
    are filled in where queues are set up, not in the directory; ``closed`` and ``closure`` say
    whether, and why, the queue takes nobody now.
    """

    id: str
    version: int
    name: str
    steps: list[QueueStep]
    order: AgentOrder
    overflow: list[QueueOverflow]
    priority: int
    hours_id: str | None
    offer_timeout_s: dict[str, int]
    no_answer_strikes: int
    reply_timeout_s: int
    sticky_s: int
    pull_oldest: int
    fairness_window_s: int
    recall: QueueRecall
    wrap_up: dict[str, WrapUpTime]
    service_target: dict[str, ServiceTarget]
    disposition_ids: list[str]
    warnings: list[QueueWarning]
    closed: Literal["", "hours", "emergency"] = ""
    closure: QueueClosure | None = None


class SkillMatchBody(Body):
    """Skill expressions to look over, and the queue whose agents count; null: a new queue.

    ``agent_ids`` count instead, when given: who is about to serve the queue.
    """

    queue_id: Id | None = None
    agent_ids: Annotated[list[Id], Meta(max_length=20_000)] | None = None
    expressions: Annotated[list[SkillExpression], Meta(max_length=16)] = []


class SkillMatch(View):
    """Who meets an expression now. ``names`` are the first few of the ``agents``.

    When it cannot be read, ``error`` says why, ``mistake`` the same as a code, and ``at`` where,
    in characters from 0.
    """

    error: str
    mistake: Mistake | None
    at: int | None
    agents: int
    ready: int
    names: list[str]


class QueueVersionView(View):
    """One publication. ``of_version`` is the earlier version that a rollback brought back."""

    version: int
    at_ms: int
    by_id: str
    by_name: str
    note: str
    of_version: int | None
    queue: QueueView


class QueueRollbackBody(Body):
    """Publish an earlier version's configuration again, as a new version."""

    version: Annotated[int, Meta(ge=1)]
    note: ShortText = ""
