"""No room for files: a clear refusal, text goes on, and the upload continues afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.engagement.ports import Verdict
from gateway.engagement.wire import UploadCreate
from gateway.kernel.clock import ManualClock
from gateway.kernel.errors import WeccError
from gateway.platform.database.sqlite import SqliteDatabase
from tests.engagement.conftest import TENANT, Room, make_room, visitor
from tests.engagement.pictures import picture

pytestmark = pytest.mark.fault
CV = "cv_conversation1"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root mounts a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
async def room(sqlite: SqliteDatabase, clock: ManualClock, small_disk: Path) -> AsyncIterator[Room]:
    async for made in make_room(sqlite, clock, small_disk):
        yield made


async def announce(room: Room, name: str, size_bytes: int) -> None:
    body = UploadCreate(id="up_upload0001", conversation_id=CV, name=name, size_bytes=size_bytes)
    await room.service.uploads.create(visitor(), body)


async def test_an_upload_waits_for_room_and_text_does_not(room: Room, small_disk: Path) -> None:
    await room.open(visitor(), CV)
    body = bytes(range(256)) * 2_000
    await announce(room, "data.dat", len(body))
    uploads, half = room.service.uploads, 250_000
    await uploads.append(visitor(), "up_upload0001", 0, body[:half])
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(4 << 20))
    for _ in range(2):
        with pytest.raises(WeccError) as caught:
            await uploads.append(visitor(), "up_upload0001", half, body[half : 2 * half])
        assert (caught.value.code, caught.value.info.status) == ("disk_full", 507)
    assert await room.say(visitor(), CV, "ms_message0001", "text lives") == 1
    filler.unlink()
    assert (await uploads.find(visitor(), "up_upload0001")).offset_bytes == half
    await uploads.append(visitor(), "up_upload0001", half, body[half : 2 * half])
    last = await uploads.append(visitor(), "up_upload0001", 2 * half, body[2 * half :])
    assert last.attachment is not None
    assert last.attachment.state == "clean"


async def test_a_picture_waits_in_quarantine_for_room(room: Room, small_disk: Path) -> None:
    await room.open(visitor(), CV)
    body = picture("PNG", (300, 200))
    await announce(room, "cat.png", len(body))
    await room.service.uploads.append(visitor(), "up_upload0001", 0, body[:-5])
    room.service.attachments.scanner = Filler(small_disk / "filler")
    last = await room.service.uploads.append(visitor(), "up_upload0001", len(body) - 5, body[-5:])
    assert last.attachment is not None
    assert (last.attachment.state, last.attachment.url) == ("scanning", None)
    (small_disk / "filler").unlink()
    room.service.attachments.scanner = None
    assert await room.service.attachments.resume(TENANT) == 1
    view = await room.service.attachments.check_now(visitor(), last.attachment.id)
    assert (view.state, view.width_px) == ("clean", 300)


class Filler:
    """A scanner whose work fills the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def scan(self, name: str, media_type: str, body: bytes) -> Verdict:
        try:
            self._path.write_bytes(bytes(4 << 20))
        except OSError:
            pass
        return "clean"
