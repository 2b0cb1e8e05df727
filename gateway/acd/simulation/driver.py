"""Runs the real engine in virtual time: contacts come, wait, leave or are served.

The engine is the product's own and decides everything; the driver only plays the people around
it. Nothing here reads a clock or draws a number, so the same arrivals give the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush, merge
from typing import Any, ClassVar, Literal

import msgspec

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.engine import Engine
from gateway.acd.model.interaction import Kind
from gateway.acd.model.policy import DEFAULT_POLICY, Policy
from gateway.acd.simulation.laws import NEVER_MS

_READY_AGAIN_MS = 60_000
_FAR = 1 << 60
Observer = Callable[[e.Entry], None]
Closed = Literal["", "hours", "emergency"]


class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A contact: when, for what, how long the work takes and how long they would wait."""

    at_ms: int
    kind: Kind
    queue_id: str
    handling_ms: int
    patience_ms: int = NEVER_MS
    answer_ms: int = 0
    wrap_up_ms: int = 0
    skills: dict[str, int] = {}
    priority: int = 0


class Shift(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An agent is ready from ``from_ms`` until ``to_ms``; work in hand is finished after."""

    agent_id: str
    from_ms: int
    to_ms: int


class Opening(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """From ``at_ms`` a queue is open, or closed and by what."""

    at_ms: int
    queue_id: str
    closed: Closed


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """What routing works with."""

    queues: tuple[QueueRule, ...]
    profiles: dict[str, Profile]
    shifts: tuple[Shift, ...]
    policy: Policy = DEFAULT_POLICY
    openings: tuple[Opening, ...] = ()


class Driver:
    """One run. ``observe`` sees every journal entry the engine writes, in order."""

    def __init__(self, floor: Floor, observe: Observer, start_ms: int = 0) -> None:
        self.engine = Engine()
        self.now_ms = start_ms
        self.steps = 0
        self._observe = observe
        self._number = 0
        self._heap: list[tuple[int, int, Callable[[str], None], str]] = []
        self._order = 0
        self._work: dict[str, Arrival] = {}
        self._ringing: dict[str, tuple[str, str]] = {}
        self._on_duty: dict[str, int] = {}
        # Nobody writes here, so no chat is quiet: each takes its place until it ends.
        self.handle(c.SetPolicy(policy=msgspec.structs.replace(floor.policy, quiet_chat_s=0)))
        for queue in floor.queues:
            self.handle(c.SetQueue(queue=queue))
        for agent_id, profile in floor.profiles.items():
            self.handle(c.SetProfile(agent_id=agent_id, profile=profile))
        for opening in floor.openings:
            key = f"{opening.closed} {opening.queue_id}"
            self._at(opening.at_ms, self._open_or_close, key)
        for shift in floor.shifts:
            self._on_duty.setdefault(shift.agent_id, -1)
            self._at(shift.from_ms, self._begin, f"{shift.to_ms} {shift.agent_id}")

    def run(self, arrivals: Iterable[Arrival], until_ms: int, most_steps: int = _FAR) -> bool:
        """Go on until everything is over or ``until_ms``; False when the steps ran out."""
        coming = iter(arrivals)
        following = next(coming, None)
        heap, engine = self._heap, self.engine
        last = self.steps + most_steps
        while self.steps < last:
            self.steps += 1
            arrival_ms = following.at_ms if following is not None else _FAR
            event_ms = heap[0][0] if heap else _FAR
            due_ms = engine.next_due_ms()
            at_ms = min(arrival_ms, event_ms, _FAR if due_ms is None else due_ms)
            if at_ms > until_ms:
                return True
            self.now_ms = max(self.now_ms, at_ms)
            if due_ms is not None and due_ms <= at_ms:
                self.handle(c.Tick())
            elif event_ms <= at_ms:
                _, _, action, key = heappop(heap)
                action(key)
            elif following is not None:
                self._arrive(following)
                following = next(coming, None)
        return False

    # ---- what people do

    def handle(self, command: c.Command) -> None:
        """Let the engine decide, and let people answer what it did."""
        for entry in list(self.engine.handle(command, self.now_ms)):
            self._observe(entry)
            react = self._REACTIONS.get(type(entry))
            if react is not None:
                react(self, entry)

    def _at(self, at_ms: int, action: Callable[[str], None], key: str) -> None:
        self._order += 1
        heappush(self._heap, (at_ms, self._order, action, key))

    def _arrive(self, arrival: Arrival) -> None:
        self._number += 1
        key = f"in_{self._number:08d}"
        self._work[key] = arrival
        self.handle(
            c.Enqueue(
                interaction_id=key,
                kind=arrival.kind,
                conversation_id=key,
                queue_id=arrival.queue_id,
                created_at_ms=self.now_ms,
                skills=arrival.skills,
                priority=arrival.priority,
            )
        )
        if arrival.patience_ms < NEVER_MS and self._is_open(key):
            self._at(self.now_ms + arrival.patience_ms, self._lose_patience, key)

    def _lose_patience(self, key: str) -> None:
        if self._is_open(key):
            self.handle(c.Abandon(interaction_id=key))

    def _is_open(self, key: str) -> bool:
        item = self.engine.state.interactions.get(key)
        return item is not None and item.state in ("waiting", "offered")

    def _answer(self, key: str) -> None:
        if key in self._ringing:
            offer_id, agent_id = self._ringing[key]
            self.handle(c.Accept(offer_id=offer_id, agent_id=agent_id))

    def _end(self, key: str) -> None:
        self.handle(c.End(interaction_id=key))

    def _wrap_up(self, key: str) -> None:
        if key in self._work:
            self.handle(c.WrapUp(interaction_id=key))

    def _open_or_close(self, key: str) -> None:
        closed, _, queue_id = key.partition(" ")
        self.handle(c.SetOpen(queue_id=queue_id, closed=msgspec.convert(closed, Closed)))

    def _begin(self, key: str) -> None:
        until, _, agent_id = key.partition(" ")
        if self._on_duty[agent_id] < self.now_ms:
            self.handle(c.Connect(agent_id=agent_id))
        self._on_duty[agent_id] = max(self._on_duty[agent_id], int(until))
        self._at(int(until), self._finish, agent_id)
        self._ready(agent_id)

    def _ready(self, agent_id: str) -> None:
        if self._on_duty[agent_id] > self.now_ms:
            self.handle(c.SetState(agent_id=agent_id, ready=True))

    def _finish(self, agent_id: str) -> None:
        if self._on_duty[agent_id] <= self.now_ms:
            self.handle(c.SetState(agent_id=agent_id, ready=False, reason="away"))

    # ---- what they do in answer to routing

    def _offered(self, entry: e.Offered) -> None:
        key = entry.interaction_id
        self._ringing[key] = (entry.offer_id, entry.agent_id)
        answer_ms = self._work[key].answer_ms
        self._at(self.now_ms + answer_ms, self._answer, key)

    def _accepted(self, entry: e.Accepted) -> None:
        key = entry.interaction_id
        self._ringing.pop(key, None)
        self._at(self.now_ms + self._work[key].handling_ms, self._end, key)
        if entry.reply_due_ms is not None:
            self.handle(c.Reply(interaction_id=key, agent_id=entry.agent_id))

    def _not_taken(self, entry: e.OfferEnded) -> None:
        self._ringing.pop(entry.interaction_id, None)

    def _ended(self, entry: e.Ended) -> None:
        if entry.is_over:
            del self._work[entry.interaction_id]
        else:
            wrap_up_ms = self._work[entry.interaction_id].wrap_up_ms
            self._at(self.now_ms + wrap_up_ms, self._wrap_up, entry.interaction_id)

    def _over(self, entry: e.Wrapped | e.Abandoned | e.Overflowed) -> None:
        if isinstance(entry, e.Overflowed) and entry.to_queue_id is not None:
            return
        self._work.pop(entry.interaction_id, None)

    def _agent_set(self, entry: e.AgentSet) -> None:
        if entry.reason == "no_answer":
            self._at(self.now_ms + _READY_AGAIN_MS, self._ready, entry.agent_id)

    _REACTIONS: ClassVar[dict[type[e.Entry], Callable[[Any, Any], None]]] = {
        e.Offered: _offered,
        e.Accepted: _accepted,
        e.OfferEnded: _not_taken,
        e.Ended: _ended,
        e.Wrapped: _over,
        e.Abandoned: _over,
        e.Overflowed: _over,
        e.AgentSet: _agent_set,
    }


def merged(streams: Iterable[Iterator[Arrival]]) -> Iterator[Arrival]:
    """Return the arrivals of several streams in the order of time."""
    return merge(*streams, key=lambda arrival: arrival.at_ms)
