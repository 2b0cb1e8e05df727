"""What people keep when processes die and lines are cut: everything, once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.product import Product, Staff, eventually, product
from tests.live.sockets import Agent, Visitor
from tests.patience import becomes

ORIGIN = "https://shop.example.com"
pytestmark = pytest.mark.fault


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Product, Staff, dict[str, object]]]:
    """A product of its own with a site and an agent."""
    (tmp_path / "data").mkdir()
    with product(tmp_path / "data") as running:
        admin = running.set_up()
        site = admin.add_site(ORIGIN)
        yield running, admin.add_agent("Agent One", "one@example.com"), site


def alive(pids: list[int]) -> list[int]:
    """Which of these processes still run (one that waits to be reaped does not)."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            found += [pid] if state != "Z" else []
    return found


async def comes_back(wire: Visitor | Agent, resume: list[dict[str, object]]) -> None:
    """Reconnect with short pauses, as the front ends do."""
    for _ in range(300):
        try:
            await wire.hello(resume)
            return
        except (OSError, AssertionError, Exception):
            await asyncio.sleep(0.1)
    raise AssertionError("it never came back")


async def test_web_process_killed_while_people_write(
    shop: tuple[Product, Staff, dict[str, object]],
) -> None:
    running, person, site = shop
    agent, visitor = Agent(running, person), Visitor(running, site)
    await agent.hello()
    await agent.ready()
    await visitor.hello()
    await visitor.start("first")
    offer = await agent.accept(visitor.conversation)
    sent: list[tuple[str, str]] = []
    acked: set[str] = set()

    async def write() -> None:
        for number in range(60):
            message_id = str(uuid.uuid4())
            sent.append((message_id, f"line {number}"))
            while message_id not in acked:
                try:
                    await visitor.post(f"line {number}", message_id)
                    acked.add(message_id)
                except (AssertionError, OSError, Exception):
                    await comes_back(visitor, [])

    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(random.uniform(0.05, 0.3))
            running.kill("web")
            await asyncio.to_thread(running.wait_ready)

    await asyncio.gather(write(), kill())
    await comes_back(agent, [{"conversation_id": visitor.conversation, "after_seq": 1}])
    assert {message_id for message_id, _ in sent} == acked
    page = await agent.ask_history(visitor.conversation)
    texts = [item["text"] for item in page if item["kind"] == "text"]
    assert texts == ["first", *(text for _, text in sent)]
    assert [item["seq"] for item in page] == sorted({item["seq"] for item in page})
    welcome = next(f for f in reversed(agent.frames) if f["type"] == "welcome")
    mine = [a["interaction"]["id"] for a in welcome["assignments"]]
    assert mine == [offer["interaction"]["id"]]
    await agent.close()
    await visitor.close()


async def test_a_hundred_cuts_lose_and_double_nothing(
    shop: tuple[Product, Staff, dict[str, object]],
) -> None:
    running, person, site = shop
    agent, visitor = Agent(running, person), Visitor(running, site)
    await agent.hello()
    await agent.ready()
    await visitor.hello()
    await visitor.start("line 0")
    await agent.accept(visitor.conversation)
    outbox = {str(uuid.uuid4()): f"line {number}" for number in range(1, 151)}
    cuts = 0
    for message_id, text in list(outbox.items()):
        frame = {
            "type": "message.post",
            "id": message_id,
            "conversation_id": visitor.conversation,
            "text": text,
            "ref": message_id,
        }
        await visitor.send(frame)
        if cuts < 100:
            cuts += 1
            if random.random() < 0.5:
                await asyncio.sleep(random.uniform(0, 0.01))
            (visitor if cuts % 3 else agent).drop()
            if cuts % 3:
                await comes_back(visitor, [])
            else:
                place = max((m["seq"] for m in agent.messages(visitor.conversation)), default=0)
                await comes_back(
                    agent, [{"conversation_id": visitor.conversation, "after_seq": place}]
                )
        while not any(f["type"] == "ack" and f["ref"] == message_id for f in visitor.frames):
            try:
                await visitor.must(frame)
                break
            except (AssertionError, Exception):
                await comes_back(visitor, [])
    assert cuts == 100
    expected = [f"line {number}" for number in range(151)]
    for reader in (agent, visitor):
        page = await reader.ask_history(visitor.conversation)
        assert [m["text"] for m in page if m["kind"] == "text"] == expected

    async def heard() -> list[str]:
        return [m["text"] for m in agent.messages(visitor.conversation) if m["kind"] == "text"]

    await becomes(heard, expected)
    await agent.close()
    await visitor.close()


async def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    running = Product(tmp_path / "data").start()
    pids = [pid for found in running.processes().values() for pid in found]
    assert len(pids) >= 3
    assert running.stop() == 0
    eventually(lambda: not alive(pids), 30, "the end of every process")


async def test_a_killed_parent_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    running = Product(tmp_path / "data").start()
    pids = [pid for found in running.processes().values() for pid in found]
    assert running.process is not None
    os.kill(running.process.pid, 9)
    running.process.wait()
    eventually(lambda: not alive(pids), 60, "the end of every process")
    running.stop()
