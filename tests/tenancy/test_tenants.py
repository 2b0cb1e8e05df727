"""Tenants are made and dropped as a whole."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.kernel.errors import WeccError
from gateway.platform.database.port import PLATFORM, Tx
from gateway.platform.database.schema import metadata
from gateway.tenancy.model import LOGIN_ABSOLUTE_MS, VISITOR_TOKEN_MS
from gateway.tenancy.store.directory import directory
from gateway.tenancy.store.tenants import tenants
from gateway.tenancy.wire import ApiKeyBody
from tests.tenancy.house import PASSWORD, House


def rows_of(tx: Tx, tenant_id: str) -> int:
    found = 0
    for table in [*metadata.sorted_tables]:
        column = table.c.id if table is tenants else table.c.get("tenant_id")
        if column is not None:
            query = sa.select(sa.func.count()).select_from(table).where(column == tenant_id)
            found += int(tx.execute(query).scalar_one())
    return found


async def test_dropping_a_tenant_leaves_nothing_and_touches_nobody_else(home: House) -> None:
    doomed, other = await home.tenant("Demo", is_demo=True), await home.tenant("Other")
    secrets = []
    for admin in (doomed, other):
        site = await home.site(admin)
        token, _ = await home.tenancy.new_visitor(admin.tenant_id, site.id)
        key = await home.tenancy.api_keys.create(admin, ApiKeyBody(name="K", role="agent"))
        login = await home.tenancy.logins.start(admin.tenant_id, admin.id, "sign_in")
        secrets.append((token, key.secret or "", login.token, site.key))
    untouched = await home.database.read(PLATFORM, lambda tx: rows_of(tx, other.tenant_id))
    destroyed: list[str] = []
    ended: list[str] = []

    async def destroy(tenant_id: str) -> None:
        destroyed.append(tenant_id)

    home.tenancy.tenants.on_dropped(destroy)
    home.tenancy.on_logins_ended(lambda end: ended.append(end.user_id))
    assert await home.tenancy.drop_tenant(doomed.tenant_id) > 5
    assert destroyed == [doomed.tenant_id]
    assert ended == [doomed.id]
    rows = await home.database.read(PLATFORM, lambda tx: rows_of(tx, doomed.tenant_id))
    assert rows == 0
    after = await home.database.read(PLATFORM, lambda tx: rows_of(tx, other.tenant_id))
    assert after == untouched
    token, key_secret, login_token, site_key = secrets[0]
    assert await home.tenancy.visitor_for_token(token) is None
    assert await home.tenancy.actor_for_api_key(key_secret) is None
    assert await home.tenancy.actor_for_login(login_token) is None
    assert await home.tenancy.site_for_key(site_key) is None
    token, key_secret, login_token, site_key = secrets[1]
    assert await home.tenancy.visitor_for_token(token) is not None
    assert await home.tenancy.actor_for_api_key(key_secret) is not None
    assert await home.tenancy.actor_for_login(login_token) is not None


async def test_every_tenant_table_refuses_a_row_without_tenant(home: House) -> None:
    del home
    owned = [table for table in metadata.sorted_tables if table.info.get("tenant")]
    assert len(owned) > 10
    assert [table.name for table in owned if table.c.tenant_id.nullable] == []
    assert not directory.c.tenant_id.nullable


async def test_nothing_is_kept_when_the_name_is_blank(home: House) -> None:
    with pytest.raises(WeccError) as caught:
        await home.tenancy.create_tenant(
            " \u200b ", admin_email="a@b.example", admin_name="A", admin_password=PASSWORD
        )
    assert caught.value.code == "bad_text"
    assert not await home.tenancy.is_set_up()


async def test_what_has_expired_is_swept_and_nothing_else(home: House) -> None:
    admin, other = await home.tenant(), await home.tenant("Other")
    site = await home.site(admin)
    for _ in range(3):
        await home.tenancy.new_visitor(admin.tenant_id, site.id)
        await home.tenancy.logins.start(admin.tenant_id, admin.id, "sign_in")
        await home.tenancy.links.sign_in_link(admin, admin.id)
    kept = await home.database.read(PLATFORM, lambda tx: rows_of(tx, other.tenant_id))

    async def sweep() -> dict[str, int]:
        for tenant_id in (admin.tenant_id, other.tenant_id):
            await home.tenancy.tenants.sweep(tenant_id)
        tables = {table.name: table for table in metadata.sorted_tables}
        return {
            name: await home.database.read(
                admin.tenant_id,
                lambda tx, name=name: tx.execute(  # type: ignore[misc]
                    sa.select(sa.func.count())
                    .select_from(tables[name])
                    .where(tables[name].c.tenant_id == admin.tenant_id)
                ).scalar_one(),
            )
            for name in ("directory", "visitor_tokens", "logins", "links")
        }

    assert await sweep() == {"directory": 11, "visitor_tokens": 3, "logins": 3, "links": 3}
    home.clock.advance(LOGIN_ABSOLUTE_MS)
    assert await sweep() == {"directory": 5, "visitor_tokens": 3, "logins": 0, "links": 3}
    home.clock.advance(VISITOR_TOKEN_MS)
    assert await sweep() == {"directory": 2, "visitor_tokens": 0, "logins": 0, "links": 0}
    assert await home.tenancy.site_for_key(site.key) is not None
    assert await home.database.read(PLATFORM, lambda tx: rows_of(tx, other.tenant_id)) == kept
