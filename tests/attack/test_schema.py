"""The whole REST API tried from its own document: generated requests, as everybody (A-097).

Whatever is sent, well-formed or not: never a fault of ours, every answer is one the document
promises, what the document forbids is not accepted, and a role without the right gets nothing.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from gateway.kernel.errors import CODES
from gateway.platform.http.openapi import openapi
from gateway.tenancy.authorization import TABLE
from tests.attack.ground import Ground, chat, new_id
from tests.attack.routes import routes
from tests.attack.test_tenants import CREATED
from tests.live.product import Staff

EXAMPLES = 4
DOCUMENT = openapi(routes())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
LEAVES = ("POST /api/v1/sign-out",)  # ends the login it is called with: API keys only
JSON = "application/json"
Send = Callable[[str, str, dict[str, Any]], httpx.Response]


def _generators() -> dict[str, Any]:
    """schemathesis' operations by name; who asks is our business, so it sees no security."""
    document = copy.deepcopy(DOCUMENT)
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["security"] = []
            body = operation.get("requestBody")
            if body is not None and JSON not in body["content"]:
                del operation["requestBody"]  # raw bytes are ours to draw
    schema = schemathesis.openapi.from_dict(document)
    found: list[Any] = list(schema.get_all_operations())
    return {operation.label: operation for operation in (one.ok() for one in found)}


GENERATORS = _generators()


