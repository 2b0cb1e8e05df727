"""Row-level security on PostgreSQL, and removing all rows of one tenant on any engine.

Every table declared by ``tenant_table`` gets a policy that shows and accepts only rows of the
tenant named by ``app.tenant``; unset or empty, it shows nothing. FORCE binds the owner too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa

from gateway.kernel.errors import WeccError
from gateway.platform.database import schema
from gateway.platform.database.port import Tx

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_MATCH = "tenant_id = NULLIF(current_setting('app.tenant', true), '')"

_CATALOG = sa.text(
    "SELECT relname, relrowsecurity AND relforcerowsecurity AS closed,"
    " pg_has_role(current_user, relowner, 'MEMBER') AS owned"
    " FROM pg_class WHERE relname = ANY(:names) AND relkind IN ('r', 'p')"
    " AND relnamespace = current_schema()::regnamespace"
).bindparams(sa.bindparam("names", type_=sa.ARRAY(sa.String)))


def tenant_tables(metadata: sa.MetaData = schema.metadata) -> list[sa.Table]:
    """The tables that hold tenants' rows, children before parents."""
    return [table for table in reversed(metadata.sorted_tables) if table.info.get("tenant")]


def security_statements(metadata: sa.MetaData, app_role: str) -> Iterator[str]:
    """SQL that closes every tenant table and gives ``app_role`` rows but no ownership."""
    if _NAME.fullmatch(app_role) is None:
        raise ValueError("the application role's name is lower-case letters, digits and _")
    for table in metadata.sorted_tables:
        name = table.name
        yield f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{name}" TO "{app_role}"'
        if not table.info.get("tenant"):
            continue
        yield f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY'
        yield f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY'
        yield f'DROP POLICY IF EXISTS tenant_rows ON "{name}"'
        yield f'CREATE POLICY tenant_rows ON "{name}" USING ({_MATCH}) WITH CHECK ({_MATCH})'


def check_promises(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Refuse a server that loses commits, and a role that row-level security does not bind."""
    if connection.exec_driver_sql("SHOW fsync").scalar_one() != "on":
        raise _unsafe("the PostgreSQL server runs with fsync off; set fsync = on")
    role = connection.exec_driver_sql(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).scalar_one()
    if role:
        raise _unsafe("the database role is a superuser or may bypass row-level security")
    names = {table.name for table in metadata.sorted_tables}
    found = {
        row["relname"]: row
        for row in connection.execute(_CATALOG, {"names": sorted(names)}).mappings()
    }
    if names - found.keys():
        raise WeccError("not_ready", "Tables are missing; migrate the database first.")
    for table in tenant_tables(metadata):
        if not found[table.name]["closed"]:
            raise _unsafe(f"row-level security is not forced on the table {table.name}")
    if any(row["owned"] for row in found.values()):
        raise _unsafe("the database role owns the tables; use one that does not")


def _unsafe(why: str) -> WeccError:
    return WeccError("unsafe_configuration", f"Refused: {why}.")


def remove_tenant(tx: Tx, metadata: sa.MetaData = schema.metadata) -> int:
    """Delete every row of ``tx.tenant_id`` from every tenant table; return how many."""
    if not tx.tenant_id:
        raise ValueError("the platform's own rows are no tenant's")
    removed = 0
    for table in tenant_tables(metadata):
        removed += tx.execute(sa.delete(table).where(table.c.tenant_id == tx.tenant_id)).rowcount
    tx.events.clear()
    return removed
