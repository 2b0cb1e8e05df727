"""``wecc simulate``: a scenario file, or a tenant's recorded work once more."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.model.state import State
from gateway.acd.service.book import queue_hours, read_book
from gateway.acd.service.rehearsals import configuration_of
from gateway.acd.simulation.recording import Recording, record
from gateway.acd.simulation.rehearsal import Comparison, rehearse
from gateway.acd.simulation.run import simulate
from gateway.acd.simulation.scenario import FILE_BYTES, read
from gateway.acd.simulation.tally import Outcome, table
from gateway.acd.store import journal
from gateway.app import build_store
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import PLATFORM, Database
from gateway.settings import Settings
from gateway.tenancy.store import tenants

_DAY_MS = 86_400_000
_EARLIER_MS = 12 * 3_600_000
_ROWS = 20_000
_MOST_ROWS = 2_000_000


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Simulate what was asked for; prints a table, or one JSON object."""
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    if (arguments.scenario is None) != arguments.week:
        raise WeccError("bad_value", "Give either a scenario file or --week.")
    if arguments.week:
        if not Path(settings.store.data_dir).exists() and not settings.store.database_url:
            data_dir = settings.store.data_dir
            raise WeccError("not_found", f"There is no data directory {data_dir}.")
        return asyncio.run(_week(settings, arguments, seed))
    outcome = simulate(read(_bytes(arguments.scenario)), seed)
    if arguments.json:
        print(json.dumps({"seed": seed, **msgspec.to_builtins(outcome)}))
    else:
        print(f"seed {seed}\n{table(outcome)}")
    return 0


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES + 1)
    except OSError as error:
        raise WeccError("bad_value", f"{path} cannot be read: {error.strerror}.") from None


async def _week(settings: Settings, arguments: argparse.Namespace, seed: int) -> int:
    store = await build_store(settings)
    try:
        tenant_id = await _tenant(store.database, arguments.tenant)
        since_ms = store.clock.now_ms() - arguments.days * _DAY_MS
        recording, state = await _recorded(store.database, tenant_id, since_ms)
        book = await store.database.read(tenant_id, lambda tx: read_book(tx, lambda _: ()))
    finally:
        await store.close()
    hours = queue_hours(book.queues.values(), book.hours)
    present = configuration_of(state, None, hours)
    busiest = max(present.queues, key=lambda rule: recording.answered(rule.queue_id), default=None)
    if busiest is None:
        raise WeccError("not_found", "The tenant has no queue.")
    compared = rehearse(recording, busiest.queue_id, (present, present), seed)
    if arguments.json:
        print(json.dumps({"seed": seed, **msgspec.to_builtins(compared)}))
    else:
        _show(compared, seed)
    return 0


def _show(compared: Comparison, seed: int) -> None:
    hours = (compared.to_ms - compared.from_ms) / 3_600_000
    print(f"seed {seed}\nrecorded: {compared.contacts} contacts in {hours:.1f} hours")
    recorded = Outcome(queues=compared.recorded, agents=0, occupancy=None, fairness=None)
    print(table(recorded).rpartition("\n")[0])
    if compared.before is None:
        print(f"simulated: not enough recorded work ({compared.answered} contacts answered)")
        return
    print(f"simulated:\n{table(compared.before)}")


async def _tenant(database: Database, wanted: str | None) -> str:
    rows = await database.read(PLATFORM, tenants.all_rows)
    ids = [str(row["id"]) for row in rows]
    if wanted is not None and wanted in ids:
        return wanted
    if wanted is None and len(ids) == 1:
        return ids[0]
    known = ", ".join(ids) or "none"
    raise WeccError("bad_value", f"Say which tenant with --tenant; there are: {known}.")


async def _recorded(database: Database, tenant_id: str, since_ms: int) -> tuple[Recording, State]:
    """Read the journal since a moment, and the state it leads to."""
    tail = await database.read(tenant_id, journal.read_tail)
    engine = Engine(states.load(tail.snapshot) if tail.snapshot is not None else None)
    for body in tail.entries:
        engine.apply(e.decode(body))
    bodies: list[str] = []
    start = await database.read(
        tenant_id, lambda tx: journal.position_before(tx, since_ms - _EARLIER_MS)
    )
    while len(bodies) < _MOST_ROWS:
        rows = await _chunk(database, tenant_id, start)
        if not rows:
            break
        bodies += [body for _, body in rows]
        start = rows[-1][0]
    recording, unread = record(bodies, since_ms)
    if unread:
        print(f"{unread} journal entries could not be read", file=sys.stderr)
    return recording, engine.state


async def _chunk(database: Database, tenant_id: str, after: int) -> Sequence[tuple[int, str]]:
    return await database.read(tenant_id, lambda tx: journal.rows_after(tx, after, _ROWS))
