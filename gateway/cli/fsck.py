"""``wecc fsck``: is the routing journal sound, and does everything agree with it? Only reads."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import msgspec

from gateway.acd.service.inspection import Verdict, inspect
from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.database import migrate
from gateway.platform.database.opening import FILE_NAME
from gateway.platform.database.port import PLATFORM, Database
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.settings import Settings
from gateway.tenancy.store import tenants


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Inspect every tenant, or one; prints what is wrong and returns 1 when something is."""
    verdicts = asyncio.run(_inspect(settings, arguments.database, arguments.tenant))
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(verdicts), indent=1).decode())
    else:
        for verdict in verdicts:
            _show(verdict)
    return 1 if any(verdict.findings for verdict in verdicts) else 0


def _show(verdict: Verdict) -> None:
    said = f"{len(verdict.findings)} thing(s) wrong" if verdict.findings else "sound"
    print(
        f"{verdict.tenant_id}: {verdict.entries} entries up to position {verdict.position},"
        f" {verdict.owed} call(s) still owed: {said}"
    )
    for finding in verdict.findings:
        at = f" position {finding.position}" if finding.position else ""
        about = f" {finding.about}" if finding.about else ""
        print(f"  {finding.code}:{at}{about}: {finding.words}. {finding.advice}")
    if verdict.is_cut:
        print("  ... and more")


async def _inspect(settings: Settings, url: str | None, wanted: str | None) -> list[Verdict]:
    database = await _opened(settings, url or settings.store.database_url)
    try:
        await database.read(PLATFORM, lambda tx: migrate.require_current(tx.connection))
        rows = await database.read(PLATFORM, tenants.all_rows)
        ids = [str(row["id"]) for row in rows if wanted in (None, row["id"])]
        if wanted is not None and not ids:
            raise WeccError("not_found", f"There is no tenant {wanted}.")
        return [await inspect(database, tenant_id) for tenant_id in ids]
    finally:
        await database.close()


async def _opened(settings: Settings, url: str) -> SqliteDatabase | Database:
    """Open what is there, without bringing its schema up."""
    if url:
        from gateway.platform.database.postgresql import PostgresqlDatabase

        return await PostgresqlDatabase(url, SystemClock()).open()
    path = Path(settings.store.data_dir) / FILE_NAME
    if not path.exists():
        raise WeccError("not_found", f"There is no database {path}.")
    return await SqliteDatabase(path, SystemClock(), prepare=lambda _: None).open()
