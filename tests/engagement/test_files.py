"""Files: sent in pieces, resumed, refused when they lie, checked, remade and handed out."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from gateway.engagement.ports import Verdict
from gateway.engagement.service import draft
from gateway.engagement.service.attachments import Download
from gateway.engagement.wire import AttachmentView, MessageChanged, UploadCreate
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.tenancy.store import sites
from gateway.tenancy.wire import SiteBody
from tests.engagement.conftest import OTHER_QUEUE, QUEUE, TENANT, Room, agent, visitor
from tests.engagement.pictures import (
    CANARY,
    animation,
    gif_bomb,
    photo_with_exif,
    picture,
    png_bomb,
)

CV = "cv_conversation1"
CHUNK = 262_144


def announced(name: str, size_bytes: int, upload_id: str = "up_upload0001") -> UploadCreate:
    return UploadCreate(
        id=upload_id, conversation_id=CV, name=name, size_bytes=size_bytes, media_type="image/png"
    )


async def send(
    room: Room, who: Actor, name: str, body: bytes, upload_id: str = "up_upload0001"
) -> AttachmentView:
    await room.service.uploads.create(who, announced(name, len(body), upload_id))
    view = None
    for offset in range(0, len(body), CHUNK):
        piece = body[offset : offset + CHUNK]
        view = (await room.service.uploads.append(who, upload_id, offset, piece)).attachment
    assert view is not None
    return view


async def fetch(room: Room, url: str | None) -> tuple[Download, bytes]:
    assert url is not None
    parts = urlsplit(url)
    assert parts.hostname == "files.localhost"
    file = await room.service.attachments.open(
        parts.path.removeprefix("/f/"), dict(parse_qsl(parts.query))
    )
    pieces = room.service.attachments.pieces(file, 0, file.size_bytes)
    return file, b"".join([piece async for piece in pieces])


async def test_a_file_arrives_in_pieces_and_goes_on_after_a_cut(room: Room) -> None:
    await room.open(visitor(), CV)
    body = bytes(range(256)) * 2_500
    uploads = room.service.uploads
    created = await uploads.create(visitor(), announced("data.dat", len(body)))
    assert (created.offset_bytes, created.chunk_bytes) == (0, CHUNK)
    await uploads.append(visitor(), "up_upload0001", 0, body[:CHUNK])
    again = await uploads.create(visitor(), announced("data.dat", len(body)))
    assert again.offset_bytes == CHUNK
    await uploads.append(visitor(), "up_upload0001", 0, body[:CHUNK])
    with pytest.raises(WeccError, match="upload_offset"):
        await uploads.append(visitor(), "up_upload0001", CHUNK + 5, body[CHUNK + 5 : CHUNK + 9])
    await uploads.append(visitor(), "up_upload0001", CHUNK, body[CHUNK : 2 * CHUNK])
    last = await uploads.append(visitor(), "up_upload0001", 2 * CHUNK, body[2 * CHUNK :])
    assert last.attachment is not None
    assert last.attachment.state == "clean"
    file, fetched = await fetch(room, last.attachment.url)
    assert (fetched, file.is_inline, file.name) == (body, False, "data.dat")
    found = await uploads.find(visitor(), "up_upload0001")
    assert (found.offset_bytes, found.attachment is not None) == (len(body), True)
    with pytest.raises(WeccError, match="wrong_state"):
        await uploads.append(visitor(), "up_upload0001", len(body), b"x")


async def test_nobody_continues_or_sends_somebody_elses_file(light: Room) -> None:
    await light.open(visitor(1), CV)
    await light.own(CV, QUEUE, agent())
    await light.service.uploads.create(visitor(1), announced("a.txt", 4))
    for stranger in (visitor(2), agent(), agent(2)):
        with pytest.raises(WeccError, match="not_found"):
            await light.service.uploads.append(stranger, "up_upload0001", 0, b"evil")
    view = (await light.service.uploads.append(visitor(1), "up_upload0001", 0, b"text")).attachment
    assert view is not None
    await light.open(visitor(2), "cv_conversation2")
    for who, where in ((visitor(2), "cv_conversation2"), (agent(), CV)):
        with pytest.raises(WeccError, match="not_found"):
            await light.post(who, draft(where, "ms_message0001", "", view.id))
    with pytest.raises(WeccError, match="not_found"):
        await light.service.attachments.view(visitor(2), view.id)


@pytest.mark.parametrize(
    ("name", "size_bytes", "code"),
    [
        ("empty.txt", 0, "bad_file"),
        ("huge.mp4", 3_000_001, "too_large"),
        ("setup.exe", 10, "bad_file"),
        ("photo.png.scr", 10, "bad_file"),
        ("x.JS", 10, "bad_file"),
    ],
)
async def test_refused_before_a_byte_is_sent(
    light: Room, name: str, size_bytes: int, code: str
) -> None:
    await light.open(visitor(), CV)
    with pytest.raises(WeccError) as caught:
        await light.service.uploads.create(visitor(), announced(name, size_bytes))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("photo.png", b"\x7fELF\x02\x01\x01" + bytes(50)),
        ("photo.png", b"MZ" + bytes(80)),
        ("notes.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("photo.png", b"<html><script>alert(1)</script></html>"),
        ("photo.jpg", b"%PDF-1.7 not a photo"),
        ("report.pdf", b"<!doctype html><script>1</script>%PDF-1.7"),
        ("archive.zip", b"<svg onload=alert(1)>PK\x03\x04"),
        ("cat.gif", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"),
        ("cat.jpg", b"\xff\xd8\xff\xe0" + b"<script>alert(1)</script>" * 9),
        ("bomb.png", png_bomb(64_000, 64_000)),
        ("line.png", png_bomb(1, 2_147_483_647)),
        ("film.gif", gif_bomb(10_000)),
    ],
)
async def test_lying_and_bombing_files_are_refused(light: Room, name: str, body: bytes) -> None:
    await light.open(visitor(), CV)
    with pytest.raises(WeccError) as caught:
        await send(light, visitor(), name, body)
    assert caught.value.code == "bad_file"
    assert "<" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "text/plain"),
        ("page.html", b"<!doctype html><script>1</script>", "text/plain"),
        ("letter.txt", b"hello <script>1</script>", "text/plain"),
        ("paper.pdf", b"%PDF-1.7\n/JS (app.alert(1))", "application/pdf"),
        ("bomb.zip", b"PK\x03\x04" + bytes(100), "application/zip"),
        ("odd", bytes(range(200)), "application/octet-stream"),
    ],
)
async def test_everything_else_is_only_a_download(
    light: Room, name: str, body: bytes, media_type: str
) -> None:
    await light.open(visitor(), CV)
    view = await send(light, visitor(), name, body)
    assert (view.media_type, view.preview_url, view.state) == (media_type, None, "clean")
    file, fetched = await fetch(light, view.url)
    assert (file.is_inline, fetched) == (False, body)


async def test_a_photo_is_made_anew_without_what_it_told(room: Room) -> None:
    await room.open(visitor(), CV)
    body = photo_with_exif()
    assert CANARY in body
    view = await send(room, visitor(), "me.jpg", body)
    assert (view.state, view.width_px, view.height_px) == ("clean", 100, 300)
    for url in (view.url, view.preview_url):
        file, fetched = await fetch(room, url)
        assert file.is_inline
        assert CANARY not in fetched
        assert b"CANARY" not in fetched
        with Image.open(io.BytesIO(fetched)) as made:
            assert made.size == (100, 300)
            assert not dict(made.getexif())


async def test_previews_are_small_and_animations_live(light: Room) -> None:
    await light.open(visitor(), CV)
    wide = await send(light, visitor(), "wide.png", picture("PNG", (2_000, 500)))
    _, preview = await fetch(light, wide.preview_url)
    with Image.open(io.BytesIO(preview)) as made:
        assert made.size == (640, 160)
    film = await send(light, visitor(), "film.gif", animation(5), "up_upload0002")
    _, body = await fetch(light, film.url)
    with Image.open(io.BytesIO(body)) as made:
        assert getattr(made, "n_frames", 1) == 5
    webp = await send(light, visitor(), "one.webp", picture("WEBP"), "up_upload0003")
    assert webp.media_type == "image/webp"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt"),
        ("in\u202egnp.txt", "ingnp.txt"),
        ('a";filename*=x.txt', "a__filename_=x.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("\x00\u200b", "file"),
        ("..", "file"),
        ("雨伞 é.txt", "雨伞 é.txt"),
    ],
)
async def test_names_are_for_showing_only(light: Room, raw: str, shown: str) -> None:
    await light.open(visitor(), CV)
    view = await send(light, visitor(), raw, b"text")
    assert view.name.replace("*", "_") == shown
    stored = [path.name for path in light.blobs._directory.rglob("*") if path.is_file()]
    assert stored
    assert all(re.fullmatch(r"[0-9a-f]{40}", name) for name in stored)


async def test_a_very_long_name_keeps_its_ending(light: Room) -> None:
    await light.open(visitor(), CV)
    view = await send(light, visitor(), "x" * 4_990 + ".txt", b"text")
    assert len(view.name) <= 120
    assert view.name.endswith("….txt")


async def test_quota(light: Room) -> None:
    await light.open(visitor(), CV)
    for number in range(6):
        await send(light, visitor(), "a.txt", b"text", f"up_upload100{number}")
    with pytest.raises(WeccError, match="quota_exceeded"):
        await light.service.uploads.create(visitor(), announced("b.txt", 4, "up_upload2000"))
    await light.say(visitor(), CV, "ms_message0001", "text still works")


async def test_two_senders_of_one_piece_do_not_harm(light: Room) -> None:
    await light.open(visitor(), CV)
    await light.service.uploads.create(visitor(), announced("a.txt", 4))
    results = await asyncio.gather(
        *(light.service.uploads.append(visitor(), "up_upload0001", 0, b"text") for _ in range(2)),
        return_exceptions=True,
    )
    good = [item for item in results if not isinstance(item, BaseException)]
    assert len(good) == 1
    assert good[0].attachment is not None


async def test_a_site_may_refuse_files_of_its_visitors(light: Room) -> None:
    body = SiteBody(name="Shop", origins=[], languages=["en"], files=False)
    await light.database.write(
        TENANT, lambda tx: sites.insert(tx, visitor().site_id, "site_key0001", body)
    )
    await light.open(visitor(), CV)
    await light.own(CV, QUEUE, agent())
    with pytest.raises(WeccError, match="forbidden"):
        await light.service.uploads.create(visitor(), announced("a.txt", 4))
    view = await send(light, agent(), "a.txt", b"text")
    assert view.state == "clean"
    conversation = await light.service.get(agent(), CV)
    assert conversation.site_name == "Shop"


class Scanner:
    """A scanner one can switch."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict: Verdict = verdict

    async def scan(self, name: str, media_type: str, body: bytes) -> Verdict:
        return "blocked" if b"EICAR" in body else self.verdict


