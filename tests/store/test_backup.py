"""A backup taken under load holds everything acknowledged before, and restores to a sound store."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.backup import Manifest, backup, restore
from gateway.platform.blobs import BlobRef, DiskBlobs
from gateway.platform.database.opening import FILE_NAME
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.events import read_after
from gateway.platform.keys import open_keys
from tests.patience import until
from tests.store.tables import add_note, metadata, note_ids


class Store:
    """The database and the files of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.database = SqliteDatabase(
            data_dir / FILE_NAME, SystemClock(), prepare=metadata.create_all
        )

    async def open(self) -> Store:
        await self.database.open()
        keys = await open_keys(self.database, self.data_dir / "master.key")
        self.blobs = DiskBlobs(self.data_dir / "files", keys)
        return self

    async def close(self) -> None:
        await self.blobs.close()
        await self.database.close()

    async def add_with_file(self, name: str) -> str:
        """As an attachment: the file first, then the row that names it."""
        await self.blobs.write(BlobRef("t1", "contact-1", name), name.encode() * 50)
        return await self.database.write("t1", lambda tx: add_note(tx, name))


async def test_a_backup_under_load_holds_what_was_acknowledged(tmp_path: Path) -> None:
    store = await Store(tmp_path / "data").open()
    stop = False
    acked: list[str] = []

    async def caller(number: int) -> None:
        step = 0
        while not stop:
            step += 1
            name = f"note-{number:02}-{step:04}"
            await asyncio.sleep(0.01)
            if number < 4:
                acked.append(await store.add_with_file(name))
            else:
                acked.append(
                    await store.database.write("t1", lambda tx, n=name: add_note(tx, n))  # type: ignore[misc]
                )

    load = asyncio.gather(*(caller(number) for number in range(24)))
    seen: list[tuple[str, int, int]] = []
    known: list[tuple[Path, set[str]]] = []
    for round_ in range(3):
        await asyncio.sleep(0.15)
        before = set(acked)
        target = tmp_path / f"backup-{round_}"
        report: Callable[[str, int, int], None] = lambda *told: seen.append(told)  # noqa: E731
        manifest = await asyncio.to_thread(
            backup, tmp_path / "data", target, SystemClock(), progress=report
        )
        assert manifest.blobs > 0
        known.append((target, before))
    during = len(acked)

    async def goes_on() -> bool:
        return len(acked) > during

    await until(goes_on, "that the gateway writes on after the backup")
    stop = True
    await load
    await store.close()
    assert {told[0] for told in seen} == {"files", "database"}
    for target, before in known:
        await _check(target, tmp_path / f"restored-{target.name}", before)


async def _check(target: Path, data_dir: Path, acked: set[str]) -> None:
    await asyncio.to_thread(restore, target, data_dir)
    store = await Store(data_dir).open()
    stored = await store.database.read("t1", note_ids)
    assert acked <= stored
    for name in stored:
        if name.startswith(("note-00", "note-01", "note-02", "note-03")):
            content = await store.blobs.read(BlobRef("t1", "contact-1", name))
            assert content == name.encode() * 50
    events = await store.database.read("t1", lambda tx: read_after(tx, 0, 10**6))
    assert {event.facts["note_id"] for event in events} == stored
    assert await store.add_with_file("note-after") == "note-after"
    await store.close()
    assert (data_dir / "master.key").stat().st_mode & 0o777 == 0o600
    assert (data_dir / FILE_NAME).stat().st_mode & 0o077 == 0


@pytest.fixture
async def taken(tmp_path: Path) -> Path:
    store = await Store(tmp_path / "data").open()
    for number in range(30):
        await store.add_with_file(f"note-{number:08}")
    backup(tmp_path / "data", tmp_path / "backup", SystemClock())
    await store.close()
    return tmp_path / "backup"


def _refusal(source: Path, data_dir: Path) -> str:
    with pytest.raises(WeccError) as refused:
        restore(source, data_dir)
    assert not (data_dir / FILE_NAME).exists()
    assert [path for path in data_dir.parent.iterdir() if path.name.endswith(".partial")] == []
    return refused.value.message


def test_a_damaged_backup_is_refused(taken: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "restored"
    data_dir.mkdir()
    database = taken / FILE_NAME
    sound = database.read_bytes()
    database.write_bytes(sound[:5000] + os.urandom(200) + sound[5200:])
    assert "not what was backed up" in _refusal(taken, data_dir)
    database.write_bytes(sound)
    blob = next((taken / "files").glob("*/*/*"))
    content = blob.read_bytes()
    blob.unlink()
    assert "files were backed up" in _refusal(taken, data_dir)
    blob.write_bytes(content[:-1])
    assert "files were backed up" in _refusal(taken, data_dir)
    blob.write_bytes(content)
    key = (taken / "master.key").read_bytes()
    (taken / "master.key").unlink()
    assert "master.key is missing" in _refusal(taken, data_dir)
    (taken / "master.key").write_bytes(b"x")
    assert "does not hold a master key" in _refusal(taken, data_dir)
    (taken / "master.key").write_bytes(key)
    assert restore(taken, data_dir).blobs == 30
    with pytest.raises(WeccError, match="not empty"):
        restore(taken, data_dir)
    (taken / "manifest.json").write_text("{}")
    assert "is not a backup" in _refusal(taken, tmp_path / "other")


def test_a_backup_never_overwrites(taken: Path, tmp_path: Path) -> None:
    with pytest.raises(WeccError, match="exists already"):
        backup(tmp_path / "data", taken, SystemClock())
    with pytest.raises(WeccError, match=r"there is no wecc\.sqlite"):
        backup(tmp_path / "nothing", tmp_path / "new", SystemClock())
    assert not (tmp_path / "new").exists()


def test_beside_postgresql_only_files_are_copied(taken: Path, tmp_path: Path) -> None:
    manifest = backup(tmp_path / "data", tmp_path / "files", SystemClock(), files_only=True)
    assert isinstance(manifest, Manifest)
    assert manifest.blobs == 30
    assert sorted(os.listdir(tmp_path / "files")) == ["files", "manifest.json", "master.key"]  # noqa: PTH208
    started = time.monotonic()
    assert restore(tmp_path / "files", tmp_path / "restored") == manifest
    assert time.monotonic() - started < 120
