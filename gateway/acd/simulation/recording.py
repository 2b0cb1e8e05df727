"""A recorded time read from the journal: who came, what it took, who was on duty.

Nothing here is content: the journal holds ids, codes and times. What cannot be seen is not
made up: of contacts who were answered it is unknown how long they would have waited, so their
patience is drawn from beyond their wait (``rehearsal``), by Kaplan and Meier's law of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model.interaction import Kind
from gateway.acd.simulation.driver import Shift

_EVER = (e.AgentSet, e.AgentAway, e.AgentBack, e.QueueOpen)
"""What still holds later, however early it was."""
_FAR_MS = 1 << 60


class Contact(msgspec.Struct, kw_only=True):
    """One contact as it was. Null: it did not come to that, or not within the recording."""

    at_ms: int
    kind: Kind
    queue_id: str
    skills: dict[str, int] = {}
    priority: int = 0
    waited_ms: int | None = None
    answer_ms: int | None = None
    handling_ms: int | None = None
    wrap_up_ms: int | None = None
    has_left: bool = False
    has_overflowed: bool = False


class Closure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A queue was closed in an emergency."""

    queue_id: str
    from_ms: int
    to_ms: int


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Contacts in order of arrival and shifts, between two moments."""

    from_ms: int
    to_ms: int
    contacts: tuple[Contact, ...]
    shifts: tuple[Shift, ...]
    closures: tuple[Closure, ...] = ()

    def answered(self, queue_id: str) -> int:
        """Count the contacts of a queue whose whole way was seen."""
        return sum(
            contact.queue_id == queue_id and contact.handling_ms is not None
            for contact in self.contacts
        )


class Recorder:
    """Folds journal entries into a recording of what came since ``since_ms``."""

    def __init__(self, since_ms: int = 0) -> None:
        self._since_at_ms = since_ms
        self._from_ms: int | None = None
        self._at_ms = 0
        self._contacts: list[Contact] = []
        self._live: dict[str, Contact] = {}
        self._offered_ms: dict[str, int] = {}
        self._since_ms: dict[str, int] = {}
        self._ready_ms: dict[str, int] = {}
        self._up: set[str] = set()
        self._shifts: list[Shift] = []
        self._closed_ms: dict[str, int] = {}
        self._closures: list[Closure] = []

    def fold(self, entry: e.Entry) -> None:
        """Take in one entry."""
        if self._from_ms is None:
            self._from_ms = max(entry.at_ms, self._since_at_ms)
        self._at_ms = max(self._at_ms, entry.at_ms, self._since_at_ms)
        add = self._ADD.get(type(entry))
        if add is not None and (entry.at_ms >= self._since_at_ms or type(entry) in _EVER):
            add(self, entry)

    def recording(self) -> Recording:
        """Return what was recorded so far."""
        for agent_id in list(self._ready_ms):
            self._end_shift(agent_id)
        for queue_id in list(self._closed_ms):
            self._end_closure(queue_id, _FAR_MS)
        return Recording(
            from_ms=self._from_ms or 0,
            to_ms=self._at_ms,
            contacts=tuple(self._contacts),
            shifts=tuple(sorted(self._shifts, key=lambda shift: (shift.from_ms, shift.agent_id))),
            closures=tuple(self._closures),
        )

    # ---- contacts

    def _enqueued(self, entry: e.Enqueued) -> None:
        contact = Contact(
            at_ms=entry.at_ms,
            kind=entry.interaction_kind,
            queue_id=entry.queue_id,
            skills=entry.skills,
            priority=entry.priority,
        )
        self._contacts.append(contact)
        self._live[entry.interaction_id] = contact

    def _offered(self, entry: e.Offered) -> None:
        self._offered_ms[entry.interaction_id] = entry.at_ms
        if entry.agent_id not in self._ready_ms and entry.agent_id not in self._up:
            self._ready_ms[entry.agent_id] = self._from_ms or entry.at_ms  # since before it begins
            self._up.add(entry.agent_id)

    def _accepted(self, entry: e.Accepted | e.Taken) -> None:
        contact = self._live.get(entry.interaction_id)
        if contact is None or contact.waited_ms is not None:
            return  # not seen from its begin, or handed over: the first answer counts
        contact.waited_ms = entry.at_ms - contact.at_ms
        rang_ms = self._offered_ms.pop(entry.interaction_id, entry.at_ms)
        contact.answer_ms = entry.at_ms - rang_ms
        self._since_ms[entry.interaction_id] = entry.at_ms

    def _ended(self, entry: e.Ended) -> None:
        contact = self._live.get(entry.interaction_id)
        since_ms = self._since_ms.get(entry.interaction_id)
        if contact is None or since_ms is None:
            return
        contact.handling_ms = entry.at_ms - since_ms
        self._since_ms[entry.interaction_id] = entry.at_ms
        if entry.is_over:
            self._forget(entry.interaction_id)

    def _wrapped(self, entry: e.Wrapped) -> None:
        contact = self._live.get(entry.interaction_id)
        since_ms = self._since_ms.get(entry.interaction_id)
        if contact is not None and since_ms is not None and contact.handling_ms is not None:
            contact.wrap_up_ms = entry.at_ms - since_ms
        self._forget(entry.interaction_id)

    def _abandoned(self, entry: e.Abandoned) -> None:
        contact = self._live.get(entry.interaction_id)
        if contact is not None and contact.waited_ms is None:
            contact.waited_ms = entry.at_ms - contact.at_ms
            contact.has_left = True
        self._forget(entry.interaction_id)

    def _overflowed(self, entry: e.Overflowed) -> None:
        """Asked for a message: how long they would have waited was not seen."""
        contact = self._live.get(entry.interaction_id)
        if contact is None or entry.to_queue_id is not None:
            return
        if contact.waited_ms is None:
            contact.waited_ms = entry.at_ms - contact.at_ms
            contact.has_overflowed = True
        self._forget(entry.interaction_id)

    def _forget(self, interaction_id: str) -> None:
        self._live.pop(interaction_id, None)
        self._since_ms.pop(interaction_id, None)
        self._offered_ms.pop(interaction_id, None)

    # ---- agents

    def _agent_set(self, entry: e.AgentSet) -> None:
        if entry.state == "ready":
            self._up.add(entry.agent_id)
            self._ready_ms.setdefault(entry.agent_id, self._at_ms)
        else:
            self._up.discard(entry.agent_id)
            self._end_shift(entry.agent_id)

    def _agent_away(self, entry: e.AgentAway) -> None:
        self._end_shift(entry.agent_id)

    def _agent_back(self, entry: e.AgentBack) -> None:
        if entry.agent_id in self._up:
            self._ready_ms.setdefault(entry.agent_id, self._at_ms)

    def _end_shift(self, agent_id: str) -> None:
        since_ms = self._ready_ms.pop(agent_id, None)
        if since_ms is not None and since_ms < self._at_ms:
            shift = Shift(agent_id=agent_id, from_ms=since_ms, to_ms=self._at_ms)
            self._shifts.append(shift)

    # ---- queues

    def _queue_open(self, entry: e.QueueOpen) -> None:
        self._end_closure(entry.queue_id, entry.at_ms)
        if entry.closed == "emergency":
            self._closed_ms[entry.queue_id] = entry.at_ms

    def _end_closure(self, queue_id: str, at_ms: int) -> None:
        since_ms = self._closed_ms.pop(queue_id, None)
        if since_ms is not None:
            closure = Closure(queue_id=queue_id, from_ms=since_ms, to_ms=at_ms)
            self._closures.append(closure)

    _ADD: ClassVar[dict[type[e.Entry], Callable[[Any, Any], None]]] = {
        e.Enqueued: _enqueued,
        e.Offered: _offered,
        e.Accepted: _accepted,
        e.Taken: _accepted,
        e.Ended: _ended,
        e.Wrapped: _wrapped,
        e.Abandoned: _abandoned,
        e.Overflowed: _overflowed,
        e.AgentSet: _agent_set,
        e.AgentAway: _agent_away,
        e.AgentBack: _agent_back,
        e.QueueOpen: _queue_open,
    }


def record(bodies: Iterable[str], since_ms: int = 0) -> tuple[Recording, int]:
    """Return the recording of journal rows, and how many rows could not be read."""
    recorder, unread = Recorder(since_ms), 0
    for body in bodies:
        try:
            recorder.fold(e.decode(body))
        except msgspec.DecodeError:
            unread += 1
    return recorder.recording(), unread