async def test_the_scanner_decides_and_its_absence_holds_files_back(light: Room) -> None:
    await light.open(visitor(), CV)
    await light.own(CV, QUEUE, agent())
    scanner = Scanner("unavailable")
    light.service.attachments.scanner = scanner
    light.service.attachments.again_s = (600.0,)
    with pytest.raises(WeccError, match="malware"):
        await send(light, visitor(), "virus.txt", b"EICAR test", "up_upload0009")
    view = await send(light, visitor(), "a.txt", b"text")
    assert (view.state, view.url) == ("scanning", None)
    await light.post(visitor(), draft(CV, "ms_message0001", "", view.id))
    assert (await light.service.attachments.view(agent(), view.id)).url is None
    seen, staff = light.hear_visitor(visitor()), light.hear_staff(CV)
    scanner.verdict = "clean"
    assert await light.service.attachments.resume(TENANT) == 1
    for _ in range(1_500):
        await asyncio.sleep(0.02)
        if staff and seen:
            break
    changed = [frame for frame in (*seen, *staff) if isinstance(frame, MessageChanged)]
    assert [frame.message.attachment.state for frame in changed if frame.message.attachment] == [
        "clean",
        "clean",
    ]
    assert changed[0].message.attachment is not None
    assert changed[0].message.attachment.url is not None


