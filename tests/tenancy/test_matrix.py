"""Who may do what, over REST, equals the one table (A-077, A-079, A-083, A-095, P4)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gateway.kernel.actor import Actor, ActorRole
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.platform.database.schema import metadata
from gateway.platform.http.route import Route
from gateway.tenancy.authorization import PUBLIC, TABLE, Relation, authorize
from gateway.tenancy.service import SignedIn
from gateway.tenancy.wire import ApiKeyBody, Role
from tests.tenancy.house import PASSWORD, House
from tests.tenancy.objects import QUEUE, UNKNOWN, body_for, make, noun

ROLES: tuple[ActorRole, ...] = ("visitor", "agent", "supervisor", "admin", "system")


@pytest.mark.parametrize("operation", sorted(TABLE))
def test_the_table_is_monotone_and_speaks_clearly(operation: str) -> None:
    for role in ROLES:
        actor = Actor("user", "us_0", "tn_0", role)
        codes = []
        for relation in Relation:
            try:
                authorize(actor, operation, relation)
                codes.append("ok")
            except WeccError as error:
                codes.append(error.code)
        needed = TABLE[operation].need.get(role)
        if needed is None:
            assert codes == ["forbidden"] * len(Relation)
        else:
            assert codes == ["not_found"] * needed + ["ok"] * (len(Relation) - needed)


def test_a_near_role_never_may_less_than_a_far_one() -> None:
    exempt = {
        "call.reconnect",
        "call.update",
        "call.media",
        "call.candidate",
        "call.hold",
        "call.mute",
        "call.hang_up",
    }
    for operation, rule in TABLE.items():
        agent, admin = rule.need.get("agent"), rule.need.get("admin")
        if agent is not None and operation not in exempt:
            assert admin is not None, operation
            assert admin <= agent, operation
        assert rule.need["system"] == Relation.FOREIGN


async def send(client: httpx.AsyncClient, row: Route, object_id: str = "") -> httpx.Response:
    path = row.path.replace("{id}", object_id)
    return await client.request(row.method, path, json=body_for(row))


def rows_for_users(home: House) -> list[Route]:
    return [row for row in home.routes() if row.access == "user"]


async def people(home: House, admin: Actor) -> dict[str, SignedIn]:
    roles: tuple[Role, ...] = ("agent", "supervisor", "admin")
    return {role: await home.person(admin, role, f"a-{role}") for role in roles}


async def test_every_route_and_role_over_rest(desk: House) -> None:
    admin = await desk.tenant()
    desk.known.queues[admin.tenant_id] = [QUEUE]
    cells = 0
    for role, signed_in in (await people(desk, admin)).items():
        async with desk.client(signed_in) as client:
            for row in rows_for_users(desk):
                if noun(row) == "sign-out" or row.path.endswith("password"):
                    continue
                about = await make(desk, admin, row) if "{id}" in row.path else ""
                answer = await send(client, row, about)
                allowed = role in TABLE[row.operation].need
                expected = answer.is_success if allowed else answer.status_code == 403
                assert expected, (role, row.method, row.path, answer.text)
                cells += 1
    assert cells >= 3 * 20


async def test_every_route_and_role_by_api_key(desk: House) -> None:
    admin = await desk.tenant()
    desk.known.queues[admin.tenant_id] = [QUEUE]
    roles: tuple[Role, ...] = ("agent", "supervisor", "admin")
    for role in roles:
        key = await desk.tenancy.api_keys.create(admin, ApiKeyBody(name="K", role=role))
        async with desk.client(authorization=f"Bearer {key.secret}") as client:
            for row in rows_for_users(desk):
                about = await make(desk, admin, row) if "{id}" in row.path else ""
                answer = await send(client, row, about)
                if row.operation.startswith("me."):
                    assert answer.status_code == 409, (row.path, answer.text)
                elif role in TABLE[row.operation].need:
                    assert answer.is_success, (role, row.method, row.path, answer.text)
                else:
                    assert answer.status_code == 403, (role, row.method, row.path)


async def test_nobody_gets_in_without_a_login(desk: House) -> None:
    admin = await desk.tenant()
    site = await desk.site(admin)
    token, _ = await desk.tenancy.new_visitor(admin.tenant_id, site.id)
    attempts: list[dict[str, str]] = [
        {},
        {"cookie": "wecc="},
        {"cookie": f"wecc={'x' * 43}"},
        {"cookie": f"wecc={token}"},
        {"cookie": "wecc=null; __Host-wecc=1"},
        {"authorization": f"Bearer {token}"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wecc_" + "x" * 43},
        {"authorization": "Basic YTpi"},
        {"authorization": ""},
    ]
    for headers in attempts:
        async with desk.client(**headers) as client:
            for row in rows_for_users(desk):
                answer = await send(client, row, UNKNOWN)
                assert answer.status_code == 401, (headers, row.path, answer.text)


def snapshot(tx: Tx, tenant_id: str) -> dict[str, Any]:
    found = {}
    for table in metadata.sorted_tables:
        if table.info.get("tenant"):
            query = sa.select(table).where(table.c.tenant_id == tenant_id)
            found[table.name] = sorted(repr(tuple(row)) for row in tx.execute(query))
    return found


async def test_the_second_tenant_is_neither_seen_nor_touched(desk: House) -> None:
    admin, other = await desk.tenant(), await desk.tenant("Canary")
    desk.known.queues = {admin.tenant_id: [QUEUE], other.tenant_id: [QUEUE, "qu_canary0001"]}
    rows = rows_for_users(desk)
    foreign = {
        (row.method, row.path): await make(desk, other, row, "CANARY")
        for row in rows
        if "{id}" in row.path
    }
    before = await desk.database.read(other.tenant_id, lambda tx: snapshot(tx, other.tenant_id))
    signed_in = await desk.person(admin, "admin", "walker")
    async with desk.client(signed_in) as client:
        for row in rows:
            if noun(row) == "sign-out" or row.path.endswith("password"):
                continue
            object_id = foreign.get((row.method, row.path), "")
            answer = await send(client, row, object_id)
            assert "CANARY" not in answer.text.upper().replace("ADMIN@CANARY", ""), row.path
            assert other.tenant_id not in answer.text
            if object_id:
                unknown = await send(client, row, UNKNOWN)
                assert (answer.status_code, answer.content) == (404, unknown.content), row.path
    after = await desk.database.read(other.tenant_id, lambda tx: snapshot(tx, other.tenant_id))
    assert after == before


async def test_foreign_ids_inside_bodies_are_not_found(desk: House) -> None:
    admin, other = await desk.tenant(), await desk.tenant("Other")
    desk.known.queues = {admin.tenant_id: [QUEUE], other.tenant_id: ["qu_of_other01"]}
    desk.known.skills = {other.tenant_id: ["sk_of_other01"]}
    site = await desk.site(other)
    signed_in = await desk.person(admin, "admin", "walker")
    bodies: list[dict[str, Any]] = [
        {"queue_id": "qu_of_other01"},
        {"queue_id": QUEUE, "site_id": site.id},
        {"queue_id": QUEUE, "skills": {"sk_of_other01": 50}},
        {"queue_id": UNKNOWN},
    ]
    async with desk.client(signed_in) as client:
        for body in bodies:
            answer = await client.post("/api/v1/routes", json={"name": "R", **body})
            assert answer.status_code == 404, body
        assert (await client.get("/api/v1/routes")).json() == []


EXTRA = ("tenant_id", "id", "created_at_ms", "key", "is_demo")


async def test_bodies_take_no_field_they_do_not_name(desk: House) -> None:
    admin = await desk.tenant()
    desk.known.queues[admin.tenant_id] = [QUEUE]
    signed_in = await desk.person(admin, "admin", "walker")
    tried = 0
    async with desk.client(signed_in) as client:
        for row in desk.routes():
            if row.body is None:
                continue
            about = await make(desk, admin, row) if "{id}" in row.path else ""
            for name in (*EXTRA, "role" if noun(row) in ("sites", "routes", "me") else "rank"):
                body = {**(body_for(row) or {}), name: "x"}
                path = row.path.replace("{id}", about)
                answer = await client.request(row.method, path, json=body)
                assert answer.status_code == 400, (row.path, name, answer.text)
                assert answer.json()["error"]["field"] == name
                tried += 1
    assert tried > 60


WRONG: list[Any] = [{"$ne": None}, ["x"], 7, None, 1.5, "x" * 70_000, "a\0b"]


async def test_no_scalar_may_be_something_else(desk: House) -> None:
    admin = await desk.tenant()
    desk.known.queues[admin.tenant_id] = [QUEUE]
    signed_in = await desk.person(admin, "admin", "walker")
    async with desk.client(signed_in) as client:
        for row in desk.routes():
            if row.body is None or noun(row) == "set-up":
                continue
            about = await make(desk, admin, row) if "{id}" in row.path else ""
            for name in body_for(row) or {}:
                for wrong in WRONG:
                    body = {**(body_for(row) or {}), name: wrong}
                    path = row.path.replace("{id}", about)
                    answer = await client.request(row.method, path, json=body)
                    assert answer.status_code < 500, (row.path, name, wrong, answer.text)
                    if wrong in ({"$ne": None}, 7, 1.5) and name not in ("preferences",):
                        assert answer.status_code == 400, (row.path, name, wrong, answer.text)


async def test_secrets_are_shown_once(desk: House) -> None:
    admin = await desk.tenant()
    signed_in = await desk.person(admin, "admin", "walker")
    async with desk.client(signed_in) as client:
        site_id = (
            await client.post(
                "/api/v1/sites",
                json={"name": "S", "origins": ["https://s.example"], "languages": ["en"]},
            )
        ).json()["id"]
        secrets = [
            (await client.post(f"/api/v1/sites/{site_id}/identity-key")).json()["secret"],
            (await client.post("/api/v1/api-keys", json={"name": "K", "role": "agent"})).json()[
                "secret"
            ],
            (
                await client.post(
                    "/api/v1/invitations",
                    json={"email": "i@s.example", "name": "I", "role": "agent"},
                )
            )
            .json()["link"]
            .rpartition("/")[2],
            PASSWORD,
            signed_in.token,
        ]
        for row in rows_for_users(desk):
            if row.method == "GET":
                text = (await client.get(row.path)).text
                assert [secret for secret in secrets if secret in text] == [], row.path


def test_public_operations_are_few() -> None:
    assert {"hello", "ping", "sign_in", "sign_in.link", "set_up", "site.config"} <= PUBLIC
    assert not PUBLIC & set(TABLE)
