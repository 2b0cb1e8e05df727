"""Explanations from the real journal, in a real child process, told to whom they may be told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from gateway.acd.service.explanations import Explanations
from gateway.acd.store import replay, retention
from gateway.acd.store.tables import journal
from gateway.acd.wire.queues import QueueBody
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.platform.isolation import Isolation
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent


@pytest.fixture
async def explanations(floor: Floor) -> AsyncIterator[Explanations]:
    isolation = Isolation(parallel=1)
    yield Explanations(floor.acd.partitions, isolation)
    await isolation.close()


async def test_a_lead_reads_the_whole_wait(floor: Floor, explanations: Explanations) -> None:
    returns = await floor.acd.settings.put_queue(ADMIN, None, QueueBody(name="Returns"))
    work = await floor.arrive(queue_id=returns.id)
    await floor.tick(30_000)
    general = await floor.queue()
    await floor.acd.steering.move(LEAD, work.id, general, "knows the case")
    await floor.tick(5_000)
    first = await floor.ready(1)
    (offer,) = await floor.acd.offers_for(first)
    await floor.tick(31_000)  # missed
    await floor.tick(2_000)
    second = await floor.ready(2)
    (again,) = await floor.acd.offers_for(second)
    await floor.tick(4_000)
    await floor.acd.accept(second, again.id, None)
    (listed,) = await explanations.of_conversation(LEAD, work.conversation_id)
    assert (listed.interaction_id, listed.queue_name) == (work.id, "General")
    told = await explanations.explain(LEAD, work.id)
    assert [one.cause for one in told.stretches] == [
        "nobody_on_duty", "nobody_on_duty", "ringing", "nobody_ready", "ringing", "in_hand",
    ]  # fmt: skip
    moved = next(turn for turn in told.turns if turn.what == "moved")
    assert (moved.by, moved.why) == (LEAD.id, "knows the case")
    assert told.queues == {returns.id: "Returns", general: "General"}
    assert told.agents[first.id] == "Agent 1"
    assert [one.outcome for one in told.offers] == ["expired", "accepted"]
    assert [one.offer_id for one in told.offers] == [offer.id, again.id]
    assert told.waited_ms == 72_000
    side = await explanations.explain_agent(LEAD, work.id, first.id)
    assert side.agent_name == "Agent 1"
    assert side.offers[1].exclusion is not None
    assert side.offers[1].exclusion.state_reason == "no_answer"


async def test_an_agent_learns_why_it_came_and_no_names(
    floor: Floor, explanations: Explanations
) -> None:
    work = await floor.arrive()
    missed, mine = await floor.ready(1), None
    await floor.tick(31_000)
    mine = await floor.ready(2)
    (offer,) = await floor.acd.offers_for(mine)
    told = await explanations.explain(mine, work.id)  # while it rings
    assert [one.offer_id for one in told.offers] == [offer.id]
    assert told.agents == {mine.id: "Agent 2"}
    text = str(told)
    assert missed.id not in text
    assert "Agent 1" not in text
    await floor.acd.accept(mine, offer.id, None)
    side = await explanations.explain_agent(mine, work.id, mine.id)
    assert [one.offer_id for one in side.offers] == [offer.id]
    for who, whom in ((mine, missed.id), (missed, missed.id), (agent(3), agent(3).id)):
        with pytest.raises(WeccError) as error:
            await explanations.explain_agent(who, work.id, whom)
        assert error.value.code == "not_found"
    with pytest.raises(WeccError) as error:
        await explanations.explain(LEAD, "in_unknown01")
    assert error.value.code == "not_found"


async def test_pruned_journals_say_so(floor: Floor, explanations: Explanations) -> None:
    work = await floor.arrive()
    await floor.tick(1_000)
    partition = await floor.acd.partitions.get(TENANT)
    position, at_ms = partition.engine.state.position, partition.engine.state.at_ms
    body = "{}"
    await floor.database.write(TENANT, lambda tx: retention.put_snapshot(tx, position, at_ms, body))
    await floor.database.write(TENANT, lambda tx: retention.prune(tx, at_ms + 1))
    with pytest.raises(WeccError) as error:
        await explanations.explain(LEAD, work.id)
    assert error.value.code == "gone"
    with pytest.raises(WeccError) as error:
        await Explanations(floor.acd.partitions, None).explain(LEAD, work.id)
    assert error.value.code == "not_ready"  # such a process has no children


async def test_a_moment_is_found_by_halving(floor: Floor) -> None:
    for _ in range(12):
        await floor.arrive()
        floor.clock.advance(700)

    def naive(tx: Tx, at_ms: int) -> int:
        mine = (journal.c.tenant_id == TENANT, journal.c.at_ms < at_ms)
        row = tx.one(sa.select(sa.func.max(journal.c.position).label("at")).where(*mine))
        return int(row["at"] or 0) if row is not None else 0

    def work(tx: Tx) -> None:
        times = [row["at_ms"] for row in tx.all(sa.select(journal.c.at_ms))]
        for at_ms in {*times, times[0] - 1, times[-1] + 1, times[5] + 350}:
            assert replay._before(tx, 1, len(times), at_ms) == naive(tx, at_ms)

    await floor.database.read(TENANT, work)
