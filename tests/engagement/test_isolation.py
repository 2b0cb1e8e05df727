"""Child processes that parse: bounded in memory, time and output, alone, and gone afterwards."""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from gateway.engagement.images import Remade
from gateway.engagement.service.attachments import REMAKE
from gateway.platform.isolation import Isolation, IsolationError, Limits
from tests.engagement.pictures import picture, png_bomb

HERE = "tests.engagement.hostile"


@pytest.fixture
async def isolation() -> AsyncIterator[Isolation]:
    made = Isolation(preload=["gateway.engagement.images"])
    yield made
    await made.close()


async def test_answers_come_back_and_children_do_not_stay(isolation: Isolation) -> None:
    for size in (0, 1, 5_000_000):
        assert await isolation.call(f"{HERE}:reverse", b"ab" * size) == b"ba" * size
    pid = int(await isolation.call(f"{HERE}:process_id", b""))
    assert pid != os.getpid()
    await isolation.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("sleep", "timeout"),
        ("spin", "crashed"),
        ("exit_now", "crashed"),
        ("segfault", "crashed"),
        ("eat_memory", "failed"),
        ("fail", "failed"),
        ("babble", "too_large"),
        ("write_a_file", "failed"),
        ("missing", "crashed"),
    ],
)
async def test_whatever_a_child_does_the_parent_lives(
    isolation: Isolation, function: str, reason: str
) -> None:
    limits = Limits(memory_bytes=400_000_000, cpu_s=1, wall_ms=60_000, output_bytes=1_000)
    if function == "sleep":
        limits = Limits(wall_ms=300)
    with pytest.raises(IsolationError) as caught:
        await isolation.call(f"{HERE}:{function}", b"payload", limits)
    assert caught.value.reason == reason
    assert await isolation.call(f"{HERE}:reverse", b"ok") == b"ko"


async def test_nothing_is_inherited(isolation: Isolation, tmp_path: Path) -> None:
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        names = (await isolation.call(f"{HERE}:open_files", b"")).decode().split()
        variables = (await isolation.call(f"{HERE}:environment", b"")).decode().split()
    assert set(names) <= {"0", "1", "2", "3"}
    assert set(variables) <= {"PYTHONPATH", "LC_ALL", "MALLOC_ARENA_MAX", "LC_CTYPE"}


async def test_many_at_once_take_turns(isolation: Isolation) -> None:
    answers = await asyncio.gather(
        *(isolation.call(f"{HERE}:reverse", b"%d" % number) for number in range(6))
    )
    assert [answer[::-1] for answer in answers] == [b"%d" % number for number in range(6)]


async def test_a_bomb_is_refused_before_it_is_decoded(isolation: Isolation) -> None:
    started = time.monotonic()
    for bomb in (png_bomb(64_000, 64_000), png_bomb(16_000, 16_000)):
        made = msgspec.msgpack.decode(await isolation.call(REMAKE, bomb), type=Remade)
        assert made.refused == "too_many_pixels"
    used = int(await isolation.call(f"{HERE}:peak_bytes_of_a_bomb", png_bomb(60_000, 60_000)))
    assert used <= 256 * 1024 * 1024
    assert time.monotonic() - started < 120


@pytest.mark.parametrize(
    ("mode", "kind", "media_type"),
    [
        ("CMYK", "JPEG", "image/jpeg"),
        ("L", "JPEG", "image/jpeg"),
        ("RGB", "MPO", "image/jpeg"),
        ("I;16", "PNG", "image/png"),
        ("LA", "PNG", "image/png"),
        ("1", "PNG", "image/png"),
        ("P", "GIF", "image/gif"),
        ("RGBA", "WEBP", "image/webp"),
    ],
)
async def test_every_kind_of_picture_a_camera_or_a_tool_makes(
    isolation: Isolation, mode: str, kind: str, media_type: str
) -> None:
    out = io.BytesIO()
    more = {"save_all": True, "append_images": [Image.new(mode, (90, 60))]} if kind == "MPO" else {}
    Image.new(mode, (90, 60)).save(out, kind, **more)
    made = msgspec.msgpack.decode(await isolation.call(REMAKE, out.getvalue()), type=Remade)
    assert (made.refused, made.media_type) == ("", media_type)
    assert (made.width_px, made.height_px) == (90, 60)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_cut_and_bent_pictures_never_pass_unchecked(isolation: Isolation, kind: str) -> None:
    body = picture(kind, (60, 40))
    for bent in (body[: len(body) // 2], body[:20], body[:30] + b"\xff" * 30 + body[60:]):
        made = msgspec.msgpack.decode(await isolation.call(REMAKE, bent), type=Remade)
        assert made.refused or (made.width_px, made.height_px) == (60, 40)
