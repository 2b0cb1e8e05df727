"""What a change would have done: recorded work once more, under two configurations.

Both runs meet the same people: each contact keeps the time it came, its handling time and its
patience, drawn once where it was not seen, so what differs is the configuration's doing. Queues
open and close by the hours of each configuration, and by the emergencies that were recorded: who
comes to a closed queue is sent on by its rule, or asked for a message. The run under the present
configuration stands beside what really happened, to show how far the rehearsal can be trusted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from random import Random

import msgspec

from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.hours import Hours
from gateway.acd.model.policy import DEFAULT_POLICY, Policy
from gateway.acd.simulation.driver import Arrival, Driver, Floor
from gateway.acd.simulation.laws import (
    NEVER_MS,
    Empirical,
    Law,
    quantile_ms,
    survival,
)
from gateway.acd.simulation.openings import Calendar
from gateway.acd.simulation.recording import Contact, Recording, record
from gateway.acd.simulation.tally import Outcome, QueueOutcome, Tally, target_of

ENOUGH = 30
"""Contacts of the queue whose whole way was seen; fewer say nothing."""
MOST_STEPS = 400_000
_AFTER_MS = 3_600_000


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """Queues with their targets (by queue and kind) and hours, and what agents can do."""

    queues: tuple[QueueRule, ...]
    profiles: dict[str, Profile] = {}
    targets_s: dict[str, float] = {}
    hours: dict[str, Hours] = {}
    policy: Policy = DEFAULT_POLICY


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Both runs, and beside them what was recorded. Null when there was too little to go by."""

    from_ms: int
    to_ms: int
    contacts: int
    answered: int
    recorded: list[QueueOutcome]
    before: Outcome | None
    after: Outcome | None


def rehearse(
    recording: Recording,
    queue_id: str,
    configurations: tuple[Configuration, Configuration],
    seed: int,
    most_steps: int = MOST_STEPS,
) -> Comparison:
    """Run the recorded work under the configuration before and after a change of a queue.

    Each run ends after ``most_steps`` and then says that it is not complete.
    """
    before, after = configurations
    answered = recording.answered(queue_id)
    is_enough = answered >= ENOUGH and bool(recording.shifts)
    priorities = {queue.queue_id: queue.priority for queue in before.queues}
    arrivals = list(_arrivals(recording, priorities, seed)) if is_enough else []
    return Comparison(
        from_ms=recording.from_ms,
        to_ms=recording.to_ms,
        contacts=len(recording.contacts),
        answered=answered,
        recorded=recorded_outcomes(recording, before.targets_s),
        before=_run(recording, arrivals, before, most_steps) if is_enough else None,
        after=_run(recording, arrivals, after, most_steps) if is_enough else None,
    )


def _run(
    recording: Recording, arrivals: list[Arrival], configuration: Configuration, most_steps: int
) -> Outcome:
    until_ms = recording.to_ms + _AFTER_MS
    known = {queue.queue_id: queue for queue in configuration.queues}
    calendar = Calendar(
        {key: hours for key, hours in configuration.hours.items() if key in known},
        [closure for closure in recording.closures if closure.queue_id in known],
        (recording.from_ms, until_ms),
    )
    floor = Floor(
        queues=configuration.queues,
        profiles=configuration.profiles,
        shifts=recording.shifts,
        policy=configuration.policy,
        openings=calendar.changes,
    )
    tally = Tally(configuration.targets_s, recording.shifts)
    driver = Driver(floor, tally.observe, recording.from_ms)
    coming = _coming(arrivals, known, calendar, tally)
    is_complete = driver.run(coming, until_ms, most_steps)
    return tally.outcome(driver.now_ms, is_complete=is_complete)


def _coming(
    arrivals: list[Arrival], known: Mapping[str, QueueRule], calendar: Calendar, tally: Tally
) -> Iterator[Arrival]:
    """Return who comes to the queues there are; a closed one asks for a message instead."""
    for arrival in arrivals:
        queue = known.get(arrival.queue_id)
        if queue is None:
            continue
        has_rule = any(rule.when == "closed" for rule in queue.overflow)
        is_closed = calendar.closed(arrival.queue_id, arrival.at_ms) != ""
        if is_closed and not has_rule and arrival.kind != "message":
            tally.turned_away(arrival.queue_id, arrival.kind)
        else:
            yield arrival


# ---- people ------------------------------------------------------------------------------


class _Laws:
    """What the recording tells of people in one queue and kind."""

    def __init__(self, contacts: list[Contact]) -> None:
        seen = [contact for contact in contacts if contact.waited_ms is not None]
        self.patience: Law = survival(
            [contact.waited_ms or 0 for contact in seen], [contact.has_left for contact in seen]
        )
        self.handling = _seen([contact.handling_ms for contact in contacts])
        self.wrap_up = _seen([contact.wrap_up_ms for contact in contacts])
        self.answer = _seen([contact.answer_ms for contact in contacts])

    def patience_ms(self, contact: Contact, u: float) -> int:
        """Return the patience of who left, or one beyond the wait of who was answered."""
        if contact.has_left and contact.waited_ms is not None:
            return contact.waited_ms
        waited_ms = contact.waited_ms or 0
        return quantile_ms(self.patience, _beyond(self.patience, waited_ms, u))


