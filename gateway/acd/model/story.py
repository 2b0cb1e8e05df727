"""Why a piece of work waited as it did: what the journal says of it, entry by entry.

The teller folds the journal like a restart does and looks, after every entry, at where the work
stands and what it waits for. It invents nothing: every line of the story follows from the state
that the engine itself had at that moment.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.exclusion import Exclusion

Cause = Literal[
    "closed", "by_hand", "for_one_agent", "nobody_on_duty", "nobody_suited_on_duty",
    "nobody_ready", "nobody_suited_ready", "passed_over", "others_ahead", "all_busy",
    "ringing", "in_hand",
]  # fmt: skip
TurnKind = Literal[
    "queued", "relaxed", "overflowed", "overflow_passed", "opened", "moved", "prioritized",
    "queue_closed", "queue_opened", "readmitted", "taken", "accepted", "transferred", "released",
    "ended", "abandoned",
]  # fmt: skip
Outcome = Literal["ringing", "accepted", "rejected", "expired", "withdrawn", "gone"]


class Stretch(msgspec.Struct, kw_only=True):
    """A span with one cause. ``to_ms`` None: it goes on.

    ``agent_id`` is who it rang at, waited for or was in hands of; ``detail`` why the queue was
    closed. ``places`` are the first and the last place in the queue, where it had one.
    """

    cause: Cause
    from_ms: int
    to_ms: int | None
    queue_id: str
    step: int
    agent_id: str | None = None
    detail: str = ""
    places: list[int] = []


class Point(msgspec.Struct, kw_only=True):
    """The place in the queue from a moment on, of how many, and the step; place 0: not waiting."""

    at_ms: int
    place: int
    of: int
    step: int


class Turn(msgspec.Struct, kw_only=True):
    """Something that happened to the work. ``by`` is who did it by hand, else empty.

    ``ready_before`` and ``ready_after`` are how many ready agents fit what the steps ask for.
    """

    at_ms: int
    what: TurnKind
    by: str = ""
    agent_id: str | None = None
    queue_id: str | None = None
    to_queue_id: str | None = None
    step: int | None = None
    reason: str = ""
    priority: int | None = None
    priority_before: int | None = None
    ready_before: int | None = None
    ready_after: int | None = None


class Standing(msgspec.Struct, kw_only=True):
    """How an agent stood when the choice was made."""

    agent_id: str
    held: int
    idle_since_ms: int
    is_preferred: bool


class ToldOffer(msgspec.Struct, kw_only=True):
    """One offer: the choice, who came next, and what kept the others from it.

    ``counts`` are the agents who did not fit or were not free, by their weightiest reason;
    ``others`` are the first of them, those with the fewest reasons first. ``behind`` is how many
    more would have fitted and were free.
    """

    offer_id: str
    at_ms: int
    agent_id: str
    found_by: Literal["work", "agent", "hand"]
    by: str
    place: int
    order: str
    over_capacity: bool
    chosen: Standing
    runners_up: list[Standing]
    behind: int
    counts: dict[str, int]
    others: list[Exclusion]
    outcome: Outcome = "ringing"
    ended_ms: int | None = None


class AgentStretch(msgspec.Struct, kw_only=True):
    """A span in which the same kept an agent from the work.

    ``verdict``: ``kept`` by ``exclusion``, ``rang_here``, ``rang_elsewhere``, or ``free``.
    """

    from_ms: int
    to_ms: int | None
    verdict: Literal["kept", "rang_here", "rang_elsewhere", "free"]
    exclusion: Exclusion | None


class AgentAtOffer(msgspec.Struct, kw_only=True):
    """Why one offer did not go to an agent. ``rank`` is the place in the order of those who
    fitted and were free, from 1: the one who got it.
    """

    offer_id: str
    at_ms: int
    rank: int | None
    exclusion: Exclusion | None


class AgentStory(msgspec.Struct, kw_only=True):
    """One agent's side of the wait."""

    agent_id: str
    stretches: list[AgentStretch] = []
    offers: list[AgentAtOffer] = []


class Story(msgspec.Struct, kw_only=True):
    """All of it. ``is_cut``: it is so long that only the first part is told in detail."""

    interaction_id: str
    kind: str = "chat"
    queued_at_ms: int | None = None
    answered_at_ms: int | None = None
    over_at_ms: int | None = None
    until_ms: int = 0
    waited_ms: int = 0
    stretches: list[Stretch] = []
    points: list[Point] = []
    turns: list[Turn] = []
    offers: list[ToldOffer] = []
    agent: AgentStory | None = None
    is_cut: bool = False
