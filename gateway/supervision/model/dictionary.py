"""Every figure with its one definition: reports, live boards and the docs all take it from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from gateway.acd.model.configuration import DEFAULT_TARGETS, KINDS, QueueRule, TargetRule
from gateway.supervision.model.tally import LONGEST, Counts, Histogram, percentile_ms

SHORT_ABANDON_MS = 5_000
"""Who leaves this soon did not really wait: left out of the abandon rate."""


class Targets(msgspec.Struct, frozen=True):
    """The service targets of a queue, by kind; what is absent has the default."""

    of_kind: dict[str, TargetRule] = {}

    @classmethod
    def of(cls, queue: QueueRule) -> Targets:
        """Return the targets a queue's configuration states."""
        return cls(queue.service_target)

    def target(self, kind: str) -> TargetRule:
        """Return the target of a kind."""
        return self.of_kind.get(kind) or DEFAULT_TARGETS[kind]


def within_ms(targets: Targets | None, kind: str) -> int:
    """Return how soon a contact of this kind should be answered."""
    return (targets or Targets()).target(kind).within_s * 1000


def all_targets(targets: Targets | None) -> dict[str, TargetRule]:
    """Return the target of each kind."""
    return {kind: (targets or Targets()).target(kind) for kind in KINDS}


# ---- figures ---------------------------------------------------------------------------------

Unit = Literal["count", "ms", "percent", "stars"]
Value = int | float | None
Of = Literal["began", "happened", "time"]


class Facts:
    """Counters and waits of one cell, which figures are computed from."""

    def __init__(self, counts: Counts, waits: Histogram) -> None:
        self.counts = counts
        self.waits = waits

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


class Metric(msgspec.Struct, frozen=True):
    """One figure: its name in REST and CSV, unit, formula in words of counters, and meaning.

    ``of`` says which interval a contact counts in: where its wait ``began``, where the thing
    ``happened``, or as ``time`` within the interval.
    """

    name: str
    unit: Unit
    of: Of
    formula: str
    meaning: str
    compute: Callable[[Facts], Value]


def _counter(name: str) -> Callable[[Facts], Value]:
    return lambda facts: facts[name]


def _share(part: Callable[[Facts], int], whole: Callable[[Facts], int]) -> Callable[[Facts], Value]:
    def compute(facts: Facts) -> Value:
        of = whole(facts)
        return None if of <= 0 else round(100 * part(facts) / of, 2)

    return compute


def _mean(part: Callable[[Facts], int], whole: str) -> Callable[[Facts], Value]:
    def compute(facts: Facts) -> Value:
        return None if facts[whole] == 0 else round(part(facts) / facts[whole])

    return compute


def _stars(facts: Facts) -> Value:
    return round(facts["ratings_sum"] / facts["ratings"], 2) if facts["ratings"] else None


def _count(name: str, of: Of, meaning: str) -> Metric:
    return Metric(name, "count", of, name, meaning, _counter(name))


def _waiting(facts: Facts) -> int:
    return facts["offered"] - facts["answered"] - facts["abandoned"] - facts["moved_out"]


def _left_late(facts: Facts) -> int:
    return facts["abandoned"] - facts["abandoned_within"]


SERVICE_LEVELS: dict[str, tuple[str, str, Callable[[Facts], int], Callable[[Facts], int]]] = {
    "service_level_answered": (
        "answered_within / answered",
        "Of those who were answered, how many in time. Blind to those who left.",
        lambda facts: facts["answered_within"],
        lambda facts: facts["answered"],
    ),
    "service_level_offered": (
        "answered_within / offered",
        (
            "Of all who came, how many were answered in time. The strictest: who left or still"
            " waits counts against it."
        ),
        lambda facts: facts["answered_within"],
        lambda facts: facts["offered"],
    ),
    "service_level_settled": (
        "(answered_within + abandoned_within) / (answered + abandoned)",
        "Who left before the target was missed counts as served in time.",
        lambda facts: facts["answered_within"] + facts["abandoned_within"],
        lambda facts: facts["answered"] + facts["abandoned"],
    ),
    "service_level_patient": (
        "answered_within / (answered + abandoned - abandoned_within)",
        "Who left before the target was missed is not counted at all.",
        lambda facts: facts["answered_within"],
        lambda facts: facts["answered"] + _left_late(facts),
    ),
}
DEFAULT_SERVICE_LEVEL = "service_level_settled"

