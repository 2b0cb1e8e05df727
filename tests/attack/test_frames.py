"""What is no frame of ours: refused with a code, the socket lives, nobody else notices."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.kernel.errors import CODES
from gateway.surfaces.sockets import agent as agent_socket
from gateway.surfaces.sockets import visitor as visitor_socket
from tests.attack.ground import Ground, chat, new_id
from tests.live.sockets import Agent, Visitor, Wire

Frame = dict[str, Any]
SOME_ID = "c0ffee00-0000-4000-8000-000000000000"
CANARY = "kanarie-7391"


def history(rest: str) -> str:
    """A request for history with one field written by hand."""
    return f'{{"type":"history.get","conversation_id":"{SOME_ID}",{rest}}}'


NO_FRAMES: dict[str, str | bytes] = {
    "nothing": "",
    "no JSON": "hello?",
    "half a frame": '{"type":"ping"',
    "two frames": '{"type":"ping"}{"type":"ping"}',
    "an array": '[{"type":"ping"}]',
    "a number": "1",
    "null": "null",
    "no type": "{}",
    "type of another kind": '{"type":["ping"]}',
    "unknown type": '{"type":"server.dump"}',
    "a method": '{"type":"__init__"}',
    "a base class": '{"type":"ClientFrame"}',
    "unknown field": '{"type":"ping","admin":true}',
    "prototype": '{"type":"ping","__proto__":{"admin":true}}',
    "constructor": '{"type":"ping","constructor":{"prototype":{}}}',
    "half a surrogate pair": '{"type":"ping","ref":"\\ud800"}',
    "not a number": history('"limit":NaN'),
    "infinity": history('"limit":1e999'),
    "minus infinity": history('"limit":-Infinity'),
    "100,000 digits": history('"limit":' + "9" * 100_000),
    "100,000 levels": '{"type":"ping","ref":' + "[" * 100_000 + "]" * 100_000 + "}",
    "100,000 levels, unknown": '{"x":' + "[" * 100_000 + "]" * 100_000 + ',"type":"ping"}',
    "100,000 levels, open": "[" * 100_000,
    "object in place of an id": '{"type":"history.get","conversation_id":{"$ne":null}}',
    "array in place of an id": '{"type":"history.get","conversation_id":["c0ffee00-0000"]}',
    "number in place of an id": '{"type":"history.get","conversation_id":1}',
    "id with a line end": '{"type":"history.get","conversation_id":"c0ffee00-0000\\n"}',
    "id with a path": '{"type":"history.get","conversation_id":"../../etc/passwd"}',
    "minus one": history('"before_seq":-1'),
    "2 to the 63": history(f'"before_seq":{2**63}'),
    "binary": b'{"type":"ping"}',
    "nothing, binary": b"",
}


@pytest.fixture
async def visitor(two: Ground) -> AsyncIterator[Visitor]:
    """A visitor in a chat."""
    one = await chat(two)
    yield one
    await one.close()


@pytest.fixture
async def desk(two: Ground) -> AsyncIterator[Agent]:
    """An agent's desk."""
    one = two.desk(two.a.agent)
    await one.hello()
    yield one
    await one.close()


async def refused(wire: Wire, raw: str | bytes) -> Frame:
    """Send bytes and return the error that answers them; the socket must live on."""
    start = len(wire.frames)
    await wire.send_raw(raw)
    error = await wire.wait(lambda f: f["type"] == "error", start=start)
    assert error["code"] in CODES
    assert error["code"] != "internal", error
    assert CODES[error["code"]].status < 500
    await alive(wire)
    return error


async def alive(wire: Wire) -> None:
    """Ask for a sign of life."""
    start = len(wire.frames)
    await wire.send({"type": "ping"})
    await wire.wait("pong", start=start)


@pytest.mark.parametrize("name", NO_FRAMES)
async def test_what_is_no_frame(visitor: Visitor, desk: Agent, name: str) -> None:
    for wire in (visitor, desk):
        error = await refused(wire, NO_FRAMES[name])
        assert error["code"] == "bad_frame"


async def test_a_name_twice_is_one_frame_at_most(visitor: Visitor) -> None:
    """Which of two equal names counts is ours to say; there is one reader, so no confusion."""
    start = len(visitor.frames)
    await visitor.send_raw('{"type":"ping","type":"conversation.end","ref":"twice"}')
    await visitor.send_raw('{"type":"ping","ref":"a","ref":"b"}')
    await alive(visitor)
    assert all(f.get("code") != "internal" for f in visitor.frames[start:])


