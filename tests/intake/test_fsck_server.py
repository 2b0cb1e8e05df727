"""``wecc fsck`` on PostgreSQL, by its address and with the rights of the gateway's own role."""

from __future__ import annotations

import json

import pytest

from gateway.acd.service.start import defaults
from gateway.kernel.clock import SystemClock
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Tx
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.tenancy.store import tenants
from tests.live.command import wecc
from tests.servers.postgresql import Urls, postgresql_server, postgresql_urls  # noqa: F401

pytestmark = pytest.mark.server
TENANT = "tn_first0001"


async def test_a_server_is_inspected_by_its_address(postgresql_urls: Urls) -> None:  # noqa: F811
    await prepare_server(postgresql_urls.owner, postgresql_urls.app)

    def made(tx: Tx) -> None:
        tenants.insert(tx, "Harbour", is_demo=False)
        defaults(tx)

    database = await PostgresqlDatabase(postgresql_urls.app, SystemClock()).open()
    await database.write(TENANT, made)
    await database.close()
    found = wecc("fsck", postgresql_urls.app, "--json")
    assert found.returncode == 0, found.stdout + found.stderr
    assert [one["findings"] for one in json.loads(found.stdout)] == [[]]
