"""A started product with two tenants, one for each module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.attack.ground import Ground, ground


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Two tenants in one product: Alder, who is attacked, and Birch, who attacks."""
    folder: Path = tmp_path_factory.mktemp("attack")
    with ground(folder) as started:
        yield started


@pytest.fixture(autouse=True)
async def hang_up(two: Ground) -> AsyncIterator[None]:
    """Leave no socket open, whatever happened."""
    yield
    await two.hang_up()
