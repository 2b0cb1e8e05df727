"""Folds a journal and looks whether it keeps every promise of the queue.

The invariants by number: I1 each piece of work is in one state, I2 one live offer of it, I3
nobody above capacity, I4 offers only to who is ready and fits, I5 nobody free who could take
what waits, I6 epochs rise, I7 offers end in time, I8 nothing happens to what is over, I9 work
handed over is never nowhere, I11 counts equal a recount, I12 a replay gives the same state.
(I10, calling back once, is not the journal's.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.audit import broken
from gateway.acd.model.engine import Engine
from gateway.acd.model.exclusion import Reason, exclusion
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State

_LATE_MS = 60_000
_ABSENT: tuple[Reason, ...] = ("offline", "not_ready", "reconnecting", "next_declared")
_UNFIT: tuple[Reason, ...] = ("for_another", "other_queue", "unskilled", "passed_over", "by_hand")
_FULL: tuple[Reason, ...] = ("at_capacity", "label_full", "held_back")
_ENDS = (e.Wrapped, e.Abandoned)


class Fault(NamedTuple):
    """A broken promise: its code, where in the journal, and what it is about."""

    code: str
    position: int
    about: str
    words: str


class Inspection:
    """Takes entries in their order; ``faults`` says what is wrong with them."""

    def __init__(self, start: State | None = None) -> None:
        self.engine = Engine(start)
        self.faults: list[Fault] = []
        self.entries = 0
        self.can_go_on = True
        self._over: set[str] = set()
        self._queued: set[str] = set(self.engine.state.interactions)

    @property
    def position(self) -> int:
        """The position of the last entry."""
        return self.engine.state.position

    def read(self, position: int, kind: str, body: str) -> e.Entry | None:
        """Take one row; returns its entry, or None when it is of no use."""
        if not self.can_go_on:
            return None
        if position != self.position + 1:
            self.stop("hole", position, "", f"position {self.position + 1} is not there")
            return None
        try:
            entry: e.Entry = e.decode(body)
        except ValueError:
            self.stop("unreadable", position, "", "the entry is no JSON of a known kind")
            return None
        if e.kind_of(entry) != kind:
            self._find("kind_differs", position, "", "its row says that it is of another kind")
        self._fold(position, entry)
        return entry

    def finish(self, now_ms: int) -> None:
        """Look at the state that all of it led to."""
        if not self.can_go_on:
            return
        state, at = self.engine.state, self.position
        for code, about in broken(state, ()):
            self._find(code, at, about, "counts and offers do not add up (I2, I11)")
        self._check_states(state, at)
        self._check_waiting(state, at)
        for offer in state.offers.values():
            if offer.expires_at_ms + _LATE_MS < min(now_ms, state.at_ms):
                self._find("offer_too_old", at, offer.interaction_id, "its offer never ended (I7)")
        dumped = states.dump(state)
        if states.dump(Engine(states.load(dumped)).state) != dumped:
            self._find("replay_differs", at, "", "the state does not survive being written (I12)")

    def compare(self, position: int, snapshot: str) -> None:
        """A snapshot is there: it must be what the entries up to it give (I12)."""
        if not self.can_go_on or position != self.position:
            return
        try:
            stored = states.dump(states.load(snapshot))
        except ValueError:
            self._find("snapshot_unreadable", position, "", "the snapshot cannot be read")
            return
        if stored != states.dump(self.engine.state):
            self._find("snapshot_differs", position, "", "the snapshot is not what came before it")

    # ---- one entry

    def _fold(self, position: int, entry: e.Entry) -> None:
        about = str(getattr(entry, "interaction_id", ""))
        if entry.at_ms < self.engine.state.at_ms:
            self._find("time_goes_back", position, about, "it is older than the entry before it")
        try:
            for code, words in self._objections(entry):
                self._find(code, position, about, words)
            self.engine.apply(entry)
        except (LookupError, ValueError, TypeError, AttributeError, AssertionError):
            self.stop("impossible", position, about, "it cannot follow what came before it")
            return
        self.entries += 1
        if isinstance(entry, e.Enqueued):
            self._queued.add(entry.interaction_id)
        if about and about not in self.engine.state.interactions:
            self._over.add(about)

    def _objections(self, entry: e.Entry) -> Iterable[tuple[str, str]]:
        about = getattr(entry, "interaction_id", None)
        if isinstance(entry, e.Started) and entry.epoch <= self.engine.state.epoch:
            yield "epoch_does_not_rise", "a writer began with an epoch that was there (I6)"
        if about in self._over:
            yield "after_the_end", "something happened to work that was over (I8)"
        if isinstance(entry, e.Enqueued) and entry.interaction_id in self._queued:
            yield "queued_twice", "it came into the queue twice (I1)"
        item = self.engine.state.interactions.get(str(about))
        if item is not None:
            yield from self._out_of_turn(item, entry)

    def _out_of_turn(self, item: Interaction, entry: e.Entry) -> Iterable[tuple[str, str]]:
        if isinstance(entry, e.Offered):
            yield from self._bad_offer(item, entry)
        elif isinstance(entry, e.Taken):
            if item.state != "waiting":
                yield "taken_twice", "it was taken while somebody had it (I1)"
            yield from self._bad_choice(item, entry.agent_id, _FULL[:2])
        elif isinstance(entry, e.Accepted | e.OfferEnded):
            offer = self.engine.state.offers.get(entry.offer_id)
            if offer is None or offer.agent_id != entry.agent_id or offer.interaction_id != item.id:
                yield "not_the_offer", "it answers an offer that this agent did not have (I2)"
        elif isinstance(entry, e.Transferred | e.Released | e.Ended) and (
            item.state != "active" or item.agent_id != entry.agent_id
        ):
            yield "not_in_hand", "an agent let go of what they did not have (I9)"

    def _bad_offer(self, item: Interaction, entry: e.Offered) -> Iterable[tuple[str, str]]:
        if item.state != "waiting":
            yield "offered_twice", "it was offered while somebody had it (I2)"
            return
        if entry.offer_id in self.engine.state.offers:
            yield "offer_id_twice", "two offers have the same id (I2)"
        by_hand = entry.found_by == "hand"
        if not (by_hand and entry.over_capacity):
            held_back = () if by_hand else _FULL[2:]
            yield from self._bad_choice(item, entry.agent_id, (*_FULL[:2], *held_back))
        if not by_hand:
            yield from self._bad_choice(item, entry.agent_id, (*_ABSENT, *_UNFIT))

    def _bad_choice(
        self, item: Interaction, agent_id: str, reasons: tuple[Reason, ...]
    ) -> Iterable[tuple[str, str]]:
        found = exclusion(self.engine.state, self.engine.index, item, agent_id).reasons
        for reason in found:
            if reason in reasons:
                rule = "I3" if reason in _FULL else "I4"
                yield "wrong_agent", f"it went to {agent_id}, who was {reason} ({rule})"

    # ---- the whole

    def _check_states(self, state: State, at: int) -> None:
        for item in state.interactions.values():
            has_agent = item.state in ("active", "wrap_up")
            has_offer = item.state == "offered" and item.offer_id in state.offers
            is_placed = item.id in self.engine.index.backlog.placed
            if (item.agent_id is not None) != has_agent or is_placed != (item.state == "waiting"):
                self._find("two_states", at, item.id, "it is in no state, or in two (I1)")
            if item.state == "offered" and not has_offer:
                self._find("offer_missing", at, item.id, "it rings, but there is no offer (I2)")

    def _check_waiting(self, state: State, at: int) -> None:
        index = self.engine.index
        for agent in state.agents.values():
            item = index.work_for(index.seats[agent.id])
            if item is not None:
                words = f"it waits although {agent.id} is free for it (I5)"
                self._find("left_waiting", at, item.id, words)

    def _find(self, code: str, position: int, about: str, words: str) -> None:
        self.faults.append(Fault(code, position, about, words))

    def stop(self, code: str, position: int, about: str, words: str) -> None:
        """Nothing after it can be judged."""
        self._find(code, position, about, words)
        self.can_go_on = False
