"""Skills, queues, hours, dispositions and profiles: who may change them and what follows."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.acd.http import routes
from gateway.acd.model.configuration import Profile
from gateway.acd.model.profile_changes import changes
from gateway.acd.service import defaults
from gateway.acd.service.queue_rules import checked
from gateway.acd.store import configuration
from gateway.acd.store.queues import publish
from gateway.acd.wire import AgentProfileBody, DispositionBody, HoursBody, OpenWindow, SkillBody
from gateway.acd.wire.queues import QueueBody, QueueStep
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import require_entries
from gateway.tenancy.store import audit, users
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent


async def refused(attempt: Any) -> str:
    with pytest.raises(WeccError) as caught:
        await attempt
    return caught.value.code


async def test_new_tenant_can_work_at_once(floor: Floor) -> None:
    settings = floor.acd.settings
    assert [queue.name for queue in await settings.queues(ADMIN)] == ["General"]
    assert [view.open_now for view in await settings.hours(ADMIN)] == [True]
    assert len(await settings.dispositions(ADMIN)) == 4
    profiles = {view.user_id: view for view in await settings.profiles(LEAD)}
    assert profiles[agent(1).id].queue_ids == [await floor.queue()]
    assert profiles[agent(1).id].capacity == {"chat": 4, "call": 1, "message": 6}

    def again(tx: Tx) -> str:
        return defaults(tx)

    assert await floor.database.write(TENANT, again) == await floor.queue()


async def test_only_the_skilled_agent_gets_it(floor: Floor) -> None:
    settings = floor.acd.settings
    skill = await settings.put_skill(ADMIN, None, SkillBody(name="Russian"))
    queue = await settings.put_queue(
        ADMIN, None, QueueBody(name="Russian", steps=[QueueStep(expression="Russian >= 60")])
    )
    one, two = await floor.ready(1), await floor.ready(2)
    work = await floor.arrive(queue_id=queue.id)
    assert work.state == "waiting"
    body = AgentProfileBody(skills={skill.id: 59}, queue_ids=[queue.id])
    await settings.put_profile(LEAD, one.id, body)
    assert await floor.acd.offers_for(one) == []
    body = AgentProfileBody(skills={skill.id: 60}, queue_ids=[queue.id], capacity={"chat": 1})
    await settings.put_profile(LEAD, two.id, body)
    assert [offer.interaction.id for offer in await floor.acd.offers_for(two)] == [work.id]
    general = await floor.arrive()
    assert general.state == "waiting" or (await floor.acd.offers_for(one)) == []


async def test_relaxing_a_queue_matches_what_waits(floor: Floor) -> None:
    settings = floor.acd.settings
    skill = await settings.put_skill(ADMIN, None, SkillBody(name="Tax"))
    body = QueueBody(name="Tax", steps=[QueueStep(expression=skill.id)])
    queue = await settings.put_queue(ADMIN, None, body)
    who = await floor.ready(1)
    work = await floor.arrive(queue_id=queue.id)
    assert work.state == "waiting"
    await settings.put_queue(ADMIN, queue.id, QueueBody(name="Tax"))
    assert [offer.interaction.id for offer in await floor.acd.offers_for(who)] == [work.id]


async def test_what_is_referred_to_cannot_be_removed(floor: Floor) -> None:
    settings = floor.acd.settings
    queue_id = await floor.queue()
    skill = await settings.put_skill(ADMIN, None, SkillBody(name="Tax"))
    hours = (await settings.hours(ADMIN))[0]
    outcome = (await settings.dispositions(ADMIN))[0]
    other = await settings.put_queue(
        ADMIN, None, QueueBody(name="Tax", steps=[QueueStep(expression=skill.id)])
    )
    work = await floor.arrive(queue_id=other.id)
    assert await refused(settings.remove(ADMIN, "skill", skill.id)) == "in_use"
    assert await refused(settings.remove(ADMIN, "hours", hours.id)) == "in_use"
    assert await refused(settings.remove(ADMIN, "disposition", outcome.id)) == "in_use"
    assert await refused(settings.remove(ADMIN, "queue", other.id)) == "in_use"
    await floor.acd.abandon(TENANT, work.id)
    floor.acd.register_guard(lambda _tx, noun, key: (noun, key) == ("queue", other.id))
    assert await refused(settings.remove(ADMIN, "queue", other.id)) == "in_use"
    settings.guards.clear()
    await settings.remove(ADMIN, "queue", other.id)
    await settings.remove(ADMIN, "skill", skill.id)
    assert [queue.id for queue in await settings.queues(ADMIN)] == [queue_id]
    assert await refused(settings.remove(ADMIN, "queue", other.id)) == "not_found"


async def test_names_are_unique_and_references_exist(floor: Floor) -> None:
    settings = floor.acd.settings
    await settings.put_skill(ADMIN, None, SkillBody(name="Tax"))
    assert await refused(settings.put_skill(ADMIN, None, SkillBody(name=" Tax"))) == (
        "already_exists"
    )
    body = QueueBody(name="General")
    assert await refused(settings.put_queue(ADMIN, None, body)) == "already_exists"
    for wrong in (
        QueueBody(name="New", hours_id="ho_missing1"),
        QueueBody(name="New", disposition_ids=["di_missing1"]),
    ):
        assert await refused(settings.put_queue(ADMIN, None, wrong)) == "bad_value"
    wrong = QueueBody(name="New", steps=[QueueStep(expression="sk_missing1")])
    assert await refused(settings.put_queue(ADMIN, None, wrong)) == "bad_expression"
    body = QueueBody(name="New")
    assert await refused(settings.put_queue(ADMIN, "qu_missing1", body)) == "not_found"
    profile = AgentProfileBody(queue_ids=["qu_missing1"])
    assert await refused(settings.put_profile(LEAD, agent(1).id, profile)) == "bad_value"
    profile = AgentProfileBody()
    assert await refused(settings.put_profile(LEAD, "us_missing1", profile)) == "not_found"


async def test_roles(floor: Floor) -> None:
    settings = floor.acd.settings
    body_of = QueueBody(name="x")
    assert await refused(settings.put_queue(agent(1), None, body_of)) == "forbidden"
    assert (await settings.put_queue(LEAD, None, body_of)).name == "x", "leads set queues up"
    for who in (agent(1), LEAD):
        assert await refused(settings.put_skill(who, None, SkillBody(name="x"))) == "forbidden"
        assert await refused(settings.remove(who, "queue", await floor.queue())) == "forbidden"
    body = AgentProfileBody()
    assert await refused(settings.put_profile(agent(1), agent(1).id, body)) == "forbidden"
    assert await settings.queues(agent(1))


async def test_changes_are_audited_and_survive(floor: Floor) -> None:
    settings = floor.acd.settings
    windows = [OpenWindow(weekday=0, from_minute=0, to_minute=1)]
    hours = await settings.put_hours(
        ADMIN, None, HoursBody(name="Short", time_zone="Asia/Tokyo", windows=windows)
    )
    queue = await settings.put_queue(ADMIN, None, QueueBody(name="Short", hours_id=hours.id))
    await settings.put_disposition(ADMIN, None, DispositionBody(name="Sold", code="sold"))
    await floor.ready(1)
    assert await floor.acd.availability(TENANT, [queue.id]) == "offline"
    entries = await floor.database.read(TENANT, lambda tx: audit.before(tx, None, 10))
    operations = [row["operation"] for row in entries]
    assert operations[:3] == ["disposition.make", "queue.make", "hours.make"]
    await floor.begin()
    assert queue.id in (await floor.acd.partitions.get(TENANT)).engine.state.queues


async def test_configuration_written_elsewhere_is_taken_up_at_start(floor: Floor) -> None:
    def work(tx: Tx) -> None:
        publish(tx, "qu_elsewhere", checked(QueueBody(name="Elsewhere"), {}), ADMIN)
        configuration.put_profile(tx, agent(1).id, AgentProfileBody(queue_ids=["qu_elsewhere"]))

    await floor.database.write(TENANT, work)
    await floor.begin()
    state = (await floor.acd.partitions.get(TENANT)).engine.state
    assert "qu_elsewhere" in state.queues
    assert state.profile(agent(1).id).queue_ids == ("qu_elsewhere",)


def test_every_route_has_an_authorization_entry() -> None:
    class Nothing:
        """Has every part of the room, and none works: only the table is asked."""

        def __getattr__(self, name: str) -> None: ...

    require_entries(row.operation for row in routes(Nothing()))  # type: ignore[arg-type]


async def test_colleagues_are_found_by_name_however_many_there_are(floor: Floor) -> None:
    numbers = range(10, 70)

    def hire(tx: Tx) -> None:
        for number in numbers:
            users.insert(tx, agent(number).id, f"b{number}@example.org", f"Bo {number}", "agent")

    await floor.database.write(TENANT, hire)
    await floor.begin()
    for number in (1, 2, *numbers):
        await floor.ready(number)
    acd = floor.acd
    await acd.set_state(agent(10), "not_ready", "break")
    found = await acd.directory(agent(1))
    assert (len(found.agents), found.more) == (50, 11)
    names = [view.name for view in found.agents]
    assert names == sorted(names)
    assert "Bo 10" not in names  # who is not ready comes last
    found = await acd.directory(agent(1), " bO 1")
    assert [view.name for view in found.agents] == [*[f"Bo {n}" for n in range(11, 20)], "Bo 10"]
    assert found.more == 0
    assert (await acd.directory(agent(1), "Agent 1")).agents == []  # oneself
    assert len(await acd.settings.profiles(LEAD)) == 67
    assert len(await acd.settings.profiles(LEAD, "")) == 50
    assert [one.name for one in await acd.settings.profiles(LEAD, "LEAD")] == ["Lead"]


async def test_a_changed_profile_is_logged_with_what_changed(floor: Floor) -> None:
    """Queues, skills and limits by id and figure; and one agent's own rule of interruption."""
    settings, one = floor.acd.settings, agent(1)
    queue_id = await floor.queue()
    skill = await settings.put_skill(ADMIN, None, SkillBody(name="Tax"))
    await settings.put_profile(LEAD, one.id, AgentProfileBody(queue_ids=[]))
    body = AgentProfileBody(
        queue_ids=[queue_id],
        skills={skill.id: 60},
        capacity={"chat": 2},
        weight=50,
        interrupted_by={"call": ["chat"]},
    )
    view = await settings.put_profile(LEAD, one.id, body)
    assert view.interrupted_by == {"call": ["chat"]}
    await settings.put_profile(LEAD, one.id, AgentProfileBody(queue_ids=[]))
    rows = await floor.database.read(TENANT, lambda tx: audit.before(tx, None, 2))
    assert [row["details"] for row in rows] == [
        {
            "left": queue_id,
            "skills": f"{skill.id}:gone",
            "capacity": "chat:4",
            "weight": "100",
            "interrupted_by": "call:policy",
        },
        {
            "joined": queue_id,
            "skills": f"{skill.id}:60",
            "capacity": "chat:2",
            "weight": "50",
            "interrupted_by": "call:chat",
        },
    ]


async def test_an_agents_own_rule_of_interruption_counts_and_survives(floor: Floor) -> None:
    who, queue_id = await floor.ready(1), await floor.queue()
    call = await floor.arrive("call")
    await floor.acd.accept(who, (await floor.acd.offers_for(who))[0].id, "v=0")
    chat = await floor.arrive()
    assert chat.state == "waiting", "by default nothing interrupts a call"
    body = AgentProfileBody(queue_ids=[queue_id], interrupted_by={"call": ["chat"]})
    await floor.acd.settings.put_profile(LEAD, who.id, body)
    offers = await floor.acd.offers_for(who)
    assert [offer.interaction.id for offer in offers] == [chat.id]
    assert (await floor.acd.interaction(TENANT, call.id)).state == "active"
    await floor.begin()
    profiles = {one.user_id: one for one in await floor.acd.settings.profiles(LEAD)}
    assert profiles[who.id].interrupted_by == {"call": ["chat"]}


def test_many_changes_are_counted_where_they_do_not_fit() -> None:
    queues = tuple(f"qu_{number:026d}" for number in range(9))
    told = changes(Profile(queue_ids=()), Profile(queue_ids=queues))
    assert told["joined"].endswith(" and 5 more")
    assert len(told["joined"]) <= 200
