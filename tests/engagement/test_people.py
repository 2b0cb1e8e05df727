"""Who goes first and who is kept out: forms, comparisons, and what a lead may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.engagement.model.blocks import Barred, Comer, normal
from gateway.engagement.service import Opening
from gateway.engagement.service.contacts import add_form, ensure_contact, identify_contact
from gateway.engagement.service.people import People, refuse_blocked, vip_priority
from gateway.engagement.wire.people import BlockBody, VipBody
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.bus import blocks_topic
from gateway.platform.database.port import Tx
from tests.engagement.conftest import TENANT, Room, agent, supervisor, visitor

CV = "cv_conversation1"


def test_a_network_is_stored_in_one_form() -> None:
    assert normal("network", " 203.0.113.77/24 ") == "203.0.113.0/24"
    assert normal("network", "203.0.113.77") == "203.0.113.77/32"
    assert normal("network", "::ffff:203.0.113.77") == "203.0.113.77/32"
    assert normal("network", "2001:db8:1:2:3::4") == "2001:db8:1:2::/64", (
        "as browsers are told apart"
    )


@pytest.mark.parametrize(
    "text", ["", "x", "0.0.0.0/0", "10.0.0.0/7", "::/0", "1.2.3.4/33", "1.2.3"]
)
def test_a_wrong_or_boundless_network_is_refused(text: str) -> None:
    with pytest.raises(WeccError) as told:
        normal("network", text)
    assert (told.value.code, told.value.field) == ("bad_value", "value")


@pytest.mark.parametrize("text", ["x", "@", "a@", "@b.example", "a b@c.example"])
def test_a_wrong_address_is_refused(text: str) -> None:
    with pytest.raises(WeccError):
        normal("email", text)


def test_a_block_meets_whom_it_names_and_nobody_else() -> None:
    assert Barred("network", "203.0.113.0/24").meets(Comer(network="203.0.113.9"))
    assert not Barred("network", "203.0.113.0/24").meets(Comer(network="203.0.114.9"))
    assert Barred("network", "2001:db8:1::/48").meets(Comer(network="2001:db8:1:5::/64"))
    assert not Barred("network", "2001:db8:1::/48").meets(Comer(network="203.0.113.9"))
    assert not Barred("network", "203.0.113.0/24").meets(Comer(network="unknown"))
    assert Barred("email", "x@example.org").meets(Comer(email=" X@Example.ORG "))
    assert not Barred("email", "x@example.org").meets(Comer())
    assert Barred("contact", "ct_1").meets(Comer("ct_1"))
    assert not Barred("contact", "ct_1").meets(Comer())


class Desk:
    """The service over the room's database, and what it wrote to the audit log."""

    def __init__(self, room: Room) -> None:
        self.audited: list[tuple[str, str, dict[str, str]]] = []
        self.told: list[object] = []
        room.bus.subscribe(blocks_topic(TENANT), self.told.append)
        self.people = People(
            database=room.database,
            bus=room.bus,
            clock=room.clock,
            audit=self._audit,
            queue_exists=lambda tx, queue_id: queue_id == "qu_known0001",
        )

    def _audit(
        self, tx: Tx, actor: Actor, operation: str, object_id: str, details: Any = None
    ) -> None:
        self.audited.append((operation, object_id, dict(details or {})))


async def opened(room: Room, number: int = 1, **form: str) -> Actor:
    """A visitor with a conversation."""
    who = visitor(number)
    opening = Opening(conversation_id=f"cv_conversation{number}", site_id=who.site_id, form=form)
    await room.database.write(TENANT, lambda tx: room.service.open_conversation(tx, who, opening))
    return who


async def refusal(room: Room, comer: Comer) -> WeccError | None:
    """What somebody who comes is told, if anything."""

    def work(tx: Tx) -> WeccError | None:
        try:
            refuse_blocked(tx, comer)
        except WeccError as error:
            return error
        return None

    return await room.database.read(TENANT, work)


