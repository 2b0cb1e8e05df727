"""Reads a data folder that nobody writes any more, and says what would break a promise.

The routing journal and what must agree with it are judged by the product's own inspection, as
``wecc fsck`` does; what only somebody outside can know, what was acknowledged, is judged here.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.acd.service.inspection import Verdict, inspect
from gateway.kernel.clock import SystemClock
from gateway.platform.database.sqlite import SqliteDatabase

Row = dict[str, Any]


@dataclass
class Audit:
    """The rows of one installation, and what is wrong with them."""

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
    """Read everything, and check what must hold in any installation."""
    found = Audit()
    with contextlib.closing(sqlite3.connect(data_dir / "wecc.sqlite")) as connection:
        connection.row_factory = sqlite3.Row

        def rows(statement: str) -> list[Row]:
            return [dict(row) for row in connection.execute(statement)]

        for row in rows("SELECT * FROM messages ORDER BY conversation_id, seq"):
            found.messages.setdefault(row["conversation_id"], []).append(row)
        found.interactions = rows("SELECT * FROM interactions ORDER BY id")
        found.intakes = rows("SELECT * FROM intakes ORDER BY id")
        found.offers = len(rows("SELECT position FROM acd_journal WHERE kind = 'offered'"))
        _check_order(found, rows("SELECT id, last_seq FROM conversations"))
        tenants = [row["tenant_id"] for row in rows("SELECT tenant_id FROM acd_partitions")]
    for verdict in _inspected(data_dir, tenants):
        found.faults += [
            f"{one.code} at {one.position}: {one.about} {one.words}" for one in verdict.findings
        ]
    return found


def _inspected(data_dir: Path, tenants: list[str]) -> list[Verdict]:
    """Ask the product; in a thread of its own, for the caller may be in a loop already."""

    async def ask() -> list[Verdict]:
        path = data_dir / "wecc.sqlite"
        database = await SqliteDatabase(path, SystemClock(), prepare=lambda _: None).open()
        try:
            return [await inspect(database, tenant_id) for tenant_id in tenants]
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, ask()).result()


def _check_order(found: Audit, conversations: Sequence[Row]) -> None:
    """Sequence numbers of a conversation are 1, 2, 3 ... up to the one it says is the last."""
    for conversation in conversations:
        numbers = [row["seq"] for row in found.messages.get(conversation["id"], [])]
        if numbers != list(range(1, conversation["last_seq"] + 1)):
            found.faults.append(f"{conversation['id']} has the numbers {numbers}")
