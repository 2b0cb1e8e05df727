"""The fold: journal entries in, changes of counters, stays and agents out.

A *stay* is one wait of an interaction in one queue: it begins when the interaction arrives, is
handed over, moved there or comes back from a lost agent, and is settled exactly once: answered,
abandoned or moved out. So ``offered = answered + abandoned + moved_out + still waiting`` holds in
every interval, because a stay counts where it began. Handling and agents' time count where they
happened. Folding the same entries in any portions gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from gateway.acd.model import entries as e
from gateway.supervision.model.dictionary import SHORT_ABANDON_MS, Targets, within_ms
from gateway.supervision.model.tally import (
    LONGEST,
    Counts,
    Key,
    add,
    bin_of,
    bucket_of,
)
from gateway.supervision.model.times import Span, Watch, time_of

FOLD_VERSION = 2
"""Raised when the same journal would give other figures: they are then built anew."""

Cause = Literal["new", "transfer", "return", "move"]
Outcome = Literal["", "answered", "abandoned", "moved"]


class Stay(msgspec.Struct, kw_only=True):
    """One wait in one queue, and the handling that followed. Times of 0 are not yet."""

    interaction_id: str
    number: int
    conversation_id: str
    queue_id: str
    kind: str
    is_robot: bool
    cause: Cause
    began_ms: int
    within_ms: int
    outcome: Outcome = ""
    settled_ms: int = 0
    agent_id: str = ""
    talk_ended_ms: int = 0
    over_ms: int = 0
    ended_as: str = ""
    replied_ms: int = 0

    @property
    def wait_ms(self) -> int:
        """How long it waited until it was settled."""
        return max(0, self.settled_ms - self.began_ms)


class Changes(msgspec.Struct, kw_only=True):
    """What a portion of the journal changed."""

    counts: dict[Key, Counts] = msgspec.field(default_factory=dict)
    waits: dict[tuple[Key, int], int] = msgspec.field(default_factory=dict)
    stays: dict[tuple[str, int], Stay] = msgspec.field(default_factory=dict)
    watches: dict[str, Watch] = msgspec.field(default_factory=dict)
    targets: dict[str, Targets] = msgspec.field(default_factory=dict)
    settled: list[Stay] = msgspec.field(default_factory=list)
    spans: dict[tuple[str, int], Span] = msgspec.field(default_factory=dict)

    def count(self, key: Key, **counts: int) -> None:
        """Add counters of one key."""
        add(self.counts.setdefault(key, {}), counts)


class Ledger:
    """What must be remembered between two portions: open stays, agents, service targets."""

    def __init__(self) -> None:
        self.stays: dict[str, Stay] = {}
        self.watches: dict[str, Watch] = {}
        self.targets: dict[str, Targets] = {}
        self.position = 0
        self.at_ms = 0
        self._changes = Changes()

    def fold(self, position: int, entry: e.Entry) -> None:
        """Count the entry at a position of the journal."""
        self.position = position
        self.at_ms = max(self.at_ms, entry.at_ms)
        handle = _TABLE.get(type(entry))
        if handle is not None:
            handle(self, entry)

    def take(self) -> Changes:
        """Return what changed since the last time."""
        changes, self._changes = self._changes, Changes()
        return changes

    # ---- stays

    def _begin(self, stay: Stay) -> None:
        self.stays[stay.interaction_id] = stay
        self._touch(stay)
        caused = {"transfer": "transferred_in", "return": "returned", "move": "transferred_in"}
        counts = {"offered": 1}
        if stay.cause in caused:
            counts[caused[stay.cause]] = 1
        self._changes.count(_key(stay, bucket_of(stay.began_ms), ""), **counts)

    def _again(self, old: Stay, queue_id: str, cause: Cause) -> None:
        self._begin(
            Stay(
                interaction_id=old.interaction_id,
                number=old.number + 1,
                conversation_id=old.conversation_id,
                queue_id=queue_id,
                kind=old.kind,
                is_robot=old.is_robot,
                cause=cause,
                began_ms=self.at_ms,
                within_ms=within_ms(self.targets.get(queue_id), old.kind),
            )
        )

    def _touch(self, stay: Stay) -> None:
        self._changes.stays[stay.interaction_id, stay.number] = stay

    def _settle(self, stay: Stay, outcome: Outcome, agent_id: str = "") -> Key:
        stay.outcome, stay.settled_ms, stay.agent_id = outcome, self.at_ms, agent_id
        self._touch(stay)
        self._changes.settled.append(stay)
        return _key(stay, bucket_of(stay.began_ms), agent_id)

    def _answer(self, interaction_id: str, agent_id: str) -> None:
        stay = self.stays.get(interaction_id)
        if stay is None or stay.outcome:
            return
        began = self._settle(stay, "answered", agent_id)
        wait_ms = stay.wait_ms
        counts = {"answered": 1, "answer_wait_ms": wait_ms, LONGEST: wait_ms}
        if wait_ms <= stay.within_ms:
            counts["answered_within"] = 1
        self._changes.count(began, **counts)
        bin_key = (began, bin_of(wait_ms))
        self._changes.waits[bin_key] = self._changes.waits.get(bin_key, 0) + 1
        now = _key(stay, bucket_of(self.at_ms), agent_id)
        self._changes.count(now, accepted=1, transfers_accepted=int(stay.cause == "transfer"))
        self._hold(agent_id, 1)

    def _abandon(self, stay: Stay) -> None:
        key = self._settle(stay, "abandoned")
        counts = {"abandoned": 1, "abandon_wait_ms": stay.wait_ms}
        if stay.wait_ms <= stay.within_ms:
            counts["abandoned_within"] = 1
        if stay.wait_ms <= SHORT_ABANDON_MS:
            counts["abandoned_short"] = 1
        self._changes.count(key, **counts)
        stay.over_ms, stay.ended_as = self.at_ms, "abandoned"
        del self.stays[stay.interaction_id]

    def _let_go(self, stay: Stay, ended_as: str) -> None:
        """The agent's part is over: count the handling where it ended."""
        if not stay.talk_ended_ms:
            stay.talk_ended_ms = self.at_ms
        stay.over_ms, stay.ended_as = self.at_ms, ended_as
        self._touch(stay)
        self._changes.count(
            _key(stay, bucket_of(self.at_ms), stay.agent_id),
            handled=1,
            talk_ms=stay.talk_ended_ms - stay.settled_ms,
            wrap_up_ms=stay.over_ms - stay.talk_ended_ms,
            transferred_out=int(ended_as == "transferred"),
        )
        self._hold(stay.agent_id, -1)

    def _held(self, interaction_id: str) -> Stay | None:
        stay = self.stays.get(interaction_id)
        return stay if stay is not None and stay.outcome == "answered" else None

    # ---- agents

    def _count_time(self, agent_id: str) -> Watch:
        watch = self.watches.get(agent_id)
        if watch is None:
            watch = self.watches[agent_id] = Watch(agent_id=agent_id, counted_ms=self.at_ms)
        for start_ms, counts in time_of(watch, self.at_ms).items():
            self._changes.count(Key(start_ms, "", agent_id, "", is_robot=False), **counts)
        watch.counted_ms = self.at_ms
        self._changes.watches[agent_id] = watch
        return watch

    def _hold(self, agent_id: str, by: int) -> None:
        watch = self._count_time(agent_id)
        watch.in_hand = max(0, watch.in_hand + by)

    # ---- entries

    def queue_set(self, entry: e.QueueSet) -> None:
        """Keep the service targets of a queue."""
        targets = Targets.of(entry.queue)
        if self.targets.get(entry.queue.queue_id) != targets:
            self.targets[entry.queue.queue_id] = targets
            self._changes.targets[entry.queue.queue_id] = targets

    def agent_set(self, entry: e.AgentSet) -> None:
        """An agent's state changed."""
        watch = self._count_time(entry.agent_id)
        if watch.number:
            self._span(watch, ended_ms=self.at_ms)
        watch.state, watch.reason, watch.by_id = entry.state, entry.reason, entry.by
        watch.began_ms, watch.number = self.at_ms, self.position
        self._span(watch)

    def _span(self, watch: Watch, ended_ms: int = 0) -> None:
        self._changes.spans[watch.agent_id, watch.number] = Span(
            agent_id=watch.agent_id,
            number=watch.number,
            state=watch.state,
            reason=watch.reason,
            by_id=watch.by_id,
            began_ms=watch.began_ms,
            ended_ms=ended_ms,
        )

    def enqueued(self, entry: e.Enqueued) -> None:
        """Somebody came."""
        began_ms = min(entry.created_at_ms, entry.at_ms)
        self._begin(
            Stay(
                interaction_id=entry.interaction_id,
                number=1,
                conversation_id=entry.conversation_id,
                queue_id=entry.queue_id,
                kind=entry.interaction_kind,
                is_robot=entry.is_robot,
                cause="new",
                began_ms=began_ms,
                within_ms=within_ms(self.targets.get(entry.queue_id), entry.interaction_kind),
            )
        )

    def offered(self, entry: e.Offered) -> None:
        """It rang at an agent."""
        self._count_offer(entry.interaction_id, entry.agent_id, "offers")

    def offer_ended(self, entry: e.OfferEnded) -> None:
        """The agent declined or did not answer; a withdrawal is nobody's doing."""
        name = {"rejected": "declined", "expired": "unanswered"}.get(entry.outcome)
        if name is not None:
            self._count_offer(entry.interaction_id, entry.agent_id, name)

    def _count_offer(self, interaction_id: str, agent_id: str, name: str) -> None:
        stay = self.stays.get(interaction_id)
        if stay is not None:
            self._changes.count(_key(stay, bucket_of(self.at_ms), agent_id), **{name: 1})

    def answered(self, entry: e.Accepted | e.Taken) -> None:
        """An agent has it now."""
        self._answer(entry.interaction_id, entry.agent_id)

    def transferred(self, entry: e.Transferred) -> None:
        """From one agent back to waiting, in this queue or another."""
        stay = self._held(entry.interaction_id)
        if stay is not None:
            self._let_go(stay, "transferred")
            self._again(stay, entry.queue_id, "transfer")

    def moved(self, entry: e.Moved) -> None:
        """Still waiting, in another queue from now on."""
        stay = self.stays.get(entry.interaction_id)
        if stay is not None and not stay.outcome:
            self._changes.count(self._settle(stay, "moved"), moved_out=1)
            stay.over_ms, stay.ended_as = self.at_ms, "moved"
            self._again(stay, entry.queue_id, "move")

    def overflowed(self, entry: e.Overflowed) -> None:
        """Its queue could not help: it waits in another, or a message is left instead."""
        stay = self.stays.get(entry.interaction_id)
        if stay is not None and not stay.outcome:
            self._changes.count(self._settle(stay, "moved"), moved_out=1)
            stay.over_ms, stay.ended_as = self.at_ms, "overflowed"
            if entry.to_queue_id is not None:
                self._again(stay, entry.to_queue_id, "move")
            else:
                del self.stays[stay.interaction_id]

    def reply_given(self, entry: e.ReplyGiven) -> None:
        """The agent wrote for the first time."""
        stay = self._held(entry.interaction_id)
        if stay is not None and not stay.replied_ms:
            stay.replied_ms = self.at_ms
            self._touch(stay)
            key = _key(stay, bucket_of(stay.began_ms), stay.agent_id)
            self._changes.count(key, replied=1, reply_wait_ms=self.at_ms - stay.began_ms)

    def slot_held(self, entry: e.SlotHeld) -> None:
        """Work that no queue holds, such as a consultation, keeps the agent busy."""
        self._hold(entry.agent_id, 1)

    def slot_released(self, entry: e.SlotReleased) -> None:
        """That work is over."""
        self._hold(entry.agent_id, -1)

    def released(self, entry: e.Released) -> None:
        """The agent was lost; it waits again."""
        stay = self._held(entry.interaction_id)
        if stay is not None:
            self._let_go(stay, entry.cause)
            self._again(stay, stay.queue_id, "return")

    def ended(self, entry: e.Ended) -> None:
        """The exchange is over; wrap-up may follow."""
        stay = self._held(entry.interaction_id)
        if stay is None:
            return
        stay.talk_ended_ms = self.at_ms
        self._touch(stay)
        if entry.is_over:
            self._close(stay)

    def wrapped(self, entry: e.Wrapped) -> None:
        """Wrap-up is over."""
        stay = self._held(entry.interaction_id)
        if stay is not None:
            self._close(stay)

    def _close(self, stay: Stay) -> None:
        self._let_go(stay, "closed")
        del self.stays[stay.interaction_id]

    def abandoned(self, entry: e.Abandoned) -> None:
        """The contact left before anybody answered."""
        stay = self.stays.get(entry.interaction_id)
        if stay is not None and not stay.outcome:
            self._abandon(stay)


def _key(stay: Stay, start_ms: int, agent_id: str) -> Key:
    return Key(start_ms, stay.queue_id, agent_id, stay.kind, stay.is_robot)


_TABLE: dict[type[e.Entry], Callable[[Ledger, Any], None]] = {
    e.QueueSet: Ledger.queue_set,
    e.AgentSet: Ledger.agent_set,
    e.Enqueued: Ledger.enqueued,
    e.Offered: Ledger.offered,
    e.OfferEnded: Ledger.offer_ended,
    e.Accepted: Ledger.answered,
    e.Taken: Ledger.answered,
    e.ReplyGiven: Ledger.reply_given,
    e.Moved: Ledger.moved,
    e.Overflowed: Ledger.overflowed,
    e.SlotHeld: Ledger.slot_held,
    e.SlotReleased: Ledger.slot_released,
    e.Transferred: Ledger.transferred,
    e.Released: Ledger.released,
    e.Ended: Ledger.ended,
    e.Wrapped: Ledger.wrapped,
    e.Abandoned: Ledger.abandoned,
}
