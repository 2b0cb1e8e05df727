"""The database as rooms see it: units of work over one tenant.

A unit of work is a plain synchronous function of a ``Tx``. It may run on another thread, more
than once after a serialization failure, and grouped with others in one commit; so it touches
nothing but its ``Tx`` and returns plain values. Its caller awaits the commit: when
``Database.write`` returns, the work is on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa

T = TypeVar("T")

PLATFORM = ""
"""Tenant id of the few tables that belong to no tenant (tenants, directory)."""


class Tx:
    """One unit of work inside a transaction, bound to one tenant."""

    def __init__(self, connection: sa.Connection, tenant_id: str, now_ms: int) -> None:
        self.connection = connection
        self.tenant_id = tenant_id
        self.now_ms = now_ms
        self.events: list[dict[str, Any]] = []
        self.callbacks: list[Callable[[], None]] = []

    def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[Any]:
        """Run a statement; a list of parameters runs it once for each."""
        return self.connection.execute(statement, parameters)

    def one(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any] | None:
        """Return the only row as a mapping, or None."""
        row = self.connection.execute(statement, parameters).mappings().one_or_none()
        return cast(Mapping[str, Any] | None, row)

    def all(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return all rows as mappings."""
        rows = self.connection.execute(statement, parameters).mappings().all()
        return cast(Sequence[Mapping[str, Any]], rows)

    def record(self, kind: str, **facts: str | int | bool | None) -> None:
        """Append an event in this commit: ids and codes only, never what a person wrote."""
        self.events.append({"kind": kind, "facts": facts})

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back on the event loop once the commit is on disk, before the caller resumes."""
        self.callbacks.append(callback)


class Database(Protocol):
    """Where everything durable lives."""

    @property
    def queue_length(self) -> int:
        """Units of work that wait for a commit."""
        ...

    async def write(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        """Run ``work`` and return its result once it is on disk.

        What ``work`` raises undoes this unit alone and is raised here. Raises ``WeccError``
        ``disk_full`` or ``store_unavailable`` when nothing could be stored.
        """
        ...

    async def read(self, tenant_id: str, work: Callable[[Tx], T]) -> T:
        """Run ``work`` on a snapshot; it must not write. Sees every write awaited before."""
        ...

    async def close(self) -> None:
        """Finish what is queued, then let go."""
        ...
