"""Names of sites, for views: the one thing this room reads of another room's table."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from gateway.platform.database.port import Tx
from gateway.tenancy.store.sites import sites


def names(tx: Tx, site_ids: Iterable[str]) -> dict[str, str]:
    """Return site names by id."""
    wanted = sorted(set(site_ids))
    rows = tx.all(
        sa.select(sites.c.id, sites.c.name).where(
            sites.c.tenant_id == tx.tenant_id, sites.c.id.in_(wanted)
        )
    )
    return {str(row["id"]): str(row["name"]) for row in rows}
