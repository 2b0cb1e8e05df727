"""Whether the stored figures are what the journal says, byte for byte."""

from __future__ import annotations

import hashlib

import msgspec

from gateway.acd.service.history import entries_after, first
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
