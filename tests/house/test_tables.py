"""Every tenant's row says whose it is."""

from __future__ import annotations

import importlib
import pkgutil

import sqlalchemy as sa

import gateway
from gateway.platform.database.schema import metadata

# Tables of the platform scope: who the tenants are, and which key leads to which tenant.
PLATFORM_TABLES = {"tenants", "directory", "master_keys", "alembic_version", "nodes"}


def _tables() -> list[sa.Table]:
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if {"store", "events", "keys"} & set(module.name.split(".")):
            importlib.import_module(module.name)
    return list(metadata.tables.values())


def test_tenant_id_leads_every_key_and_is_never_null() -> None:
    for table in _tables():
        if table.name in PLATFORM_TABLES:
            continue
        assert table.info.get("tenant"), f"{table.name}: declare it with tenant_table()"
        assert not table.columns["tenant_id"].nullable, table.name
        assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name


def test_indexes_of_tenant_tables_begin_with_the_tenant() -> None:
    wrong = [
        f"{table.name}.{index.name}"
        for table in _tables()
        if table.info.get("tenant")
        for index in table.indexes
        if "tenant_id" not in {column.name for column in index.columns}
    ]
    assert not wrong
