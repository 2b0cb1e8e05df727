"""Robot customers go through the live stack, are told apart, and can be cleared with everything."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.live.callers import Answerer
from tests.live.command import argv, wecc
from tests.live.product import Product, Staff, product
from tests.live.sockets import Visitor
from tests.voice.conftest import peers_on_loopback  # noqa: F401

pytestmark = pytest.mark.fault
ORIGIN = "https://shop.example.com"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@contextlib.contextmanager
def rows(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """Look into the database."""
    place = f"file:{data_dir / 'wecc.sqlite'}?mode=ro"
    with contextlib.closing(sqlite3.connect(place, uri=True)) as connection:
        yield connection


def demo_tenants(data_dir: Path) -> list[str]:
    """The ids of the demo tenants."""
    with rows(data_dir) as database:
        found = database.execute("SELECT id FROM tenants WHERE is_demo").fetchall()
        return [str(row[0]) for row in found]


def what_is_left(data_dir: Path, tenant_id: str) -> dict[str, int]:
    """Rows of a tenant by table, in every table that knows tenants."""
    found = {}
    with rows(data_dir) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{name}")')]
            if "tenant_id" in columns:
                wanted = f'SELECT count(*) FROM "{name}" WHERE tenant_id = ?'
                count = database.execute(wanted, (tenant_id,)).fetchone()[0]
                if count:
                    found[str(name)] = int(count)
    return found


def agent_of_the_demo(running: Product) -> Staff:
    """Sign in by the link that was printed."""
    link = running.wait_for_line(r"Agent Lisbon\s+(\S+)").group(1)
    client = running.http(Origin=running.url("desk"))
    answer = client.post("/api/v1/sign-in/link", json={"token": link.rsplit("/", 1)[1]})
    assert answer.is_success, answer.text
    return Staff(running, client, answer.json())


async def serve(answerer: Answerer, stop: asyncio.Event) -> None:
    """Take every offer, answer every line, talk for two seconds, wrap up."""
    seen, wire = 0, answerer.agent
    while not stop.is_set():
        frames, seen = wire.frames[seen:], len(wire.frames)
        for frame in frames:
            await _react(answerer, frame)
        await asyncio.sleep(0.05)


async def _react(answerer: Answerer, frame: dict[str, Any]) -> None:
    wire = answerer.agent
    if frame["type"] == "offer.new":
        offer = frame["offer"]
        accept = {"type": "offer.accept", "offer_id": offer["id"]}
        if offer["interaction"]["kind"] == "call":
            await answerer.answered(accept)
            await answerer.hears_some_sound()
            await answerer.request("call.hang_up")
        else:
            await wire.must(accept)
            await wire.post(offer["conversation"]["id"], "Hello, one moment.")
    elif frame["type"] == "message.new" and frame["message"]["author"]["kind"] == "visitor":
        with contextlib.suppress(AssertionError):  # it may be over already
            await wire.post(frame["message"]["conversation_id"], "Yes, it does.")
    elif frame["type"] == "assignment.changed" and not frame["gone"]:
        interaction = frame["interaction"]
        if interaction["state"] == "wrap_up":
            request = {"type": "interaction.wrap_up", "interaction_id": interaction["id"]}
            await wire.must(request)


async def send_robots(data_dir: Path, count: int) -> tuple[int, str]:
    """Run ``wecc demo visitors`` to its end."""
    process = await asyncio.create_subprocess_exec(
        *argv("demo", "visitors", "--count", str(count), "--data", data_dir),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(240):
        output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_robots_are_served_marked_and_cleared(data: Path) -> None:
    with product(data, "--demo") as running:
        answerer = Answerer(running, agent_of_the_demo(running))
        await answerer.on_duty()
        stop = asyncio.Event()
        serving = asyncio.create_task(serve(answerer, stop))
        code, output = await send_robots(data, 3)
        stop.set()
        await serving
        await answerer.gone()
        assert code == 0, output
        for kind in ("chat", "file", "call"):
            assert re.search(rf"robot \d \({kind}\): served", output), output
        with rows(data) as database:
            for wanted in (
                "SELECT mode, is_robot FROM conversations ORDER BY mode",
                "SELECT kind, is_robot FROM interactions ORDER BY kind",
            ):
                found = database.execute(wanted).fetchall()
                assert found == [("call", 1), ("chat", 1), ("chat", 1)]
        is_refused_while_running = wecc("demo", "clear", "--data", data)
        assert is_refused_while_running.returncode != 0
    _is_cleared(data)


def _is_cleared(data: Path) -> None:
    (tenant_id,) = demo_tenants(data)
    before = what_is_left(data, tenant_id)
    assert {"messages", "acd_journal", "interactions", "intakes", "calls"} <= before.keys()
    files = [path for path in (data / "files").rglob("*") if path.is_file()]
    assert files, "the robot's picture"
    cleared = wecc("demo", "clear", "--data", data)
    assert cleared.returncode == 0, cleared.stderr
    assert cleared.stdout.startswith("cleared 1 demo tenant(s)")
    assert what_is_left(data, tenant_id) == {}
    assert demo_tenants(data) == []
    assert not [path for path in (data / "files").rglob("*") if path.is_file()]
    assert wecc("demo", "clear", "--data", data).stdout.startswith("cleared 0 ")
    with product(data, "--demo") as again:
        assert agent_of_the_demo(again).me["user"]["name"] == "Agent Lisbon"
    (fresh,) = demo_tenants(data)
    assert fresh != tenant_id


async def test_robots_enter_no_real_tenant(data: Path) -> None:
    with product(data) as running:
        admin = running.set_up()
        site = admin.add_site(ORIGIN)
        robot = Visitor(running, site, robot=True)
        with contextlib.suppress(websockets.WebSocketException):
            await robot.open()
            hello = {"type": "hello", "v": 1, "site": site["key"], "language": "en"}
            await robot.send(hello)
            refused = await robot.wait("error")
            assert refused["code"] == "robot_refused"
        await robot.close()
        with rows(data) as database:
            assert database.execute("SELECT count(*) FROM visitor_tokens").fetchone() == (0,)
        none_here = wecc("demo", "visitors", "--count", "1", "--data", data)
        assert none_here.returncode == 1
        assert none_here.stderr.startswith("wecc: "), none_here.stderr
    absent = wecc("demo", "visitors", "--count", "1", "--data", data)
    assert absent.returncode == 1
    assert "Start `wecc run --demo` first" in absent.stderr
