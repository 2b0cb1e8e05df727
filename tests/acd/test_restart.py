"""A restart begins at a snapshot that is never far back, and at an older one when it is broken."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.service import snapshots
from gateway.acd.store import retention, tables
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from tests.acd.conftest import TENANT, Floor

EVERY = 20
MOST_AT_ONCE = 4
"""More entries than any one command of these tests writes."""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "EVERY", EVERY)


async def talk(floor: Floor, times: int) -> None:
    for _ in range(times):
        work = await floor.arrive()
        await floor.acd.abandon(TENANT, work.id)


async def engine_of(floor: Floor) -> Engine:
    return (await floor.acd.partitions.get(TENANT)).engine


async def kept(floor: Floor) -> list[int]:
    return sorted(await floor.database.read(TENANT, retention.kept))


async def tear(floor: Floor, position: int) -> None:
    """Leave only the first half of a snapshot."""

    def work(tx: Tx) -> None:
        here = (tables.snapshots.c.tenant_id == TENANT, tables.snapshots.c.position == position)
        row = tx.one(sa.select(tables.snapshots.c.body).where(*here))
        assert row is not None
        half = row["body"][: len(row["body"]) // 2]
        tx.execute(tables.snapshots.update().where(*here).values(body=half))

    await floor.database.write(TENANT, work)


async def test_processes_that_all_die_young_still_leave_snapshots(floor: Floor) -> None:
    await floor.ready(1)
    for _ in range(12):
        await talk(floor, 4)
        # Nothing is stopped: who comes next takes over from a process that was killed.
        await floor.begin()
        partition = await floor.acd.partitions.get(TENANT)
        assert partition.since_snapshot < EVERY + MOST_AT_ONCE
    assert len(await kept(floor)) >= 2
    assert (await kept(floor))[-1] > 60


@pytest.mark.parametrize("torn", [1, 2, 3])
async def test_a_torn_snapshot_is_passed_over(
    floor: Floor, torn: int, caplog: pytest.LogCaptureFixture
) -> None:
    await floor.ready(1)
    await talk(floor, 30)
    before = states.dump((await engine_of(floor)).state)
    positions = await kept(floor)
    assert len(positions) == 3, "the first of the week, the newest and the one before"
    for position in positions[-torn:]:
        await tear(floor, position)
    caplog.clear()
    await floor.acd.stop()
    with caplog.at_level(logging.ERROR, "wecc.acd"):
        await floor.begin()
    told = [record for record in caplog.records if "snapshot cannot be read" in record.message]
    assert [vars(record)["position"] for record in told] == positions[-torn:][::-1]
    assert vars(told[-1])["folded_from"] == [0, *positions][-torn - 1]
    after = (await engine_of(floor)).state
    assert after.interactions.keys() == states.load(before).interactions.keys()
    assert after.next_number == states.load(before).next_number
    work = await floor.arrive()
    assert work.state in ("offered", "waiting")


async def test_a_snapshot_of_another_position_is_passed_over(floor: Floor) -> None:
    await floor.ready(1)
    await talk(floor, 30)
    found = await floor.database.read(TENANT, retention.kept)
    oldest, newest = min(found), max(found)

    def swap(tx: Tx) -> None:
        here = (tables.snapshots.c.tenant_id == TENANT, tables.snapshots.c.position == newest)
        tx.execute(tables.snapshots.update().where(*here).values(body=found[oldest]))

    before = (await engine_of(floor)).state.next_number
    await floor.database.write(TENANT, swap)
    await floor.acd.stop()
    await floor.begin()
    assert (await engine_of(floor)).state.next_number == before


async def test_without_any_way_back_the_tenant_is_refused(floor: Floor) -> None:
    await floor.ready(1)
    await talk(floor, 30)
    positions = await kept(floor)
    for position in positions:
        await tear(floor, position)

    def prune(tx: Tx) -> None:
        mine = tables.journal.c.tenant_id == TENANT
        tx.execute(tables.journal.delete().where(mine, tables.journal.c.position <= positions[0]))

    await floor.database.write(TENANT, prune)
    await floor.acd.stop()
    await floor.begin()
    with pytest.raises(WeccError, match=rf"{positions[-1]} \(snapshot\)"):
        await floor.acd.partitions.get(TENANT)
