"""Explanations: why work waited, and why an offer went to one agent and not to another."""

from __future__ import annotations

from typing import Literal

from gateway.acd.wire.queues import KindKey
from gateway.kernel.wire import View

ExclusionReason = Literal[
    "offline", "not_ready", "reconnecting", "for_another", "other_queue", "unskilled",
    "passed_over", "at_capacity", "label_full", "held_back", "next_declared", "by_hand",
]  # fmt: skip


class LackView(View):
    """A skill asked for between two levels (-1: may be without it), and the agent's level."""

    skill_id: str
    low: int
    high: int
    has: int | None = None


class WaitedView(View):
    """Work of a conversation that can be explained."""

    interaction_id: str
    kind: KindKey
    queue_name: str
    enqueued_at_ms: int


class ExclusionView(View):
    """Everything that kept one agent from the work, the weightiest reason first.

    ``held`` and ``limit`` count work of the same kind; ``state_reason`` is why the agent was not
    ready; ``lacks`` what would have made them fit.
    """

    agent_id: str
    reasons: list[ExclusionReason]
    held: int = 0
    limit: int = 0
    state_reason: str = ""
    passed_over_until_ms: int | None = None
    lacks: list[LackView] = []


class StretchView(View):
    """A span of the wait with one cause; ``to_ms`` is null while it goes on.

    ``places`` are the first and the last place in the queue. ``detail`` says why the queue was
    closed.
    """

    cause: Literal[
        "closed", "by_hand", "for_one_agent", "nobody_on_duty", "nobody_suited_on_duty",
        "nobody_ready", "nobody_suited_ready", "passed_over", "others_ahead", "all_busy",
        "ringing", "in_hand",
    ]  # fmt: skip
    from_ms: int
    to_ms: int | None
    queue_id: str
    step: int
    agent_id: str | None = None
    detail: str = ""
    places: list[int] = []


class PointView(View):
    """The place in the queue from a moment on, of how many; 0 when it did not wait."""

    at_ms: int
    place: int
    of: int
    step: int


class TurnView(View):
    """Something that happened to the work. ``by`` did it by hand, and ``why`` is their reason.

    ``ready_before`` and ``ready_after`` are how many ready agents fit before and after a step.
    """

    at_ms: int
    what: Literal[
        "queued", "relaxed", "overflowed", "overflow_passed", "opened", "moved", "prioritized",
        "queue_closed", "queue_opened", "readmitted", "taken", "accepted", "transferred",
        "released", "ended", "abandoned",
    ]  # fmt: skip
    by: str = ""
    why: str = ""
    agent_id: str | None = None
    queue_id: str | None = None
    to_queue_id: str | None = None
    step: int | None = None
    reason: str = ""
    priority: int | None = None
    priority_before: int | None = None
    ready_before: int | None = None
    ready_after: int | None = None


class StandingView(View):
    """How an agent stood when the choice was made: work in hand, and idle since when."""

    agent_id: str
    held: int
    idle_since_ms: int
    is_preferred: bool


class OfferExplanation(View):
    """One offer: who got it, who came next, and what kept the others from it.

    ``found_by``: the ``work`` looked for an agent, a freed ``agent`` for work, or a person chose
    by ``hand``. ``order`` is how the queue orders its agents. ``counts`` has the agents who did
    not fit or were not free by their weightiest reason, ``others`` the first of them;
    ``behind`` more fitted and were free.
    """

    offer_id: str
    at_ms: int
    agent_id: str
    found_by: Literal["work", "agent", "hand"]
    by: str
    place: int
    order: str
    over_capacity: bool
    chosen: StandingView
    runners_up: list[StandingView]
    behind: int
    counts: dict[str, int]
    others: list[ExclusionView]
    outcome: Literal["ringing", "accepted", "rejected", "expired", "withdrawn", "gone"]
    ended_ms: int | None
    why: str = ""


class ExplanationView(View):
    """The whole wait of one interaction, told from the routing journal.

    ``waited_ms`` leaves out the time in an agent's hands. ``agents``, ``queues`` and ``skills``
    are the names of the ids in it. ``is_cut``: only the first part is told in detail.
    """

    interaction_id: str
    kind: KindKey
    queued_at_ms: int
    answered_at_ms: int | None
    over_at_ms: int | None
    until_ms: int
    waited_ms: int
    stretches: list[StretchView]
    points: list[PointView]
    turns: list[TurnView]
    offers: list[OfferExplanation]
    is_cut: bool
    agents: dict[str, str]
    queues: dict[str, str]
    skills: dict[str, str]


class AgentStretchView(View):
    """A span of the wait from one agent's side: ``kept`` from the work by ``exclusion``, it
    rang here or elsewhere, or the agent was free for it.
    """

    from_ms: int
    to_ms: int | None
    verdict: Literal["kept", "rang_here", "rang_elsewhere", "free"]
    exclusion: ExclusionView | None


class AgentAtOfferView(View):
    """Why an offer did not go to the agent: ``exclusion``, or the place among those who fitted
    and were free (``rank`` 1 got it); neither when the choice was made for a freed agent.
    """

    offer_id: str
    at_ms: int
    rank: int | None
    exclusion: ExclusionView | None


class AgentExplanationView(View):
    """One agent's side of a wait."""

    interaction_id: str
    agent_id: str
    agent_name: str
    until_ms: int
    stretches: list[AgentStretchView]
    offers: list[AgentAtOfferView]
    skills: dict[str, str]
