"""The same services on PostgreSQL, where every row is behind a forced tenant policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.kernel.clock import ManualClock, SystemClock
from gateway.kernel.errors import WeccError
from gateway.knowledge.wire import CannedReplyBody
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.schema import metadata
from gateway.rules.model import RouteInput
from gateway.rules.wire import RouteBody
from gateway.tenancy.wire import ApiKeyBody, InvitationBody, UserPatch
from tests.servers.postgresql import Urls, postgresql_server, postgresql_urls
from tests.tenancy.house import PASSWORD, House, build
from tests.tenancy.objects import QUEUE
from tests.tenancy.test_visitors import claims, signed

__all__ = ["postgresql_server", "postgresql_urls"]
pytestmark = pytest.mark.server


@pytest.fixture
async def cluster(postgresql_urls: Urls) -> AsyncIterator[House]:
    await prepare_server(postgresql_urls.owner, postgresql_urls.app, metadata, metadata.create_all)
    clock = ManualClock(SystemClock().now_ms())
    database = PostgresqlDatabase(postgresql_urls.app, clock)
    await database.open()
    with build(database, clock) as built:
        yield built
    await database.close()


async def test_sign_in_links_and_invitations(cluster: House) -> None:
    home, admin = cluster, await cluster.tenant()
    signed_in = await home.tenancy.logins.sign_in("admin@shop.example", PASSWORD)
    assert await home.tenancy.actor_for_login(signed_in.token) == admin
    token = (await home.tenancy.links.sign_in_link(admin, admin.id)).rpartition("/")[2]
    results = await asyncio.gather(
        *(home.tenancy.links.redeem(token, None) for _ in range(20)), return_exceptions=True
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert {r.code for r in results if isinstance(r, WeccError)} == {"gone"}
    body = InvitationBody(email="new@shop.example", name="New", role="agent")
    link = (await home.tenancy.links.invite(admin, body)).link or ""
    joined = await home.tenancy.links.redeem(link.rpartition("/")[2], PASSWORD)
    me = await home.tenancy.users.me(joined.login)
    assert (me.user.role, me.tenant_name) == ("agent", "Shop")
    await home.tenancy.users.change(admin, me.user.id, UserPatch(active=False))
    assert await home.tenancy.actor_for_login(joined.token) is None


async def test_the_audit_chain_holds_under_parallel_writers(cluster: House) -> None:
    admin = await cluster.tenant()
    bodies = [CannedReplyBody(shortcut=f"s{n}", title="T", text="x") for n in range(30)]
    await asyncio.gather(*(cluster.knowledge.create(admin, body) for body in bodies))
    assert await cluster.tenancy.audit_log.verify(admin.tenant_id) is None
    page = await cluster.tenancy.audit_log.page(admin, None)
    assert [entry.seq for entry in page.items] == list(range(31, 0, -1))


async def test_visitors_sites_keys_and_routes(cluster: House) -> None:
    home, admin = cluster, await cluster.tenant()
    home.known.queues[admin.tenant_id] = [QUEUE]
    site = await home.site(admin)
    secret = (await home.tenancy.sites.new_identity_key(admin, site.id)).secret.encode()
    token, anonymous = await home.tenancy.new_visitor(admin.tenant_id, site.id)
    exp = home.clock.now_ms() // 1000 + 300
    jwt = signed(claims(aud=site.key, exp=exp), secret)
    results = await asyncio.gather(
        *(home.tenancy.visitors.verify(anonymous, jwt) for _ in range(5)), return_exceptions=True
    )
    verified = [result for result in results if not isinstance(result, BaseException)]
    assert len(verified) == 1
    assert await home.tenancy.visitor_for_token(token) is None
    assert await home.tenancy.visitor_for_token(verified[0].token) == verified[0].actor
    key = await home.tenancy.api_keys.create(admin, ApiKeyBody(name="K", role="agent"))
    assert await home.tenancy.actor_for_api_key(key.secret or "") is not None
    await home.rules.create(admin, RouteBody(name="R", queue_id=QUEUE, site_id=site.id))
    known = RouteInput(site_id=site.id, kind="chat")
    assert await home.rules.decide(admin.tenant_id, known) is not None


async def test_tenants_are_apart_and_dropped_whole(cluster: House) -> None:
    home = cluster
    one, two = await home.tenant("One", is_demo=True), await home.tenant("Two")
    site = await home.site(two)
    await home.site(one)
    with pytest.raises(WeccError):
        await home.tenancy.new_visitor(one.tenant_id, site.id)
    assert [s.id for s in await home.tenancy.sites.list(two)] == [site.id]
    assert await home.tenancy.drop_tenant(one.tenant_id) > 3
    assert [row["name"] for row in await home.tenancy.tenants.all()] == ["Two"]
    assert await home.tenancy.site_for_key(site.key) is not None