async def test_a_check_that_fails_is_tried_again_soon_and_says_so_meanwhile(light: Room) -> None:
    await light.open(visitor(), CV)
    await light.own(CV, QUEUE, agent())
    scanner = Scanner("unavailable")
    attachments = light.service.attachments
    attachments.scanner, attachments.again_s = scanner, (0.05, 0.3)
    view = await send(light, visitor(), "a.txt", b"text")
    await light.post(visitor(), draft(CV, "ms_message0001", "", view.id))
    for _ in range(600):
        if (await attachments.view(agent(), view.id)).is_delayed:
            break
        await asyncio.sleep(0.05)
    late = await attachments.view(agent(), view.id)
    assert (late.state, late.is_delayed, late.url) == ("scanning", True, None)
    scanner.verdict = "clean"
    for _ in range(600):
        if (await attachments.view(agent(), view.id)).state == "clean":
            break
        await asyncio.sleep(0.05)
    checked = await attachments.view(agent(), view.id)
    assert (checked.state, checked.is_delayed) == ("clean", False)
    assert checked.url is not None


async def test_addresses_die(light: Room) -> None:
    await light.open(visitor(), CV)
    await light.own(CV, QUEUE, agent())
    view = await send(light, visitor(), "a.txt", b"text")
    await light.post(visitor(), draft(CV, "ms_message0001", "", view.id))
    for_agent = await light.service.attachments.view(agent(), view.id)
    page = await light.service.history(agent(), CV, None)
    assert page.items[0].attachment is not None
    assert page.items[0].attachment.url is not None
    await fetch(light, view.url)
    await fetch(light, for_agent.url)
    light.clock.advance(1)
    await light.own(CV, OTHER_QUEUE, agent(2))
    with pytest.raises(WeccError, match="not_found"):
        await fetch(light, for_agent.url)
    await light.close(CV)
    with pytest.raises(WeccError, match="not_found"):
        await fetch(light, view.url)
    light.clock.advance(1)
    fresh = await light.service.attachments.view(visitor(), view.id)
    await fetch(light, fresh.url)
    light.clock.advance(300_001)
    with pytest.raises(WeccError, match="not_found"):
        await fetch(light, fresh.url)


