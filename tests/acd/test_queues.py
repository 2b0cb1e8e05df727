"""A queue's configuration as people set it up: stored whole, versioned, checked, warned of."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import Overflow, QueueRule, Step, WrapUpRule
from gateway.acd.store import journal
from gateway.acd.wire import AgentProfileBody, HoursBody, OpenWindow, SkillBody
from gateway.acd.wire.queues import (
    QueueBody,
    QueueClosureBody,
    QueueOverflow,
    QueueRollbackBody,
    QueueStep,
    QueueView,
    ServiceTarget,
    SkillMatchBody,
    WrapUpTime,
)
from gateway.kernel.errors import WeccError
from gateway.tenancy.store import audit
from tests.acd.conftest import ADMIN, LEAD, TENANT, Floor, agent


async def skill(floor: Floor, name: str) -> str:
    return (await floor.acd.settings.put_skill(ADMIN, None, SkillBody(name=name))).id


async def put(floor: Floor, queue_id: str | None = None, **fields: Any) -> QueueView:
    body = QueueBody(**{"name": "Sales", **fields})
    return await floor.acd.settings.put_queue(ADMIN, queue_id, body)


async def refused(attempt: Any) -> tuple[str, str | None]:
    with pytest.raises(WeccError) as caught:
        await attempt
    return caught.value.code, caught.value.field


async def rule(floor: Floor, queue_id: str) -> QueueRule:
    return (await floor.acd.partitions.get(TENANT)).engine.state.queues[queue_id]


def codes(view: QueueView) -> list[tuple[str, int | None]]:
    return [(warning.code, warning.step) for warning in view.warnings]


async def test_everything_about_a_queue_is_kept(floor: Floor) -> None:
    spanish, billing = await skill(floor, "Spanish"), await skill(floor, "Billing desk")
    other = await put(floor, name="Other")
    body: dict[str, Any] = {
        "name": "Sales",
        "steps": [
            QueueStep(expression="spanish >= 60 and NOT  Spanish > 90", after_s=30),
            QueueStep(
                expression='Spanish OR "billing desk" > 10',
                preferred="Spanish",
                after_s=60,
                priority=2,
                skip_if="nobody_on_duty",
            ),
            QueueStep(drops_own=True),
        ],
        "order": "weighted",
        "overflow": [
            QueueOverflow(when="wait", limit=300, to_queue_id=other.id),
            QueueOverflow(when="size", limit=20, to_queue_id=other.id),
            QueueOverflow(when="nobody_on_duty"),
            QueueOverflow(when="closed"),
        ],
        "priority": 3,
        "offer_timeout_s": {"chat": 45},
        "no_answer_strikes": 3,
        "reply_timeout_s": 120,
        "sticky_s": 40,
        "pull_oldest": 5,
        "fairness_window_s": 600,
        "wrap_up": {"chat": WrapUpTime(mode="forced"), "call": WrapUpTime(extension_s=30)},
        "service_target": {"call": ServiceTarget(percent=90, within_s=20)},
    }
    view = await put(floor, **body)
    assert view.version == 1
    assert view.steps[0].expression == "Spanish >= 60 and NOT Spanish > 90"
    assert view.steps[1].expression == 'Spanish OR "Billing desk" > 10'
    assert view.wrap_up["message"] == WrapUpTime()
    assert view.service_target["chat"] == ServiceTarget(percent=80, within_s=60)
    assert codes(view) == [("nobody_qualifies", 0), ("nobody_qualifies", 1)]
    expected = QueueRule(
        queue_id=view.id,
        version=1,
        steps=(
            Step(needs=(((spanish, 60, 90),),), after_s=30),
            Step(
                needs=tuple(sorted([((billing, 11, 100),), ((spanish, 0, 100),)])),
                preferred=(((spanish, 0, 100),),),
                after_s=60,
                priority=2,
                skip_if="nobody_on_duty",
            ),
            Step(drops_own=True),
        ),
        order="weighted",
        overflow=(
            Overflow(when="wait", limit=300, to_queue_id=other.id),
            Overflow(when="size", limit=20, to_queue_id=other.id),
            Overflow(when="nobody_on_duty"),
            Overflow(when="closed"),
        ),
        priority=3,
        offer_timeout_s={"chat": 45},
        no_answer_strikes=3,
        reply_timeout_s=120,
        sticky_s=40,
        pull_oldest=5,
        fairness_window_s=600,
        wrap_up={
            "chat": WrapUpRule(mode="forced"),
            "call": WrapUpRule(extension_s=30),
            "message": WrapUpRule(),
        },
        service_target=(await rule(floor, view.id)).service_target,
    )
    assert await rule(floor, view.id) == expected
    await floor.begin()
    assert await rule(floor, view.id) == expected, "read from the disk at the next start"
    listed = {one.id: one for one in await floor.acd.settings.queues(ADMIN)}[view.id]
    assert listed == view


async def test_a_renamed_skill_is_renamed_in_its_expressions(floor: Floor) -> None:
    spanish = await skill(floor, "Spanish")
    view = await put(floor, steps=[QueueStep(expression="Spanish")])
    await floor.acd.settings.put_skill(ADMIN, spanish, SkillBody(name="Castilian Spanish"))
    listed = {one.id: one for one in await floor.acd.settings.queues(ADMIN)}[view.id]
    assert listed.steps[0].expression == '"Castilian Spanish"'
    directory = await floor.acd.directory(agent(1))
    assert listed.steps in [queue.steps for queue in directory.queues]
    assert await refused(floor.acd.settings.remove(ADMIN, "skill", spanish)) == ("in_use", None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"steps": [QueueStep(), QueueStep()]}, "steps.0.after_s"),
        ({"steps": [QueueStep(after_s=5)]}, "steps.0.after_s"),
        ({"steps": [*[QueueStep(after_s=5)] * 8, QueueStep()]}, "steps"),
        ({"overflow": [QueueOverflow(when="closed")] * 9}, "overflow"),
        ({"steps": [QueueStep(priority=1)]}, "steps.0.priority"),
        ({"steps": [QueueStep(skip_if="nobody_ready")]}, "steps.0.skip_if"),
        ({"steps": [QueueStep(expression="nothing")]}, "steps.0.expression"),
        ({"steps": [QueueStep(preferred="( ")]}, "steps.0.preferred"),
        ({"overflow": [QueueOverflow(when="wait")]}, "overflow.0.limit"),
        ({"overflow": [QueueOverflow(when="closed", limit=1)]}, "overflow.0.limit"),
        (
            {"overflow": [QueueOverflow(when="size", to_queue_id="qu_missing1")]},
            "overflow.0.to_queue_id",
        ),
        ({"wrap_up": {"chat": WrapUpTime(mode="timed", seconds=0)}}, "wrap_up.chat.seconds"),
        ({"order": "manual", "pull_oldest": 0}, "pull_oldest"),
    ],
)
async def test_what_is_refused_names_its_field(
    floor: Floor, fields: dict[str, Any], field: str
) -> None:
    code = "bad_expression" if "expression" in field or "preferred" in field else "bad_value"
    assert await refused(put(floor, **fields)) == (code, field)
    body = QueueBody(name="Sales", **fields)
    check = floor.acd.settings.of_queues.check(ADMIN, None, body)
    assert await refused(check) == (code, field)
    assert [queue.name for queue in await floor.acd.settings.queues(ADMIN)] == ["General"]


async def test_a_queue_does_not_overflow_to_itself(floor: Floor) -> None:
    view = await put(floor)
    to_itself = [QueueOverflow(when="size", to_queue_id=view.id)]
    attempt = put(floor, view.id, overflow=to_itself)
    assert await refused(attempt) == ("bad_value", "overflow.0.to_queue_id")
    other = await put(floor, name="Other", overflow=to_itself)
    remove = floor.acd.settings.remove(ADMIN, "queue", view.id)
    assert await refused(remove) == ("in_use", None)
    await floor.acd.settings.remove(ADMIN, "queue", other.id)
    await floor.acd.settings.remove(ADMIN, "queue", view.id)


async def test_every_publication_is_a_version_that_can_come_back(floor: Floor) -> None:
    await skill(floor, "Spanish")
    first = await put(floor, steps=[QueueStep(expression="spanish")], note="for the start")
    second = await put(floor, first.id, priority=7, note="more people")
    assert (first.version, second.version) == (1, 2)
    settings = floor.acd.settings.of_queues
    third = await settings.roll_back(ADMIN, first.id, QueueRollbackBody(version=1, note="back"))
    assert third == msgspec.structs.replace(first, version=3)
    assert (await rule(floor, first.id)).version == 3
    history = await settings.versions(LEAD, first.id)
    assert [(one.version, one.note, one.of_version, one.by_id) for one in history] == [
        (3, "back", 1, ADMIN.id),
        (2, "more people", None, ADMIN.id),
        (1, "for the start", None, ADMIN.id),
    ]
    assert history[1].queue.priority == 7
    entries = await floor.database.read(TENANT, lambda tx: audit.before(tx, None, 3))
    assert [row["operation"] for row in entries] == [
        "queue.roll_back",
        "queue.change",
        "queue.make",
    ]
    tail = await floor.database.read(TENANT, journal.read_tail)
    sets = [entry for entry in map(e.decode, tail.entries) if isinstance(entry, e.QueueSet)]
    assert [one.queue.version for one in sets if one.queue.queue_id == first.id] == [1, 2, 3]
    missing = settings.roll_back(ADMIN, first.id, QueueRollbackBody(version=9))
    assert await refused(missing) == ("not_found", None)
    assert await refused(settings.versions(ADMIN, "qu_missing1")) == ("not_found", None)
    attempt = settings.roll_back(agent(1), first.id, QueueRollbackBody(version=1))
    assert await refused(attempt) == ("forbidden", None)
    removal = floor.acd.settings.remove(LEAD, "queue", first.id)
    assert await refused(removal) == ("forbidden", None), "leads set up, administrators remove"


async def test_a_version_whose_skill_is_gone_does_not_come_back(floor: Floor) -> None:
    spanish = await skill(floor, "Spanish")
    view = await put(floor, steps=[QueueStep(expression="Spanish")])
    await put(floor, view.id)
    await floor.acd.settings.remove(ADMIN, "skill", spanish)
    back = floor.acd.settings.of_queues.roll_back(ADMIN, view.id, QueueRollbackBody(version=1))
    assert await refused(back) == ("bad_expression", "steps.0.expression")


async def test_warnings_tell_what_will_hardly_work(floor: Floor) -> None:
    spanish = await skill(floor, "Spanish")
    other = await put(floor, name="Other")
    view = await put(
        floor,
        steps=[
            QueueStep(expression="Spanish AND NOT Spanish", after_s=100),
            QueueStep(expression="Spanish", after_s=100),
            QueueStep(after_s=100),
            QueueStep(),
        ],
        overflow=[QueueOverflow(when="wait", limit=150, to_queue_id=other.id)],
        sticky_s=200,
    )
    assert codes(view) == [
        ("contradiction", 0),
        ("nobody_qualifies", 1),
        ("overflow_first", 1),
        ("never_reached", 2),
        ("never_reached", 3),
        ("sticky_too_long", None),
    ]
    profile = AgentProfileBody(skills={spanish: 1}, queue_ids=[view.id])
    await floor.acd.settings.put_profile(LEAD, agent(1).id, profile)
    listed = {one.id: one for one in await floor.acd.settings.queues(ADMIN)}[view.id]
    assert ("nobody_qualifies", 1) not in codes(listed), "somebody learned it"
    back = QueueBody(name="Other", overflow=[QueueOverflow(when="size", to_queue_id=view.id)])
    found = await floor.acd.settings.of_queues.check(ADMIN, other.id, back)
    assert [warning.code for warning in found] == ["overflow_cycle"]
    assert (await rule(floor, other.id)).version == 1, "checking publishes nothing"


async def test_who_meets_an_expression_now(floor: Floor) -> None:
    spanish, queue = await skill(floor, "Spanish"), await put(floor)
    other = await put(floor, name="Other")
    profile = AgentProfileBody(skills={spanish: 60}, queue_ids=[queue.id])
    await floor.acd.settings.put_profile(LEAD, agent(1).id, profile)
    texts = ["spanish >= 60", "spanish > 60", "", "spanish AND fly", "(spanish"]
    ask = floor.acd.settings.of_queues.matches
    found = await ask(ADMIN, SkillMatchBody(queue_id=queue.id, expressions=texts))
    assert (found[0].agents, found[0].ready, found[0].names) == (1, 0, ["Agent 1"])
    assert found[1].agents == 0
    assert not found[1].error
    assert found[2].agents > 1
    assert len(found[2].names) <= 5
    assert (found[3].at, found[4].at) == (12, 0)
    assert "no skill of this name" in found[3].error
    elsewhere = await ask(ADMIN, SkillMatchBody(queue_id=other.id, expressions=texts[:1]))
    assert elsewhere[0].agents == 0, "who serves another queue does not count"
    about = SkillMatchBody(queue_id=other.id, agent_ids=[agent(1).id], expressions=texts[:1])
    assert (await ask(ADMIN, about))[0].agents == 1, "unless they are about to serve this one"
    assert (await refused(ask(agent(1), SkillMatchBody())))[0] == "forbidden"
    assert (await refused(ask(ADMIN, SkillMatchBody(queue_id="qu_unknown"))))[0] == "not_found"


async def test_an_emergency_closes_at_once_and_says_why(floor: Floor) -> None:
    other = await put(floor, name="Other")
    rule = QueueOverflow(when="closed", to_queue_id=other.id)
    view = await put(floor, overflow=[rule])
    work = await floor.arrive(queue_id=view.id)
    body = QueueClosureBody(reason="Fire alarm")
    settings = floor.acd.settings.of_queues
    assert await refused(settings.close(agent(1), view.id, body)) == ("forbidden", None)
    closed = await settings.close(LEAD, view.id, body)
    assert (closed.closed, closed.closure and closed.closure.reason) == ("emergency", "Fire alarm")
    assert (await floor.acd.interaction(TENANT, work.id)).queue_id == other.id
    await floor.ready(1)
    met = await floor.acd.availability(TENANT, [view.id])
    assert met == "online", "who comes now is sent on to the other queue"
    entries = await floor.database.read(TENANT, lambda tx: audit.before(tx, None, 1))
    assert [row["operation"] for row in entries] == ["queue.close"]
    await floor.begin()
    again = floor.acd.settings.of_queues
    listed = {one.id: one for one in await again.all(ADMIN)}[view.id]
    assert listed.closure == closed.closure, "closed also after a restart"
    assert (await again.reopen(LEAD, view.id)).closed == ""
    later = await floor.arrive(queue_id=view.id)
    assert later.queue_id == view.id
    missing = again.close(LEAD, "qu_missing1", body)
    assert await refused(missing) == ("not_found", None)


async def test_hours_close_a_queue_and_a_calendar_adds_holidays(floor: Floor) -> None:
    other = await put(floor, name="Other")
    always = [OpenWindow(weekday=day, from_minute=0, to_minute=1_440) for day in range(7)]
    body = HoursBody(name="Office", time_zone="Europe/Berlin", windows=always)
    hours = await floor.acd.settings.put_hours(ADMIN, None, body)
    rule = QueueOverflow(when="closed", to_queue_id=other.id)
    view = await put(floor, hours_id=hours.id, overflow=[rule])
    assert (await floor.arrive(queue_id=view.id)).queue_id == view.id
    here = ZoneInfo("Europe/Berlin")
    today = dt.datetime.fromtimestamp(floor.clock.now_ms() / 1000, here).date()
    day = today.isoformat().replace("-", "")
    event = f"BEGIN:VEVENT\nDTSTART;VALUE=DATE:{day}\nEND:VEVENT\n"
    timed = "BEGIN:VEVENT\nDTSTART:20300101T120000Z\nEND:VEVENT\n"
    calendar = f"BEGIN:VCALENDAR\n{event}{timed}END:VCALENDAR\n".encode()
    answer = await floor.acd.settings.add_holidays(ADMIN, hours.id, calendar)
    assert (answer.added, answer.skipped, answer.hours.open_now) == (1, 1, False)
    assert answer.hours.closed_dates == [today.isoformat()]
    assert (await floor.arrive(queue_id=view.id)).queue_id == other.id
    again = await floor.acd.settings.add_holidays(ADMIN, hours.id, calendar)
    assert (again.added, again.removed) == (0, [])
    later, past = today + dt.timedelta(days=40), today - dt.timedelta(days=40)
    dates = [past.isoformat(), later.isoformat()]
    changed = HoursBody(
        name="Office", time_zone="Europe/Berlin", windows=always, closed_dates=dates
    )
    await floor.acd.settings.put_hours(ADMIN, hours.id, changed)
    anew = await floor.acd.settings.add_holidays(ADMIN, hours.id, calendar, replace=True)
    assert (anew.added, anew.removed) == (1, [later.isoformat()])
    assert anew.hours.closed_dates == [past.isoformat(), today.isoformat()]
    empty = b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"
    attempt = floor.acd.settings.add_holidays(ADMIN, hours.id, empty, replace=True)
    assert (await refused(attempt))[0] == "bad_file", "a wrong file opens nothing"
    attempt = floor.acd.settings.add_holidays(ADMIN, hours.id, b"<!DOCTYPE x>")
    assert await refused(attempt) == ("bad_file", "calendar")
    found = await floor.acd.settings.read_holidays(LEAD, calendar)
    assert ([day.date for day in found.days], found.skipped) == ([today.isoformat()], 1)
    reading = floor.acd.settings.read_holidays(agent(1), calendar)
    assert await refused(reading) == ("forbidden", None)
    removing = floor.acd.settings.remove(LEAD, "hours", hours.id)
    assert await refused(removing) == ("forbidden", None)
