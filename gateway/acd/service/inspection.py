"""Inspects a tenant's routing journal and everything that must agree with it. Only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.inspection import Fault, Inspection
from gateway.acd.service.decision import owed_for
from gateway.acd.store import inspection as store
from gateway.acd.store import retention
from gateway.acd.store.interactions import LIVE
from gateway.platform.database.port import Database, Tx

_MOST = 1_000
_ADVICE = {
    "damaged": "The file itself is damaged: restore the newest backup.",
    "hole": "Entries are missing: restore a backup from before, or ask for help with a copy.",
    "unreadable": "The row was changed or damaged: restore a backup from before.",
    "impossible": "Something else wrote here: restore a backup from before.",
    "end_differs": "The journal was cut or written by something else: restore a backup.",
    "snapshot_differs": "Delete this snapshot; the journal before it is still whole.",
    "snapshot_unreadable": "Delete this snapshot; the journal before it is still whole.",
    "row_differs": "The journal is right and the row is not: lists and reports may be wrong.",
    "row_missing": "The journal is right: the work goes on, but lists do not show it.",
    "row_without_work": "The journal does not know this work: nobody will ever get it.",
    "call_without_entry": "Nothing in the journal asks for this call: it can be deleted.",
}
_ELSE = "Keep a copy of the data and report it: this must never happen."


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong, where, and what to do about it."""

    tenant_id: str
    code: str
    position: int | None
    about: str
    words: str
    advice: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's journal: how much of it was folded, calls still owed, and what is wrong."""

    tenant_id: str
    entries: int
    position: int
    owed: int
    findings: list[Finding]
    is_cut: bool


async def inspect(database: Database, tenant_id: str) -> Verdict:
    """Inspect one tenant in one consistent look at the database."""
    return await database.read(tenant_id, _inspected)


def _inspected(tx: Tx) -> Verdict:
    damage, owed = store.damage(tx), store.owed(tx)
    inspection, told = _folded(tx, {int(row["position"]) for row in owed})
    faults = [Fault("damaged", 0, "", damage)] if damage else []
    end = store.end(tx) or 0
    if inspection.can_go_on and inspection.position != end:
        words = f"the partition says that it ends at {end}"
        inspection.faults.append(Fault("end_differs", inspection.position, "", words))
    inspection.finish(tx.now_ms)
    faults += inspection.faults
    if inspection.can_go_on:
        faults += _rows(tx, inspection)
        faults += _calls(inspection, owed, told)
    return Verdict(
        tenant_id=tx.tenant_id,
        entries=inspection.entries,
        position=inspection.position,
        owed=len(owed),
        findings=[_finding(tx.tenant_id, fault) for fault in faults[:_MOST]],
        is_cut=len(faults) > _MOST,
    )


def _folded(tx: Tx, wanted: set[int]) -> tuple[Inspection, dict[int, e.Entry]]:
    """Fold all that is kept; also return the entries at the ``wanted`` positions."""
    snapshots = retention.kept(tx)
    first = store.first(tx)
    inspection, told = _started(snapshots, first), dict[int, e.Entry]()
    for position, kind, body in store.entries(tx, inspection.position):
        entry = inspection.read(position, kind, body)
        if not inspection.can_go_on:
            break
        if entry is not None and position in wanted:
            told[position] = entry
        if position in snapshots:
            inspection.compare(position, snapshots[position])
    return inspection, told


def _started(snapshots: Mapping[int, str], first: int | None) -> Inspection:
    """Begin at the first entry, or at the snapshot from which the kept entries go on."""
    if first == 1 or not snapshots:
        return Inspection()
    base = min(snapshots) if first is None else max([p for p in snapshots if p < first], default=0)
    if not base:
        return Inspection()
    try:
        return Inspection(states.load(snapshots[base]))
    except (ValueError, LookupError):
        inspection = Inspection()
        inspection.stop("snapshot_unreadable", base, "", "what the journal begins with is no state")
        return inspection


def _rows(tx: Tx, inspection: Inspection) -> Iterator[Fault]:
    """The rows that lists and reports read say what the replayed journal says."""
    state, at = inspection.engine.state, inspection.position
    missing = set(state.interactions)
    for row in store.rows(tx):
        key = str(row["id"])
        missing.discard(key)
        item = state.interactions.get(key)
        if item is None:
            if row["state"] in LIVE:
                words = f"its row says {row['state']}, the journal does not have it"
                yield Fault("row_without_work", at, key, words)
            continue
        for name in ("state", "agent_id", "queue_id", "priority", "epoch"):
            if row[name] != getattr(item, name):
                words = f"its row has {name} {row[name]}, the journal {getattr(item, name)}"
                yield Fault("row_differs", at, key, words)
    for key in sorted(missing):
        yield Fault("row_missing", at, key, "it has no row")


def _calls(
    inspection: Inspection, owed: list[Mapping[str, Any]], told: Mapping[int, e.Entry]
) -> Iterator[Fault]:
    """Every call that handlers still must get follows from its entry."""
    for row in owed:
        position, key = int(row["position"]), str(row["interaction_id"])
        entry = told.get(position)
        if entry is None and position <= inspection.position:
            continue  # pruned with what it belonged to
        due = None if entry is None else owed_for(position, entry)
        if due is None or (due.interaction_id, due.call) != (key, row["call"]):
            words = f"the call {row['call']} is owed, but its entry does not ask for it"
            yield Fault("call_without_entry", position, key, words)


def _finding(tenant_id: str, fault: Fault) -> Finding:
    return Finding(
        tenant_id=tenant_id,
        code=fault.code,
        position=fault.position or None,
        about=fault.about,
        words=fault.words,
        advice=_ADVICE.get(fault.code, _ELSE),
    )