async def test_addresses_cannot_be_changed(light: Room) -> None:
    await light.open(visitor(), CV)
    view = await send(light, visitor(), "a.txt", b"text")
    assert view.url is not None
    for old, new in (
        ("a=visitor", "a=staff"),
        ("v=full", "v=preview"),
        ("&s=", "&s=0"),
        ("i=", "i=9"),
    ):
        assert old in view.url
        with pytest.raises(WeccError, match="not_found"):
            await fetch(light, view.url.replace(old, new))


async def test_erasing_the_contact_erases_the_file(light: Room) -> None:
    await light.open(visitor(), CV)
    view = await send(light, visitor(), "a.txt", b"text")
    await light.blobs.erase(TENANT, visitor().contact_id)
    with pytest.raises(WeccError, match="not_found"):
        await fetch(light, view.url)


async def test_files_stay_readable_after_a_contact_was_merged(light: Room) -> None:
    await light.open(visitor(1), CV)
    view = await send(light, visitor(1), "a.txt", b"text")
    known = dataclasses.replace(visitor(2), contact_id="ct_known00001")
    await light.database.write(
        TENANT,
        lambda tx: light.service.identify_contact(
            tx, known, previous_contact_id=visitor(1).contact_id
        ),
    )
    _, body = await fetch(light, (await light.service.attachments.view(known, view.id)).url)
    assert body == b"text"


async def test_stale_uploads_are_dropped(light: Room) -> None:
    await light.open(visitor(), CV)
    await light.service.uploads.create(visitor(), announced("a.txt", 8))
    await light.service.uploads.append(visitor(), "up_upload0001", 0, b"half")
    light.clock.advance(90_000_000)
    await light.service.sweep(TENANT)
    with pytest.raises(WeccError, match="not_found"):
        await light.service.uploads.find(visitor(), "up_upload0001")
