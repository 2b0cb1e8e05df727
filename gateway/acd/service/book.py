"""What a partition knows besides routing: names, hours, notes. Kept in memory, read at start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from gateway.acd.model.configuration import Profile
from gateway.acd.model.hours import Hours
from gateway.acd.model.policy import Label, Policy
from gateway.acd.service.queue_rules import stored_view
from gateway.acd.store import configuration, interactions, queues
from gateway.acd.wire import HoursView, OpenWindow
from gateway.acd.wire.queues import QueueClosure, QueueView
from gateway.acd.wire.steering import CapacityPolicyBody
from gateway.kernel.actor import Actor
from gateway.platform.database.port import Tx
from gateway.tenancy.wire import UserView

Closed = Literal["", "hours", "emergency"]
People = Callable[[Tx], Sequence[UserView]]
"""Returns the users of the tenant."""


@dataclass(slots=True)
class Book:
    """Configuration and names of one tenant."""

    queues: dict[str, QueueView] = field(default_factory=dict)
    hours: dict[str, Hours] = field(default_factory=dict)
    people: dict[str, UserView] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    skills: dict[str, str] = field(default_factory=dict)
    closures: dict[str, QueueClosure] = field(default_factory=dict)

    def closed(self, queue_id: str, now_ms: int) -> Closed:
        """Tell whether a queue is closed now, and by what."""
        queue = self.queues.get(queue_id)
        if queue is None or queue_id in self.closures:
            return "emergency"
        hours = self.hours.get(queue.hours_id) if queue.hours_id is not None else None
        return "" if hours is None or hours.is_open(now_ms) else "hours"

    reasons: dict[str, int] = field(default_factory=dict)
    policy: CapacityPolicyBody | None = None

    def queue_name(self, queue_id: str) -> str:
        """Return a queue's name, empty when it is gone."""
        queue = self.queues.get(queue_id)
        return queue.name if queue is not None else ""

    def agent_name(self, agent_id: str | None) -> str:
        """Return an agent's name, empty for nobody."""
        person = self.people.get(agent_id) if agent_id is not None else None
        return person.name if person is not None else ""

    def actor(self, tenant_id: str, agent_id: str) -> Actor:
        """Return an agent as an actor."""
        person = self.people.get(agent_id)
        role = person.role if person is not None else "agent"
        name = person.name if person is not None else ""
        return Actor(kind="user", id=agent_id, tenant_id=tenant_id, role=role, name=name)


def read_book(tx: Tx, people: People) -> Book:
    """Read everything a partition needs to know."""
    hours = [hours_view(row, 0) for row in configuration.all_of(tx, "hours")]
    return Book(
        queues={row["id"]: stored_view(row) for row in configuration.all_of(tx, "queue")},
        hours={view.id: hours_of(view) for view in hours},
        people={person.id: person for person in people(tx)},
        notes=interactions.notes_of_live(tx),
        reasons={r["code"]: r["max_s"] for r in configuration.all_of(tx, "not_ready_reason")},
        policy=_policy(tx),
        profiles={key: profile_of(row) for key, row in configuration.profiles(tx).items()},
        closures={
            row["queue_id"]: QueueClosure(
                **{name: row[name] for name in QueueClosure.__struct_fields__}
            )
            for row in queues.closures(tx)
        },
        skills={row["id"]: row["name"] for row in configuration.all_of(tx, "skill")},
    )


def queue_hours(queues: Iterable[QueueView], hours: Mapping[str, Hours]) -> dict[str, Hours]:
    """Return the hours of each queue that has any."""
    return {
        view.id: hours[view.hours_id]
        for view in queues
        if view.hours_id is not None and view.hours_id in hours
    }


def _policy(tx: Tx) -> CapacityPolicyBody | None:
    stored = configuration.policy(tx)
    return None if stored is None else msgspec.convert(stored, CapacityPolicyBody)


def policy_of(body: CapacityPolicyBody) -> Policy:
    """Return a stored or sent policy as routing sees it."""
    return Policy(
        interrupted_by={
            str(kind): tuple(str(other) for other in others)
            for kind, others in body.interrupted_by.items()
        },
        quiet_chat_s=body.quiet_chat_s,
        labels=tuple(
            Label(name=label.name, queue_ids=tuple(label.queue_ids), limit=label.limit)
            for label in body.labels
        ),
        personal_limit=body.personal_limit,
        sticky_waits=body.sticky_waits,
    )


def profile_of(row: Mapping[str, Any]) -> Profile:
    """Return a stored profile as routing sees it."""
    return Profile(
        queue_ids=tuple(row["queue_ids"]),
        skills=row["skills"],
        capacity=row["capacity"],
        interrupted_by={kind: tuple(others) for kind, others in row["interrupted_by"].items()},
        weight=row["weight"],
    )


def hours_view(row: Mapping[str, Any], now_ms: int) -> HoursView:
    """Return business hours as staff see them."""
    windows = msgspec.convert(row["windows"], list[OpenWindow])
    hours = Hours(
        time_zone=row["time_zone"], windows=windows, closed_dates=frozenset(row["closed_dates"])
    )
    return HoursView(
        id=row["id"],
        name=row["name"],
        time_zone=row["time_zone"],
        windows=windows,
        closed_dates=row["closed_dates"],
        open_now=hours.is_open(now_ms),
    )


def hours_of(view: HoursView) -> Hours:
    """Return the pure form of business hours."""
    return Hours(
        time_zone=view.time_zone,
        windows=tuple(view.windows),
        closed_dates=frozenset(view.closed_dates),
    )