async def test_errors_repeat_nothing_that_was_sent(visitor: Visitor, desk: Agent) -> None:
    frames = [
        {"type": CANARY},
        {"type": "ping", CANARY: 1},
        {"type": "ping", "ref": [CANARY]},
        {"type": "message.post", "id": CANARY + "!", "conversation_id": SOME_ID, "text": "x"},
        {"type": "message.post", "id": SOME_ID, "conversation_id": SOME_ID, "text": CANARY},
    ]
    for wire in (visitor, desk):
        for frame in frames:
            error = await refused(wire, json.dumps(frame))
            assert CANARY not in json.dumps(error)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type":"ping","ref":"\xff\xfe"}',
        b'{"type":"typing.set","conversation_id":"c0ffee00-0000","on":true,"ref":"\xff"}',
        b'{"type":"typing.set","conversation_id":"c0ffee00-0000","on":true,"ref":"\xed\xa0\x80"}',
    ],
)
async def test_bad_utf8_closes_with_1007_and_nothing_else(
    two: Ground, visitor: Visitor, desk: Agent, raw: bytes
) -> None:
    neighbour, colleague = two.visitor(), two.desk(two.a.agent)
    for other in (neighbour, colleague):
        await other.hello()
        await other._socket.send([raw], text=True)
        await other.closed.wait()
        assert other._socket.close_code == 1007
    await alive(visitor)
    await alive(desk)


async def test_typing_is_refused_like_any_frame(visitor: Visitor, desk: Agent) -> None:
    """Frames that are only passed on take a shorter way; it is no way around anything."""
    head = '{"type":"typing.set","conversation_id":'
    for rest in ('"%s"' % ("x" * 9), "1", "null", "[]", '"../x"', f'"{SOME_ID}","x":1'):
        for wire in (visitor, desk):
            error = await refused(wire, head + rest + ',"on":true}')
            assert error["code"] in ("bad_frame", "not_found")
    for raw in (head + f'"{SOME_ID}","on":1' + "}", head + "[" * 100_000, head):
        for wire in (visitor, desk):
            assert (await refused(wire, raw))["code"] == "bad_frame"


async def test_a_frame_over_256_kib_closes_with_1009(two: Ground, visitor: Visitor) -> None:
    other = two.visitor()
    await other.hello()
    await other.send_raw('{"type":"ping","ref":"' + "x" * (256 << 10) + '"}')
    await other.closed.wait()
    assert other._socket.close_code == 1009
    await alive(visitor)


def commands(table: dict[type, Any]) -> list[str]:
    """The types of every frame an audience may send."""
    return sorted(str(kind.__struct_config__.tag) for kind in table)  # type: ignore[attr-defined]


def sample(kind: str, **over: Any) -> Frame:
    """A well-formed frame of a type, about things that are not there or not one's own."""
    fields: dict[str, Frame] = {
        "hello": {"v": 1, "site": "x"},
        "ping": {},
        "conversation.start": {
            "conversation_id": SOME_ID,
            "message_id": new_id(),
            "text": "x",
        },
        "conversation.end": {"conversation_id": SOME_ID},
        "conversation.rate": {"conversation_id": SOME_ID, "rating": 1},
        "conversation.watch": {"conversation_id": SOME_ID, "on": True},
        "page.set": {"page": {"url": "https://shop.alder.example/"}},
        "identity.set": {"jwt": "a.b.c"},
        "message.post": {"id": new_id(), "conversation_id": SOME_ID, "text": "x"},
        "typing.set": {"conversation_id": SOME_ID, "on": True},
        "receipt.set": {"conversation_id": SOME_ID, "delivered_seq": 1, "read_seq": 1},
        "history.get": {"conversation_id": SOME_ID},
        "call.start": {"call_id": new_id(), "conversation_id": SOME_ID, "sdp_offer": "v=0"},
        "call.reconnect": {"call_id": SOME_ID, "sdp_offer": "v=0"},
        "call.candidate": {"call_id": SOME_ID, "candidate": "x", "sdp_mid": "0"},
        "call.update": {"call_id": SOME_ID, "sdp_offer": "v=0"},
        "call.media": {"call_id": SOME_ID, "camera": True, "screen": False},
        "call.hold": {"call_id": SOME_ID, "on": True},
        "call.mute": {"call_id": SOME_ID, "on": True},
        "call.hang_up": {"call_id": SOME_ID},
        "agent.state.set": {"state": "ready"},
        "offer.accept": {"offer_id": SOME_ID},
        "offer.reject": {"offer_id": SOME_ID},
        "interaction.transfer": {"interaction_id": SOME_ID, "to_queue_id": SOME_ID},
        "interaction.end": {"interaction_id": SOME_ID},
        "interaction.wrap_up": {"interaction_id": SOME_ID},
        "interaction.take": {"interaction_id": SOME_ID},
        "interaction.wrap_up.extend": {"interaction_id": SOME_ID},
        "interaction.move": {"interaction_id": SOME_ID, "to_queue_id": SOME_ID, "why": "x"},
        "interaction.prioritize": {"interaction_id": SOME_ID, "priority": 1, "why": "x"},
        "interaction.assign": {"interaction_id": SOME_ID, "agent_id": SOME_ID, "why": "x"},
        "agent.next.set": {"state": None},
        "live.watch": {"agent_ids": [SOME_ID]},
        "agent.sign_out": {"agent_id": SOME_ID, "why": "x"},
        "intervention.undo": {"intervention_id": SOME_ID, "why": "x"},
        "agent.set": {"agent_id": SOME_ID, "state": "ready", "why": "x"},
    }
    known = set(fields[kind])
    return {"type": kind, **fields[kind], **{k: v for k, v in over.items() if k in known}}


