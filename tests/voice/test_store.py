"""Calls and legs on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.kernel.clock import SystemClock
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Database
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.schema import metadata
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.voice import model, store
from gateway.voice.model import Call, Leg, Prepared
from gateway.voice.ports import LegStats
from tests.servers.postgresql import (  # noqa: F401
    Urls,
    postgresql_database,
    postgresql_server,
    postgresql_urls,
)

TENANT = "tn-000001"


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    database = SqliteDatabase(tmp_path / "wecc.db", SystemClock(), prepare=metadata.create_all)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def postgresql(postgresql_urls: Urls) -> AsyncIterator[Database]:  # noqa: F811
    await prepare_server(postgresql_urls.owner, postgresql_urls.app, metadata, metadata.create_all)
    database = PostgresqlDatabase(postgresql_urls.app, SystemClock(), metadata)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def database(request: pytest.FixtureRequest) -> Database:
    chosen: Database = request.getfixturevalue(request.param)
    return chosen


def full() -> Call:
    return Call(
        id="call-00001", conversation_id="cv-0000001", interaction_id="in-0000001",
        visitor_id="vi-000001", state="held", visitor_leg=Leg("tn/call/visitor/1"),
        started_at_ms=1_700_000_000_000, agent_id="us-000001",
        agent_leg=Leg("tn/call/agent/1", 1_700_000_000_009, "silent"),
        prepared=Prepared("us-000002", "tn/call/agent/2"), held_by="visitor",
        muted=("agent", "visitor"), connected_at_ms=1_700_000_000_005,
    )  # fmt: skip


async def test_a_call_is_read_as_it_was_written(database: Database) -> None:
    call = full()
    await database.write(TENANT, lambda tx: store.insert(tx, call))
    found = await database.read(TENANT, lambda tx: store.find(tx, call.id))
    assert found == call
    assert await database.read("tn-000002", lambda tx: store.find(tx, call.id)) is None
    for living in (
        await database.read(TENANT, store.living),
        await database.read(TENANT, lambda tx: store.living_of_visitor(tx, "vi-000001")),
        await database.read(TENANT, lambda tx: store.living_of_agent(tx, "us-000001")),
    ):
        assert living == [call]
    over = replace(model.end(call, "leg_lost", 1_700_000_000_020), agent_leg=None, prepared=None)
    await database.write(TENANT, lambda tx: store.update(tx, over))
    assert await database.read(TENANT, store.living) == []
    assert await database.write(TENANT, lambda tx: store.find(tx, call.id, lock=True)) == over
    ended = await database.read(
        TENANT, lambda tx: store.interactions_ended_since(tx, 1_700_000_000_020)
    )
    assert ended == ["in-0000001"]


async def test_a_leg_keeps_its_first_end_and_its_counters(database: Database) -> None:
    stats = LegStats("l", 10, 20, 1, 800, 1_600, 2.5, None)
    for work in (
        lambda tx: store.begin_leg(tx, "leg-1", "call-00001", "visitor"),
        lambda tx: store.begin_leg(tx, "leg-1", "call-00001", "visitor"),
        lambda tx: store.end_leg(tx, "leg-1", "replaced"),
        lambda tx: store.end_leg(tx, "leg-1", "leg_lost"),
        lambda tx: store.keep_stats(tx, "leg-1", stats),
    ):
        await database.write(TENANT, work)
        await asyncio.sleep(0)
    (row,) = await database.read(TENANT, lambda tx: tx.all(store.legs.select()))
    assert (row["cause"], row["packets_sent"], row["jitter_ms"]) == ("replaced", 20, 2.5)
