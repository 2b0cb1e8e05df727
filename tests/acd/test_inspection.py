"""Inspecting a journal: silent about a sound one, and every kind of harm is named and placed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.acd.model import commands as c
from gateway.acd.model import state as states
from gateway.acd.service.inspection import Verdict, inspect
from gateway.acd.store import retention
from gateway.acd.store.tables import deliveries, interactions, journal, partitions, snapshots
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from tests.acd.conftest import TENANT, Floor, agent
from tests.acd.test_faults import fragile

_MINE = journal.c.tenant_id == TENANT


async def worked(floor: Floor) -> None:
    """A short shift: answered, missed, waiting and wrapped up work."""
    one = await floor.ready(1)
    first = await floor.arrive()
    (offer,) = await floor.acd.offers_for(one)
    await floor.acd.accept(one, offer.id, None)
    await floor.tick(5_000)
    await floor.acd.end(one, first.id)
    await floor.acd.wrap_up(one, first.id, None)
    await floor.arrive()
    await floor.tick(31_000)
    await floor.arrive()
    await floor.settle()


async def change(floor: Floor, statement: Any) -> None:
    def work(tx: Tx) -> None:
        tx.execute(statement)

    await floor.database.write(TENANT, work)


async def codes(floor: Floor) -> dict[str, int | None]:
    verdict = await inspect(floor.database, TENANT)
    assert all(finding.advice for finding in verdict.findings)
    return {finding.code: finding.position for finding in verdict.findings}


async def position_of(floor: Floor, kind: str) -> int:
    def work(tx: Tx) -> int:
        row = tx.one(
            sa.select(sa.func.max(journal.c.position).label("at")).where(
                _MINE, journal.c.kind == kind
            )
        )
        assert row is not None
        return int(row["at"])

    return await floor.database.read(TENANT, work)


async def test_a_sound_journal_has_nothing_to_tell(floor: Floor) -> None:
    await worked(floor)
    verdict: Verdict = await inspect(floor.database, TENANT)
    assert verdict.findings == []
    assert verdict.entries == verdict.position > 10
    state = (await floor.acd.partitions.get(TENANT)).engine.state
    at, body = state.position, states.dump(state).decode()
    await floor.database.write(TENANT, lambda tx: retention.put_snapshot(tx, at, state.at_ms, body))
    await floor.tick(1_000)
    await floor.arrive()
    assert await codes(floor) == {}
    await floor.database.write(TENANT, lambda tx: retention.prune(tx, state.at_ms + 1))
    verdict = await inspect(floor.database, TENANT)  # what is left is judged from the snapshot
    assert verdict.findings == []
    assert verdict.entries < verdict.position


@pytest.mark.parametrize("body", ["{", '{"kind":"unheard_of","at_ms":1}', '{"kind":"offered"}'])
async def test_a_row_that_cannot_be_read(floor: Floor, body: str) -> None:
    await worked(floor)
    at = await position_of(floor, "offered")
    await change(floor, journal.update().where(_MINE, journal.c.position == at).values(body=body))
    assert await codes(floor) == {"unreadable": at}


async def test_a_hole_and_a_false_end(floor: Floor) -> None:
    await worked(floor)
    end = (await floor.acd.partitions.get(TENANT)).engine.state.position
    await change(
        floor, partitions.update().where(partitions.c.tenant_id == TENANT).values(position=end + 1)
    )
    assert (await codes(floor))["end_differs"] == end
    await change(floor, journal.delete().where(_MINE, journal.c.position == 4))
    assert await codes(floor) == {"hole": 5}


async def test_an_entry_that_cannot_be(floor: Floor) -> None:
    await worked(floor)
    at = await position_of(floor, "offered")
    body = (
        '{"kind":"accepted","at_ms":1,"offer_id":"of_9","interaction_id":"in_9","agent_id":"us_9"}'
    )
    values = {"body": body, "kind": "accepted"}
    await change(floor, journal.update().where(_MINE, journal.c.position == at).values(**values))
    found = await codes(floor)
    assert found["impossible"] == at
    assert "time_goes_back" in found


async def test_work_offered_twice_or_to_the_wrong_agent(floor: Floor) -> None:
    await worked(floor)
    at = await position_of(floor, "offered")

    def work(tx: Tx) -> None:
        row = tx.one(sa.select(journal).where(_MINE, journal.c.position == at))
        assert row is not None
        body = row["body"].replace("us_agent0001", "us_agent0002")
        tx.execute(journal.update().where(_MINE, journal.c.position == at).values(body=body))

    offline = await floor.ready(2)
    await floor.acd.disconnected(offline, "so_2")
    await floor.database.write(TENANT, work)
    found = await codes(floor)
    assert found.get("wrong_agent", found.get("impossible")) == at


async def test_rows_and_calls_must_agree(floor: Floor) -> None:
    await worked(floor)
    waiting = interactions.c.state == "waiting"
    await change(floor, interactions.update().where(waiting).values(priority=9))
    assert set(await codes(floor)) == {"row_differs"}
    last = sa.select(sa.func.max(interactions.c.id)).where(waiting).scalar_subquery()
    one = interactions.update().where(interactions.c.id == last)
    await change(floor, one.values(id="in_unknown01"))
    assert set(await codes(floor)) >= {"row_without_work", "row_missing"}
    owed = {"tenant_id": TENANT, "position": 1, "interaction_id": "in_x", "call": "offered"}
    await change(floor, deliveries.insert().values(**owed, agent_id=None, cause=""))
    assert (await codes(floor))["call_without_entry"] == 1


async def test_a_snapshot_must_be_what_came_before(floor: Floor) -> None:
    await worked(floor)
    state = (await floor.acd.partitions.get(TENANT)).engine.state
    at, body = state.position, states.dump(state).decode()
    await floor.database.write(TENANT, lambda tx: retention.put_snapshot(tx, at, 1, body))
    changed = body.replace('"next_offer":', '"next_offer":1')
    mine = snapshots.c.tenant_id == TENANT
    await change(floor, snapshots.update().where(mine).values(body=changed))
    assert await codes(floor) == {"snapshot_differs": at}
    await change(floor, snapshots.update().where(mine).values(body="nothing"))
    assert await codes(floor) == {"snapshot_unreadable": at}


@pytest.mark.parametrize("harm", ["unreadable", "impossible", "hole"])
async def test_a_poisoned_tenant_is_refused_and_named(floor: Floor, harm: str, caplog: Any) -> None:
    await worked(floor)
    at = await position_of(floor, "offered")
    here = journal.update().where(_MINE, journal.c.position == at)
    gone = '{"kind":"wrapped","at_ms":1,"interaction_id":"in_9","agent_id":"us_9"}'
    harms = {
        "unreadable": here.values(body="{"),
        "impossible": here.values(body=gone),
        "hole": journal.delete().where(_MINE, journal.c.position == at + 1),
    }
    await floor.acd.stop()
    await change(floor, harms[harm])
    again = await floor.begin()  # starts all the same: other tenants are served
    assert list(again.refused()) == [TENANT]
    assert "wecc fsck" in again.refused()[TENANT]
    record = next(one for one in caplog.records if one.msg.startswith("a tenant is not routed"))
    assert (record.tenant_id, record.code) == (TENANT, "journal_refused")
    with pytest.raises(WeccError) as error:
        await floor.arrive()
    assert error.value.code == "journal_refused"


async def test_poison_met_while_running_is_refused_and_named(floor: Floor, caplog: Any) -> None:
    """The rows are read again when a commit failed; nothing before that looks at them."""
    database = await fragile(floor)
    await worked(floor)
    other = await floor.acd.partitions.get("tn_other0001")
    at = await position_of(floor, "offered")
    await change(floor, journal.update().where(_MINE, journal.c.position == at).values(body="{"))
    partition = await floor.acd.partitions.get(TENANT)
    database.refuse = 1
    with pytest.raises(WeccError) as error:
        await partition.submit(c.Connect(agent_id="us_agent0009"))
    assert error.value.code == "disk_full"
    for _ in range(300):
        if floor.acd.refused():
            break
        await asyncio.sleep(0.05)
    assert list(floor.acd.refused()) == [TENANT]
    assert f"position {at}" in floor.acd.refused()[TENANT]
    record = next(one for one in caplog.records if one.msg.startswith("a tenant is not routed"))
    assert (record.tenant_id, record.position) == (TENANT, at)
    for attempt in (partition.submit(c.Tick()), floor.acd.offers_for(agent(1)), floor.arrive()):
        with pytest.raises(WeccError) as error:
            await attempt
        assert error.value.code == "journal_refused"
    assert await other.submit(c.Connect(agent_id="us_agent0009")), "others are served"