async def test_a_block_holds_until_its_date_or_until_it_is_lifted(room: Room) -> None:
    desk, lead = Desk(room), supervisor()
    who = await opened(room, email="one@example.org")
    until_ms = room.clock.now_ms() + 60_000
    body = BlockBody(kind="contact", value=who.contact_id, why="Abuse", until_ms=until_ms)
    made = await desk.people.block(lead, body)
    assert (made.is_active, made.by_id, made.why) == (True, lead.id, "Abuse")
    error = await refusal(room, Comer(who.contact_id))
    assert error is not None
    assert (error.code, error.retry_after_s) == ("blocked", 60)
    assert "Abuse" not in error.message, "the reason is for leads"
    assert await refusal(room, Comer(visitor(2).contact_id)) is None
    assert desk.told == [Barred("contact", who.contact_id)]
    room.clock.advance(60_000)
    assert await refusal(room, Comer(who.contact_id)) is None, "it is over"
    assert await desk.people.blocks(lead) == []
    for kind, value, comer in [
        ("email", "ONE@example.org", Comer(who.contact_id)),  # what is known of the contact
        ("email", "two@example.org", Comer(email="Two@Example.org")),  # what a form says
        ("network", "198.51.100.0/24", Comer(network="198.51.100.7")),
    ]:
        made = await desk.people.block(lead, BlockBody(kind=kind, value=value, why="x"))  # type: ignore[arg-type]
        assert (await refusal(room, comer)) is not None
        await desk.people.lift(lead, made.id)
        await desk.people.lift(lead, made.id)
        assert await refusal(room, comer) is None
    every = await desk.people.blocks(lead, active_only=False)
    assert [one.is_active for one in every] == [False] * 4
    assert [op for op, _, _ in desk.audited].count("block.lift") == 3
    assert all("example" not in str(details) for _, _, details in desk.audited)


async def test_a_block_that_cannot_be_is_refused(light: Room) -> None:
    desk, lead = Desk(light), supervisor()
    who = await opened(light)
    await desk.people.block(lead, BlockBody(kind="contact", value=who.contact_id, why="x"))
    past_ms = light.clock.now_ms()
    wrong: list[tuple[str, BlockBody]] = [
        ("already_exists", BlockBody(kind="contact", value=who.contact_id, why="x")),
        ("not_found", BlockBody(kind="contact", value="ct_nobody0001", why="x")),
        ("bad_value", BlockBody(kind="email", value="x@y.example", why="x", until_ms=past_ms)),
        ("bad_text", BlockBody(kind="email", value="x@y.example", why="   ")),
    ]
    for code, body in wrong:
        with pytest.raises(WeccError) as told:
            await desk.people.block(lead, body)
        assert told.value.code == code
    acts: list[Callable[[], Any]] = [
        lambda: desk.people.blocks(agent()),
        lambda: desk.people.block(agent(), wrong[0][1]),
        lambda: desk.people.lift(agent(), "bl_1"),
        lambda: desk.people.vips(agent()),
        lambda: desk.people.put_vip(agent(), who.contact_id, VipBody(priority=1, why="x")),
        lambda: desk.people.remove_vip(agent(), who.contact_id),
    ]
    for act in acts:
        with pytest.raises(WeccError) as told:
            await act()
        assert told.value.code == "forbidden"


async def test_who_goes_first_and_where(room: Room) -> None:
    desk, lead = Desk(room), supervisor()
    who = await opened(room)

    async def priority(queue_id: str) -> int:
        return await room.database.read(TENANT, lambda tx: vip_priority(tx, CV, queue_id))

    assert await priority("qu_known0001") == 0
    await desk.people.put_vip(lead, who.contact_id, VipBody(priority=7, why="Gold"))
    assert await priority("qu_other0001") == 7
    body = VipBody(priority=9, why="Gold", queue_ids=["qu_known0001"])
    view = await desk.people.put_vip(lead, who.contact_id, body)
    assert (view.priority, view.queue_ids, view.by_id) == (9, ["qu_known0001"], lead.id)
    assert (await priority("qu_known0001"), await priority("qu_other0001")) == (9, 0)
    assert [one.contact_id for one in await desk.people.vips(lead)] == [who.contact_id]
    assert (await room.service.get(lead, CV)).contact.vip == 9
    body = VipBody(priority=1, why="x", queue_ids=["qu_nowhere001"])
    with pytest.raises(WeccError):
        await desk.people.put_vip(lead, who.contact_id, body)
    await desk.people.remove_vip(lead, who.contact_id)
    assert await priority("qu_known0001") == 0
    assert [op for op, _, _ in desk.audited] == ["vip.change", "vip.change", "vip.remove"]


async def test_who_goes_first_still_does_when_their_site_says_who_they_are(light: Room) -> None:
    desk, lead = Desk(light), supervisor()
    before, after = await opened(light, 1), visitor(2)
    await desk.people.put_vip(lead, before.contact_id, VipBody(priority=5, why="Gold"))

    def merge(tx: Tx) -> None:
        add_form(tx, ensure_contact(tx, after), {"phone": "1"})
        identify_contact(tx, after, name="Ada", previous_contact_id=before.contact_id)

    await light.database.write(TENANT, merge)
    assert [one.contact_id for one in await desk.people.vips(lead)] == [after.contact_id]
