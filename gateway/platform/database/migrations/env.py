"""Alembic's entry: runs on the connection and transaction its caller opened (``migrate.py``)."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    compare_type=True,
    transactional_ddl=False,
    # SQLite changes a table by copying it; a first migration only creates.
    render_as_batch=attributes.get("has_versions", True),
)
context.run_migrations()
