"""Files at rest: sealed, resumable, bound to their contact, and honest when damaged."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform import sealed
from gateway.platform.blobs import BlobRef, DiskBlobs
from gateway.platform.database.port import Database, Tx
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.keys import Keys, data_keys, open_keys

REF = BlobRef("t1", "contact-1", "file-00000001")
CANARY = b"a canary nobody may find on the disk "


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await SqliteDatabase(tmp_path / "wecc.db", SystemClock()).open()
    yield opened
    await opened.close()


@pytest.fixture
async def keys(database: SqliteDatabase, tmp_path: Path) -> Keys:
    return await open_keys(database, tmp_path / "master.key")


@pytest.fixture
async def blobs(tmp_path: Path, keys: Keys) -> AsyncIterator[DiskBlobs]:
    opened = DiskBlobs(tmp_path / "blobs", keys)
    yield opened
    await opened.close()


def _files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def _open_files(tmp_path: Path) -> int:
    """How many of the blobs this process has open."""
    directory = str(tmp_path / "blobs")
    places = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return sum(place.startswith(directory) for place in places)


async def test_what_goes_in_comes_out_and_nothing_of_it_lies_on_the_disk(
    blobs: DiskBlobs, tmp_path: Path
) -> None:
    content = CANARY * 9000
    info = await blobs.write(REF, content)
    assert info.size_bytes == len(content)
    assert info.sha256 == hashlib.sha256(content).hexdigest()
    assert await blobs.read(REF) == content
    for start, end in ((0, 10), (65_530, 65_545), (len(content) - 5, None), (200_000, 200_000)):
        assert await blobs.read(REF, start, end) == content[start:end]
    assert await blobs.read(REF, len(content) + 5) == b""
    pieces = [piece async for piece in blobs.stream(REF, 100, 150_000)]
    assert b"".join(pieces) == content[100:150_000]
    for path in _files(tmp_path):
        assert CANARY[:12] not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
        assert "file" not in path.name


async def test_an_upload_is_resumed_where_it_was_cut(
    blobs: DiskBlobs, tmp_path: Path, keys: Keys
) -> None:
    content = os.urandom(300_000)
    assert await blobs.length(REF) == 0
    assert await blobs.append(REF, 0, content[:100_000]) == 100_000
    assert await blobs.append(REF, 0, content[:100_000]) == 100_000  # the ack was lost
    assert await blobs.append(REF, 60_000, content[60_000:90_000]) == 100_000
    for offset, data in ((50_000, content[50_000:150_000]), (100_001, b"x"), (0, b"other")):
        with pytest.raises(WeccError, match="upload_offset") as refused:
            await blobs.append(REF, offset, data)
        assert "100000" in refused.value.message
    with pytest.raises(WeccError):
        await blobs.read(REF)
    with pytest.raises(WeccError, match="upload_offset"):
        await blobs.finish(REF, 300_000)
    restarted = DiskBlobs(tmp_path / "blobs", keys)
    assert await restarted.length(REF) == 100_000
    assert await restarted.append(REF, 100_000, content[100_000:]) == 300_000
    info = await restarted.finish(REF, 300_000)
    assert info == await restarted.finish(REF, 300_000)
    assert await restarted.read(REF) == content
    with pytest.raises(WeccError, match="wrong_state"):
        await restarted.append(REF, 300_000, b"more")
    await restarted.close()


@pytest.mark.parametrize("lost_bytes", [1, 20, 40_000, 70_000])
async def test_a_torn_end_is_cut_off_and_the_upload_goes_on(
    blobs: DiskBlobs, tmp_path: Path, keys: Keys, lost_bytes: int
) -> None:
    content = os.urandom(200_000)
    await blobs.append(REF, 0, content)
    (path,) = _files(tmp_path)
    stored = path.read_bytes()
    path.write_bytes(stored[:-lost_bytes] + bytes(lost_bytes))  # sizes survive, pages do not
    restarted = DiskBlobs(tmp_path / "blobs", keys)
    begun = await restarted.length(REF)
    assert begun < 200_000
    assert await restarted.append(REF, begun, content[begun:]) == 200_000
    await restarted.finish(REF, 200_000)
    assert await restarted.read(REF) == content
    await restarted.close()


async def test_damage_is_found_and_never_served(blobs: DiskBlobs, tmp_path: Path) -> None:
    content = os.urandom(200_000)
    await blobs.write(REF, content)
    (path,) = _files(tmp_path)
    sound = path.read_bytes()
    record = 17 + 65_536 + 16
    damaged = {
        "bit": sound[:1000] + bytes([sound[1000] ^ 1]) + sound[1001:],
        "cut at a record": sound[: 3 * record],
        "cut inside": sound[:-40],
        "last record lost": sound[:-33],
        "extended": sound + b"x",
        "swapped": sound[record : 2 * record] + sound[:record] + sound[2 * record :],
        "repeated": sound[:record] + sound,
        "middle removed": sound[:record] + sound[2 * record :],
        "nothing left": b"",
    }
    for name, stored in damaged.items():
        path.write_bytes(stored)
        outcome = (await asyncio.gather(blobs.read(REF), return_exceptions=True))[0]
        assert isinstance(outcome, WeccError), name
        assert outcome.code == "internal", name
    path.write_bytes(sound)
    assert await blobs.read(REF) == content


async def test_a_file_taken_to_another_place_does_not_open(
    blobs: DiskBlobs, tmp_path: Path
) -> None:
    await blobs.write(REF, b"for contact 1")
    (first,) = _files(tmp_path)
    other = BlobRef("t1", "contact-1", "file-00000002")
    await blobs.write(other, b"another")
    (second,) = [path for path in _files(tmp_path) if path != first]
    shutil.copy(first, second)
    with pytest.raises(WeccError, match="internal"):
        await blobs.read(other)
    stranger = BlobRef("t1", "contact-2", REF.blob_id)
    with pytest.raises(WeccError, match="not_found"):
        await blobs.read(stranger)
    await blobs.write(BlobRef("t1", "contact-2", "file-00000003"), b"x")
    with pytest.raises(WeccError, match="internal"):
        await blobs.read(stranger)
    with pytest.raises(WeccError, match="not_found"):
        await blobs.read(BlobRef("t2", "contact-1", REF.blob_id))


async def test_erasing_a_contact_makes_every_copy_unreadable(
    blobs: DiskBlobs, tmp_path: Path
) -> None:
    kept = BlobRef("t1", "contact-2", "file-00000002")
    await blobs.write(REF, CANARY)
    await blobs.write(kept, b"stays")
    copies = tmp_path / "copies"
    shutil.copytree(tmp_path / "blobs", copies)
    await blobs.erase("t1", "contact-1")
    with pytest.raises(WeccError, match="not_found"):
        await blobs.read(REF)
    await blobs.write(BlobRef("t1", "contact-1", "file-00000009"), b"a new key")
    with pytest.raises(WeccError, match="internal"):
        await blobs.read(REF)
    assert await blobs.read(kept) == b"stays"


async def test_dropping_a_tenant_takes_its_keys_and_files(blobs: DiskBlobs, tmp_path: Path) -> None:
    other = BlobRef("t2", "contact-1", REF.blob_id)
    await blobs.write(REF, CANARY)
    await blobs.write(other, b"stays")
    await blobs.drop_tenant("t1")
    assert len(_files(tmp_path)) == 1
    with pytest.raises(WeccError, match="not_found"):
        await blobs.read(REF)
    assert await blobs.read(other) == b"stays"
    await blobs.delete(other)
    await blobs.delete(other)
    assert _files(tmp_path) == []


@pytest.mark.parametrize(
    "blob_id", ["../../etc/passwd", "a/b/c/d/e/f", "..", "", "x" * 65, "file\x00name", "con:12345"]
)
async def test_ids_are_never_paths(blobs: DiskBlobs, tmp_path: Path, blob_id: str) -> None:
    with pytest.raises(WeccError, match="bad_value"):
        await blobs.append(BlobRef("t1", "contact-1", blob_id), 0, b"x")
    await blobs.append(BlobRef("../../t1", "../contact", "file-00000001"), 0, b"x")
    assert len(_files(tmp_path)) == 1
    assert not (tmp_path.parent / "t1").exists()


async def test_two_appends_at_once_do_not_mix(blobs: DiskBlobs) -> None:
    outcomes = await asyncio.gather(
        *(blobs.append(REF, 0, bytes([n]) * 70_000) for n in range(8)), return_exceptions=True
    )
    assert sorted(map(str, outcomes))[0] == "70000"
    assert sum(isinstance(outcome, WeccError) for outcome in outcomes) == 7
    await blobs.finish(REF, 70_000)
    assert len(set(await blobs.read(REF))) == 1


async def test_an_empty_blob_is_a_blob(blobs: DiskBlobs) -> None:
    assert (await blobs.write(REF, b"")).size_bytes == 0
    assert await blobs.read(REF) == b""


async def test_a_reader_who_leaves_lets_go_of_the_file(blobs: DiskBlobs, tmp_path: Path) -> None:
    await blobs.write(REF, os.urandom(500_000))
    seen = 0

    async def leave_after(pieces: int) -> None:
        nonlocal seen
        async for _ in blobs.stream(REF):
            seen = max(seen, _open_files(tmp_path))
            pieces -= 1
            if pieces == 0:
                return

    await leave_after(3)
    for number in range(1, 8):
        call = asyncio.ensure_future(leave_after(number))
        await asyncio.sleep(0.0005 * number)
        call.cancel()
        await asyncio.wait([call])
    await blobs.close()
    gc.collect()
    assert seen >= 1
    assert _open_files(tmp_path) == 0


async def test_the_master_key_is_guarded(database: Database, tmp_path: Path, keys: Keys) -> None:
    path = tmp_path / "master.key"
    key = await keys.of("t1", "contact-1")
    assert path.stat().st_mode & 0o777 == 0o600
    again = await open_keys(database, path)
    assert await again.of("t1", "contact-1") == key
    assert await again.of("t1", "contact-2") != key

    async def refusal() -> str:
        with pytest.raises(WeccError, match="unsafe_configuration") as refused:
            await open_keys(database, path)
        return refused.value.message

    path.chmod(0o640)
    assert "chmod 600" in await refusal()
    path.chmod(0o600)
    kept = path.read_bytes()
    path.write_bytes(b"not a key")
    assert "does not hold" in await refusal()
    path.unlink()
    assert "restore it" in await refusal()
    other = await SqliteDatabase(tmp_path / "other.db", SystemClock()).open()
    await open_keys(other, path)
    await other.close()
    assert path.read_bytes() != kept
    assert "is not the master key of this database" in await refusal()


async def test_wrapped_keys_do_not_open_for_another_contact(database: Database, keys: Keys) -> None:
    first = await keys.of("t1", "contact-1")
    await keys.of("t1", "contact-2")

    def swap(tx: Tx) -> None:
        rows = {row["contact_id"]: row["wrapped"] for row in tx.all(data_keys.select())}
        assert first not in rows.values()
        tx.execute(
            data_keys.update()
            .where(data_keys.c.contact_id == "contact-2")
            .values(wrapped=rows["contact-1"])
        )

    await database.write("t1", swap)
    with pytest.raises(WeccError, match="internal"):
        await keys.existing("t1", "contact-2")


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.binary(max_size=200_000), max_size=5),
    start=st.integers(0, 400_000),
    size=st.integers(0, 200_000),
)
def test_any_division_into_appends_reads_the_same(
    pieces: list[bytes], start: int, size: int
) -> None:
    seal = sealed.Seal(b"k" * 32, "t1", "file-00000001")
    descriptor = os.memfd_create("blob")
    try:
        end = sealed.START
        for piece in pieces:
            end = sealed.append(descriptor, seal, end, piece)
        sealed.complete(descriptor, seal, end)
        content = b"".join(pieces)
        found = [sealed.open_record(descriptor, seal, r) for r in sealed.index(descriptor, seal)]
        assert b"".join(found)[start : start + size] == content[start : start + size]
        assert sealed.sound_end(descriptor, seal).plain_bytes == len(content)
    finally:
        os.close(descriptor)
