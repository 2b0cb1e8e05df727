"""Channels over HTTP: a whole chat without WebSocket, and what is wrong with a channel."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx
import pytest

from tests.attack.ground import Ground, Tenant, new_id
from tests.live.product import Staff

Frame = dict[str, Any]
HELLO = b'{"type":"hello","v":1}'


class Channel:
    """One browser without WebSocket: frames go by POST, and come by poll or event stream."""

    def __init__(self, client: httpx.Client, base: str, query: str = "") -> None:
        self.client, self.base, self.query = client, base, query
        self.frames: list[Frame] = []
        self.next = 0
        self.id = ""

    def open(self, hello: Frame) -> Self:
        """Open with a hello."""
        answer = self.client.post(f"{self.base}/channel{self.query}", content=json.dumps(hello))
        assert answer.status_code == 200, answer.text
        self.id = answer.json()["channel"]
        return self

    def send(self, *frames: Frame) -> httpx.Response:
        """Send frames."""
        body = json.dumps(frames)
        return self.client.post(f"{self.base}/frames?channel={self.id}", content=body)

    def poll(self) -> None:
        """Fetch what is there."""
        answer = self.client.get(f"{self.base}/poll?channel={self.id}&after={self.next}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        self.frames += page["frames"]
        self.next = page["next"]

    def wait(self, matches: Callable[[Frame], bool]) -> Frame:
        """Poll until a frame matches."""
        for _ in range(50):
            for frame in self.frames:
                if matches(frame):
                    return frame
            self.poll()
        raise AssertionError([frame["type"] for frame in self.frames])

    def must(self, frame: Frame) -> Frame:
        """Send a frame that has to succeed."""
        ref = new_id()
        assert self.send(frame | {"ref": ref}).status_code == 202
        answer = self.wait(lambda f: f.get("ref") == ref and f["type"] in ("ack", "error"))
        assert answer["type"] == "ack", answer
        return answer

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Receive by event stream instead, in a thread, until the end of the block."""
        done = threading.Event()

        def listen() -> None:
            address = f"{self.base}/stream?channel={self.id}"
            last = {"Last-Event-ID": str(self.next)}
            with self.client.stream("GET", address, headers=last) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        self.frames.append(json.loads(line.removeprefix("data: ")))
                    if done.is_set():
                        return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            self.send({"type": "ping"})
            thread.join(60)
            assert not thread.is_alive()

    def heard(self, matches: Callable[[Frame], bool], limit_s: float = 30) -> Frame:
        """Wait until the event stream brought a frame."""
        until_s = time.monotonic() + limit_s
        while time.monotonic() < until_s:
            for frame in list(self.frames):
                if matches(frame):
                    return frame
            time.sleep(0.02)
        raise AssertionError([frame["type"] for frame in self.frames])


@contextlib.contextmanager
def visitor(
    two: Ground, tenant: Tenant, source: str = "127.0.0.1", **more: Any
) -> Iterator[Channel]:
    """A visitor's channel."""
    with two.client("widget", source, Origin=tenant.origin) as client:
        hello = {"type": "hello", "v": 1, "site": tenant.site["key"], **more}
        yield Channel(client, "/v1", f"?site={tenant.site['key']}").open(hello)


@contextlib.contextmanager
def desk(two: Ground, person: Staff) -> Iterator[Channel]:
    """An agent's channel."""
    headers = {"Cookie": person.cookie, "Origin": two.product.url("desk")}
    with two.client("desk", **headers) as client:
        yield Channel(client, "/api/v1").open({"type": "hello", "v": 1})


def text_is(text: str) -> Callable[[Frame], bool]:
    """Match a message by its text."""
    return lambda f: f["type"] == "message.new" and f["message"]["text"] == text


def test_a_whole_chat_without_websocket(two: Ground) -> None:
    """Visitor by event stream, agent by long poll: offer, chat, end; each message once."""
    with desk(two, two.a.agent) as agent, visitor(two, two.a) as customer:
        agent.must({"type": "agent.state.set", "state": "ready"})
        conversation = new_id()
        with customer.listening():
            welcome = customer.heard(lambda f: f["type"] == "welcome")
            start = {"type": "conversation.start", "conversation_id": conversation}
            customer.send({**start, "message_id": new_id(), "text": "by stream", "ref": "s"})
            customer.heard(lambda f: f["type"] == "ack" and f["ref"] == "s")
            offer = agent.wait(lambda f: f["type"] == "offer.new")["offer"]
            agent.must({"type": "offer.accept", "offer_id": offer["id"]})
            for number in range(5):
                post = {"type": "message.post", "id": new_id(), "conversation_id": conversation}
                agent.must({**post, "text": f"by poll {number}"})
                customer.heard(text_is(f"by poll {number}"))
            customer.send({**post, "id": new_id(), "text": "thanks"})
            agent.wait(text_is("thanks"))
            interaction = offer["interaction"]["id"]
            agent.must({"type": "interaction.end", "interaction_id": interaction})
            agent.must({"type": "interaction.wrap_up", "interaction_id": interaction})
            customer.heard(lambda f: f["type"] == "message.new" and f["message"]["code"] == "ended")
        ids = [f["message"]["id"] for f in customer.frames if f["type"] == "message.new"]
        assert len(ids) == len(set(ids))
    resume = [{"conversation_id": conversation, "after_seq": 1}]
    with visitor(two, two.a, token=welcome["token"], resume=resume) as back:
        page = back.wait(lambda f: f["type"] == "history.page")
        texts = [m["text"] for m in page["page"]["items"] if m["kind"] == "text"]
        assert texts == [*(f"by poll {number}" for number in range(5)), "thanks"]


