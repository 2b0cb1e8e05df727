"""Counting behind a real ACD on both databases, and what reports say of it."""

from __future__ import annotations

import pytest

from gateway.acd.store.tables import journal
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.supervision.model.ask import Ask
from gateway.supervision.model.ledger import FOLD_VERSION, Changes, Ledger
from gateway.supervision.service import SupervisionService
from gateway.supervision.service.check import check, reconcile
from gateway.supervision.store import counting
from gateway.supervision.store.tables import counters, cursors, stays
from tests.acd.conftest import LEAD, TENANT, Floor, agent
from tests.supervision.conftest import supervision_of

NOTHING = counting.rows_for(Changes())


async def _story(floor: Floor) -> None:
    """Agent 1 answers one chat in time and one too late; a third contact leaves."""
    first = await floor.arrive("chat")
    who = await floor.ready(1)
    offer = (await floor.acd.offers_for(who))[0]
    await floor.tick(10_000)
    await floor.acd.accept(who, offer.id, None)
    await floor.tick(50_000)
    await floor.acd.end(who, first.id)
    await floor.acd.wrap_up(who, first.id, None)
    await floor.acd.set_state(who, "not_ready", "meal")
    second, third = await floor.arrive("chat"), await floor.arrive("chat")
    await floor.tick(70_000)
    await floor.acd.abandon(TENANT, third.id)
    await floor.acd.set_state(who, "ready", None)
    offer = (await floor.acd.offers_for(who))[0]
    await floor.acd.accept(who, offer.id, None)
    await floor.tick(20_000)
    await floor.acd.end(who, second.id)


async def test_a_report_says_what_happened(floor: Floor, figures: SupervisionService) -> None:
    await _story(floor)
    assert await figures.follower.catch_up(TENANT) > 10
    report = await figures.reports.intervals(LEAD, Ask(by="queue", interval="day"))
    shown = report.total.figures
    assert (shown["offered"], shown["answered"], shown["abandoned"]) == (3, 2, 1)
    assert (shown["answered_within"], shown["waiting"]) == (1, 0)
    assert shown["service_level_settled"] == 33.33  # 1 of 2 answered, and 1 left late
    assert shown["answer_wait_avg_ms"] == 40_000  # 10 s and 70 s
    assert shown["occupancy"] is None, "agents' time belongs to no queue"
    assert report.rows[0].name == "General"
    assert report.counted_to_ms == floor.clock.now_ms()
    by_agent = await figures.reports.intervals(LEAD, Ask(by="agent", interval="day"))
    mine = by_agent.totals[0]
    assert (mine.id, mine.name) == (agent(1).id, "Agent 1")
    assert mine.figures["accepted"] == 2
    assert mine.figures["talk_avg_ms"] == 50_000  # the second is still in wrap-up
    # From the acceptance on: 50 s with the first contact, 20 s with the second.
    assert mine.figures["busy_ms"] == 70_000
    assert mine.figures["signed_in_ms"] == 150_000


async def test_time_goes_on_while_nothing_happens(
    floor: Floor, figures: SupervisionService
) -> None:
    await floor.ready(1)
    await figures.follower.catch_up(TENANT)
    floor.clock.advance(7 * 60_000)
    report = await figures.reports.intervals(LEAD, Ask(by="agent", interval="5"))
    assert report.total.figures["ready_ms"] == 7 * 60_000
    assert sum(row.figures["ready_ms"] or 0 for row in report.rows) == 7 * 60_000


