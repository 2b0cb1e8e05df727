"""Hello, identity and settings on the gateway's side of a socket, over the real rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.acd.wire import OfferGone
from gateway.app import House
from gateway.kernel.actor import Actor
from gateway.kernel.clock import ManualClock
from gateway.platform.bus import LocalBus, agent_topic, visitor_topic
from gateway.surfaces.sockets.connection import Connections
from gateway.surfaces.sockets.logins import LoginWatch
from gateway.tenancy.model import LOGIN_ABSOLUTE_MS, LOGIN_IDLE_MS
from gateway.voice import store as calls
from gateway.voice.model import Call, Leg
from tests.intake.life import alive, furnish
from tests.patience import turns
from tests.surfaces.sides import Browser, at_desk, change_site, identity, on_site, site_of
from tests.tenancy.conftest import home
from tests.tenancy.house import House as Home

__all__ = ["home"]
CONVERSATION, CALL = "conversation-0001", "call-00000001"


@pytest.fixture
async def people(data_dir: Path) -> tuple[Actor, list[Actor]]:
    return await furnish(data_dir)


@pytest.fixture
async def house(data_dir: Path, people: tuple[Actor, list[Actor]]) -> AsyncIterator[House]:
    assert people
    async with alive(data_dir) as built:
        yield built


@pytest.fixture
def visitor(people: tuple[Actor, list[Actor]]) -> Actor:
    return people[0]


async def browser(house: House, visitor: Actor) -> Browser:
    return on_site(house, visitor.tenant_id, await site_of(house, visitor))


async def publishing(house: House, topic: str, done: asyncio.Event) -> int:
    """Publish something at every turn of the loop until ``done``; returns how often."""
    count = 0
    while not done.is_set():
        count += 1
        house.rooms.bus.publish(topic, OfferGone(offer_id=f"of_{count}", outcome="withdrawn"))
        await asyncio.sleep(0)
    return count


@pytest.mark.parametrize("party", ["agent", "visitor"])
async def test_what_happens_during_a_welcome_follows_it(
    house: House, people: tuple[Actor, list[Actor]], party: str
) -> None:
    visitor, agents = people
    if party == "agent":
        one = at_desk(house, agents[0])
        topic, more = agent_topic(visitor.tenant_id, agents[0].id), {}
    else:
        one = await browser(house, visitor)
        token, actor = await house.rooms.tenancy.new_visitor(visitor.tenant_id, visitor.site_id)
        topic = visitor_topic(visitor.tenant_id, actor.id)
        more = {"site": one.side._site.key, "token": token}
    done = asyncio.Event()
    running = asyncio.create_task(publishing(house, topic, done))
    await one.hello(**more)
    done.set()
    await running
    await turns()
    kinds = [frame["type"] for frame in one.frames]
    assert kinds.count("offer.gone") > 1
    assert kinds.index("welcome") < kinds.index("offer.gone")
    heard = [int(f["offer_id"][3:]) for f in one.frames if f["type"] == "offer.gone"]
    assert heard == sorted(heard)
    await one.side.gone()


async def test_a_visitor_is_online_exactly_while_connected(house: House, visitor: Actor) -> None:
    """Another hello, and an identity, on one socket count it once."""
    one = await browser(house, visitor)
    welcome = await one.hello(site=one.side._site.key)
    await one.hello(site=one.side._site.key, token=welcome["token"])
    assert (await one.start(CONVERSATION))["type"] == "ack"
    jwt = await identity(house, visitor, "kim")
    assert (await one.send(type="identity.set", jwt=jwt))["type"] == "ack"
    admin = Actor("user", "us_admin0001", visitor.tenant_id, "admin", "Admin")
    assert (await house.rooms.engagement.get(admin, CONVERSATION)).visitor_online
    await one.side.gone()
    assert not (await house.rooms.engagement.get(admin, CONVERSATION)).visitor_online


async def test_only_signed_in_visitors_begin_where_the_site_says_so(
    house: House, visitor: Actor
) -> None:
    """A verified subject counts, not a name; and the site's settings of now, not of the hello."""
    one = await browser(house, visitor)
    await one.hello(site=one.side._site.key)
    await change_site(house, visitor, enforce_identity=True)
    refused = await one.start(CONVERSATION)
    assert refused["code"] == "bad_identity"
    jwt = await identity(house, visitor, "kim")  # without a name
    assert (await one.send(type="identity.set", jwt=jwt))["type"] == "ack"
    assert (await one.start(CONVERSATION))["type"] == "ack"
    await one.side.gone()


