"""A host's clock that is set, a socket that flaps, commands twice and in the wrong order."""

from __future__ import annotations

import pytest

from gateway.acd.service.inspection import inspect
from gateway.acd.service.steady import SteadyTime
from gateway.kernel.actor import Actor
from gateway.kernel.clock import ManualClock
from gateway.kernel.errors import WeccError
from tests.acd.conftest import TENANT, Floor, agent

HOUR_MS = 3_600_000


class HostClock(ManualClock):
    """A clock whose time of day can be set, while what it measures goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.set_by_ms


@pytest.fixture
def clock() -> ManualClock:
    return HostClock()


def set_clock(floor: Floor, by_ms: int) -> None:
    assert isinstance(floor.clock, HostClock)
    floor.clock.set_by_ms += by_ms


async def sound(floor: Floor) -> None:
    await floor.settle()
    assert (await inspect(floor.database, TENANT)).findings == []


async def ringing(floor: Floor, who: Actor) -> list[str]:
    return [offer.id for offer in await floor.acd.offers_for(who)]


@pytest.mark.parametrize("step_ms", [1, 7, 19, 500])
@pytest.mark.parametrize("by_ms", [10_000, -10_000])
def test_time_comes_right_slowly_however_often_it_is_asked(step_ms: int, by_ms: int) -> None:
    clock = HostClock()
    time, last_ms = SteadyTime(clock, 0), clock.now_ms()
    clock.set_by_ms += by_ms
    for _ in range(210_000 // step_ms):
        clock.advance(step_ms)
        now_ms = time.now_ms()
        assert 0 <= now_ms - last_ms <= step_ms + step_ms // 20 + 1, "no jump, and never back"
        last_ms = now_ms
    assert abs(last_ms - clock.now_ms()) <= 1


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS, -24 * HOUR_MS, 400 * 24 * HOUR_MS])
async def test_a_clock_that_is_set_ends_no_offer_and_keeps_none(floor: Floor, by_ms: int) -> None:
    who = await floor.ready(1)
    work = await floor.arrive()
    (offer_id,) = await ringing(floor, who)
    await floor.tick(5_000)
    set_clock(floor, by_ms)
    await floor.tick(1_000)
    assert await ringing(floor, who) == [offer_id]
    assert (await floor.acd.agent_view(who)).state == "ready"
    await floor.tick(30_000)  # its time is over by what passed, not by what the clock shows
    assert await ringing(floor, who) == []
    assert (await floor.acd.interaction(TENANT, work.id)).state == "waiting"
    await sound(floor)


async def test_work_stays_with_an_agent_whose_socket_flaps(floor: Floor) -> None:
    who = await floor.ready(1)
    work = await floor.arrive()
    await floor.acd.accept(who, (await ringing(floor, who))[0], None)
    later = await floor.arrive()
    for _ in range(12):
        await floor.acd.disconnected(who, "so_1")
        await floor.tick(4_000)
        await floor.acd.connected(who, "so_1")
        view = await floor.acd.interaction(TENANT, work.id)
        assert (view.state, view.agent_id) == ("active", who.id)
        await floor.tick(500)
    assert (await floor.acd.interaction(TENANT, later.id)).state in ("offered", "waiting")
    await floor.acd.disconnected(who, "so_1")
    other = await floor.ready(2)
    await floor.tick(21_000)  # this time they do not come back
    offers = await floor.acd.offers_for(other)
    assert {offer.interaction.id for offer in offers} == {work.id, later.id}
    await sound(floor)


async def test_commands_twice_and_in_the_wrong_order(floor: Floor) -> None:
    who, acd = await floor.ready(1), floor.acd
    work = await floor.arrive()
    (offer_id,) = await ringing(floor, who)
    early = (
        (acd.end(who, work.id), "forbidden", "wrong_state", "not_found"),
        (acd.wrap_up(who, work.id, None), "forbidden", "wrong_state", "not_found"),
        (acd.accept(who, "of_9999999999", None), "offer_gone", "not_found"),
        (acd.accept(agent(2), offer_id, None), "offer_gone", "not_found"),
    )
    for attempt, *codes in early:
        with pytest.raises(WeccError) as error:
            await attempt
        assert error.value.code in codes
    for _ in range(2):
        await acd.accept(who, offer_id, None)
    with pytest.raises(WeccError) as error:
        await acd.reject(who, offer_id)
    assert error.value.code == "offer_gone"
    for _ in range(2):
        await acd.end(who, work.id)
    await acd.wrap_up(who, work.id, None)
    await acd.abandon(TENANT, work.id)
    assert (await acd.interaction(TENANT, work.id)).state == "closed"
    await sound(floor)
