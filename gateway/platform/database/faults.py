"""What a database error means to the person who waits: disk full, not available, or our fault."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from gateway.kernel.errors import WeccError

_LOW_BYTES = 64 * 1024
_SQLITE_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)


def disk_full(where: str) -> WeccError:
    """The one error for a full disk."""
    return WeccError("disk_full", f"The disk of the {where} is full; nothing was stored.")


def unavailable(why: str, retry_after_s: int = 1) -> WeccError:
    """The one error for a database that cannot store now."""
    return WeccError(
        "store_unavailable", f"Nothing was stored: {why}.", retry_after_s=retry_after_s
    )


def sqlite_code(error: BaseException) -> int:
    """The primary result code of an SQLite error, also behind SQLAlchemy's wrapper; 0 if none."""
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def from_sqlite(error: BaseException, path: Path) -> WeccError | None:
    """Translate an error of the store itself; None for an error of the unit of work."""
    code = sqlite_code(error)
    if code == sqlite3.SQLITE_FULL:
        return disk_full("database")
    if code not in _SQLITE_UNAVAILABLE:
        return None
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and _is_full(path):
        return disk_full("database")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return unavailable("another program holds the database")
    name = getattr(getattr(error, "orig", error), "sqlite_errorname", "SQLITE_ERROR")
    return unavailable(f"the database file cannot be written ({name})", retry_after_s=5)


def _is_full(path: Path) -> bool:
    try:
        place = os.statvfs(path.parent)
    except OSError:
        return False
    return place.f_bavail * place.f_frsize < _LOW_BYTES


def from_os(error: OSError, where: str) -> WeccError:
    """Translate an operating-system error met while storing."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return disk_full(where)
    name = errno.errorcode.get(error.errno or 0, "unknown")
    return unavailable(f"the {where} cannot be written ({name})", retry_after_s=5)
