"""Online hours, first replies and ratings behind a real ACD, as lists and as files."""

from __future__ import annotations

import pytest

from gateway.engagement.service import conversations
from gateway.kernel.errors import WeccError
from gateway.supervision.model.ask import Ask
from gateway.supervision.service import SupervisionService
from tests.acd.conftest import LEAD, TENANT, Floor, agent, visitor

TODAY = Ask(by="agent", interval="day")


async def test_online_hours_say_why_and_who(floor: Floor, figures: SupervisionService) -> None:
    who = await floor.ready(1)
    floor.clock.advance(60_000)
    await floor.acd.set_state(who, "not_ready", "meal")
    floor.clock.advance(30_000)
    await floor.acd.steering.set_agent(LEAD, who.id, "ready", None, "many wait")
    floor.clock.advance(10_000)
    await floor.acd.steering.sign_out(LEAD, who.id, "went home")
    await figures.follower.catch_up(TENANT)
    floor.clock.advance(5_000)
    found = await figures.states.totals(LEAD, TODAY)
    totals = {(each.state, each.reason): (each.lasted_ms, each.times) for each in found.totals}
    assert totals[("ready", "")] == (70_000, 2)
    assert totals[("not_ready", "meal")] == (30_000, 1)
    assert sum(lasted_ms for lasted_ms, _ in totals.values()) == 100_000
    report = await figures.reports.intervals(LEAD, TODAY)
    assert report.total.figures["signed_in_ms"] == 100_000, "the same as every report"
    page = await figures.states.changes(LEAD, TODAY, "")
    told = [(each.state, each.reason, each.set_by_name) for each in page.items]
    assert told[-3:] == [("not_ready", "meal", ""), ("ready", "", "Lead"), ("offline", "", "Lead")]
    assert page.items[-1].ended_at_ms is None
    halves = await figures.states.changes(LEAD, TODAY, "", limit=2)
    assert halves.next_cursor is not None
    rest = await figures.states.changes(LEAD, TODAY, halves.next_cursor)
    assert [*halves.items, *rest.items] == page.items
    with pytest.raises(WeccError):
        await figures.states.changes(LEAD, TODAY, "what")
    assert (await figures.states.totals(agent(2), TODAY)).totals == []
    assert (await figures.states.totals(agent(1), TODAY)).totals == found.totals


async def test_a_state_that_goes_on_counts_up_to_now(
    floor: Floor, figures: SupervisionService
) -> None:
    await floor.ready(1)
    await figures.follower.catch_up(TENANT)
    floor.clock.advance(20_000)
    (ready,) = [
        each for each in (await figures.states.totals(LEAD, TODAY)).totals if each.state == "ready"
    ]
    assert ready.lasted_ms == 20_000


async def test_first_replies_and_ratings_are_in_the_report(
    floor: Floor, figures: SupervisionService
) -> None:
    item = await floor.arrive("chat")
    who = await floor.ready(1)
    offer = (await floor.acd.offers_for(who))[0]
    floor.clock.advance(8_000)
    await floor.acd.accept(who, offer.id, None)
    floor.clock.advance(4_000)
    for _ in range(3):
        await floor.acd.replied(TENANT, item.conversation_id, who.id)
        floor.clock.advance(1_000)
    guest = visitor(1)
    await floor.database.write(
        TENANT, lambda tx: conversations.rate(tx, guest, item.conversation_id, 5)
    )
    await figures.follower.catch_up(TENANT)
    for by in ("queue", "agent", "kind"):
        report = await figures.reports.intervals(LEAD, Ask(by=by, interval="day"))
        shown = report.total.figures
        assert (shown["replied"], shown["first_reply_avg_ms"]) == (1, 12_000), by
        assert (shown["ratings"], shown["rating_avg"], shown["rating_good"]) == (1, 5.0, 100.0), by
    page = await figures.reports.stays(LEAD, Ask(), "replied", "")
    assert [each.first_reply_ms for each in page.items] == [12_000]
    other = await figures.reports.intervals(LEAD, Ask(by="agent", agent_id="us_agent0002"))
    assert other.total.figures["ratings"] == 0
    board = await figures.reports.board(LEAD, "UTC")
    assert board.total["ratings"] == 1
