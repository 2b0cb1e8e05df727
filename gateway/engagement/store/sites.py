"""Names of sites, and whether files are welcome: what this room reads of another's table."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.tenancy.store.sites import sites

_NAMES = sa.select(sites.c.id, sites.c.name).where(
    sites.c.tenant_id == sa.bindparam("tenant_id"),
    sites.c.id.in_(sa.bindparam("ids", expanding=True)),
)


def names(tx: Tx, site_ids: Iterable[str]) -> dict[str, str]:
    """Return site names by id."""
    wanted = sorted(set(site_ids))
    rows = tx.all(_NAMES, {"tenant_id": tx.tenant_id, "ids": wanted})
    return {str(row["id"]): str(row["name"]) for row in rows}


def refuses_files(tx: Tx, site_id: str) -> bool:
    """Tell whether an administrator has switched files off for visitors of a site."""
    row = tx.one(
        sa.select(sites.c.body).where(sites.c.tenant_id == tx.tenant_id, sites.c.id == site_id)
    )
    return row is not None and row["body"].get("files") is False
