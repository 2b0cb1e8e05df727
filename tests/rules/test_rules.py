"""The routing table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.rules.model import RouteInput, decide, mismatch, speaks
from gateway.rules.wire import RouteBody, RouteView
from tests.tenancy.house import House

FIRST, SECOND = "qu_first00001", "qu_second0001"
CHAT = RouteInput(site_id="si_000000001", kind="chat", department="Sales", language="en-GB")


def view(**changes: Any) -> RouteView:
    empty: dict[str, Any] = {
        "id": "rt_000000001",
        "name": "R",
        "position": 1,
        "site_id": None,
        "kinds": [],
        "department": "",
        "language": "",
        "queue_id": FIRST,
        "skills": {},
        "priority": 0,
    }
    return RouteView(**{**empty, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"site_id": "si_000000001"}, None),
        ({"site_id": "si_000000002"}, "site"),
        ({"kinds": ["call", "chat"]}, None),
        ({"kinds": ["call"]}, "kind"),
        ({"department": "sALES"}, None),
        ({"department": "Support"}, "department"),
        ({"language": "en"}, None),
        ({"language": "EN_gb"}, None),
        ({"language": "en-US"}, "language"),
        ({"language": "e"}, "language"),
        ({"language": "zh"}, "language"),
    ],
    ids=str,
)
def test_a_row_matches_when_all_its_conditions_hold(
    changes: dict[str, Any], reason: str | None
) -> None:
    assert mismatch(view(**changes), CHAT) == reason


def test_the_first_match_decides_and_says_what_it_passed_over() -> None:
    rows = [
        view(id="a", kinds=["call"]),
        view(id="b", language="zh"),
        view(id="c", queue_id=SECOND, skills={"s": 50}, priority=7),
        view(id="d"),
    ]
    decision = decide(rows, CHAT)
    assert decision is not None
    assert (decision.route_id, decision.queue_id, decision.priority) == ("c", SECOND, 7)
    assert decision.skills == {"s": 50}
    assert decision.passed_over == (("a", "kind"), ("b", "language"))


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_language_speaks_itself_and_its_varieties(tag: str, other: str) -> None:
    assert speaks(tag, tag)
    assert speaks(f"{tag}-{other}", tag)


async def filled(home: House) -> Actor:
    admin = await home.tenant()
    home.known.queues[admin.tenant_id] = [FIRST, SECOND]
    return admin


async def test_rows_are_tried_by_position(home: House) -> None:
    admin = await filled(home)
    for name, position, queue in (("late", 20, FIRST), ("early", 10, SECOND)):
        body = RouteBody(name=name, position=position, queue_id=queue)
        await home.rules.create(admin, body)
    assert [row.name for row in await home.rules.list(admin)] == ["early", "late"]
    decision = await home.rules.decide(admin.tenant_id, CHAT)
    assert decision is not None
    assert decision.queue_id == SECOND


async def test_what_no_row_matches_goes_to_the_first_queue(home: House) -> None:
    admin = await filled(home)
    row = await home.rules.create(admin, RouteBody(name="R", queue_id=SECOND, language="zh"))
    decision = await home.rules.decide(admin.tenant_id, CHAT)
    assert decision is not None
    assert (decision.queue_id, decision.route_id) == (FIRST, None)
    assert decision.passed_over == ((row.id, "language"),)
    home.known.queues[admin.tenant_id] = []
    assert await home.rules.decide(admin.tenant_id, CHAT) is None


async def test_a_row_whose_queue_is_gone_does_not_count(home: House) -> None:
    admin = await filled(home)
    await home.rules.create(admin, RouteBody(name="R", queue_id=SECOND))
    home.known.queues[admin.tenant_id] = [FIRST]
    decision = await home.rules.decide(admin.tenant_id, CHAT)
    assert decision is not None
    assert decision.queue_id == FIRST


async def test_rows_are_changed_and_removed(home: House) -> None:
    admin = await filled(home)
    row = await home.rules.create(admin, RouteBody(name="R", queue_id=FIRST))
    changed = await home.rules.change(
        admin, row.id, RouteBody(name="S", queue_id=SECOND, kinds=["call"])
    )
    assert (changed.id, changed.name, changed.kinds) == (row.id, "S", ["call"])
    assert await home.database.read(admin.tenant_id, lambda tx: home.rules.refers_to(tx, SECOND))
    await home.rules.remove(admin, row.id)
    assert await home.rules.list(admin) == []
    for attempt in (
        home.rules.remove(admin, row.id),
        home.rules.change(admin, row.id, RouteBody(name="S", queue_id=FIRST)),
    ):
        with pytest.raises(WeccError) as caught:
            await attempt
        assert caught.value.code == "not_found"


async def test_the_queues_a_site_may_reach(home: House) -> None:
    admin = await filled(home)
    site = await home.site(admin)

    async def reachable(site_id: str) -> set[str]:
        return await home.database.read(
            admin.tenant_id, lambda tx: home.rules.queue_ids(tx, site_id)
        )

    await home.rules.create(
        admin, RouteBody(name="R", queue_id=SECOND, site_id=site.id, language="zh")
    )
    assert await reachable(site.id) == {FIRST, SECOND}
    assert await reachable("si_another01") == {FIRST}
    await home.rules.create(admin, RouteBody(name="A", queue_id=SECOND, site_id=site.id))
    assert await reachable(site.id) == {SECOND}


async def test_the_table_is_audited(home: House) -> None:
    admin = await filled(home)
    row = await home.rules.create(admin, RouteBody(name="R", queue_id=FIRST))
    await home.rules.remove(admin, row.id)
    page = await home.tenancy.audit_log.page(admin, None)
    assert [entry.operation for entry in page.items[:2]] == ["route.remove", "route.make"]
