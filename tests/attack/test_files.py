"""Files: what lies, runs, explodes or belongs to others."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.attack.ground import Ground, Tenant, chat, ground, new_id
from tests.engagement.pictures import gif_bomb, photo_with_exif, picture, png_bomb
from tests.live.product import eventually
from tests.live.sockets import Visitor

PNG = picture("PNG", (40, 30))
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script>'
    b'<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">&x;</body></foreignObject>'
    b'<image href="http://127.0.0.1/beacon"/></svg>'
)
PDF = b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"
CONVERSATION_BYTES = 3_000_000


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The two tenants with small room for files."""
    room = {"WECC_LIMITS__CONVERSATION_BYTES": str(CONVERSATION_BYTES)}
    folder: Path = tmp_path_factory.mktemp("files")
    with ground(folder, WECC_LIMITS__FILE_BYTES="2000000", **room) as started:
        yield started


def zipped(**files: bytes) -> bytes:
    """A ZIP archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return target.getvalue()


@dataclass
class Sender:
    """A visitor who sends files over HTTP."""

    two: Ground
    visitor: Visitor

    def client(self, visitor: Visitor | None = None) -> httpx.Client:
        """A client with the visitor's token."""
        token = (visitor or self.visitor).token
        client: httpx.Client = self.two.client("widget", Authorization=f"Bearer {token}")
        return client

    def announce(self, name: str, size_bytes: object, **more: Any) -> httpx.Response:
        """Announce a file."""
        body = {
            "id": new_id(),
            "conversation_id": self.visitor.conversation,
            "name": name,
            "size_bytes": size_bytes,
            **more,
        }
        with self.client() as client:
            return client.post("/v1/uploads", json=body)

    def put(self, upload_id: str, body: bytes, offset: str = "0", **headers: str) -> httpx.Response:
        """Send bytes."""
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": offset}
        with self.client() as client:
            path = f"/v1/uploads/{upload_id}"
            return client.patch(path, content=body, headers={**kind, **headers})

    def send(self, name: str, body: bytes) -> httpx.Response:
        """Send a whole file; returns the answer to its last piece, or the refusal before."""
        answer = self.announce(name, len(body))
        if answer.status_code != 201:
            return answer
        made = answer.json()
        for start in range(0, len(body), made["chunk_bytes"]):
            answer = self.put(made["id"], body[start : start + made["chunk_bytes"]], str(start))
        return answer

    def fetch(self, url: str, **headers: str) -> httpx.Response:
        """Open a signed address, as a browser would."""
        address = urlsplit(url)
        with self.two.client("files", **headers) as client:
            answer: httpx.Response = client.get(f"{address.path}?{address.query}")
            return answer


@pytest.fixture
async def sender(two: Ground) -> Sender:
    """A visitor in a chat of Alder."""
    return Sender(two, await chat(two))


def code_of(answer: httpx.Response) -> str:
    """The code of an error."""
    return str(answer.json()["error"]["code"])


HARMLESS: dict[str, tuple[str, bytes]] = {
    "A-050 svg": ("logo.svg", SVG),
    "A-051 pdf": ("invoice.pdf", PDF),
    "A-052 html as text": ("notes.txt", HTML),
    "A-052 html": ("page.html", HTML),
    "A-052 zip and html": ("a.zip", zipped(x=b"y") + HTML),
    "A-052 pdf and html": ("b.pdf", PDF + HTML),
    "A-056 bomb": ("bomb.zip", zipped(**{f"f{n}": bytes(1 << 20) for n in range(20)})),
    "A-056 nested": ("nested.zip", zipped(inner=zipped(inner=zipped(x=bytes(1 << 22))))),
    "A-056 names": ("evil.zip", zipped(**{"../../../etc/cron.d/x": b"x", "/abs": b"x"})),
}


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_could_run_is_only_ever_saved(sender: Sender, name: str) -> None:
    """Never shown in place, never with a type that a browser runs, on an origin of its own."""
    file_name, body = HARMLESS[name]
    done = sender.send(file_name, body)
    assert done.status_code == 200, done.text
    attachment = done.json()["attachment"]
    assert attachment["preview_url"] is None
    answer = sender.fetch(attachment["url"])
    assert answer.status_code == 200
    assert answer.content == body
    kind = answer.headers["content-type"]
    assert not re.search(r"html|svg|xml(?!formats)|javascript|ecmascript", kind), kind
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


