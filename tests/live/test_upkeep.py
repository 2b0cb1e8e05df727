"""Back-up under load, restore, links: what an operator does with a running gateway."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.live.command import wecc
from tests.live.product import Product, Staff, product
from tests.live.sockets import Agent, Visitor
from tests.patience import until

ORIGIN = "https://shop.example.com"
pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def shop(running: Product, admin: Staff) -> tuple[Product, Staff, dict[str, Any]]:
    """A product with an administrator and a site."""
    return running, admin, admin.add_site(ORIGIN)


def upload(running: Product, visitor: Visitor, body: bytes) -> str:
    """Send a file as the widget does; returns the attachment's id."""
    client = running.http("widget", Origin=ORIGIN, Authorization=f"Bearer {visitor.token}")
    upload_id = str(uuid.uuid4())
    created = {
        "id": upload_id,
        "conversation_id": visitor.conversation,
        "name": "notes.txt",
        "size_bytes": len(body),
    }
    answer = client.post("/v1/uploads", json=created)
    assert answer.is_success, answer.text
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    answer = client.patch(f"/v1/uploads/{upload_id}", content=body, headers=headers)
    assert answer.is_success, answer.text
    attachment_id: str = answer.json()["attachment"]["id"]
    return attachment_id


def download(running: Product, person: Staff, attachment_id: str) -> bytes:
    """Read a file as an agent does: a fresh signed address, then the files origin."""
    url = person.call("GET", f"/attachments/{attachment_id}")["url"]
    parts = urlsplit(url)
    assert parts.netloc == f"files.localhost:{running.port}"
    answer = running.http("files").get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_backup_under_load_and_restore(
    shop: tuple[Product, Staff, dict[str, Any]], tmp_path: Path
) -> None:
    running, _, site = shop
    visitor = Visitor(running, site)
    await visitor.hello()
    await visitor.start("line 0")
    body = os.urandom(16).hex().encode() * 2_000
    attachment_id = await asyncio.to_thread(upload, running, visitor, body)
    frame = {"type": "message.post", "id": str(uuid.uuid4()), "attachment_id": attachment_id}
    await visitor.must(frame | {"conversation_id": visitor.conversation})
    acked = ["line 0"]
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            await visitor.post(f"line {len(acked)}")
            acked.append(f"line {len(acked)}")
            await asyncio.sleep(0.06)

    async def has_written(count: int) -> bool:
        return len(acked) > count

    writing = asyncio.create_task(write())
    await until(lambda: has_written(5), "the first lines")
    before = len(acked)
    target = tmp_path / "backup"
    made = await asyncio.to_thread(wecc, "backup", "--data", running.data_dir, target)
    assert made.returncode == 0, made.stderr
    after = len(acked)
    await until(lambda: has_written(after), "a line after the backup")
    stop.set()
    await writing
    assert after > before > 1, "the load went on meanwhile"
    await visitor.close()
    assert target.stat().st_mode & 0o077 == 0, "whoever holds a backup can read everything"
    fresh = tmp_path / "fresh" / "data"
    fresh.parent.mkdir()
    restored = await asyncio.to_thread(wecc, "restore", "--data", fresh, target)
    assert restored.returncode == 0, restored.stderr
    with product(fresh) as second:
        person = second.sign_in("admin@example.com")
        agent = Agent(second, person)
        await agent.hello()
        page = await agent.ask_history(visitor.conversation)
        texts = [item["text"] for item in page if item["kind"] == "text"]
        assert texts == acked[: len(texts)], "in order, without a hole"
        assert len(texts) >= before
        assert [item["seq"] for item in page] == list(range(1, len(page) + 1))
        sent = await asyncio.to_thread(download, second, person, attachment_id)
        assert hashlib.sha256(sent).digest() == hashlib.sha256(body).digest()
        again = Visitor(second, site)
        again.token, again.conversation = visitor.token, visitor.conversation
        await again.hello()
        await again.post("still here")
        await again.close()
        await agent.close()


def test_restore_refuses_what_would_do_harm(
    shop: tuple[Product, Staff, dict[str, Any]], tmp_path: Path
) -> None:
    running, _, _ = shop
    backup = tmp_path / "backup"
    assert wecc("backup", "--data", running.data_dir, backup).returncode == 0
    twice = wecc("backup", "--data", running.data_dir, backup)
    full = wecc("restore", "--data", running.data_dir, backup)
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    mine = wecc("restore", "--data", other, backup)
    assert (other / "letter.txt").read_text() == "mine"
    empty = wecc("restore", "--data", tmp_path / "new", tmp_path / "nothing")
    for refused in (twice, full, mine, empty):
        assert refused.returncode == 1
        assert refused.stderr.startswith("wecc: "), refused.stderr
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert not (tmp_path / "new").exists()


def test_restore_refuses_a_damaged_backup(
    shop: tuple[Product, Staff, dict[str, Any]], tmp_path: Path
) -> None:
    running, _, _ = shop
    sound = tmp_path / "sound"
    assert wecc("backup", "--data", running.data_dir, sound).returncode == 0

    def flipped(folder: Path) -> None:
        path = folder / "wecc.sqlite"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)

    def short(folder: Path) -> None:
        with (folder / "wecc.sqlite").open("r+b") as file:
            file.truncate(8_192)

    def keyless(folder: Path) -> None:
        (folder / "master.key").unlink()

    def other_key(folder: Path) -> None:
        (folder / "master.key").write_bytes(os.urandom(32))

    def garbled(folder: Path) -> None:
        (folder / "manifest.json").write_text('{"format": 1')

    for number, damage in enumerate((flipped, short, keyless, other_key, garbled)):
        folder, target = tmp_path / f"damaged-{number}", tmp_path / f"target-{number}"
        shutil.copytree(sound, folder)
        damage(folder)
        refused = wecc("restore", "--data", target, folder)
        assert refused.returncode in (1, 78), damage
        assert refused.stderr.startswith("wecc: "), refused.stderr
        assert "Traceback" not in refused.stderr
        assert not target.exists()
        with contextlib.suppress(FileNotFoundError):
            assert not list(target.parent.glob(".target-*"))


def test_sign_in_link_of_a_running_gateway(shop: tuple[Product, Staff, dict[str, Any]]) -> None:
    running, admin, _ = shop
    admin.add_agent("Agent One", "one@example.com")
    made = wecc("sign-in-link", "--data", running.data_dir, "One@Example.com")
    assert made.returncode == 0, made.stderr
    link = made.stdout.strip()
    assert link.startswith(running.url("desk"))
    client = running.http(Origin=running.url("desk"))
    token = link.rsplit("/", 1)[1]
    first = client.post("/api/v1/sign-in/link", json={"token": token})
    assert first.is_success, first.text
    assert first.json()["user"]["email"] == "one@example.com"
    second = running.http(Origin=running.url("desk"))
    assert second.post("/api/v1/sign-in/link", json={"token": token}).status_code >= 400
    unknown = wecc("sign-in-link", "--data", running.data_dir, "nobody@example.com")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("wecc: Nobody active")
