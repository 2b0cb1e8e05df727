"""The REST side: addresses, headers, ranges, refusals, as a browser meets them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from gateway.engagement.http import routes
from gateway.engagement.service.people import People
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.http.assemble import assemble
from gateway.platform.http.limiter import Limiter, Rate
from gateway.platform.http.limits import BodyCap, body_limits
from gateway.platform.http.route import Origin, Route
from gateway.tenancy.authorization import require_entries
from tests.engagement.conftest import QUEUE, Room, agent, supervisor, visitor
from tests.engagement.pictures import picture

CV = "cv_conversation1"
PEOPLE = {"visitor": visitor(1), "stranger": visitor(2), "agent": agent(), "lead": supervisor()}
PATCH = {"content-type": "application/offset+octet-stream"}


async def who(request: Request, route: Route) -> Actor | None:
    """Stands for sign-in, which tenancy tests: the name of the person is the token."""
    if route.access == "public":
        return None
    actor = PEOPLE.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    if actor is None or (actor.kind == "visitor") != (route.access == "visitor"):
        raise WeccError("unauthenticated")
    return actor


def _people(room: Room) -> People:
    """Blocks and VIPs are tried elsewhere; here they only have addresses."""
    return People(
        database=room.database,
        bus=room.bus,
        clock=room.clock,
        audit=lambda *_: None,
        queue_exists=lambda *_: False,
    )


class Sites:
    """One client per origin, each over the real assembly with its body caps."""

    def __init__(self, room: Room) -> None:
        table = routes(room.service, _people(room))
        limiter = Limiter(room.clock, {"default": Rate(burst=10_000, per_s=10_000)})
        self._clients = {
            origin: self._client(table, limiter, origin) for origin in ("desk", "widget", "files")
        }

    def _client(self, table: list[Route], limiter: Limiter, origin: Origin) -> httpx.AsyncClient:
        app = Starlette(routes=assemble(table, who, require_entries, limiter, origin=origin))
        transport = httpx.ASGITransport(BodyCap(app, body_limits(table)))
        return httpx.AsyncClient(transport=transport, base_url=f"http://{origin}.localhost")

    async def ask(
        self, origin: Origin, name: str, method: str, path: str, **rest: object
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {name}", **rest.pop("headers", {})}  # type: ignore[dict-item]
        return await self._clients[origin].request(method, path, headers=headers, **rest)  # type: ignore[arg-type]

    async def file(self, url: str, **headers: str) -> httpx.Response:
        parts = urlsplit(url)
        return await self._clients["files"].get(f"{parts.path}?{parts.query}", headers=headers)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


@pytest.fixture
async def sites(light: Room) -> AsyncIterator[Sites]:
    await light.open(visitor(), CV, form={"name": "Ann"})
    await light.own(CV, QUEUE, agent())
    made = Sites(light)
    yield made
    await made.close()


async def upload(sites: Sites, name: str, body: bytes) -> str:
    announced = {
        "id": "up_upload0001",
        "conversation_id": CV,
        "name": name,
        "size_bytes": len(body),
    }
    made = await sites.ask("widget", "visitor", "POST", "/v1/uploads", json=announced)
    assert made.status_code == 201
    chunk_bytes = made.json()["chunk_bytes"]
    answer = made
    for offset in range(0, len(body), chunk_bytes):
        answer = await sites.ask(
            "widget",
            "visitor",
            "PATCH",
            "/v1/uploads/up_upload0001",
            content=body[offset : offset + chunk_bytes],
            headers={**PATCH, "upload-offset": str(offset)},
        )
        assert answer.status_code == 200, answer.text
    url: str = answer.json()["attachment"]["url"]
    return url


async def test_a_file_goes_up_and_comes_down(sites: Sites) -> None:
    body = b"0123456789" * 40_000
    url = await upload(sites, "numbers.txt", body)
    head = await sites.ask("widget", "visitor", "HEAD", "/v1/uploads/up_upload0001")
    assert head.headers["upload-offset"] == str(len(body))
    whole = await sites.file(url)
    assert (whole.status_code, whole.content) == (200, body)
    assert whole.headers["content-disposition"].startswith("attachment; ")
    assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in whole.headers


@pytest.mark.parametrize(
    ("value", "status", "size"),
    [
        ("bytes=0-9", 206, 10),
        ("bytes=99990-", 206, 10),
        ("bytes=-10", 206, 10),
        ("bytes=5-999999999", 206, 99_995),
        ("bytes=100000-", 416, 0),
        ("bytes=9-1", 416, 0),
        ("bytes=-", 416, 0),
        ("bytes=-0", 416, 0),
        ("bytes=0-0,2-2", 416, 0),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(10_000)), 416, 0),
        ("bytes=" + "9" * 100_000 + "-", 416, 0),
        ("lines=1-2", 416, 0),
    ],
)
async def test_ranges(sites: Sites, value: str, status: int, size: int) -> None:
    body = b"0123456789" * 10_000
    url = await upload(sites, "numbers.txt", body)
    started = time.process_time()
    part = await sites.file(url, range=value)
    assert time.process_time() - started < 2
    assert part.status_code == status
    assert len(part.content) == size
    if status == 206:
        first, last = part.headers["content-range"].removeprefix("bytes ").split("/")[0].split("-")
        assert part.content == body[int(first) : int(last) + 1]


async def test_only_remade_pictures_are_shown_inline(sites: Sites) -> None:
    url = await upload(sites, "cat.png", picture("PNG", (30, 20)))
    shown = await sites.file(url)
    assert shown.headers["content-disposition"].startswith("inline; ")
    assert shown.headers["content-type"] == "image/png"
    assert "sandbox" in shown.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({**PATCH, "upload-offset": "0"}, b"x" * 262_145, 413),
        ({**PATCH, "upload-offset": "7"}, b"abc", 409),
        ({**PATCH, "upload-offset": "-1"}, b"abc", 400),
        ({**PATCH, "upload-offset": "9" * 5_000}, b"abc", 400),
        (PATCH, b"abc", 400),
        ({"upload-offset": "0", "content-type": "image/png"}, b"abc", 415),
        ({**PATCH, "upload-offset": "0"}, b"", 400),
        ({**PATCH, "upload-offset": "0"}, b"x" * 200_001, 413),
    ],
)
async def test_bad_pieces(
    sites: Sites, headers: dict[str, str], content: bytes, status: int
) -> None:
    announced = {"id": "up_upload0001", "conversation_id": CV, "name": "a", "size_bytes": 200_000}
    await sites.ask("widget", "visitor", "POST", "/v1/uploads", json=announced)
    answer = await sites.ask(
        "widget", "visitor", "PATCH", "/v1/uploads/up_upload0001", content=content, headers=headers
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]
    head = await sites.ask("widget", "visitor", "HEAD", "/v1/uploads/up_upload0001")
    assert head.headers["upload-offset"] == "0"


@pytest.mark.parametrize(
    "name", ['"' + "x" * 5_001 + '"', '""', "7", '"\\ud800"', "null", '"\x00"', "1e999"]
)
async def test_bad_announcements(sites: Sites, name: str) -> None:
    text = f'{{"id":"up_upload0001","conversation_id":"{CV}","size_bytes":4,"name":{name}}}'
    answer = await sites.ask(
        "widget",
        "visitor",
        "POST",
        "/v1/uploads",
        content=text.encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400, answer.text


async def test_strangers_get_the_answer_of_the_unknown(sites: Sites) -> None:
    url = await upload(sites, "a.txt", b"text")
    file_id = urlsplit(url).path.removeprefix("/f/")

    async def same(path: str, unknown: str) -> None:
        one = await sites.ask("widget", "stranger", "GET", path)
        other = await sites.ask("widget", "stranger", "GET", unknown)
        assert (one.status_code, one.content) == (404, other.content)

    await same(f"/v1/attachments/{file_id}", "/v1/attachments/at_unknown0001")
    await same(f"/v1/conversations/{CV}/transcript", "/v1/conversations/cv_unknown0001/transcript")
    head = await sites.ask("widget", "stranger", "HEAD", "/v1/uploads/up_upload0001")
    assert head.status_code == 404
    for path in (f"/f/{file_id}", "/f/..%2f..%2fetc", "/f/%252e%252e", f"/f/{file_id}?s=x&t=t"):
        assert (await sites.file(path)).status_code == 404


async def test_the_desk_lists_reads_and_changes(sites: Sites, light: Room) -> None:
    for number in range(3):
        await light.say(visitor(), CV, f"ms_message{number:04d}", f"hello {number}")
    listed = (await sites.ask("desk", "agent", "GET", "/api/v1/conversations?view=mine")).json()
    assert [item["id"] for item in listed["items"]] == [CV]
    assert listed["items"][0]["last_message"]["text"] == "hello 2"
    found = await sites.ask("desk", "lead", "GET", "/api/v1/conversations?view=all&q=hello%201")
    assert len(found.json()["items"]) == 1
    path = f"/api/v1/conversations/{CV}/messages"
    page = (await sites.ask("desk", "agent", "GET", f"{path}?before_seq=3&limit=1")).json()
    assert ([item["seq"] for item in page["items"]], page["has_more"]) == ([2], True)
    contact = f"/api/v1/contacts/{visitor().contact_id}"
    changed = await sites.ask("desk", "agent", "PATCH", contact, json={"name": "Ann Lee"})
    assert changed.json()["name"] == "Ann Lee"
    past = await sites.ask("desk", "agent", "GET", f"{contact}/conversations")
    assert len(past.json()["items"]) == 1
    one = await sites.ask("desk", "agent", "GET", f"/api/v1/conversations/{CV}")
    assert one.json()["contact"]["name"] == "Ann Lee"


@pytest.mark.parametrize(
    "query",
    ["view=none", "cursor=%00", "cursor=zzzz", "view=mine&view=all", "q=" + "x" * 201, "q=%F0%9F"],
)
async def test_bad_queries_never_fault(sites: Sites, query: str) -> None:
    answer = await sites.ask("desk", "lead", "GET", f"/api/v1/conversations?{query}")
    assert answer.status_code == (200 if query.startswith("q=%F0") else 400)


@pytest.mark.parametrize("query", ["before_seq=-1", "before_seq=1e9", "limit=x", "limit=²"])
async def test_bad_numbers(sites: Sites, query: str) -> None:
    path = f"/api/v1/conversations/{CV}/messages?{query}"
    assert (await sites.ask("desk", "lead", "GET", path)).status_code == 400


async def test_transcripts(sites: Sites, light: Room) -> None:
    await light.say(visitor(), CV, "ms_message0001", "<b>hello</b>")
    path = f"/v1/conversations/{CV}/transcript"
    page = await sites.ask("widget", "visitor", "GET", path)
    assert "&lt;b&gt;hello" in page.text
    assert page.headers["content-disposition"].startswith("attachment; ")
    assert "sandbox" in page.headers["content-security-policy"]
    data = await sites.ask("widget", "visitor", "GET", f"{path}?format=json")
    assert data.json()["messages"][0]["text"] == "<b>hello</b>"
    desk = await sites.ask("desk", "agent", "GET", f"/api{path}?language=zh")
    assert "对话记录" in desk.text
