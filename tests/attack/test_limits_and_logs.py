"""One address cannot take everything, and the logs tell nothing of what people wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.ground import Ground, chat, ground, new_id
from tests.attack.raw import Raw
from tests.live.product import PASSWORD, command_line, descendants
from tests.live.sockets import Visitor

SOCKETS = 15
CANARY = "kanarie-4417"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The two tenants, with limits that are soon reached."""
    limits = {
        "WECC_LIMITS__SOCKETS_PER_ADDRESS": str(SOCKETS),
        "WECC_LIMITS__CONVERSATIONS_PER_HOUR": "60",
    }
    folder: Path = tmp_path_factory.mktemp("limits")
    with ground(folder, **limits) as started:
        yield started


def test_sockets_and_channels_of_one_address_are_counted_together(two: Ground) -> None:
    """A-017: half sockets, half channels; others still get in."""
    source, site = "127.0.0.101", two.a.site["key"]
    hello = json.dumps({"type": "hello", "v": 1, "site": site})
    with two.client("widget", source, Origin=two.a.origin) as client:
        for _ in range(SOCKETS // 2):
            answer = client.post(f"/v1/channel?site={site}", content=hello)
            assert answer.status_code == 200
        raws = [Raw(two, two.a, source=source) for _ in range(SOCKETS)]
        try:
            statuses = [raw.upgrade() for raw in raws]
            assert statuses.count(101) == SOCKETS - SOCKETS // 2
            assert set(statuses) == {101, 429}
            answer = client.post(f"/v1/channel?site={site}", content=hello)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) >= 1
            with Raw(two, two.a, source="127.0.0.102") as other:
                other.hello()
        finally:
            for raw in raws:
                raw.socket.close()


def test_conversations_and_visitors_of_one_address_are_limited(two: Ground) -> None:
    """A-017: a bot that opens conversations, and one that makes visitors."""
    codes = []
    with Raw(two, two.b, source="127.0.0.104") as bot:
        bot.hello()
        for _ in range(30):
            start = {"type": "conversation.start", "conversation_id": new_id(), "text": "spam"}
            bot.send({**start, "message_id": new_id(), "ref": "r"})
            while (answer := bot.read() or {}).get("ref") != "r":
                assert answer
            codes.append(answer.get("code"))
    assert codes.count(None) <= 22
    assert codes[-1] == "rate_limited"
    assert answer["retry_after_s"] >= 1
    with Raw(two, two.b, source="127.0.0.103") as raw:
        raw.hello()
        refused = None
        for _ in range(60):
            raw.send({"type": "hello", "v": 1, "site": two.b.site["key"]})
            answer = raw.read() or {}
            if answer["type"] == "error":
                refused = answer
                break
        assert refused is not None, "one address makes visitors without end"
        assert refused["code"] == "rate_limited"


def test_reads_of_one_person_are_limited_with_a_time(two: Ground) -> None:
    answers = [two.b.agent.client.get("/api/v1/conversations") for _ in range(150)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in limited)
    assert two.b.supervisor.client.get("/api/v1/conversations").status_code == 200


