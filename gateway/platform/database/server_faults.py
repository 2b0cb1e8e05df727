"""What an error of the PostgreSQL server means: retry, not available, disk full, or our fault.

SQLSTATE classes (PostgreSQL manual, appendix A): 08 connection, 28 authorization, 3D no such
database, 40 transaction rollback, 53 resources, 57 operator intervention, 58 system, XX internal.
"""

from __future__ import annotations

import asyncpg
import sqlalchemy as sa

from gateway.kernel.errors import WeccError
from gateway.platform.database.faults import disk_full, unavailable

_RETRYABLE = frozenset({"40001", "40P01"})
_LOST_CLASSES = ("08", "57P")
_UNAVAILABLE_CLASSES = ("08", "25006", "28", "3D", "40", "53", "55P03", "57", "58", "XX")


class StaleConnection(Exception):
    """A pooled connection was dead before anything ran on it."""


def from_postgresql(error: BaseException) -> WeccError | None:
    """Translate an error of the server itself; None for an error of the unit of work."""
    state = _sqlstate(error)
    if state == "53100":
        return disk_full("database server")
    if state.startswith(_UNAVAILABLE_CLASSES):
        return unavailable(f"the database server refused (SQLSTATE {state})")
    if is_lost(error) or isinstance(error, sa.exc.TimeoutError | StaleConnection):
        return unavailable("the database server cannot be reached")
    return None


def is_retryable(error: BaseException) -> bool:
    """Tell whether the same units may simply run again: nothing of them was stored."""
    return isinstance(error, StaleConnection) or _sqlstate(error) in _RETRYABLE


def is_lost(error: BaseException) -> bool:
    """Tell whether the connection behind ``error`` is gone."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or _sqlstate(error).startswith(_LOST_CLASSES)
    if isinstance(error, asyncpg.PostgresError):
        return _sqlstate(error).startswith(_LOST_CLASSES)
    return isinstance(error, asyncpg.InterfaceError | ConnectionError | TimeoutError)


def _sqlstate(error: BaseException) -> str:
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    return str(getattr(error, "sqlstate", None) or "")
