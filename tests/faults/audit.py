"""Reads a data folder that nobody writes any more, and says what would break a promise."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.acd.model import entries as e
from gateway.acd.model.engine import Engine

Row = dict[str, Any]


@dataclass
class Audit:
    """The rows of one installation, the journals folded again, and what is wrong with them."""

    faults: list[str] = field(default_factory=list)
    messages: dict[str, list[Row]] = field(default_factory=dict)
    """By conversation, in order."""
    interactions: list[Row] = field(default_factory=list)
    intakes: list[Row] = field(default_factory=list)
    offers: int = 0

    def has_each_once(self, acked: Mapping[str, Sequence[str]]) -> None:
        """Every acknowledged message (ids by conversation, in order) is there once, in order."""
        for conversation_id, ids in acked.items():
            stored = [row["id"] for row in self.messages.get(conversation_id, [])]
            kept = [known for known in stored if known in set(ids)]
            if kept != list(ids):
                lost, doubled = set(ids) - set(kept), [k for k, n in Counter(kept).items() if n > 1]
                self.faults.append(
                    f"{conversation_id}: lost {lost}, doubled {doubled}, or disorder"
                )

    def has_one_interaction_each(self, conversation_ids: Sequence[str]) -> None:
        """Every conversation became exactly one interaction, by exactly one intake.

        A visitor who ended it before it reached the queue left an intake that is closed, and
        perhaps no interaction.
        """
        left_early = {row["conversation_id"] for row in self.intakes if row["state"] == "closed"}
        for rows, what in ((self.interactions, "interactions"), (self.intakes, "intakes")):
            found = Counter(row["conversation_id"] for row in rows)
            for conversation_id in conversation_ids:
                least = 0 if what == "interactions" and conversation_id in left_early else 1
                if not least <= found[conversation_id] <= 1:
                    self.faults.append(f"{conversation_id} has {found[conversation_id]} {what}")


def audit(data_dir: Path) -> Audit:
    """Read everything, fold every journal, check what must hold in any installation."""
    found = Audit()
    with contextlib.closing(sqlite3.connect(data_dir / "wecc.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            found.faults.append("the database is damaged")

        def rows(statement: str) -> list[Row]:
            return [dict(row) for row in connection.execute(statement)]

        for row in rows("SELECT * FROM messages ORDER BY conversation_id, seq"):
            found.messages.setdefault(row["conversation_id"], []).append(row)
        found.interactions = rows("SELECT * FROM interactions ORDER BY id")
        found.intakes = rows("SELECT * FROM intakes ORDER BY id")
        _check_order(found, rows("SELECT id, last_seq FROM conversations"))
        for partition in rows("SELECT * FROM acd_partitions"):
            tenant_id = partition["tenant_id"]
            journal = [r for r in rows("SELECT * FROM acd_journal") if r["tenant_id"] == tenant_id]
            _check_journal(found, partition, sorted(journal, key=lambda row: int(row["position"])))
    return found


def _check_order(found: Audit, conversations: Sequence[Row]) -> None:
    """Sequence numbers of a conversation are 1, 2, 3 ... up to the one it says is the last."""
    for conversation in conversations:
        numbers = [row["seq"] for row in found.messages.get(conversation["id"], [])]
        if numbers != list(range(1, conversation["last_seq"] + 1)):
            found.faults.append(f"{conversation['id']} has the numbers {numbers}")


def _check_journal(found: Audit, partition: Row, journal: Sequence[Row]) -> None:
    positions = [row["position"] for row in journal]
    if positions != list(range(1, partition["position"] + 1)):
        found.faults.append("the journal has a hole or an end of its own")
    engine, watch = Engine(), _Watch()
    for row in journal:
        entry = e.decode(row["body"])
        found.faults += watch.see(entry)
        try:
            engine.apply(entry)
        except (KeyError, ValueError) as error:
            found.faults.append(f"position {row['position']} does not follow: {error!r}")
            break
        held = Counter(offer.interaction_id for offer in engine.state.offers.values())
        found.faults += [f"{key} is offered {n} times" for key, n in held.items() if n > 1]
        found.faults += _above_capacity(engine)
    found.offers += watch.offers
    _check_rows(found, engine, partition["tenant_id"])


def _above_capacity(engine: Engine) -> list[str]:
    """Return the agents who hold more of a kind than their profile allows."""
    held: Counter[tuple[str, str]] = Counter()
    for item in engine.state.interactions.values():
        offer = engine.state.offers.get(item.offer_id or "")
        agent_id = offer.agent_id if offer is not None else item.agent_id
        if agent_id and item.state in ("offered", "active"):
            held[agent_id, item.kind] += 1
    return [
        f"{agent_id} has {count} of kind {kind}"
        for (agent_id, kind), count in held.items()
        if count > engine.state.profile(agent_id).limit(kind)
    ]


def _check_rows(found: Audit, engine: Engine, tenant_id: str) -> None:
    """The rows that lists and reports read say what the replayed journal says."""
    for row in (row for row in found.interactions if row["tenant_id"] == tenant_id):
        item = engine.state.interactions.get(row["id"])
        if item is None:
            if row["state"] not in ("closed", "abandoned"):
                found.faults.append(f"{row['id']} is {row['state']} but the journal has it over")
        elif (item.state, item.agent_id) != (row["state"], row["agent_id"]):
            replayed = f"{item.state} of {item.agent_id}"
            found.faults.append(f"{row['id']}: {row['state']} of {row['agent_id']}, not {replayed}")
    known = {row["id"] for row in found.interactions}
    found.faults += [f"{key} has no row" for key in engine.state.interactions if key not in known]


class _Watch:
    """What must never be seen in a journal, whatever was killed."""

    def __init__(self) -> None:
        self.offers = 0
        self._enqueued: set[str] = set()
        self._offered_to: dict[str, str] = {}
        self._owner: dict[str, str] = {}

    def see(self, entry: e.AnyEntry) -> list[str]:
        """Take the next entry; return what is wrong about it."""
        if isinstance(entry, e.Enqueued):
            again = entry.interaction_id in self._enqueued
            self._enqueued.add(entry.interaction_id)
            return [f"{entry.interaction_id} was queued twice"] if again else []
        if isinstance(entry, e.Offered):
            return self._offer(entry)
        if isinstance(entry, e.OfferEnded):
            self._offered_to.pop(entry.interaction_id, None)
        if isinstance(entry, e.Accepted | e.Taken):
            return self._own(entry)
        if isinstance(entry, e.Released | e.Transferred | e.Ended | e.Abandoned):
            self._owner.pop(entry.interaction_id, None)
            self._offered_to.pop(entry.interaction_id, None)
        return []

    def _offer(self, entry: e.Offered) -> list[str]:
        self.offers += 1
        before = self._offered_to.get(entry.interaction_id) or self._owner.get(entry.interaction_id)
        self._offered_to[entry.interaction_id] = entry.agent_id
        if before is not None:
            return [f"{entry.interaction_id} was offered while {before} had it"]
        return []

    def _own(self, entry: e.Accepted | e.Taken) -> list[str]:
        before = self._owner.get(entry.interaction_id)
        self._owner[entry.interaction_id] = entry.agent_id
        offered_to = self._offered_to.pop(entry.interaction_id, entry.agent_id)
        wrong = []
        if before is not None:
            wrong.append(f"{entry.interaction_id} was accepted twice")
        if offered_to != entry.agent_id:
            wrong.append(f"{entry.interaction_id} was offered to one and accepted by another")
        return wrong
