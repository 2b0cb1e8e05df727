"""What a reader of the code wanted to see: PostgreSQL under the product, figures that move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.product import Product, Staff, product
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


@pytest.mark.server
async def test_first_chat_on_postgresql(on_postgresql: Product) -> None:
    await first_chat(on_postgresql, on_postgresql.set_up())


def test_requests_are_counted(running: Product, admin: Staff) -> None:
    assert admin.me
    with running.http("widget") as client:
        assert client.get("/v1/sites/unknown-site-key/config").status_code == 404
    with running.http() as client:
        metrics = client.get("/metrics").text
    assert 'wecc_requests_total{origin="widget",status="404"} 1.0' in metrics
    assert 'wecc_request_seconds_count{origin="widget"} 1.0' in metrics
