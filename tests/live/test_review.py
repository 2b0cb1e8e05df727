"""The product on PostgreSQL: the first chat of a fresh tenant, over the real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.product import Product, product
from tests.live.test_story import test_first_chat_of_a_fresh_tenant as first_chat
from tests.servers.postgresql import Urls, postgresql_server, postgresql_urls

__all__ = ["postgresql_server", "postgresql_urls"]


@pytest.fixture
def on_postgresql(tmp_path: Path, postgresql_urls: Urls) -> Iterator[Product]:
    """The product with its rows in a fresh PostgreSQL database."""
    (tmp_path / "data").mkdir()
    environment = {
        "WECC_STORE__DATABASE_URL": postgresql_urls.app,
        "WECC_STORE__OWNER_URL": postgresql_urls.owner,
    }
    with product(tmp_path / "data", **environment) as started:
        yield started


async def test_first_chat_on_postgresql(on_postgresql: Product) -> None:
    await first_chat(on_postgresql, on_postgresql.set_up())
