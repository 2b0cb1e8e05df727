"""The one metadata object, and the helper that gives every tenant table its shape.

For "insert unless it is there" use ``insert`` from here with ``on_conflict_do_nothing()`` or
``on_conflict_do_update()``: it compiles for SQLite and PostgreSQL alike. Catching
``IntegrityError`` inside a unit of work does not carry over: PostgreSQL ends the transaction.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

__all__ = ["insert", "json_column", "metadata", "tenant_table"]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def tenant_table(
    name: str,
    *columns: sa.schema.SchemaItem,
    key: tuple[str, ...] = ("id",),
    into: sa.MetaData = metadata,
) -> sa.Table:
    """Declare a table of one tenant's rows: ``tenant_id NOT NULL`` leads the primary key.

    On PostgreSQL a forced row-level policy shows only the current tenant's rows; in queries
    ``tenant_id`` is named all the same, because SQLite has no such policy.
    """
    table = sa.Table(
        name,
        into,
        sa.Column("tenant_id", sa.String(64), nullable=False),
        *columns,
        info={"tenant": True},
    )
    table.append_constraint(sa.PrimaryKeyConstraint("tenant_id", *key))
    return table


def json_column(name: str, **options: Any) -> sa.Column[Any]:
    """Declare a column that holds a JSON document."""
    return sa.Column(name, sa.JSON, nullable=False, **options)
