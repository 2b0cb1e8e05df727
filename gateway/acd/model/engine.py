"""Decisions: one command in, journal entries out.

A decision first checks everything it must (and raises ``WeccError`` with nothing changed), then
emits entries. Whatever was freed or began to wait is matched before the command is done, so
between commands no agent who could take waiting work is left without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.acd.model import (
    capacity,
    changes,
    clockwork,
    offering,
    queueing,
    staffing,
    steering,
    taking_back,
    working,
)
from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.index import Index
from gateway.acd.model.matching import Matching


class Engine(Matching):
    """Everything that routes one tenant partition."""

    def handle(self, command: c.Command, now_ms: int) -> list[e.Entry]:
        """Decide a command; the returned entries are already applied.

        ``touched`` then holds the interactions it changed. Time never goes back here: an
        earlier ``now_ms`` counts as the time of the last entry.
        """
        at_ms = self.state.at_ms
        self.now_ms = now_ms if now_ms > at_ms else at_ms
        self.out = []
        self.touched = {}
        _TABLE[type(command)](self, command)
        index = self.index
        if index.roll.has_changed:
            queueing.look_after_deserted(self)
        if index.matrix.has_grown and index.is_worn():
            self.index = Index(self.state)
        return self.out

    def apply(self, entry: e.Entry) -> None:
        """Fold a journal entry in; replay is this, over all of them."""
        changes.apply(self.state, self.index, entry)

    def next_due_ms(self) -> int | None:
        """Return when the next ``Tick`` has something to do."""
        timer = self.index.timers.first(self.state)
        return None if timer is None else timer[0]


_TABLE: dict[type[c.Command], Callable[[Engine, Any], None]] = {
    c.Start: staffing.start,
    c.SetQueue: staffing.set_queue,
    c.SetOpen: queueing.set_open,
    c.RemoveQueue: staffing.remove_queue,
    c.SetProfile: staffing.set_profile,
    c.Connect: staffing.connect,
    c.Drop: staffing.drop,
    c.SetState: staffing.set_state,
    c.DeclareNext: staffing.declare_next,
    c.SetPolicy: capacity.set_policy,
    c.HoldSlot: capacity.hold_slot,
    c.ReleaseSlot: capacity.release_slot,
    c.Enqueue: working.enqueue,
    c.Abandon: working.abandon,
    c.Transfer: working.transfer,
    c.End: working.end,
    c.WrapUp: working.wrap_up,
    c.ExtendWrapUp: working.extend_wrap_up,
    c.Reply: working.reply,
    c.Hear: working.hear,
    c.Answer: offering.answer,
    c.Accept: offering.accept,
    c.Reject: offering.reject,
    c.Take: offering.take,
    c.Move: steering.move,
    c.Prioritize: steering.prioritize,
    c.Assign: steering.assign,
    c.Recall: taking_back.recall,
    c.SignOut: taking_back.sign_out,
    c.Tick: clockwork.tick,
}