AGENT = [kind for kind in commands(agent_socket.COMMANDS) if kind not in ("hello", "ping")]
VISITOR = [kind for kind in commands(visitor_socket.COMMANDS) if kind not in ("hello", "ping")]


async def test_nothing_works_before_hello(two: Ground) -> None:
    """A-003, A-012: every frame of both sockets, before anybody said who they are."""
    sides: list[tuple[Wire, list[str]]] = [
        (two.visitor(), VISITOR),
        (two.desk(two.a.agent), AGENT),
    ]
    for wire, kinds in sides:
        wire._headers = dict(wire._all_headers)  # type: ignore[attr-defined]
        await wire.open()
        for kind in kinds:
            answer = await wire.ask(sample(kind))
            assert answer["type"] == "error", (kind, answer)
            assert answer["code"] in ("hello_expected", "media_unavailable"), (kind, answer)
        await wire.close()


async def test_the_wrong_version_is_told_and_shown_out(two: Ground) -> None:
    sides: list[tuple[Wire, Frame]] = [
        (two.visitor(), {"type": "hello", "v": 2, "site": two.a.site["key"], "ref": "h"}),
        (two.desk(two.a.agent), {"type": "hello", "v": 99, "ref": "h"}),
    ]
    for wire, frame in sides:
        wire._headers = dict(wire._all_headers)  # type: ignore[attr-defined]
        await wire.open()
        await wire.send(frame)
        error = await wire.wait("error")
        assert (error["code"], error["ref"]) == ("version_unsupported", "h")
        goodbye = await wire.wait("goodbye")
        assert goodbye["again"] is False
        await wire.closed.wait()


async def test_hello_twice_stays_the_same_person(visitor: Visitor, desk: Agent) -> None:
    first = await visitor.wait("welcome")
    start = len(visitor.frames)
    frame = {"type": "hello", "v": 1, "site": visitor.site["key"], "token": visitor.token}
    await visitor.send(frame)
    again = await visitor.wait("welcome", start=start)
    assert again["visitor_id"] == first["visitor_id"]
    assert [c["id"] for c in again["conversations"]] == [visitor.conversation]
    start = len(desk.frames)
    await desk.send({"type": "hello", "v": 1})
    assert (await desk.wait("welcome", start=start))["user"]["id"] == desk.staff.me["user"]["id"]


async def test_another_site_in_hello_is_refused(two: Ground, visitor: Visitor) -> None:
    answer = await visitor.ask({"type": "hello", "v": 1, "site": two.b.site["key"]})
    assert (answer["type"], answer["code"]) == ("error", "bad_value")


@pytest.mark.parametrize(
    "token", ["", " ", None, "0", "x" * 200, "' OR 1=1 --", "a" * 43, "\u0000"]
)
async def test_an_invented_token_makes_a_stranger(
    two: Ground, visitor: Visitor, token: str | None
) -> None:
    """A-006: no token but the right one is anybody's."""
    other = two.visitor()
    other.token = token
    welcome = await other.hello()
    assert welcome["visitor_id"] != (await visitor.wait("welcome"))["visitor_id"]
    assert welcome["conversations"] == []
    await other.close()