METRICS: tuple[Metric, ...] = (
    _count(
        "offered",
        "began",
        "Waits that began in a queue: new contacts, hand-overs into it, and returns.",
    ),
    _count(
        "transferred_in", "began", "Of the offered, those handed over or moved into this queue."
    ),
    _count("returned", "began", "Of the offered, those who came back because an agent was lost."),
    _count("answered", "began", "Waits that ended with an agent: an offer accepted, or taken."),
    _count(
        "answered_within", "began", "Of the answered, those who waited no longer than the target."
    ),
    _count("abandoned", "began", "Waits that ended because the contact left."),
    _count(
        "abandoned_within",
        "began",
        "Of the abandoned, those who left before the target was missed.",
    ),
    _count(
        "abandoned_short",
        "began",
        f"Of the abandoned, those who left within {SHORT_ABANDON_MS // 1000} s.",
    ),
    _count(
        "moved_out", "began", "Waits that ended without an agent: moved or overflowed elsewhere."
    ),
    Metric(
        "waiting",
        "count",
        "began",
        "offered - answered - abandoned - moved_out",
        "Waits that are not settled yet: the interval still changes while this is not 0.",
        _waiting,
    ),
    *(
        Metric(name, "percent", "began", formula, meaning, _share(part, whole))
        for name, (formula, meaning, part, whole) in SERVICE_LEVELS.items()
    ),
    Metric(
        "abandon_rate",
        "percent",
        "began",
        "(abandoned - abandoned_short) / (offered - abandoned_short)",
        "How many gave up, without those who left at once.",
        _share(
            lambda facts: facts["abandoned"] - facts["abandoned_short"],
            lambda facts: facts["offered"] - facts["abandoned_short"],
        ),
    ),
    Metric(
        "answer_wait_avg_ms",
        "ms",
        "began",
        "answer_wait_ms / answered",
        "Average wait of those who were answered (speed of answer).",
        _mean(lambda facts: facts["answer_wait_ms"], "answered"),
    ),
    Metric(
        "answer_wait_p50_ms",
        "ms",
        "began",
        "50th percentile of the waits of the answered",
        "Half waited no longer. From bins 9 % wide, interpolated.",
        lambda facts: percentile_ms(facts.waits, 0.5),
    ),
    Metric(
        "answer_wait_p90_ms",
        "ms",
        "began",
        "90th percentile of the waits of the answered",
        "Nine of ten waited no longer. From bins 9 % wide, interpolated.",
        lambda facts: percentile_ms(facts.waits, 0.9),
    ),
    Metric(
        LONGEST,
        "ms",
        "began",
        "longest wait of the answered",
        "The longest anybody waited who was answered.",
        lambda facts: facts[LONGEST] if facts["answered"] else None,
    ),
    Metric(
        "abandon_wait_avg_ms",
        "ms",
        "began",
        "abandon_wait_ms / abandoned",
        "How long those who left had waited.",
        _mean(lambda facts: facts["abandon_wait_ms"], "abandoned"),
    ),
    _count("replied", "began", "Of the answered, those whose agent wrote to them; calls never."),
    Metric(
        "first_reply_avg_ms",
        "ms",
        "began",
        "reply_wait_ms / replied",
        "From the beginning of the wait to the agent's first message, on average.",
        _mean(lambda facts: facts["reply_wait_ms"], "replied"),
    ),
    _count("accepted", "happened", "Contacts an agent began to handle in this interval."),
    _count("transfers_accepted", "happened", "Of the accepted, those that came by a hand-over."),
    _count(
        "handled",
        "happened",
        "Handlings that ended in this interval, with their wrap-up; a hand-over ends one.",
    ),
    Metric(
        "talk_avg_ms",
        "ms",
        "happened",
        "talk_ms / handled",
        "Average time from acceptance to the end of the exchange, hold included.",
        _mean(lambda facts: facts["talk_ms"], "handled"),
    ),
    Metric(
        "wrap_up_avg_ms",
        "ms",
        "happened",
        "wrap_up_ms / handled",
        "Average time from the end of the exchange to the end of wrap-up.",
        _mean(lambda facts: facts["wrap_up_ms"], "handled"),
    ),
    Metric(
        "handle_avg_ms",
        "ms",
        "happened",
        "(talk_ms + wrap_up_ms) / handled",
        "Average handling time.",
        _mean(lambda facts: facts["talk_ms"] + facts["wrap_up_ms"], "handled"),
    ),
    _count("transferred_out", "happened", "Of the handled, those that were handed over."),
    _count("offers", "happened", "Offers that rang at an agent."),
    _count("declined", "happened", "Offers an agent turned down."),
    _count("unanswered", "happened", "Offers that rang until they expired."),
    _count(
        "ratings",
        "happened",
        "Ratings given in this interval; they count for who had the contact last before.",
    ),
    Metric(
        "rating_avg",
        "stars",
        "happened",
        "ratings_sum / ratings",
        "Average of the ratings, 1 to 5.",
        _stars,
    ),
    Metric(
        "rating_good",
        "percent",
        "happened",
        "ratings_good / ratings",
        "How many of the ratings were 4 or 5.",
        _share(lambda facts: facts["ratings_good"], lambda facts: facts["ratings"]),
    ),
    Metric(
        "signed_in_ms",
        "ms",
        "time",
        "signed_in_ms",
        "Time with the desk open, ready or not.",
        _counter("signed_in_ms"),
    ),
    Metric("ready_ms", "ms", "time", "ready_ms", "Time in the state ready.", _counter("ready_ms")),
    Metric(
        "staffed_ms",
        "ms",
        "time",
        "staffed_ms",
        "Time ready, or not ready with work in hand.",
        _counter("staffed_ms"),
    ),
    Metric(
        "busy_ms",
        "ms",
        "time",
        "busy_ms",
        "Time with at least one contact in hand, wrap-up included; several at once count once.",
        _counter("busy_ms"),
    ),
    Metric(
        "occupancy",
        "percent",
        "time",
        "busy_ms / staffed_ms",
        "How much of the staffed time there was work in hand.",
        _share(lambda facts: facts["busy_ms"], lambda facts: facts["staffed_ms"]),
    ),
    Metric(
        "utilisation",
        "percent",
        "time",
        "busy_ms / signed_in_ms",
        "How much of the signed-in time there was work in hand.",
        _share(lambda facts: facts["busy_ms"], lambda facts: facts["signed_in_ms"]),
    ),
)
METRIC = {metric.name: metric for metric in METRICS}


def figures_of(facts: Facts, *, has_time: bool) -> dict[str, Value]:
    """Compute every figure of a cell; agents' time is unknown where it belongs to no one row."""
    return {
        metric.name: metric.compute(facts) if has_time or metric.of != "time" else None
        for metric in METRICS
    }