REFUSED: dict[str, tuple[str, bytes]] = {
    "A-053 program as picture": ("photo.png", b"\x7fELF" + bytes(400)),
    "A-053 windows program": ("photo.png", b"MZ" + bytes(400)),
    "A-053 page as picture": ("photo.png", HTML),
    "A-053 svg as picture": ("photo.jpg", SVG),
    "A-053 script": ("run.sh", b"#!/bin/sh\n"),
    "A-053 script by content": ("notes.txt", b"#!/bin/sh\nrm -rf /\n"),
    "A-053 program by name": ("setup.exe", b"hello"),
    "A-053 double ending": ("photo.png.exe", b"hello"),
    "A-053 bidi ending": ("photo\u202egnp.exe", b"hello"),
    "A-052 gif and js": ("a.gif", b"GIF89a=1;alert(1)//" + bytes(100)),
    "A-057 64k x 64k": ("big.png", png_bomb(65_535, 65_535)),
    "A-057 2 to the 31": ("wide.png", png_bomb(2**31 - 1, 1)),
    "A-057 10,000 frames": ("many.gif", gif_bomb(10_000)),
    "cut picture": ("cut.png", PNG[: len(PNG) // 2]),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_lies_or_explodes_is_refused(sender: Sender, name: str) -> None:
    answer = sender.send(*REFUSED[name])
    assert answer.status_code == 400, answer.text
    assert code_of(answer) == "bad_file"
    await sender.visitor.post("text goes on")


async def test_pictures_are_made_anew(sender: Sender) -> None:
    """A-058, A-052: nothing of what a camera or an attacker put beside the pixels is kept."""
    photo = photo_with_exif()
    hidden = b"<script>alert('hidden')</script>"
    for name, body in (("photo.jpg", photo), ("b.png", PNG + hidden), ("c.jpg", photo + hidden)):
        attachment = sender.send(name, body).json()["attachment"]
        for url in (attachment["url"], attachment["preview_url"]):
            answer = sender.fetch(url)
            assert answer.headers["content-type"] in ("image/png", "image/jpeg", "image/webp")
            assert b"Exif" not in answer.content
            assert b"GPS" not in answer.content
            assert hidden not in answer.content
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]


NAMES = [
    "a\";filename*=UTF-8''evil.html;x=\"",
    "a\r\nSet-Cookie: x=1\r\n\r\n<html>.txt",
    "../../../../etc/passwd",
    "..\\..\\windows\\system32\\cmd.txt",
    "C:\\autoexec.txt",
    "CON",
    "nul.txt",
    "\u202egpj.txt",
    "\u2066\u2069.txt",
    "x" * 5_000,
    "\U0001f4a9" * 200 + ".txt",
    ".",
    "..",
    ".htaccess",
    "a\u0000.txt",
    "<img src=x onerror=alert(1)>.txt",
    " ",
]


@pytest.mark.parametrize("name", NAMES)
async def test_names_become_one_safe_header(sender: Sender, name: str) -> None:
    """A-054, A-044."""
    answer = sender.send(name, b"hello")
    if answer.status_code == 400:
        assert code_of(answer) in ("bad_text", "bad_value", "bad_file")
        return
    attachment = answer.json()["attachment"]
    shown = attachment["name"]
    assert 0 < len(shown) <= 120
    assert not re.search(r'[/\\<>"\x00-\x1f\u202a-\u202e\u2066-\u2069]', shown)
    found = sender.fetch(attachment["url"])
    assert "set-cookie" not in found.headers
    header = found.headers["content-disposition"]
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[!-~]+", header
    )


async def test_uploads_of_others_are_unknown(two: Ground, sender: Sender) -> None:
    """A-059, A-002."""
    made = sender.announce("a.txt", 5).json()
    upload = made["id"]
    strangers = [await chat(two), await chat(two, two.b)]
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    for stranger in strangers:
        with sender.client(stranger) as client:
            for one in (upload, new_id()):
                assert client.head(f"/v1/uploads/{one}").status_code == 404
                patched = client.patch(f"/v1/uploads/{one}", content=b"evil!", headers=kind)
                assert patched.status_code == 404
            again = {"id": upload, "conversation_id": stranger.conversation}
            other = client.post("/v1/uploads", json={**again, "name": "a.txt", "size_bytes": 5})
            assert stranger.site is two.b.site or code_of(other) == "already_exists"
    done = sender.put(upload, b"mine!").json()
    attachment = done["attachment"]["id"]
    for stranger in strangers:
        with sender.client(stranger) as client:
            foreign = client.get(f"/v1/attachments/{attachment}")
            unknown = client.get("/v1/attachments/at_01AAAAAAAAAAAAAAAAAAAAAAAA")
            assert (foreign.status_code, unknown.status_code) == (404, 404)
            assert foreign.content == unknown.content
            near = attachment[:-1] + ("A" if attachment[-1] != "A" else "B")
            assert client.get(f"/v1/attachments/{near}").status_code == 404
        post = {"type": "message.post", "conversation_id": stranger.conversation}
        answer = await stranger.ask({**post, "id": new_id(), "attachment_id": attachment})
        assert (answer["type"], answer["code"]) == ("error", "not_found")


async def test_pieces_that_do_not_fit(sender: Sender) -> None:
    """Out of order, too many, too big, empty, of another kind."""
    made = sender.announce("a.txt", 10).json()
    upload = made["id"]
    assert sender.put(upload, b"x" * 5).json()["offset_bytes"] == 5
    tries = [
        (b"xx", "6", 409),
        (b"x" * 6, "5", 413),
        (b"", "5", 400),
        (b"x", "-1", 400),
        (b"x", "5.0", 400),
        (b"x", "", 400),
        (b"x", "9" * 30, 400),
        (b"x", "1e1", 400),
    ]
    for body, offset, status in tries:
        answer = sender.put(upload, body, offset)
        assert answer.status_code == status, (offset, answer.text)
    assert sender.put(upload, b"x", "5", **{"Content-Type": "text/plain"}).status_code == 415
    assert sender.put(upload, b"x" * (made["chunk_bytes"] + 1), "5").status_code == 413
    sender.put(upload, b"z" * 5, "0")  # what has arrived is not written over
    attachment = sender.put(upload, b"y" * 5, "5").json()["attachment"]
    assert sender.fetch(attachment["url"]).content == b"xxxxxyyyyy"
    assert code_of(sender.put(upload, b"y", "10")) == "wrong_state"
    for size in (0, -1, 2_000_001, 2**63, 2**70):
        answer = sender.announce("a.txt", size)
        assert answer.status_code in (400, 413), (size, answer.text)
    for odd in ("5", 1.5, None, True, [5]):
        assert sender.announce("a.txt", odd).status_code == 400


async def test_ranges(sender: Sender) -> None:
    """A-060."""
    body = bytes(range(256)) * 40
    attachment = sender.send("a.dat", body).json()["attachment"]
    part = sender.fetch(attachment["url"], Range="bytes=5-9")
    assert (part.status_code, part.content) == (206, body[5:10])
    for value in (
        "bytes=" + ",".join("0-1" for _ in range(5_000)),
        "bytes=0-" + "9" * 20_000,
        "bytes=0-1,2-3",
        "bytes=-0",
        "bytes=99999999-",
        "bytes=5-1",
        "bytes=-",
        "lines=1-2",
    ):
        answer = sender.fetch(attachment["url"], Range=value)
        assert answer.status_code in (416, 431), value[:40]
        assert body not in answer.content


async def test_addresses_cannot_be_changed_and_die_with_the_conversation(
    two: Ground, sender: Sender
) -> None:
    """A-064, A-055."""
    attachment = sender.send("a.txt", b"the secret file").json()["attachment"]
    url = attachment["url"]
    assert sender.fetch(url).content == b"the secret file"
    address = urlsplit(url)
    values = dict(parse_qsl(address.query))
    for name, value in values.items():
        for wrong in ("", "x", value + "0", value[:-1], "staff", "\u00b2", "9" * 300):
            changed = f"{address.path}?{urlencode({**values, name: wrong})}"
            with two.client("files") as client:
                assert client.get(changed).status_code in (400, 404), (name, wrong)
                twice = f"{address.path}?{address.query}&{urlencode({name: wrong})}"
                assert client.get(twice).status_code in (400, 404)
    with two.client("files") as client:
        for path in ("/f/..", "/f/%2e%2e%2fkey", "/f/", "/f/x/../../data", "/f/" + "a" * 64):
            assert client.get(f"{path}?{address.query}").status_code in (400, 404), path
        assert client.get(address.path).status_code == 404
    with two.client("desk") as client:
        assert client.get(f"{address.path}?{address.query}").content != b"the secret file"
    end = {"type": "conversation.end", "conversation_id": sender.visitor.conversation}
    await sender.visitor.must(end)
    eventually(lambda: sender.fetch(url).status_code == 404, what="the end of the address")


async def test_room_for_files_is_bounded_and_text_goes_on(sender: Sender) -> None:
    """A-063."""
    big = b"x" * 1_400_000
    assert sender.send("1.txt", big).status_code == 200
    assert sender.send("2.txt", big).status_code == 200
    answer = sender.announce("3.txt", len(big))
    assert answer.status_code == 429
    assert code_of(answer) == "quota_exceeded"
    await sender.visitor.post("text goes on")


async def test_a_site_that_takes_no_files(two: Ground) -> None:
    admin, origin = two.b.admin, "https://plain.birch.example"
    site = admin.add_site(origin, files=False)
    plain = Tenant("Birch", origin, admin, two.b.agent, two.b.supervisor, site)
    sender = Sender(two, await chat(two, plain))
    assert sender.announce("a.txt", 5).status_code == 403
