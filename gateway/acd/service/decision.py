"""What one command changed, in the form in which it is committed: plain data, no live objects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.acd.model import entries as e
from gateway.acd.model.engine import Engine
from gateway.acd.model.interaction import Interaction
from gateway.acd.service.book import Book
from gateway.acd.store import interactions, journal, retention
from gateway.engagement.service import conversations
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx

Work = Callable[[Tx], None]
_logger = logging.getLogger("wecc.acd")
_MOVING = (
    e.Enqueued, e.Accepted, e.Taken, e.Transferred, e.Released, e.Ended, e.Wrapped, e.Abandoned,
    e.Overflowed, e.Moved,
)  # fmt: skip


class Owner(NamedTuple):
    """Which queue and agent a conversation belongs to."""

    conversation_id: str
    queue_id: str
    agent_id: str | None
    agent_name: str


@dataclass(slots=True)
class Owed:
    """A call some ``InteractionHandler`` must get."""

    position: int
    interaction_id: str
    call: str
    agent_id: str | None
    cause: str


@dataclass(slots=True)
class Decision:
    """One command's entries and everything that goes into the same commit."""

    first: int
    entries: list[e.Entry]
    touched: dict[str, Interaction]
    works: list[Work]
    future: asyncio.Future[list[e.Entry]]
    journal_rows: list[dict[str, Any]] = field(default_factory=list)
    new_rows: list[dict[str, Any]] = field(default_factory=list)
    changed_rows: list[dict[str, Any]] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    snapshot: tuple[int, int, str] | None = None
    others: list[asyncio.Future[None]] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The position of its last entry."""
        return self.first + len(self.entries) - 1

    async def stored(self) -> None:
        """Wait, beside its own caller, until it is on disk; raises what its caller is told."""
        future = asyncio.get_running_loop().create_future()
        self.others.append(future)
        await future

    def succeed(self) -> None:
        """It is on disk: wake everybody who did not leave meanwhile."""
        if not self.future.done():
            self.future.set_result(self.entries)
        for other in self.others:
            if not other.done():
                other.set_result(None)

    def fail(self, error: WeccError) -> None:
        """It is not stored: tell everybody who did not leave meanwhile."""
        waiting: list[asyncio.Future[Any]] = [self.future, *self.others]
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()


def write_all(tx: Tx, epoch: int, batch: Sequence[Decision]) -> None:
    """Put consecutive decisions into one commit: of each row, only what it became in the end."""
    new: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    owners: dict[str, tuple[str, str | None, str]] = {}
    for decision in batch:
        new.update((row["id"], row) for row in decision.new_rows)
        for row in decision.changed_rows:
            (new if row["id"] in new else changed)[row["id"]] = row
        owners.update((owner[0], owner[1:]) for owner in decision.owners)
    rows = [row for decision in batch for row in decision.journal_rows]
    journal.append(tx, epoch, batch[0].first - 1, rows, batch[-1].last)
    interactions.insert(tx, list(new.values()))
    interactions.update(tx, list(changed.values()))
    if owners and conversations.set_owners(tx, owners):
        _logger.warning("a conversation is gone while work of it is open")
    journal.owe(tx, [_owed_row(item) for decision in batch for item in decision.owed])
    for decision in batch:
        for work in decision.works:
            work(tx)
    for decision in batch:
        if decision.snapshot is not None:
            retention.put_snapshot(tx, *decision.snapshot)


def build(
    engine: Engine,
    entries: list[e.Entry],
    book: Book,
    works: list[Work],
    unheard: Container[str],
) -> Decision:
    """Freeze what ``engine`` just decided; nobody hears of offers of the ``unheard`` kinds."""
    first = engine.state.position - len(entries) + 1
    future = asyncio.get_running_loop().create_future()
    decision = Decision(first, entries, dict(engine.touched), works, future)
    epoch = engine.state.epoch
    for place, entry in enumerate(entries):
        position = first + place
        decision.journal_rows.append(
            {
                "position": position,
                "epoch": epoch,
                "at_ms": entry.at_ms,
                "kind": e.kind_of(entry),
                "body": e.encode(entry).decode(),
            }
        )
        owed = owed_for(position, entry)
        if owed is not None and not (
            owed.call == "offered" and decision.touched[owed.interaction_id].kind in unheard
        ):
            decision.owed.append(owed)
    new = {entry.interaction_id for entry in entries if isinstance(entry, e.Enqueued)}
    for item in decision.touched.values():
        (decision.new_rows if item.id in new else decision.changed_rows).append(_row(item))
    moved = {entry.interaction_id for entry in entries if isinstance(entry, _MOVING)}
    decision.owners = [_owner(engine, decision.touched[key], book) for key in sorted(moved)]
    return decision


def owed_for(position: int, entry: e.Entry) -> Owed | None:
    """Return the handler's call that follows from an entry."""
    match entry:
        case e.Offered():
            call, agent_id, cause = "offered", entry.agent_id, ""
        case e.Accepted() | e.Taken():
            call, agent_id, cause = "accepted", entry.agent_id, ""
        case e.Transferred():
            call, agent_id, cause = "released", entry.agent_id, "transferred"
        case e.Released():
            call, agent_id, cause = "released", entry.agent_id, entry.cause
        case e.Ended():
            call, agent_id, cause = "closed", entry.agent_id, "ended"
        case e.Overflowed() if entry.to_queue_id is None:
            return Owed(position, entry.interaction_id, "overflowed", None, entry.reason)
        case e.Abandoned():
            return Owed(position, entry.interaction_id, "closed", None, "abandoned")
        case _:
            return None
    return Owed(position, entry.interaction_id, call, agent_id, cause)


def _owed_row(owed: Owed) -> dict[str, Any]:
    return {name: getattr(owed, name) for name in Owed.__slots__}


def _row(item: Interaction) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "conversation_id": item.conversation_id,
        "call_id": item.call_id,
        "queue_id": item.queue_id,
        "state": item.state,
        "priority": item.priority,
        "required_skills": dict(item.skills),
        "agent_id": item.agent_id,
        "created_at_ms": item.created_at_ms,
        "enqueued_at_ms": item.enqueued_at_ms,
        "accepted_at_ms": item.accepted_at_ms,
        "ended_at_ms": item.ended_at_ms,
        "wrap_up_until_ms": item.wrap_up_until_ms,
        "disposition_id": item.disposition_id,
        "transfer_note": "",
        "wrap_up_note": "",
        "is_robot": item.is_robot,
        "epoch": item.epoch,
    }


def _owner(engine: Engine, item: Interaction, book: Book) -> Owner:
    """Say who owns the item's conversation now: the agent of its oldest open work that has one."""
    state = engine.state
    live = engine.index.of_conversation.get(item.conversation_id, ())
    agents = [state.interactions[key].agent_id for key in live] or [item.agent_id]
    agent_id = next((agent for agent in agents if agent is not None), None)
    return Owner(item.conversation_id, item.queue_id, agent_id, book.agent_name(agent_id))
