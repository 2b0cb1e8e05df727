"""The audit log's chain, and what it may hold."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.tenancy.model import chain_hash
from gateway.tenancy.store.audit import audit_entries, audit_heads
from gateway.tenancy.wire import InvitationBody
from tests.tenancy.house import House


async def filled(home: House) -> str:
    admin = await home.tenant()
    for n in range(5):
        body = InvitationBody(email=f"p{n}@shop.example", name=f"Person {n}", role="agent")
        await home.tenancy.links.invite(admin, body)
    assert await home.tenancy.audit_log.verify(admin.tenant_id) is None
    return admin.tenant_id


def change(at: int, **values: object) -> sa.Update:
    return audit_entries.update().where(audit_entries.c.seq == at).values(**values)


TAMPERING: list[tuple[str, list[sa.Executable], int]] = [
    ("edit", [change(3, operation="sign_in")], 3),
    ("details", [change(2, details={"role": "admin"})], 2),
    ("time", [change(4, at_ms=1)], 4),
    ("delete", [audit_entries.delete().where(audit_entries.c.seq == 3)], 3),
    ("first", [audit_entries.delete().where(audit_entries.c.seq == 1)], 1),
    ("swap", [change(2, seq=100), change(3, seq=2), change(100, seq=3)], 2),
    ("cut off", [audit_entries.delete().where(audit_entries.c.seq >= 5)], 5),
    ("all", [audit_entries.delete()], 1),
    ("head", [audit_heads.delete()], 7),
]


@pytest.mark.parametrize(("name", "statements", "broken"), TAMPERING, ids=[t[0] for t in TAMPERING])
async def test_any_tampering_is_found_where_it_is(
    home: House, name: str, statements: list[sa.Executable], broken: int
) -> None:
    tenant_id = await filled(home)

    def tamper(tx: Tx) -> None:
        for statement in statements:
            tx.execute(statement)

    await home.database.write(tenant_id, tamper)
    assert await home.tenancy.audit_log.verify(tenant_id) == broken


async def test_a_chain_recomputed_without_the_key_does_not_hold(home: House) -> None:
    tenant_id = await filled(home)
    row = await home.database.read(
        tenant_id, lambda tx: tx.one(sa.select(audit_entries).where(audit_entries.c.seq == 6))
    )
    assert row is not None
    forged = {name: row[name] for name in row if name != "hash"} | {"actor_id": "us_00000000"}
    hashed = chain_hash(b"", row["hash"], forged)
    await home.database.write(
        tenant_id, lambda tx: tx.execute(change(6, **forged, hash=hashed)) and None
    )
    assert await home.tenancy.audit_log.verify(tenant_id) == 6


async def test_the_log_holds_no_names_addresses_or_secrets(home: House) -> None:
    tenant_id = await filled(home)
    rows = await home.database.read(tenant_id, lambda tx: tx.all(sa.select(audit_entries)))
    text = repr([dict(row) for row in rows])
    for content in ("Person", "@", "Shop", "Admin of"):
        assert content not in text


async def test_content_in_details_is_refused(home: House) -> None:
    admin = await home.tenant()

    def work(tx: Tx) -> None:
        home.tenancy.audit(tx, admin, "test", "id", {"text": "line one\nline <two>"})

    with pytest.raises(ValueError, match="ids and codes"):
        await home.database.write(admin.tenant_id, work)


async def test_the_log_is_read_in_pages(home: House) -> None:
    admin = await home.tenant()
    for _ in range(249):
        await home.tenancy.links.sign_in_link(admin, admin.id)
    seen: list[int] = []
    before: int | None = None
    while True:
        page = await home.tenancy.audit_log.page(admin, before)
        seen += [entry.seq for entry in page.items]
        before = page.next_before
        if before is None:
            break
    assert seen == list(range(250, 0, -1))
    assert page.items[0].actor_name == "Admin of Shop"
