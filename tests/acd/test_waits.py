"""Waits as people are told them: unknown first, then a range, shown to leads with its record."""

from __future__ import annotations

import pytest

from gateway.acd.service import waits
from gateway.acd.wire import AgentProfileBody, QueuePlace, WaitRange
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent

HANDLING_MS = 120_000


async def _one_at_a_time(floor: Floor) -> Actor:
    who = await floor.ready(1)
    body = AgentProfileBody(queue_ids=[await floor.queue()], capacity={"chat": 1})
    await floor.acd.settings.put_profile(ADMIN, who.id, body)
    return who


async def _serve(floor: Floor, who: Actor) -> None:
    work = await floor.arrive()
    (offer,) = await floor.acd.offers_for(who)
    await floor.acd.accept(who, offer.id, None)
    floor.clock.advance(HANDLING_MS)
    await floor.acd.end(who, work.id)
    await floor.acd.wrap_up(who, work.id, None)


async def test_a_wait_is_unknown_until_the_rates_are_known(floor: Floor) -> None:
    who = await _one_at_a_time(floor)
    await floor.arrive()
    waiting = await floor.arrive()
    place = await floor.acd.place(TENANT, waiting.id)
    assert (place.position, place.wait) == (1, None)
    (live,) = await floor.acd.queues_live(who)
    assert live.waits == {}


async def test_a_range_is_told_once_rates_are_known(floor: Floor) -> None:
    who = await _one_at_a_time(floor)
    for _ in range(9):
        await _serve(floor, who)
    await floor.arrive()
    seen = floor.at_visitor(floor.made + 1)
    first = await floor.arrive()
    second = await floor.arrive()
    await floor.settle()
    near = (await floor.acd.place(TENANT, first.id)).wait
    far = (await floor.acd.place(TENANT, second.id)).wait
    assert near is not None
    assert far is not None
    assert near.p50_ms < HANDLING_MS < near.p90_ms
    assert far.p50_ms > near.p50_ms
    assert far.p90_ms > near.p90_ms
    assert [frame.wait for frame in seen if isinstance(frame, QueuePlace)][-1] == near
    (live,) = await floor.acd.queues_live(who)
    assert live.waits["chat"].p90_ms > far.p90_ms


async def test_leads_see_what_estimates_go_by_and_how_they_held(floor: Floor) -> None:
    who = await _one_at_a_time(floor)
    for _ in range(9):
        await _serve(floor, who)
    served = await floor.arrive()
    await floor.arrive()
    await floor.settle()
    (offer,) = await floor.acd.offers_for(who)
    await floor.acd.accept(who, offer.id, None)
    floor.clock.advance(30_000)
    await floor.acd.end(who, served.id)
    await floor.acd.wrap_up(who, served.id, None)
    (offer,) = await floor.acd.offers_for(who)
    await floor.acd.accept(who, offer.id, None)
    (view,) = await floor.acd.waits(LEAD)
    assert (view.kind, view.slots, view.waiting) == ("chat", 1, 0)
    assert view.mean_handling_ms == pytest.approx(HANDLING_MS, rel=0.15)
    assert [(one.ahead_from, one.checked, one.coverage) for one in view.promises] == [(0, 1, 1.0)]
    with pytest.raises(WeccError, match="forbidden"):
        await floor.acd.waits(agent(1))


async def test_another_process_goes_on_with_what_was_learned(floor: Floor) -> None:
    who = await _one_at_a_time(floor)
    for _ in range(9):
        await _serve(floor, who)
    await floor.arrive()
    waiting = await floor.arrive()
    before = (await floor.acd.place(TENANT, waiting.id)).wait
    await floor.acd.stop()
    await floor.begin()
    assert (await floor.acd.place(TENANT, waiting.id)).wait is None  # nobody is back yet
    await floor.acd.connected(who, "so_again")
    floor.clock.advance(2_000)
    after = (await floor.acd.place(TENANT, waiting.id)).wait
    assert isinstance(before, WaitRange)
    assert isinstance(after, WaitRange)
    assert after.p90_ms == pytest.approx(before.p90_ms, rel=0.3)


async def test_many_agents_on_duty_do_not_hide_what_is_learned_from(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start writes an entry for each of them."""
    monkeypatch.setattr(waits, "_LEARNED_FROM", 100)
    who = await _one_at_a_time(floor)
    for number in range(2, 152):
        await floor.acd.connected(agent(number), f"so_{number}")
    for _ in range(9):
        await _serve(floor, who)
    await floor.acd.stop()
    await floor.begin()
    (view,) = await floor.acd.waits(LEAD)
    assert view.mean_handling_ms == pytest.approx(HANDLING_MS, rel=0.15)