async def test_the_live_board_and_the_report_are_the_same(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await figures.follower.catch_up(TENANT)
    board = await figures.reports.board(LEAD, "Asia/Shanghai")
    ask = Ask(by="queue", interval="day", tz="Asia/Shanghai")
    report = await figures.reports.intervals(LEAD, ask)
    assert board.queues[0].today == report.totals[0].figures
    assert board.total == report.total.figures
    assert board.from_ms == report.from_ms
    assert board.queues[0].below_target == ["chat"]


async def test_the_board_warns_before_a_target_is_missed(
    floor: Floor, figures: SupervisionService
) -> None:
    item = await floor.arrive("chat")
    await figures.follower.catch_up(TENANT)
    begun_ms = item.created_at_ms

    async def at(after_ms: int) -> tuple[int, int, int | None]:
        floor.clock.advance(begun_ms + after_ms - floor.clock.now_ms())
        board = await figures.reports.board(LEAD, "UTC")
        return board.queues[0].late, board.queues[0].soon, board.next_at_ms

    assert await at(10_000) == (0, 0, begun_ms + 48_000)
    assert await at(48_000) == (0, 1, begun_ms + 60_000)
    assert await at(60_000) == (1, 0, None)


async def test_every_number_opens_as_the_list_it_counts(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await floor.arrive("chat")
    await figures.follower.catch_up(TENANT)
    report = await figures.reports.intervals(LEAD, Ask(by="queue", interval="day"))
    shown, lists = report.total.figures, 0
    for name in ("offered", "answered", "answered_within", "abandoned", "waiting", "handled"):
        page = await figures.reports.stays(LEAD, Ask(), name, "")
        assert len(page.items) == shown[name], name
        lists += len(page.items)
    assert lists > 8
    page = await figures.reports.stays(LEAD, Ask(), "answered", "")
    assert [item.wait_ms for item in page.items] == [10_000, 70_000]
    assert page.items[0].conversation_id == "cv_talk000001"
    assert page.items[0].agent_name == "Agent 1"


async def test_agents_see_themselves_and_nobody_else(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await figures.follower.catch_up(TENANT)
    mine = await figures.reports.intervals(agent(1), Ask(by="agent"))
    assert {row.id for row in mine.rows} == {agent(1).id}
    nothing = await figures.reports.intervals(agent(2), Ask(by="agent"))
    assert nothing.rows == []
    with pytest.raises(WeccError) as refused:
        await figures.reports.intervals(agent(2), Ask(by="agent", agent_id=agent(1).id))
    assert refused.value.code == "not_found"
    page = await figures.reports.stays(agent(2), Ask(), "answered", "")
    assert page.items == []
    with pytest.raises(WeccError):
        await figures.reports.board(agent(1), "UTC")


# ---- exactly once --------------------------------------------------------------------------------


async def test_a_new_process_goes_on_where_the_last_one_stopped(floor: Floor) -> None:
    for _ in range(3):
        await _story(floor)
        figures = supervision_of(floor)  # a process that knows nothing yet
        await figures.follower.catch_up(TENANT)
        assert await figures.follower.catch_up(TENANT) == 0
    assert (await check(floor.database, TENANT)).differing == ()


async def test_two_who_count_never_count_twice(floor: Floor) -> None:
    one, two = supervision_of(floor), supervision_of(floor)
    for counts in (one, two, one, two):
        await _story(floor)
        await counts.follower.catch_up(TENANT)
    verdict = await check(floor.database, TENANT)
    assert verdict.differing == ()
    with pytest.raises(counting.Overtaken):
        await floor.database.write(
            TENANT,
            lambda tx: counting.save(tx, FOLD_VERSION, 1, (2, 2), NOTHING),
        )


async def test_counting_anew_gives_identical_rows(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await figures.follower.catch_up(TENANT)
    before = await floor.database.read(TENANT, counting.everything)
    verdict = await check(floor.database, TENANT)
    assert verdict.stored == verdict.counted
    await figures.follower.rebuild(TENANT)
    assert await floor.database.read(TENANT, counting.everything) == before


async def test_figures_of_other_rules_are_counted_anew(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await floor.database.write(
        TENANT,
        lambda tx: counting.save(tx, FOLD_VERSION - 1, 0, (5, 5), NOTHING),
    )
    await figures.follower.catch_up(TENANT)
    assert (await check(floor.database, TENANT)).differing == ()


async def test_figures_outlive_the_journal_they_came_from(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await figures.follower.catch_up(TENANT)
    before = await figures.reports.intervals(LEAD, Ask(by="queue", interval="day"))

    def age(tx: Tx) -> None:
        mine = (journal.c.tenant_id == TENANT, journal.c.position <= 10)
        tx.execute(journal.delete().where(*mine))
        tx.execute(cursors.update().values(version=FOLD_VERSION - 1))

    await floor.database.write(TENANT, age)
    with pytest.raises(WeccError) as refused:
        await figures.follower.rebuild(TENANT)
    assert "from entry 11 on" in refused.value.message
    assert (await check(floor.database, TENANT)).begins == 11
    await floor.arrive("chat")
    again = supervision_of(floor)
    await again.follower.catch_up(TENANT)
    after = await again.reports.intervals(LEAD, Ask(by="queue", interval="day"))
    assert after.total.figures["answered"] == before.total.figures["answered"] == 2
    assert after.total.figures["offered"] == 4


async def test_what_was_tampered_with_is_named(floor: Floor, figures: SupervisionService) -> None:
    await _story(floor)
    await figures.follower.catch_up(TENANT)
    await floor.database.write(
        TENANT,
        lambda tx: tx.execute(counters.update().values(offered=9)),
    )
    assert (await check(floor.database, TENANT)).differing == ("figure_counters",)


async def test_live_work_and_lists_agree_with_the_figures(
    floor: Floor, figures: SupervisionService
) -> None:
    await _story(floor)
    await floor.arrive("chat")
    await floor.arrive("call")
    assert await reconcile(floor.database, TENANT) == [], "nothing was counted yet"
    await figures.follower.catch_up(TENANT)
    assert await reconcile(floor.database, TENANT) == []

    def tamper(tx: Tx) -> None:
        tx.execute(counters.update().values(abandoned=0))
        tx.execute(stays.update().where(stays.c.over_ms == 0).values(kind="call"))

    await floor.database.write(TENANT, tamper)
    told = await reconcile(floor.database, TENANT)
    assert told[0] == "abandoned: 0 added up, 1 listed"
    assert any(words.startswith("chat waits in") and "1 live, 0 counted" in words for words in told)


def test_an_empty_ledger_changes_nothing() -> None:
    assert Ledger().take() == Changes()
