"""Figures over REST from the running product: who sees what, the same number everywhere, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import day
from tests.live.command import wecc
from tests.live.product import Product, Staff, eventually, product
from tests.live.sockets import Agent, Visitor

ORIGIN = "https://shop.example.com"
NASTY = '=cmd|"/c calc"!A1'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product(tmp_path_factory.mktemp("figures") / "data", "--no-calls") as started:
        yield started


@pytest.fixture(scope="module")
def admin(running: Product) -> Staff:
    day.long_enough("Asia/Shanghai")
    return running.set_up()


def report(who: Staff, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = who.call("GET", f"/reports/intervals?interval=day&{query}")
    return found


def until_counted(who: Staff, name: str, number: int) -> None:
    eventually(lambda: report(who)["total"]["figures"][name] == number, 60, f"{name} == {number}")


async def test_a_chat_is_counted_and_everybody_sees_their_part(
    running: Product, admin: Staff
) -> None:
    site = admin.add_site(ORIGIN)
    person = admin.add_agent(NASTY, "one@example.com")
    idle = admin.add_agent("Agent Two", "two@example.com")
    lead = admin.add_agent("Lead", "lead@example.com", role="supervisor")
    agent, visitor = Agent(running, person), Visitor(running, site)
    await agent.hello()
    await agent.ready()
    await visitor.hello()
    await visitor.start("Hello")
    offer = await agent.accept(visitor.conversation)
    interaction_id = offer["interaction"]["id"]
    await agent.must({"type": "interaction.end", "interaction_id": interaction_id})
    await agent.must({"type": "interaction.wrap_up", "interaction_id": interaction_id})
    until_counted(lead, "handled", 1)

    whole = report(lead, "tz=Asia/Shanghai")
    board = lead.call("GET", "/live/board?tz=Asia/Shanghai")
    assert board["total"] == whole["total"]["figures"]
    assert [queue["today"] for queue in board["queues"] if queue["today"]["offered"]] == [
        row["figures"] for row in whole["totals"]
    ]
    assert whole["total"]["figures"]["service_level_offered"] == 100

    behind = lead.call("GET", "/reports/interactions?figure=answered")
    assert [item["conversation_id"] for item in behind["items"]] == [visitor.conversation]
    assert behind["items"][0]["agent_name"] == NASTY

    mine = report(person, "by=agent")
    assert [row["id"] for row in mine["totals"]] == [person.me["user"]["id"]]
    assert report(idle, "by=agent")["totals"] == []
    other = f"/reports/intervals?by=agent&agent_id={person.me['user']['id']}"
    idle.call("GET", other, status=404)
    idle.call("GET", "/live/board", status=403)
    assert idle.call("GET", "/reports/interactions?figure=handled")["items"] == []

    answer = lead.client.get("/api/v1/reports/intervals?by=agent&format=csv&tz=Asia/Shanghai")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    named = [row for row in rows if row["agent"] == person.me["user"]["id"]]
    assert named[-1]["name"] == f"'{NASTY}"
    assert named[-1]["start"].endswith("+08:00")
    assert sum(int(row["accepted"]) for row in named) == 1
    await agent.close()
    await visitor.close()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=moon", "by"),
        ("interval=7", "interval"),
        ("tz=Mars/Olympus", "tz"),
        ("from=yesterday", "from"),
        ("from=2026-01-01&to=2025-01-01", "to"),
        ("interval=5&from=2026-01-01&to=2026-03-01", "to"),
        ("kind=fax", "kind"),
        ("robots=maybe", "robots"),
        ("format=xlsx", "format"),
        (f"queue_id={'x' * 99}", "queue_id"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(admin: Staff, query: str, field: str) -> None:
    answer = admin.call("GET", f"/reports/intervals?{query}", status=400)
    assert answer["error"]["field"] == field
    assert len(answer["error"]["message"]) > 15


@pytest.mark.parametrize(
    "query",
    ["figure=occupancy", "figure=answered&cursor=x", "figure=answered&cursor=99999999999999~1~x"],
)
def test_lists_that_are_none(admin: Staff, query: str) -> None:
    answer = admin.client.get(f"/api/v1/reports/interactions?{query}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["items"] == []


def test_the_dictionary_is_served(admin: Staff) -> None:
    names = [metric["name"] for metric in admin.call("GET", "/reports/metrics")]
    assert names == list(report(admin)["total"]["figures"])


def test_figures_survive_a_crash_and_the_command_agrees(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with product(data, "--no-calls") as started:
        started.set_up()
    for arguments in (("figures",), ("figures", "--rebuild")):
        done = wecc(*arguments, "--data", str(data))
        assert done.returncode == 0, done.stderr
        assert "figures" in done.stdout
        assert "live work and lists agree with the figures" in done.stdout
