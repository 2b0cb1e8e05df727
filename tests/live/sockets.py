"""Visitor and agent as programs on the real sockets, for tests."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import websockets

from tests.live.product import Product, Staff

Frame = dict[str, Any]


class Wire:
    """One socket: sends requests, keeps every frame that came."""

    def __init__(self, product: Product, origin: str, path: str, headers: dict[str, str]) -> None:
        self._url = "ws" + product.url(origin).removeprefix("http") + path
        self._port, self._tls, self._headers = product.port, product.tls, headers
        self.frames: list[Frame] = []
        self._socket: Any = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.closed = asyncio.Event()

    async def open(self) -> None:
        """Connect; what is left of an earlier connection is cut."""
        if self._socket is not None:
            self.drop()
        origin = self._headers.pop("Origin", None)
        self._socket = await websockets.connect(
            self._url,
            host="127.0.0.1",
            port=self._port,
            ssl=self._tls,
            origin=origin,  # type: ignore[arg-type]
            additional_headers=self._headers,
            compression=None,
            max_size=2**24,
        )
        self.closed.clear()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                self.frames.append(json.loads(raw))
                self._news.set()
        except websockets.ConnectionClosed:
            pass
        self.closed.set()
        self._news.set()

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self._socket.send(json.dumps(frame))

    async def send_raw(self, raw: str | bytes) -> None:
        """Send whatever bytes."""
        await self._socket.send(raw)

    async def ask(self, frame: Frame, limit_s: float = 30) -> Frame:
        """Send a request and return its ack or error."""
        ref = uuid.uuid4().hex
        await self.send(frame | {"ref": ref})
        return await self.wait(
            lambda f: f["type"] in ("ack", "error") and f.get("ref") == ref, limit_s
        )

    async def must(self, frame: Frame, limit_s: float = 30) -> Frame:
        """Send a request that has to succeed."""
        answer = await self.ask(frame, limit_s)
        assert answer["type"] == "ack", answer
        return answer

    async def wait(self, matches: Any, limit_s: float = 30, start: int = 0) -> Frame:
        """Return the first frame (from ``start`` on) that matches; wait for it."""
        if isinstance(matches, str):
            kind = matches
            matches = lambda f: f["type"] == kind  # noqa: E731
        deadline = asyncio.get_running_loop().time() + limit_s
        seen = start
        while True:
            while seen < len(self.frames):
                frame = self.frames[seen]
                seen += 1
                if matches(frame):
                    return frame
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0 or (self.closed.is_set() and seen == len(self.frames)):
                kinds = [f["type"] for f in self.frames[-12:]]
                raise AssertionError(f"the frame did not come; last were {kinds}")
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left_s)
            except TimeoutError:
                continue

    async def ask_history(self, conversation_id: str) -> list[Frame]:
        """Fetch a whole conversation, page by page."""
        items: list[Frame] = []
        before: int | None = None
        while True:
            ref = uuid.uuid4().hex
            await self.send(
                {
                    "type": "history.get",
                    "ref": ref,
                    "conversation_id": conversation_id,
                    "before_seq": before,
                    "limit": 100,
                }
            )
            frame = await self.wait(lambda f: f["type"] == "history.page" and f["ref"] == ref)  # noqa: B023
            items = [*frame["page"]["items"], *items]
            if not frame["page"]["has_more"]:
                return items
            before = items[0]["seq"]

    async def close(self) -> None:
        """Close politely."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._socket.transport.abort()

    def messages(self, conversation_id: str) -> list[Frame]:
        """Messages of a conversation, each once, in order."""
        found: dict[str, Frame] = {}
        for frame in self.frames:
            items: list[Frame] = []
            if frame["type"] in ("message.new", "message.changed"):
                items = [frame["message"]]
            elif frame["type"] == "history.page":
                items = frame["page"]["items"]
            for item in items:
                if item["conversation_id"] == conversation_id:
                    found[item["id"]] = item
        return sorted(found.values(), key=lambda item: int(item["seq"]))


class Visitor(Wire):
    """A visitor of a site."""

    def __init__(
        self, product: Product, site: Frame, *, origin: str = "", robot: bool = False
    ) -> None:
        headers = {"Origin": origin or site["origins"][0]}
        if robot:
            headers["X-WECC-Robot"] = "1"
        super().__init__(product, "widget", f"/v1/socket?site={site['key']}", headers)
        self._all_headers = dict(headers)
        self.site = site
        self.token: str | None = None
        self.conversation = str(uuid.uuid4())

    async def hello(self, resume: list[Frame] | None = None, **more: Any) -> Frame:
        """Connect and say hello."""
        self._headers = dict(self._all_headers)
        start = len(self.frames)
        await self.open()
        await self.send(
            {
                "type": "hello",
                "v": 1,
                "site": self.site["key"],
                "token": self.token,
                "language": "en",
                "resume": resume or [],
                **more,
            }
        )
        welcome = await self.wait("welcome", start=start)
        self.token = welcome["token"]
        return welcome

    async def start(self, text: str, mode: str = "chat", **form: str) -> Frame:
        """Open a conversation with a first message."""
        return await self.must(
            {
                "type": "conversation.start",
                "conversation_id": self.conversation,
                "mode": mode,
                "form": form,
                "message_id": str(uuid.uuid4()),
                "text": text,
            }
        )

    async def post(self, text: str, message_id: str | None = None) -> Frame:
        """Write a message."""
        return await self.must(
            {
                "type": "message.post",
                "id": message_id or str(uuid.uuid4()),
                "conversation_id": self.conversation,
                "text": text,
            }
        )


class Agent(Wire):
    """A desk."""

    def __init__(self, product: Product, staff: Staff) -> None:
        headers = {"Origin": product.url("desk"), "Cookie": staff.cookie}
        super().__init__(product, "desk", "/api/v1/socket", headers)
        self._all_headers = dict(headers)
        self.staff = staff

    async def hello(self, resume: list[Frame] | None = None) -> Frame:
        """Connect and say hello."""
        self._headers = dict(self._all_headers)
        start = len(self.frames)
        await self.open()
        await self.send({"type": "hello", "v": 1, "resume": resume or []})
        return await self.wait("welcome", start=start)

    async def ready(self) -> Frame:
        """Go ready."""
        return await self.must({"type": "agent.state.set", "state": "ready"})

    async def accept(self, conversation_id: str = "", start: int = 0) -> Frame:
        """Wait for an offer (of a conversation) and take it."""
        offer = await self.wait(
            lambda f: (
                f["type"] == "offer.new"
                and conversation_id in ("", f["offer"]["conversation"]["id"])
            ),
            start=start,
        )
        await self.must({"type": "offer.accept", "offer_id": offer["offer"]["id"]})
        taken: Frame = offer["offer"]
        return taken

    async def post(self, conversation_id: str, text: str, *, note: bool = False) -> Frame:
        """Write a message or a note."""
        return await self.must(
            {
                "type": "message.post",
                "id": str(uuid.uuid4()),
                "conversation_id": conversation_id,
                "text": text,
                "note": note,
            }
        )
