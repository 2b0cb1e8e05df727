"""A started product for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.product import Product, Staff, product


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with a fresh tenant, shared by the tests of a module."""
    folder: Path = tmp_path_factory.mktemp("product")
    (folder / "data").mkdir()
    with product(folder / "data") as started:
        yield started


@pytest.fixture(scope="module")
def admin(running: Product) -> Staff:
    """The administrator who set the tenant up."""
    return running.set_up()
