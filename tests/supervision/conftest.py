"""The ACD's floor, with somebody who counts what happens on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.supervision.service import SupervisionService
from gateway.tenancy.store import users
from tests.acd.conftest import (  # noqa: F401
    Floor,
    audited,
    clock,
    database,
    floor,
    make_database,
)
from tests.servers.postgresql import (  # noqa: F401
    postgresql_server,
    postgresql_urls,
)


async def not_demo(_tenant_id: str) -> bool:
    return False


MakeSupervision = Callable[[Floor], SupervisionService]


def supervision_of(floor: Floor) -> SupervisionService:  # noqa: F811
    return SupervisionService(
        database=floor.database,
        clock=floor.clock,
        bus=floor.bus,
        acd=floor.acd,
        people=users.all_views,
        audit=audited,
        is_demo=not_demo,
    )


@pytest.fixture
def figures(floor: Floor) -> SupervisionService:  # noqa: F811
    return supervision_of(floor)
