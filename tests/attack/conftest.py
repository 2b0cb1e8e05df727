"""A started product with two tenants, one for each module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.attack.ground import Ground, ground


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep each module on one worker, so that its product is started once.

    xdist reads the group from the end of the id; it writes it to a field that pytest 9.2 no
    longer looks at, so it is written here.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("fault"):
            item._id = type(item.id).parse(f"{item.nodeid}@serial-{item.path.stem}")


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