class Party:
    """Somebody who sends requests: a role, and the headers that prove it."""

    def __init__(self, name: str, role: str, clients: dict[str, httpx.Client]) -> None:
        self.name, self.role, self._clients = name, role, clients

    def send(self, origin: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request; waits where it was too fast."""
        client = self._clients[origin]
        answer = client.request(method, path, **more)
        for _ in range(3):
            if answer.status_code != 429 or answer.json()["error"]["code"] != "rate_limited":
                break
            wait_s = int(answer.headers["retry-after"])
            if wait_s > 3:  # sign-in: its refusal is an answer as well
                break
            time.sleep(wait_s)
            answer = client.request(method, path, **more)
        return answer

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()


def _party(two: Ground, place: int, name: str, role: str, **headers: str) -> Party:
    clients = {
        origin: two.client(origin, f"127.0.7.{place}", **headers)
        for origin in ("desk", "widget", "files")
    }
    return Party(name, role, clients)


def _browser(two: Ground, place: int, person: Staff, role: str) -> Party:
    own = {"Cookie": person.cookie, "X-WECC-CSRF": person.me["csrf"]}
    return _party(two, place, f"{role} in a browser", role, **own)


def _program(two: Ground, place: int, admin: Staff, role: str) -> Party:
    secret = admin.call("POST", "/api-keys", {"name": f"fuzz {role}", "role": role})["secret"]
    return _party(two, place, f"{role} by API key", role, Authorization=f"Bearer {secret}")


@pytest.fixture(scope="module")
def ids(two: Ground) -> dict[str, str]:
    """Ids of real objects of Alder by noun, so that requests come past the first look."""
    admin = two.a.admin
    found = {noun: admin.call("POST", f"/{noun}", body)["id"] for noun, body in CREATED.items()}

    async def talk() -> str:
        visitor = await chat(two)
        await visitor.close()
        found["conversations"] = visitor.conversation
        return str(visitor.token)

    found["token"] = asyncio.run(talk())
    view = admin.call("GET", f"/conversations/{found['conversations']}")
    found["contacts"], found["key"] = view["contact"]["id"], two.a.site["key"]
    spare = admin.add_agent("Spare", "spare@alder.example").me["user"]["id"]
    found["users"] = found["agents"] = spare
    upload = {"id": new_id(), "conversation_id": found["conversations"], "name": "a.txt"}
    with two.client("widget", Authorization=f"Bearer {found['token']}") as client:
        assert client.post("/v1/uploads", json={**upload, "size_bytes": 3}).status_code == 201
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        done = client.patch(f"/v1/uploads/{upload['id']}", content=b"abc", headers=kind)
    found["attachments"] = found["f"] = done.json()["attachment"]["id"]
    return found | {"uploads": upload["id"]}


@pytest.fixture(scope="module")
def parties(two: Ground, ids: dict[str, str]) -> Iterator[list[Party]]:
    """Nobody, every role, another tenant's administrator, and a visitor."""
    token = ids["token"]
    found = [
        _party(two, 1, "nobody", "nobody"),
        _browser(two, 2, two.a.agent, "agent"),
        _program(two, 3, two.a.admin, "supervisor"),
        _program(two, 4, two.a.admin, "admin"),
        _program(two, 5, two.b.admin, "admin"),
        _party(two, 6, "visitor", "visitor", Authorization=f"Bearer {token}", Origin=two.a.origin),
    ]
    yield found
    for party in found:
        party.close()


def request_of(case: Any, label: str, object_id: str, raw: bytes) -> tuple[str, dict[str, Any]]:
    """Return path and the rest of a request."""
    path = label.partition(" ")[2].replace("{id}", object_id).replace("{key}", object_id)
    query = {name: str(value) for name, value in (case.query or {}).items()}
    more: dict[str, Any] = {"params": query}
    headers = {}
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key.isprintable() and key.isascii() and key == key.strip():
        headers["Idempotency-Key"] = key + new_id() if key else ""
    content = OPERATIONS[label].get("requestBody", {}).get("content", {})
    if JSON in content:
        headers["Content-Type"] = JSON
        body = case.body
        more["content"] = body if isinstance(body, bytes) else json.dumps(_sendable(body)).encode()
    elif content:
        headers["Content-Type"] = next(iter(content))
        more["content"] = raw
    return path, {**more, "headers": headers}


def _sendable(body: Any) -> Any:
    return None if type(body).__name__ == "NotSet" else body


def is_forbidden(label: str, content: bytes) -> bool:
    """Tell whether the document says that this body is none."""
    schema = OPERATIONS[label]["requestBody"]["content"][JSON]["schema"]
    try:
        jsonschema.validate(json.loads(content), {**schema, "components": DOCUMENT["components"]})
    except (ValueError, RecursionError, jsonschema.ValidationError):
        return True
    return False


def check(label: str, party: Party, answer: httpx.Response, sent: dict[str, Any]) -> None:
    """What holds for every answer."""
    operation = OPERATIONS[label]
    where = f"{label} as {party.name}: {answer.status_code} {answer.text[:300]} for {sent}"
    assert answer.status_code < 500, where
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code >= 400:
        if label.startswith("HEAD"):
            return
        error = answer.json()["error"]
        assert CODES[error["code"]].status == answer.status_code, where
        schema = operation["responses"]["default"]["content"][JSON]["schema"]
    else:
        documented = operation["responses"].get(str(answer.status_code))
        assert documented is not None, f"not documented: {where}"
        content = documented.get("content", {})
        is_empty = not content and not answer.content
        assert is_empty or media_type in content or "*/*" in content, where
        schema = content.get(JSON, {}).get("schema")
        if content and media_type != JSON:
            return
    if answer.content:
        whole = {**(schema or {}), "components": DOCUMENT["components"]}
        jsonschema.validate(answer.json(), whole)
    if answer.status_code < 400 and JSON in operation.get("requestBody", {}).get("content", {}):
        assert not is_forbidden(label, sent["content"]), f"accepted: {where}"


def check_right(label: str, party: Party, answer: httpx.Response) -> None:
    """Who lacks the right gets nothing, whatever the request looks like."""
    operation = OPERATIONS[label]
    if not operation["security"]:
        return
    is_ours = "visitor" in operation["security"][0]
    may = (party.role == "visitor") == is_ours
    may = may and party.role in TABLE[operation["x-wecc-operation"]].need
    if not may:
        assert answer.status_code in (401, 403, 413, 429), f"{label} as {party.name}: {answer.text}"


def noun_of(label: str) -> str:
    """What an operation is about."""
    path = label.partition(" ")[2]
    noun = path.removeprefix("/api").removeprefix("/v1").split("/")[1]
    return "key" if "{key}" in path else noun


def sides(label: str, parties: list[Party]) -> tuple[Party, list[Party]]:
    """Who may do this, and everybody else."""
    security = OPERATIONS[label]["security"]
    role = "visitor" if security and "visitor" in security[0] else "admin"
    entitled = next(party for party in parties if party.role == role)
    others = [party for party in parties if party is not entitled]
    return entitled, [p for p in others if label not in LEAVES or "browser" not in p.name]


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_operation_keeps_what_the_document_promises(
    two: Ground, parties: list[Party], ids: dict[str, str], label: str
) -> None:
    origin = OPERATIONS[label]["tags"][0]
    method = label.partition(" ")[0]
    content = OPERATIONS[label].get("requestBody", {}).get("content", {})
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if JSON in content else [])]
    entitled, others = sides(label, parties)
    turn = itertools.cycle(others)
    real = ids.get(noun_of(label), "none")

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def try_it(data: st.DataObject) -> None:
        for mode in modes:
            case = data.draw(GENERATORS[label].as_strategy(generation_mode=mode))
            own = [str(value) for value in (case.path_parameters or {}).values()]
            object_id = data.draw(st.sampled_from([real, real, *own, *ids.values()]))
            path, more = request_of(case, label, object_id, data.draw(st.binary(max_size=64)))
            for party in (entitled, next(turn)):
                answer = party.send(origin, method, path, **more)
                check(label, party, answer, more)
                check_right(label, party, answer)

    try_it()
