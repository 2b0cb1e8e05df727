"""Alarms behind a real ACD: told once, before the target is missed, and alive after a restart."""

from __future__ import annotations

import pytest

from gateway.kernel.errors import WeccError
from gateway.platform.bus import floor_topic
from gateway.supervision.service import SupervisionService
from gateway.supervision.wire import AlarmChanged, AlarmRuleBody
from tests.acd.conftest import LEAD, TENANT, Floor, agent
from tests.supervision.conftest import supervision_of


async def look(floor: Floor, figures: SupervisionService, after_ms: int = 0) -> float:
    floor.clock.advance(after_ms)
    await figures.follower.catch_up(TENANT)
    return await figures.alarms.look(TENANT)


def told(floor: Floor) -> list[tuple[str, bool]]:
    """What leads' desks have heard: what it was about, and whether it was worth a sound."""
    heard = floor.hear(floor_topic(TENANT))
    found = [frame for frame in heard if isinstance(frame, AlarmChanged)]
    heard.clear()
    return [(frame.alarm.what, frame.told) for frame in found]


async def test_leads_are_told_before_the_target_is_missed(
    floor: Floor, figures: SupervisionService
) -> None:
    told(floor)
    item = await floor.arrive("chat")
    assert await look(floor, figures) <= 48
    assert told(floor) == [("nobody", True)]
    await floor.ready(1)
    await look(floor, figures, 30_000)
    assert told(floor) == [("nobody", False)], "somebody is ready now"
    assert await look(floor, figures, 18_000) <= 12
    assert told(floor) == [("near", True)]
    await look(floor, figures, 1_000)
    assert told(floor) == [], "not every second"
    on = await figures.alarms.open_now(LEAD)
    assert [(each.what, each.kind, each.queue_name, each.number) for each in on] == [
        ("near", "chat", "General", 1)
    ]
    await look(floor, figures, 12_000)
    assert told(floor) == [("late", True), ("near", False)]
    await floor.acd.abandon(TENANT, item.id)
    await look(floor, figures, 1_000)
    assert told(floor) == [("late", False)]
    assert await figures.alarms.open_now(LEAD) == []
    page = await figures.alarms.page(LEAD, None, "")
    assert [each.what for each in page.items] == ["late", "near", "nobody"]
    assert all(each.ended_at_ms for each in page.items)
    assert page.items[0].began_at_ms == item.created_at_ms + 61_000


async def test_a_restart_tells_nothing_twice(floor: Floor, figures: SupervisionService) -> None:
    told(floor)
    await floor.arrive("chat")
    await floor.ready(1)
    await look(floor, figures, 50_000)
    assert told(floor) == [("near", True)]
    second = supervision_of(floor)
    await look(floor, second, 1_000)
    assert told(floor) == []
    assert [each.what for each in await second.alarms.open_now(LEAD)] == ["near"]
    await look(floor, second, 20_000)
    assert told(floor) == [("late", True), ("near", False)]


async def test_a_rule_is_the_queues_own_and_audited(
    floor: Floor, figures: SupervisionService
) -> None:
    told(floor)
    (rule,) = await figures.alarms.rules(LEAD)
    assert (rule.is_default, rule.near_percent, rule.queue_name) == (True, 80, "General")
    await floor.ready(1)
    await floor.arrive("chat")
    await look(floor, figures, 20_000)
    assert told(floor) == []
    body = AlarmRuleBody(near_percent=30, longest_s=15)
    changed = await figures.alarms.set_rule(LEAD, rule.queue_id, body)
    assert (changed.is_default, changed.longest_s) == (False, 15)
    await look(floor, figures)
    assert sorted(told(floor)) == [("longest", True), ("near", True)]
    assert (await figures.alarms.rules(LEAD))[0].near_percent == 30
    with pytest.raises(WeccError) as unknown:
        await figures.alarms.set_rule(LEAD, "qu_unknown01", body)
    assert unknown.value.code == "not_found"
    for refused in (
        figures.alarms.set_rule(agent(1), rule.queue_id, body),
        figures.alarms.rules(agent(1)),
        figures.alarms.open_now(agent(1)),
        figures.alarms.page(agent(1), None, ""),
    ):
        with pytest.raises(WeccError) as forbidden:
            await refused
        assert forbidden.value.code == "forbidden"


async def test_many_alarms_are_read_page_by_page(floor: Floor, figures: SupervisionService) -> None:
    for _ in range(52):
        item = await floor.arrive("chat")
        await look(floor, figures, 62_000)
        await floor.acd.abandon(TENANT, item.id)
        await look(floor, figures)
    first = await figures.alarms.page(LEAD, None, "")
    assert first.next_cursor is not None
    rest = await figures.alarms.page(LEAD, None, first.next_cursor)
    ids = [each.id for each in (*first.items, *rest.items)]
    assert (len(first.items), len(set(ids)), rest.next_cursor) == (100, len(ids), None)
    assert len(ids) > 100
    with pytest.raises(WeccError):
        await figures.alarms.page(LEAD, None, "what")
    floor.clock.advance(401 * 86_400_000)
    await figures.alarms.prune(TENANT)
    left = (await figures.alarms.page(LEAD, None, "")).items
    assert [each.what for each in left if each.ended_at_ms] == []