def test_numbers_that_are_none(two: Ground) -> None:
    with visitor(two, two.a) as one:
        one.poll()
        for after in ("\u00b2", "-1", "x", "9" * 400, "1.5", "", "\u0661", "1e3"):
            one.send({"type": "ping"})
            answer = one.client.get("/v1/poll", params={"channel": one.id, "after": after})
            assert answer.status_code == 200, (after, answer.text)
        for last in ("\u00b2".encode("latin-1"), b"-1", b"x", b"9" * 4_000):
            path = f"/v1/stream?channel={one.id}"
            with one.client.stream("GET", path, headers={b"Last-Event-ID": last}) as stream:
                assert stream.status_code in (200, 410)


def test_channels_that_are_none(two: Ground) -> None:
    with visitor(two, two.a) as mine, visitor(two, two.b) as theirs, desk(two, two.a.agent) as own:
        for base, client, foreign in (
            ("/v1", mine.client, own.id),
            ("/api/v1", own.client, theirs.id),
        ):
            for wrong in ("x", "x" * 43, "x" * 4_000, foreign, "../" + foreign):
                polled = client.get(f"{base}/poll", params={"channel": wrong})
                streamed = client.get(f"{base}/stream", params={"channel": wrong})
                posted = client.post(f"{base}/frames", params={"channel": wrong}, content=b"[]")
                assert {polled.status_code, streamed.status_code, posted.status_code} == {410}
            assert client.get(f"{base}/poll").status_code == 400
            twice = client.get(f"{base}/poll?channel=x&channel={foreign}")
            assert twice.status_code == 400


def test_bodies_that_are_no_frames(two: Ground) -> None:
    with visitor(two, two.a, "127.0.0.96") as one:
        path = f"/v1/frames?channel={one.id}"
        for body in (b"", b"x", b"{}", b'"x"', b"[", b"\xff", b"[" * 100_000, b"1e999", b"[NaN]"):
            answer = one.client.post(path, content=body)
            assert answer.status_code == 400, (body[:20], answer.text)
            assert answer.json()["error"]["code"] == "bad_frame"
        for body in (b"[1]", b"[null]", b'["x"]', b"[[]]", b"[{}]", b'[{"type":"none"}]'):
            before = len(one.frames)
            assert one.client.post(path, content=body).status_code == 202
            one.wait(lambda f: f["type"] == "error")
            one.poll() if len(one.frames) == before else None
            assert all(f["code"] == "bad_frame" for f in one.frames if f["type"] == "error")
        many = json.dumps([{"type": "ping"}] * 101).encode()
        assert one.client.post(path, content=many).status_code == 413
        big = b'[{"type":"ping","ref":"' + b"x" * (256 << 10) + b'"}]'
        with contextlib.suppress(httpx.TransportError):
            assert one.client.post(path, content=big).status_code == 413
        one.must({"type": "page.set", "page": {"url": "https://shop.alder.example/"}})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_channels_open_for_the_right_pages_only(two: Ground, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    site = two.a.site["key"]
    with two.client("widget", source="127.0.0.97", **headers) as client:
        hello = json.dumps({"type": "hello", "v": 1, "site": site}).encode()
        answer = client.post(f"/v1/channel?site={site}", content=hello)
        assert answer.status_code == 403
        assert client.post("/v1/channel?site=unknown-site", content=hello).status_code == 404
        assert client.post("/v1/channel", content=hello).status_code == 404
    with two.client("desk", source="127.0.0.97", Cookie=two.a.agent.cookie, **headers) as client:
        assert client.post("/api/v1/channel", content=HELLO).status_code == 403
    with two.client("desk", source="127.0.0.97", Origin=two.product.url("desk")) as client:
        assert client.post("/api/v1/channel", content=HELLO).status_code == 401


def test_nothing_works_before_hello_here_either(two: Ground) -> None:
    site = two.a.site["key"]
    with two.client("widget", Origin=two.a.origin) as client:
        one = Channel(client, "/v1", f"?site={site}").open({"type": "ping"})
        start = {"type": "conversation.start", "conversation_id": new_id(), "message_id": new_id()}
        one.send({**start, "text": "x", "ref": "r"})
        answer = one.wait(lambda f: f.get("ref") == "r")
        assert (answer["type"], answer["code"]) == ("error", "hello_expected")


def test_a_flood_of_posts_is_refused_with_a_time(two: Ground) -> None:
    with two.client("widget", source="127.0.0.98", Origin=two.a.origin) as client:
        answers = [client.post("/v1/frames?channel=x", content=b"[]") for _ in range(200)]
    assert answers[0].status_code == 410
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in limited)
