"""A request that creates something may be repeated under its ``Idempotency-Key`` (A-099)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.platform.http.once import takes_key
from tests.attack.ground import Ground, ground, new_id
from tests.attack.routes import routes
from tests.attack.test_tenants import CREATED, noun_of
from tests.live.product import Staff

HEADER = "Idempotency-Key"
BODIES: dict[str, Any] = {
    **CREATED,
    "hours": {"name": "Night", "time_zone": "UTC", "windows": []},
    "invitations": {"email": "again@alder.example", "name": "Again", "role": "agent"},
}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The two tenants, in a product that a test may kill."""
    folder: Path = tmp_path_factory.mktemp("repeats")
    with ground(folder) as started:
        yield started


def create(person: Staff, noun: str, body: Any, key: str) -> httpx.Response:
    """Create something under a key."""
    return person.client.post(f"/api/v1/{noun}", json=body, headers={HEADER: key})


def count(person: Staff, noun: str) -> int:
    """How many of a noun the tenant has."""
    return len(person.call("GET", f"/{noun}"))


def creating() -> list[str]:
    """The nouns that are created by a plain POST to their list."""
    rows = [row for row in routes() if takes_key(row) and "{" not in row.path]
    return sorted({noun_of(row) for row in rows} - {"uploads"})


def test_every_creation_is_done_once_under_one_key(two: Ground) -> None:
    """Same key and body: one object, the same bytes. Other body: refused, nothing made."""
    admin = two.a.admin
    queue = create(admin, "queues", {"name": "First"}, new_id()).json()["id"]
    bodies = {**BODIES, "routes": {"name": "r", "queue_id": queue, "department": "never"}}
    nouns = [noun for noun in creating() if noun in bodies]
    assert len(nouns) >= 9, creating()
    for noun in nouns:
        before, key, body = count(admin, noun), new_id(), bodies[noun]
        made = create(admin, noun, body, key)
        assert made.status_code == 201, (noun, made.text)
        assert "idempotency-replayed" not in made.headers
        for _ in range(3):
            again = create(admin, noun, body, key)
            assert (again.status_code, again.content) == (201, made.content), noun
            assert again.headers["idempotency-replayed"] == "true"
            assert again.headers["cache-control"] == "no-store"
        assert count(admin, noun) == before + 1, noun
        other = create(admin, noun, {**body, "name": "Other"}, key)
        assert other.status_code == 409, (noun, other.text)
        assert other.json()["error"]["code"] == "key_reused"
        assert count(admin, noun) == before + 1, noun


def test_a_key_for_one_address_is_none_for_another(two: Ground) -> None:
    key = new_id()
    assert create(two.a.admin, "skills", {"name": "Dutch"}, key).status_code == 201
    assert create(two.a.admin, "queues", {"name": "Dutch"}, key).status_code == 409


def test_keys_belong_to_one_tenant_and_one_actor(two: Ground) -> None:
    """Somebody else's key is nobody's key: nothing of their answer is seen."""
    key, body = new_id(), {"shortcut": "own", "title": "Own", "text": "Own"}
    mine = create(two.a.admin, "canned-replies", body, key)
    body = {**body, "shortcut": "other"}
    for person in (two.a.supervisor, two.b.admin):
        theirs = create(person, "canned-replies", body, key)
        assert theirs.status_code == 201
        assert theirs.json()["id"] != mine.json()["id"]
        assert "idempotency-replayed" not in theirs.headers
    api_key = two.a.admin.call("POST", "/api-keys", {"name": "crm", "role": "admin"})["secret"]
    with two.client("desk", Authorization=f"Bearer {api_key}") as client:
        body = {"shortcut": "third", "title": "Own", "text": "Own"}
        for expected in (None, "true"):
            answer = client.post("/api/v1/canned-replies", json=body, headers={HEADER: key})
            assert answer.status_code == 201
            assert answer.headers.get("idempotency-replayed") == expected


def test_a_role_that_may_not_create_gets_no_kept_answer(two: Ground) -> None:
    """Rights are looked at before the key."""
    key, body = new_id(), {"name": "Basque"}
    assert create(two.a.admin, "skills", body, key).status_code == 201
    assert create(two.a.agent, "skills", body, key).status_code == 403


def test_what_was_refused_may_be_sent_again(two: Ground) -> None:
    key = new_id()
    taken = create(two.b.admin, "skills", {"name": "Welsh"}, new_id()).json()
    assert create(two.b.admin, "skills", {"name": "Welsh"}, key).status_code == 409
    two.b.admin.call("DELETE", f"/skills/{taken['id']}")
    assert create(two.b.admin, "skills", {"name": "Welsh"}, key).status_code == 201


def test_thirty_at_once_are_one(two: Ground) -> None:
    """A-098 with a key: one object, and everybody gets the same answer."""
    admin, key = two.b.admin, new_id()
    before = count(admin, "api-keys")
    with ThreadPoolExecutor(30) as pool:
        answers = list(
            pool.map(
                lambda _: create(admin, "api-keys", {"name": "race", "role": "agent"}, key),
                range(30),
            )
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert count(admin, "api-keys") == before + 1


@pytest.mark.parametrize("key", [b"", b"x" * 201, b"caf\xe9"])
def test_a_key_that_is_none_is_refused(two: Ground, key: bytes) -> None:
    answer = two.a.admin.client.post(
        "/api/v1/skills", json={"name": "never"}, headers={HEADER.encode(): key}
    )
    assert answer.status_code == 400, answer.text
    names = [skill["name"] for skill in two.a.admin.call("GET", "/skills")]
    assert "never" not in names


def test_two_keys_in_one_request_are_refused(two: Ground) -> None:
    answer = two.a.admin.client.post(
        "/api/v1/skills", json={"name": "never"}, headers=[(HEADER, "a"), (HEADER, "b")]
    )
    assert answer.status_code == 400


def test_answers_outlive_a_crash(two: Ground) -> None:
    """Kill the web process: the repeat still gets the first answer, its secret included."""
    admin, key = two.a.admin, new_id()
    body = {"name": "kept", "role": "agent"}
    made = create(admin, "api-keys", body, key)
    before = count(admin, "api-keys")
    two.product.kill("web")
    two.product.wait_ready()
    admin.client.close()
    back = two.product.sign_in("admin@alder.example")
    again = create(back, "api-keys", body, key)
    assert (again.status_code, again.content) == (201, made.content)
    assert count(back, "api-keys") == before
    secret = made.json()["secret"].encode()
    for path in two.product.data_dir.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path.name
