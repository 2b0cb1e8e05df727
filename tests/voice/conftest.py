from __future__ import annotations

from collections.abc import AsyncIterator

import aioice.ice
import pytest

from gateway.voice.media.engine import EmbeddedEngine
from tests.voice.rig import Reports, Workers, attached


@pytest.fixture(autouse=True)
def peers_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own WebRTC peers offer 127.0.0.1 only, so no packet leaves the machine."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers() as started:
        yield started


@pytest.fixture
async def engine(workers: Workers) -> AsyncIterator[tuple[EmbeddedEngine, Reports]]:
    async with attached(workers) as pair:
        yield pair
