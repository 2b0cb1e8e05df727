"""Bringing the schema up at every start: on both engines inside the caller's transaction.

A killed migration leaves the version before it, because SQLite and PostgreSQL both undo DDL.
``HEAD`` names the newest version, so a start without anything to do need not load Alembic; a
test holds it equal to the newest file in ``migrations/versions``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.kernel.errors import WeccError
from gateway.platform.database import schema

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: sa.Connection) -> None:
    """Bring the schema to ``HEAD``; refuse a database that a newer version has written."""
    if version(connection) == HEAD:
        return
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(configuration(connection, schema.metadata), "head")
    except CommandError as error:
        raise WeccError(
            "unsafe_configuration",
            "The database was written by a newer version of this program; update the program.",
        ) from error


def version(connection: sa.Connection) -> str:
    """The schema's version; empty for a database without one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(found or "")


def require_current(connection: sa.Connection) -> None:
    """Refuse, without changing anything, a database that is of another version, or not ours."""
    # A server's application role may not read the version: there, the newest tables must do.
    is_server = connection.dialect.name != "sqlite"
    names = set(sa.inspect(connection).get_table_names()) if is_server else set()
    is_current = names >= set(schema.metadata.tables) if is_server else version(connection) == HEAD
    if not is_current:
        raise WeccError(
            "unsafe_configuration",
            "This is no database of this version. Start the gateway once to bring it up.",
        )


def configuration(connection: sa.Connection, metadata: sa.MetaData) -> Config:
    """Alembic's configuration over an open connection, without any file of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def make(metadata: sa.MetaData, number: str, message: str) -> Path:
    """Write the migration from the newest version to ``metadata``; return the new file.

    ``metadata`` must know every room's tables, so its caller imports them all.
    """
    from alembic import command

    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        config = configuration(connection, metadata)
        config.attributes["has_versions"] = bool(HEAD)
        command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=number)
    return next((FOLDER / "versions").glob(f"{number}_*.py"))