@pytest.mark.parametrize("token", [0, [], {}, {"$ne": None}, True, "x" * 100_000])
async def test_a_token_of_another_kind_makes_nobody(two: Ground, token: Any) -> None:
    other = two.visitor()
    other._headers = dict(other._all_headers)
    await other.open()
    await other.send({"type": "hello", "v": 1, "site": other.site["key"], "token": token})
    assert (await other.wait("error"))["code"] in ("bad_frame", "bad_text")
    assert not [f for f in other.frames if f["type"] == "welcome"]
    await other.close()


async def test_foreign_and_unknown_conversations_answer_alike(
    two: Ground, visitor: Visitor
) -> None:
    """A-001, A-004: with every visitor frame, a stranger learns and changes nothing."""
    stranger, neighbour = two.visitor(), two.visitor(two.b)
    await stranger.hello()
    await neighbour.hello()
    about = [kind for kind in VISITOR if "conversation_id" in sample(kind)]
    assert len(about) >= 6
    for wire in (stranger, neighbour):
        for kind in about:
            if kind in ("conversation.start", "call.start"):
                continue
            foreign = await wire.ask(sample(kind, conversation_id=visitor.conversation))
            unknown = await wire.ask(sample(kind, conversation_id=new_id()))
            told = [(f["type"], f["code"], f["message"]) for f in (foreign, unknown)]
            assert told[0] == told[1], kind
            assert told[0][:2] == ("error", "not_found"), kind
    taken = await stranger.ask(sample("conversation.start", conversation_id=visitor.conversation))
    assert (taken["type"], taken["code"]) == ("error", "already_exists")
    for wire in (stranger, neighbour):
        resume = [{"conversation_id": visitor.conversation, "after_seq": 0}]
        frame = {"type": "hello", "v": 1, "site": wire.site["key"], "token": wire.token}
        start = len(wire.frames)
        await wire.send({**frame, "resume": resume})
        await wire.wait("welcome", start=start)
        await alive(wire)
        assert not [f for f in wire.frames if f["type"] == "history.page"]
    items = await visitor.ask_history(visitor.conversation)
    assert [item["text"] for item in items if item["kind"] == "text"] == ["Hello"]
    await visitor.post("still open")
    await stranger.close()
    await neighbour.close()


async def test_an_agent_of_another_tenant_learns_nothing(two: Ground, visitor: Visitor) -> None:
    desk = two.desk(two.b.admin)
    await desk.hello()
    for kind in AGENT:
        # about oneself, or about what of one's own floor is shown
        if kind in ("agent.state.set", "agent.next.set", "live.watch"):
            continue
        frame = sample(kind, conversation_id=visitor.conversation)
        answer = await desk.ask(frame)
        assert answer["type"] == "error", (kind, answer)
        assert answer["code"] in ("not_found", "offer_gone", "forbidden"), (kind, answer)
    await desk.close()


async def test_text_at_its_limits(visitor: Visitor) -> None:
    post = {"type": "message.post", "conversation_id": visitor.conversation}
    assert (await visitor.ask({**post, "id": new_id(), "text": "x" * 20_000}))["type"] == "ack"
    for text in ("x" * 20_001, "", " \n ", "\u200b", "\U0001f600" * 20_001):
        answer = await visitor.ask({**post, "id": new_id(), "text": text})
        assert (answer["type"], answer.get("code")) == ("error", "bad_text"), len(text)
    with_nul = new_id()
    await visitor.must({**post, "id": with_nul, "text": "a\u0000b"})
    items = await visitor.ask_history(visitor.conversation)
    assert next(item["text"] for item in items if item["id"] == with_nul) == "ab"


async def test_context_of_a_page_is_bounded(visitor: Visitor) -> None:
    codes = []
    for place in range(8):
        context = {f"k{place}_{number}": "x" * 400 for number in range(20)}
        page = {"url": "https://shop.alder.example/"}
        answer = await visitor.ask({"type": "page.set", "page": page, "context": context})
        codes.append(answer.get("code"))
    assert codes[:2] == [None, None]
    assert set(codes[3:]) == {"bad_value"}


async def test_garbage_sdp(two: Ground, visitor: Visitor, desk: Agent) -> None:
    await desk.ready()
    sdps = [
        "v=0",
        "garbage",
        "v=0\r\n" * 5_000,
        "\u0000",
        "v=0\r\no=- 1 1 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/SAVPF 111\r\na=mid:0",
        "m=audio " + "9" * 60_000,
    ]
    for sdp in sdps:
        frame = sample("call.start", conversation_id=visitor.conversation, sdp_offer=sdp)
        answer = await visitor.ask(frame | {"call_id": new_id()}, 20)
        assert answer["type"] == "error"
        assert answer["code"] in ("bad_sdp", "media_unavailable", "nobody_there"), answer
    await alive(visitor)