async def test_a_removed_site_begins_nothing(house: House, visitor: Actor) -> None:
    one = await browser(house, visitor)
    await one.hello(site=one.side._site.key)
    admin = Actor("user", "us_admin0001", visitor.tenant_id, "admin", "Admin")
    await house.rooms.tenancy.sites.remove(admin, visitor.site_id)
    assert (await one.start(CONVERSATION))["code"] == "not_found"
    call = {"call_id": CALL, "conversation_id": CONVERSATION, "sdp_offer": "v=0"}
    assert (await one.send(type="call.start", form={}, **call))["code"] == "not_found"
    await one.side.gone()


async def test_what_is_a_visitors_stays_theirs_when_their_site_says_who_they_are(
    house: House, visitor: Actor
) -> None:
    """The person is known from another device, so they become that other visitor."""
    other = await browser(house, visitor)
    await other.hello(site=other.side._site.key)
    first = await identity(house, visitor, "kim")
    assert (await other.send(type="identity.set", jwt=first))["type"] == "ack"
    one = await browser(house, visitor)
    await one.hello(site=one.side._site.key)
    assert (await one.start(CONVERSATION))["type"] == "ack"
    post = {"type": "message.post", "conversation_id": CONVERSATION, "id": "message-0002"}
    assert (await one.send(**post, text="once"))["type"] == "ack"
    before = one.side.actor
    leg = Leg("leg-1")
    call = Call(CALL, CONVERSATION, "in_none0001", before.id, "queued", leg, 1)
    await house.rooms.database.write(visitor.tenant_id, lambda tx: calls.insert(tx, call))
    again = await identity(house, visitor, "kim")
    assert (await one.send(type="identity.set", jwt=again))["type"] == "ack"
    assert one.side.actor.id == other.side.actor.id != before.id
    assert (await one.send(**post, text="once"))["type"] == "ack", "a repeat is a repeat"
    assert [c.id for c in await house.rooms.voice.calls_for(one.side.actor)] == [CALL]
    await one.side.gone()
    await other.side.gone()


async def test_an_open_desk_ends_with_its_login(home: Home, house: House) -> None:
    clock: ManualClock = home.clock
    admin = await home.tenant()
    person = await home.person(admin, "agent", "ana")
    connections = Connections(clock)
    watch = LoginWatch(connections, home.tenancy)
    desk = at_desk(house, person.login.actor)
    connection = desk.side.connection
    connection.login_id = person.login.id
    connections.add(connection)
    for _ in range(20):  # worked at, it outlives the idle limit
        clock.advance(LOGIN_IDLE_MS // 2)
        connection.was_used = True
        await watch.check()
    assert not connection.is_ending
    assert person.login.expires_at_ms - clock.now_ms() == LOGIN_ABSOLUTE_MS - 10 * LOGIN_IDLE_MS
    clock.advance(LOGIN_IDLE_MS + 1)
    await watch.check()
    await turns()
    goodbye = next(frame for frame in desk.frames if frame["type"] == "goodbye")
    assert (goodbye["code"], goodbye.get("again", False)) == ("signed_out", False)


async def test_one_failing_subscriber_takes_nothing_from_the_others() -> None:
    bus = LocalBus()
    heard: list[object] = []

    def failing(_: object) -> None:
        raise ValueError("a fault of ours")

    bus.subscribe("topic", failing)
    bus.subscribe("topic", heard.append)
    bus.publish("topic", "frame")
    assert heard == ["frame"]
