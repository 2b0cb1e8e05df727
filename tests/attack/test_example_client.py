"""The client of the documentation, run as a stranger would: it writes, is answered, comes back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.settings import PORT_ORDER
from tests.live.product import Product
from tests.live.sockets import Agent

CLIENT = Path(__file__).parents[2] / "docs" / "examples" / "client.py"
ORIGIN = "https://shop.example.com"


class OnPorts(Product):
    """A product whose origins are ports of 127.0.0.1, for programs without names under it."""

    def url(self, origin: str) -> str:
        return f"http://127.0.0.1:{self.port + PORT_ORDER.index(origin)}"

    def http(self, origin: str = "desk", **headers: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url(origin), headers=headers, timeout=20)
        self._clients.append(client)
        return client


@pytest.fixture
def running(tmp_path: Path) -> Iterator[OnPorts]:
    """The product with a fresh tenant."""
    (tmp_path / "data").mkdir()
    started = OnPorts(tmp_path / "data", "--origins", "ports", "--no-calls")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def hang_up() -> None:
    """Nothing of the two tenants is used here."""


async def read_until(stream: asyncio.StreamReader, end: bytes) -> bytes:
    """Read lines up to the one that holds ``end``."""
    lines = b""
    while end not in lines:
        line = await asyncio.wait_for(stream.readline(), 20)
        assert line, lines
        lines += line
    return lines


@pytest.mark.fault
async def test_the_example_client_works(running: OnPorts) -> None:
    admin = running.set_up()
    site = admin.add_site(ORIGIN)
    agent = Agent(running, admin)
    agent._url = running.url("desk").replace("http", "ws") + "/api/v1/socket"
    await agent.hello()
    await agent.ready()
    arguments = (str(CLIENT), running.url("widget"), site["key"], ORIGIN, "Is anybody there?")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        offer = await agent.accept()
        conversation = offer["conversation"]["id"]
        await agent.post(conversation, "Yes, here.")
        lines = await read_until(process.stdout, b"Yes, here.")
        assert b"1 text Is anybody there?" in lines
        running.kill("web")
        await asyncio.to_thread(running.wait_ready)
        await agent.hello()
        await agent.post(conversation, "Still here.")
        lines += await read_until(process.stdout, b"Still here.")
        for text in (b"Is anybody there?", b"Yes, here.", b"Still here."):
            assert lines.count(text) == 1
    finally:
        process.terminate()
        await process.communicate()
        await agent.close()
