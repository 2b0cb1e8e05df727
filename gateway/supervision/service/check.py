"""Whether the stored figures are what the journal says, byte for byte, and live work agrees."""

from __future__ import annotations

import hashlib
from collections import Counter

import msgspec

from gateway.acd.service.history import end, entries_after, first, live_counts
from gateway.platform.database.port import Database, Tx
from gateway.supervision.model.ledger import Changes, Ledger
from gateway.supervision.model.tally import add
from gateway.supervision.store import counting

_PORTION = 5_000


class Verdict(msgspec.Struct, frozen=True):
    """How many entries were counted, and which tables differ from what they give.

    ``begins`` is the oldest entry that is kept: only from 1 on can everything be compared.
    """

    entries: int
    begins: int
    stored: str
    counted: str
    differing: tuple[str, ...]


async def check(database: Database, tenant_id: str) -> Verdict:
    """Count the journal anew in memory, up to where the figures are, and compare."""

    def work(tx: Tx) -> Verdict:
        position, _ = counting.position(tx)
        stored, begins = counting.everything(tx), first(tx)
        if begins > 1:
            return Verdict(position, begins, digest(stored), "", ())
        counted = _count(tx, position)
        differing = tuple(name for name in stored if stored[name] != counted[name])
        return Verdict(position, begins, digest(stored), digest(counted), differing)

    return await database.read(tenant_id, work)


async def reconcile(database: Database, tenant_id: str) -> list[str]:
    """Return where figures do not agree with live work, or with each other; in words.

    Everything is read in one snapshot. Live work is only compared while nothing is left to count.
    """

    def work(tx: Tx) -> list[str]:
        found = [
            f"{name}: {added} added up, {listed} listed"
            for name, (added, listed) in counting.sums_twice(tx).items()
            if added != listed
        ]
        if counting.position(tx)[0] != end(tx):
            return found
        live, counted = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
        for (queue_id, kind, state, agent_id), number in live_counts(tx).items():
            live[_about(queue_id, kind, agent_id, waits=state in _WAITS)] += number
        for (queue_id, kind, outcome, agent_id), number in counting.open_counts(tx).items():
            counted[_about(queue_id, kind, agent_id, waits=not outcome)] += number
        found.extend(
            f"{' '.join(about)}: {live[about]} live, {counted[about]} counted"
            for about in sorted(live.keys() | counted.keys())
            if live[about] != counted[about]
        )
        return found

    return await database.read(tenant_id, work)


_WAITS = ("waiting", "offered")


def _about(queue_id: str, kind: str, agent_id: str, *, waits: bool) -> tuple[str, ...]:
    return (kind, "waits in", queue_id) if waits else (kind, "held by", agent_id)


def digest(rows: counting.Rows) -> str:
    """Return a short name of these very rows."""
    return hashlib.sha256(msgspec.json.encode(rows, order="sorted")).hexdigest()[:16]


def _count(tx: Tx, up_to: int) -> counting.Rows:
    ledger, whole = Ledger(), Changes()
    while ledger.position < up_to:
        for position, entry in entries_after(tx, ledger.position, _PORTION):
            if position > up_to:
                break
            ledger.fold(position, entry)
        join(whole, ledger.take())
    return counting.in_order(counting.rows_for(whole))


def join(into: Changes, changes: Changes) -> None:
    """Add a portion's changes to those before, as the store does."""
    for key, counts in changes.counts.items():
        add(into.counts.setdefault(key, {}), counts)
    for place, count in changes.waits.items():
        into.waits[place] = into.waits.get(place, 0) + count
    into.stays.update(changes.stays)
    into.watches.update(changes.watches)
    into.targets.update(changes.targets)
    into.spans.update(changes.spans)
