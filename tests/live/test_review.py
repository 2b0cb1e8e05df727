"""What a reader of the code wanted to see: PostgreSQL under the product, figures that move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.product import Product, Staff, product
from tests.live.sockets import Agent, Visitor
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


@pytest.mark.server
async def test_work_of_somebody_who_is_shut_out_goes_to_others(
    running: Product, admin: Staff
) -> None:
    site = admin.add_site("https://shop.example.com")
    one = admin.add_agent("Agent One", "gone@example.com")
    two = admin.add_agent("Agent Two", "stays@example.com")
    first, second, visitor = Agent(running, one), Agent(running, two), Visitor(running, site)
    await first.hello()
    await first.ready()
    await second.hello()
    await visitor.hello()
    await visitor.start("Hello")
    await first.accept(visitor.conversation)
    admin.call("PATCH", f"/users/{one.me['user']['id']}", {"active": False})
    goodbye = await first.wait("goodbye")
    assert (goodbye["code"], goodbye.get("again", False)) == ("signed_out", False)
    await second.ready()
    offer = await second.wait("offer.new", limit_s=40)
    assert offer["offer"]["conversation"]["id"] == visitor.conversation
    await second.accept(visitor.conversation)
    await second.post(visitor.conversation, "I take over.")
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "I take over."
    )
    for wire in (first, second, visitor):
        await wire.close()
