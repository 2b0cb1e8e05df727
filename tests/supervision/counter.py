"""A process that counts a journal in small portions until it is killed: run by test_faults."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gateway.acd.service import AcdService
from gateway.kernel.clock import SystemClock
from gateway.platform.bus import LocalBus
from gateway.platform.database.schema import metadata
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.supervision.service.follower import Follower
from gateway.tenancy.store import users
from tests.acd.conftest import TENANT, audited


async def count(path: Path) -> None:
    """Count to the end, a few entries at a time."""
    database = await SqliteDatabase(path, SystemClock(), prepare=metadata.create_all).open()
    acd = AcdService(
        database=database,
        bus=LocalBus(),
        clock=SystemClock(),
        people=users.all_views,
        audit=audited,
    )
    print("counting", flush=True)  # noqa: T201
    await Follower(database, acd, portion=7).catch_up(TENANT)
    await database.close()
    print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(count(Path(sys.argv[1])))