async def test_secrets_lie_nowhere_in_clear(two: Ground) -> None:
    """A-165, A-166, A-174: not in the database, its log, the files, or on a command line."""
    admin = two.b.admin
    visitor = await chat(two, two.b)
    key = admin.call("POST", "/api-keys", {"name": "bot", "role": "agent"})["secret"]
    identity = admin.call("POST", f"/sites/{two.b.site['id']}/identity-key")["secret"]
    body = {"email": "soon@birch.example", "name": "Soon", "role": "agent"}
    link = admin.call("POST", "/invitations", body)["link"].rsplit("/", 1)[1]
    content = f"{CANARY} in a file ".encode() * 50
    token = {"Authorization": f"Bearer {visitor.token}"}
    with two.client("widget", **token) as client:
        upload = {"id": new_id(), "conversation_id": visitor.conversation, "name": "a.txt"}
        client.post("/v1/uploads", json={**upload, "size_bytes": len(content)})
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        done = client.patch(f"/v1/uploads/{upload['id']}", content=content, headers=kind)
        assert done.status_code == 200
    cookies = [value for _, value in admin.client.cookies.items()]
    secrets = [PASSWORD, key, identity, link, str(visitor.token), *cookies, admin.me["csrf"]]
    wanted = [secret.encode() for secret in secrets] + [content[:40]]
    files = [path for path in two.product.data_dir.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        found = path.read_bytes()
        assert not [secret for secret in wanted if secret in found], path.name
        assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    assert two.product.process is not None
    for pid in descendants(two.product.process.pid):
        line = command_line(pid).encode()
        assert not [secret for secret in wanted if secret in line]


async def test_logs_hold_nothing_of_what_people_wrote(two: Ground) -> None:
    """A-168: everything a person can write, once right and once wrong; then read the log."""
    visitor = Visitor(two.product, two.a.site)
    two.wires.append(visitor)
    visitor._all_headers["User-Agent"] = CANARY
    await visitor.hello(page={"url": f"https://shop.alder.example/?q={CANARY}", "title": CANARY})
    form = {"name": CANARY, "email": f"{CANARY}@alder.example", "phone": CANARY}
    start = {"type": "conversation.start", "conversation_id": visitor.conversation}
    await visitor.must({**start, "message_id": new_id(), "text": CANARY, "form": form})
    await visitor.post(f"{CANARY} more")
    await visitor.must({"type": "page.set", "page": {"url": ""}, "context": {"secret": CANARY}})
    rate = {"type": "conversation.rate", "conversation_id": visitor.conversation, "rating": 2}
    await visitor.must({**rate, "comment": CANARY})
    for raw in (CANARY, f'{{"type":"{CANARY}"}}', f'{{"type":"ping","ref":["{CANARY}"]}}'):
        await visitor.send_raw(raw)
    await visitor.ask({"type": "identity.set", "jwt": f"{CANARY}.{CANARY}.{CANARY}"})
    await visitor.ask({"type": "history.get", "conversation_id": CANARY})
    call = {"type": "call.start", "call_id": new_id(), "conversation_id": visitor.conversation}
    await visitor.ask({**call, "sdp_offer": CANARY}, 20)
    token = {"Authorization": f"Bearer {visitor.token}"}
    with two.client("widget", **token) as client:
        upload = {"id": new_id(), "conversation_id": visitor.conversation, "size_bytes": 5}
        client.post("/v1/uploads", json={**upload, "name": f"{CANARY}.png"})
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        client.patch(f"/v1/uploads/{upload['id']}", content=b"lies!", headers=kind)
    admin = two.a.admin
    for path in (f"/conversations?view=all&q={CANARY}", f"/{CANARY}", f"/contacts/{CANARY}"):
        admin.client.get(f"/api/v1{path}")
    admin.client.post("/api/v1/sign-in", json={"email": f"{CANARY}@x.example", "password": CANARY})
    admin.client.post("/api/v1/sign-in/link", json={"token": CANARY * 3, "password": CANARY * 2})
    admin.client.post("/api/v1/skills", json={"name": CANARY, CANARY: 1})
    admin.client.post(
        "/api/v1/canned-replies", json={"shortcut": CANARY, "title": "t", "text": "t"}
    )
    admin.call(
        "POST", "/invitations", {"email": f"{CANARY}@a.example", "name": "n", "role": "agent"}
    )
    other = await chat(two, text="done")
    seen = two.product.errors()
    secrets = [CANARY, PASSWORD, "@alder.example", "@birch.example", "spam"]
    secrets += [str(visitor.token), str(other.token), admin.me["csrf"]]
    secrets += [admin.cookie.partition("=")[2].partition(";")[0]]
    assert not [secret for secret in secrets if secret in seen]
    assert "fault while answering" not in seen
    assert "a command failed" not in seen
    assert "Traceback" not in seen
    ours = [line for line in seen.splitlines() if line.startswith("{")]
    assert ours
    for line in ours:
        entry = json.loads(line)
        assert {"at", "level", "logger", "message"} <= set(entry)
        assert not re.search(r"[^\x20-\x7e]", line)