def _seen(times_ms: list[int | None]) -> Empirical | None:
    known = sorted(time_ms / 1000 for time_ms in times_ms if time_ms is not None)
    return Empirical(known) if known else None


def _beyond(law: Law, waited_ms: int, u: float) -> float:
    """Return the share that a uniform ``u`` stands for among those who wait longer than this."""
    if not isinstance(law, Empirical):
        return u
    passed = bisect_right(law.values_s, waited_ms / 1000)
    gone = law.shares[passed - 1] if passed else 0.0
    return gone + u * (1.0 - gone)


def _arrivals(recording: Recording, priorities: Mapping[str, int], seed: int) -> Iterator[Arrival]:
    """Return the recorded contacts with what was not seen drawn once."""
    by_part: dict[tuple[str, str], list[Contact]] = {}
    for contact in recording.contacts:
        by_part.setdefault((contact.queue_id, contact.kind), []).append(contact)
    laws = {key: _Laws(contacts) for key, contacts in by_part.items()}
    for number, contact in enumerate(recording.contacts):
        law = laws[contact.queue_id, contact.kind]
        rng = Random(f"{seed}/{number}")
        u = rng.random()
        yield Arrival(
            at_ms=contact.at_ms,
            kind=contact.kind,
            queue_id=contact.queue_id,
            skills=contact.skills,
            priority=contact.priority - priorities.get(contact.queue_id, 0),
            patience_ms=min(NEVER_MS, law.patience_ms(contact, u)),
            handling_ms=_known_ms(contact.handling_ms, law.handling, rng, 180_000),
            wrap_up_ms=_known_ms(contact.wrap_up_ms, law.wrap_up, rng, 0),
            answer_ms=_known_ms(contact.answer_ms, law.answer, rng, 0),
        )


def _known_ms(seen_ms: int | None, law: Empirical | None, rng: Random, otherwise_ms: int) -> int:
    u = rng.random()
    if seen_ms is not None:
        return seen_ms
    return quantile_ms(law, u) if law is not None else otherwise_ms


# ---- what was ----------------------------------------------------------------------------


def recorded_outcomes(recording: Recording, targets_s: Mapping[str, float]) -> list[QueueOutcome]:
    """Return what really happened, in the same figures."""
    parts: dict[tuple[str, str], list[Contact]] = {}
    for contact in recording.contacts:
        parts.setdefault((contact.queue_id, contact.kind), []).append(contact)
    return [
        _recorded(key, contacts, target_of(targets_s, key))
        for key, contacts in sorted(parts.items())
    ]


def _recorded(key: tuple[str, str], contacts: list[Contact], target_s: float) -> QueueOutcome:
    waits = sorted(
        contact.waited_ms
        for contact in contacts
        if contact.waited_ms is not None and contact.answer_ms is not None
    )
    left = sum(contact.has_left for contact in contacts)
    handled = [contact.handling_ms for contact in contacts if contact.handling_ms is not None]
    within = sum(wait_ms <= 1000 * target_s for wait_ms in waits)
    over = sum(contact.has_overflowed for contact in contacts)
    decided = len(waits) + left
    count = len(waits)
    return QueueOutcome(
        queue_id=key[0],
        kind=key[1],
        target_s=target_s,
        offered=len(contacts),
        answered=count,
        abandoned=left,
        overflowed=over,
        unfinished=len(contacts) - decided - over,
        service_level=round(within / decided, 4) if decided else None,
        asa_s=round(sum(waits) / count / 1000, 1) if waits else None,
        wait_p50_s=round(waits[count // 2] / 1000, 1) if waits else None,
        wait_p90_s=round(waits[min(count - 1, count * 9 // 10)] / 1000, 1) if waits else None,
        handling_s=round(sum(handled) / len(handled) / 1000, 1) if handled else None,
        most_waiting=_most_waiting(contacts),
    )


def _most_waiting(contacts: list[Contact]) -> int:
    """Return how many waited at once at most."""
    moves: list[tuple[int, int]] = []
    for contact in contacts:
        if contact.waited_ms:
            moves += [(contact.at_ms, 1), (contact.at_ms + contact.waited_ms, -1)]
    most = waiting = 0
    for _, move in sorted(moves):
        waiting += move
        most = max(most, waiting)
    return most


# ---- in a child process ------------------------------------------------------------------


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is told to rehearse."""

    bodies: list[str]
    since_ms: int
    queue_id: str
    before: Configuration
    after: Configuration
    seed: int


def rehearse_bytes(payload: bytes) -> bytes:
    """Rehearse an order in msgpack; the answer is a comparison in msgpack."""
    order = msgspec.msgpack.decode(payload, type=Order)
    recording, _ = record(order.bodies, order.since_ms)
    compared = rehearse(recording, order.queue_id, (order.before, order.after), order.seed)
    return msgspec.msgpack.encode(compared)
