"""Floods and people who do not read: slowed or cut, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time

import pytest

from tests.attack.ground import Ground, chat, new_id
from tests.attack.raw import CONT, PING, TEXT, Raw, frame
from tests.live.sockets import Agent, Visitor

PING_FRAME = frame(TEXT, b'{"type":"ping"}')
WAITS_S = 10.0
"""How long nobody waits for an answer beside a flood, however slow the machine is."""
GROWTH_BYTES = 40 << 20
"""How much the web process may grow under a flood: caches and buffers, not the flood itself."""


def resident_bytes(two: Ground) -> float:
    """Memory of the web process, as it says itself."""
    with two.client() as client:
        text = client.get("/metrics").text
    found = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)
    assert found is not None
    return float(found.group(1))


async def slowest_ping_s(bystander: Visitor, while_s: float) -> float:
    """Ping as an innocent visitor for a while; returns the longest wait."""
    slowest_s = 0.0
    until_s = time.monotonic() + while_s
    while time.monotonic() < until_s:
        start, began_s = len(bystander.frames), time.monotonic()
        await bystander.send({"type": "ping"})
        await bystander.wait("pong", start=start)
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        await asyncio.sleep(0.1)
    return slowest_s


def pour(raw: Raw, data: bytes, limit_s: float) -> int:
    """Send as much as the server takes within the time; returns how many bytes."""
    raw.socket.settimeout(0.2)
    sent, until_s = 0, time.monotonic() + limit_s
    while sent < len(data) and time.monotonic() < until_s:
        try:
            sent += raw.socket.send(data[sent : sent + (1 << 18)])
        except TimeoutError:
            continue
        except OSError:
            break
    return sent


FLOODS = {
    "frames": (PING_FRAME * 10_000, False),
    "empty messages": (frame(TEXT) * 200_000, False),
    "pings": (frame(PING, b"x" * 125) * 100_000, True),
    "empty fragments": (frame(TEXT, fin=False) + frame(CONT, fin=False) * 400_000, True),
    "big fragments": (
        frame(TEXT, b"x" * 60_000, fin=False) + frame(CONT, b"x" * 60_000, fin=False) * 40,
        True,
    ),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_read_slowly_or_cut(two: Ground, name: str) -> None:
    data, is_cut = FLOODS[name]
    bystander = await chat(two)
    before_bytes = resident_bytes(two)
    with Raw(two, two.a, source="127.0.0.30") as raw:
        raw.hello()
        pouring = asyncio.create_task(asyncio.to_thread(pour, raw, data, 3))
        slowest_s = await slowest_ping_s(bystander, 3)
        sent = await pouring
        assert slowest_s < WAITS_S, f"a bystander waited {slowest_s:.2f} s"
        assert resident_bytes(two) - before_bytes < GROWTH_BYTES
        if is_cut:
            raw.socket.settimeout(60)
            while raw.read() is not None:
                pass
            assert raw.close_code in (0, 1008, 1009)
        else:
            assert sent > 0
    await bystander.post("still here")


BROKEN = {
    "2 to the 63 bytes": b"\x81\xff" + (2**63).to_bytes(8, "big") + b"\0\0\0\0",
    "2 to the 62 bytes": b"\x81\xff" + (2**62).to_bytes(8, "big") + b"\0\0\0\0x",
    "compressed": b"\xc1\x82\0\0\0\0{}",
    "not masked": b"\x81\x02{}",
    "unknown opcode": b"\x83\x80\0\0\0\0",
    "ping of 126 bytes": b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126,
    "ping in pieces": b"\x09\x80\0\0\0\0",
    "continued nothing": frame(CONT, b"{}"),
    "begun twice": frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"),
    "close of one byte": b"\x88\x81\0\0\0\0x",
    "no frames at all": b"GET / HTTP/1.1\r\n\r\n" * 20,
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_breaks_the_rules_of_websocket_is_closed(two: Ground, name: str) -> None:
    """A-114: closed with the protocol's own codes, at once."""
    with Raw(two, two.a, source="127.0.0.31") as raw:
        raw.hello()
        raw.socket.sendall(BROKEN[name])
        raw.socket.settimeout(60)
        while raw.read() is not None:
            pass
        assert raw.close_code in (1002, 1009), raw.close_code


