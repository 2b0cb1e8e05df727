"""The product with its demo, and two separate Chromium processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.floor import Floor, House, keep
from tests.conftest import require
from tests.live.product import product
from tests.widget.shop import CHROMIUM, FLAGS

# A loaded machine is slow, not wrong.
expect.set_options(timeout=60_000)

STATIC = Path(__file__).parents[2] / "gateway" / "static"
OFFICE_FLAGS = [flag for flag in FLAGS if not flag.startswith("--autoplay-policy")]


def present() -> None:
    """Ask for what browser tests need."""
    require((STATIC / "web" / "index.html").exists(), "the built desk (`make build`)")
    require((STATIC / "widget" / "widget.js").exists(), "the built widget (`make build`)")
    require(Path(CHROMIUM).exists(), "Chromium")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[House]:
    """``wecc run --demo``, as ``make run`` starts it."""
    present()
    folder = tmp_path / "data"
    folder.mkdir()
    with product(folder, "--demo") as running:
        yield House(running)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[House]:
    """``wecc run`` in an empty data folder, without any demo."""
    present()
    folder = tmp_path / "data"
    folder.mkdir()
    with product(folder) as running:
        yield House(running)


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, object, object]:
    """Remember a failure, so that what was on the screens can be kept."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or bool(getattr(report, "failed", False))
    return report


async def browsers(house: House, node: pytest.Item) -> AsyncIterator[Floor]:
    """Open both browsers at a product; keep pictures when the test fails."""
    async with async_playwright() as playwright:
        street = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        office = await playwright.chromium.launch(executable_path=CHROMIUM, args=OFFICE_FLAGS)
        floor = Floor(house, street, office)
        yield floor
        if node.stash.get(FAILED, False):
            for browser in (street, office):
                pages = [page for context in browser.contexts for page in context.pages]
                for number, page in enumerate(pages):
                    who = "street" if browser is street else "office"
                    await keep(page, f"failed-{node.name}-{who}-{number}")
        await street.close()
        await office.close()
    assert floor.problems == []


@pytest.fixture
async def floor(demo: House, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    """Visitors' and agents' browsers at the demo."""
    async for opened in browsers(demo, request.node):
        yield opened


@pytest.fixture
async def fresh_floor(fresh: House, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    """Visitors' and agents' browsers at a product without demo."""
    async for opened in browsers(fresh, request.node):
        yield opened
