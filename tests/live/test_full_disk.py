"""No room, or a locked database: nobody gets an ack, everybody a code, and it mends itself."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.audit import audit
from tests.live.product import Product, product
from tests.live.sockets import Visitor

pytestmark = pytest.mark.fault
ORIGIN = "https://shop.example.com"
ROOM_MB = 230
LONG = "word " * 3_000


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk with little more room than a start asks for."""
    place = Path(tempfile.mkdtemp())
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_MB}m,mode=700", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root mounts a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def on_small_disk(small_disk: Path) -> Iterator[Product]:
    """The product with its data on that disk."""
    (small_disk / "data").mkdir()
    with product(small_disk / "data") as running:
        yield running


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 4_096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


async def post(visitor: Visitor, message_id: str, text: str) -> dict[str, object]:
    """Send a message and return the answer, whatever it is."""
    frame = {"type": "message.post", "id": message_id, "text": text}
    return await visitor.ask(frame | {"conversation_id": visitor.conversation}, 60)


async def test_full_disk(on_small_disk: Product, small_disk: Path) -> None:
    running = on_small_disk
    site = running.set_up().add_site(ORIGIN)
    visitor = Visitor(running, site)
    await visitor.hello()
    first = str(uuid.uuid4())
    await visitor.must(
        {
            "type": "conversation.start",
            "conversation_id": visitor.conversation,
            "message_id": first,
            "text": "line 0",
        }
    )
    acked, waiting = [first], ""
    fill(small_disk / "filler")
    for _ in range(200):  # the log of the database may still have room of its own
        message_id = str(uuid.uuid4())
        answer = await post(visitor, message_id, LONG)
        if answer["type"] == "error":
            assert answer["code"] == "disk_full"
            waiting = message_id
            break
        acked.append(message_id)
    assert waiting, "the disk was not full"
    assert running.http().get("/healthz").status_code == 200, "it lives on"
    assert running.process is not None
    assert running.process.poll() is None
    (small_disk / "filler").unlink()
    for _ in range(300):  # the browser's outbox sends again until it is acknowledged
        if (await post(visitor, waiting, LONG))["type"] == "ack":
            break
        await asyncio.sleep(0.2)
    else:
        raise AssertionError("it did not recover by itself")
    await visitor.post("text chat works")
    await visitor.close()
    running.stop()
    found = audit(running.data_dir)
    found.has_each_once({visitor.conversation: [*acked, waiting]})
    found.has_one_interaction_each([visitor.conversation])
    assert found.faults == []


async def test_database_locked_by_another_program(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with product(tmp_path / "data") as running:
        site = running.set_up().add_site(ORIGIN)
        visitor = Visitor(running, site)
        await visitor.hello()
        await visitor.start("line 0")
        with contextlib.closing(
            sqlite3.connect(tmp_path / "data" / "wecc.sqlite", isolation_level=None)
        ) as other:
            await asyncio.sleep(0.5)
            other.execute("BEGIN IMMEDIATE")
            message_id = str(uuid.uuid4())
            answer = await post(visitor, message_id, "line 1")
            assert answer["type"] == "error"
            assert answer["code"] == "store_unavailable"
            other.execute("ROLLBACK")
        for _ in range(300):
            if (await post(visitor, message_id, "line 1"))["type"] == "ack":
                break
            await asyncio.sleep(0.2)
        await visitor.post("line 2")
        page = await visitor.ask_history(visitor.conversation)
        texts = [item["text"] for item in page if item["kind"] == "text"]
        assert texts == ["line 0", "line 1", "line 2"]
        await visitor.close()