async def test_half_open_upgrades_hold_nobody_up(two: Ground) -> None:
    raws = [Raw(two, two.a, source=f"127.0.0.{40 + place % 5}") for place in range(300)]
    silent = [Raw(two, two.a, source="127.0.0.50") for _ in range(40)]
    try:
        for raw in raws:
            raw.socket.sendall(raw.head()[:-2])
        for raw in silent:
            assert raw.upgrade() == 101
        until_s = time.monotonic() + 90
        bystander = await chat(two)
        assert await slowest_ping_s(bystander, 2) < WAITS_S
        for raw in raws:
            raw.socket.settimeout(max(0.5, until_s - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                rest = await asyncio.to_thread(raw.socket.recv, 200)
                assert rest.startswith(b"HTTP/1.1 408") or rest == b""
        for raw in silent:
            raw.socket.settimeout(max(0.5, until_s - time.monotonic()))
            goodbye = await asyncio.to_thread(raw.read)
            assert goodbye is not None
            assert (goodbye["type"], goodbye["code"]) == ("goodbye", "hello_expected")
    finally:
        for raw in [*raws, *silent]:
            raw.socket.close()


async def talk_long(agent: Agent, conversation_id: str, count: int) -> list[str]:
    """Write many long messages."""
    texts = [f"{number:04} " + "\u8a71" * 15_000 for number in range(count)]
    for text in texts:
        await agent.post(conversation_id, text)
    return texts


def open_stream(two: Ground, raw: Raw, visitor: Visitor) -> None:
    """Ask for the visitor's frames as an event stream, and read none of it."""
    key = visitor.site["key"]
    hello = {"type": "hello", "v": 1, "site": key, "token": visitor.token}
    with two.client("widget", Origin=two.a.origin) as client:
        opened = client.post(f"/v1/channel?site={key}", content=json.dumps(hello))
    lines = [
        f"GET /v1/stream?channel={opened.json()['channel']} HTTP/1.1",
        f"Host: widget.localhost:{two.product.port}",
    ]
    raw.socket.sendall("\r\n".join([*lines, "", ""]).encode())


async def test_slow_readers_are_cut_and_resume_in_full(two: Ground) -> None:
    agent = two.desk(two.a.agent)
    await agent.hello()
    await agent.ready()
    visitor = await chat(two, text="0000")
    await agent.accept(visitor.conversation)
    assert visitor.token is not None
    with (
        Raw(two, two.a, buffer_bytes=4096) as never,
        Raw(two, two.a, buffer_bytes=4096) as later,
        Raw(two, two.a, buffer_bytes=4096) as stream,
    ):
        open_stream(two, stream, visitor)
        never.hello(token=visitor.token)
        later.hello(token=visitor.token)
        texts = await talk_long(agent, visitor.conversation, 130)
        # one who reads is not held up by two who do not
        await visitor.wait(
            lambda f: f["type"] == "message.new" and f["message"]["text"] == texts[-1]
        )
        seen: list[str] = []
        last_seq, goodbye = 0, None
        while (message := await asyncio.to_thread(later.read)) is not None:
            if message["type"] == "message.new":
                last_seq = message["message"]["seq"]
                seen.append(message["message"]["text"])
            if message["type"] == "goodbye":
                goodbye = message
        assert goodbye is not None, f"after {len(seen)} messages"
        assert (goodbye["code"], goodbye["again"]) == ("slow_client", True)
        assert later.close_code == 1013
        assert len(seen) < len(texts)
        back = two.visitor()
        back.token = visitor.token
        await back.hello([{"conversation_id": visitor.conversation, "after_seq": last_seq}])
        page = await back.wait("history.page")
        assert page["gap"] is True
        assert len(json.dumps(page, ensure_ascii=False).encode()) < 1 << 20
        items = await back.ask_history(visitor.conversation)
        assert [m["text"] for m in items if m["kind"] == "text"] == ["0000", *texts]
        assert len({m["id"] for m in items}) == len(items)
        assert await asyncio.to_thread(never.is_cut, 30), "who never reads is never cut"
        assert await asyncio.to_thread(stream.is_cut, 30), "nor over HTTP"
    for wire in (agent, visitor, back):
        await wire.close()


async def test_two_tabs_send_one_id_at_once(two: Ground) -> None:
    """A-021 and A-098: whatever is sent twice at once exists once."""
    first = await chat(two)
    second = two.visitor()
    second.token, second.conversation = first.token, first.conversation
    await second.hello()
    ids = [new_id() for _ in range(25)]
    frames = [
        {"type": "message.post", "id": one, "conversation_id": first.conversation, "text": one}
        for one in ids
    ]
    asked = [tab.ask(one) for one in frames for tab in (first, second)]
    answers = await asyncio.gather(*asked)
    assert {answer["type"] for answer in answers} == {"ack"}
    items = await second.ask_history(first.conversation)
    assert sorted(m["text"] for m in items if m["text"] in ids) == sorted(ids)
    again = await first.ask({**frames[0], "text": "something else"})
    assert (again["type"], again["code"]) == ("error", "already_exists")
    conversation, message = new_id(), new_id()
    start = {
        "type": "conversation.start",
        "conversation_id": conversation,
        "message_id": message,
        "text": "both of us",
    }
    both = await asyncio.gather(*[tab.ask(start) for tab in (first, second) for _ in range(10)])
    assert {answer["type"] for answer in both} == {"ack"}, both
    items = await first.ask_history(conversation)
    assert [m["text"] for m in items if m["kind"] == "text"] == ["both of us"]


async def test_fifty_equal_ends_and_ratings(two: Ground) -> None:
    """A-098: claim, close and rate fifty times at once."""
    agent = two.desk(two.a.agent)
    await agent.hello()
    await agent.ready()
    visitor = await chat(two)
    offer = await agent.wait(
        lambda f: (
            f["type"] == "offer.new" and f["offer"]["conversation"]["id"] == visitor.conversation
        )
    )
    accept = {"type": "offer.accept", "offer_id": offer["offer"]["id"]}
    answers = await asyncio.gather(*[agent.ask(accept) for _ in range(50)])
    assert {a["type"] for a in answers} <= {"ack", "error"}
    assert all(a.get("code") in (None, "offer_gone") for a in answers)
    rate = {"type": "conversation.rate", "conversation_id": visitor.conversation, "rating": 5}
    rated = await asyncio.gather(*[visitor.ask(rate) for _ in range(50)])
    assert {a["type"] for a in rated} == {"ack"}
    items = await visitor.ask_history(visitor.conversation)
    codes = [m["code"] for m in items if m["kind"] == "system"]
    assert sorted(code for code in codes if code != "left_message") == ["joined", "rated"]
    await agent.close()
