"""Every room's tables in one metadata, and the way to write a migration for them.

    python -m tests.store.every_store NUMBER "what changes"

writes ``gateway/platform/database/migrations/versions/NUMBER_what_changes.py``: read it, then
set ``HEAD`` in ``gateway/platform/database/migrate.py`` to NUMBER. It stands beside the tests
because no room below ``app`` may know every other room.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import sqlalchemy as sa

import gateway
from gateway.platform.database import migrate
from gateway.platform.database.schema import metadata

_WITH_TABLES = {"store", "events", "keys"}


def every_table() -> sa.MetaData:
    """Import every module that declares tables; return the product's metadata."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if _WITH_TABLES & set(module.name.split(".")):
            importlib.import_module(module.name)
    return metadata


if __name__ == "__main__":
    print(migrate.make(every_table(), sys.argv[1], sys.argv[2]))  # noqa: T201
