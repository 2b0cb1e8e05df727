"""The audit log: who did what, in the commit that did it; ids, codes and field names only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.kernel.actor import Actor
from gateway.platform.database.port import Database, Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.ports import Sealer
from gateway.tenancy.store import api_keys, audit, users
from gateway.tenancy.wire import AuditEntry, AuditPage

_PAGE = 100
_PLAIN = re.compile(r"[A-Za-z0-9_.,:=@ -]{0,200}")


class AuditLog:
    """Writes, shows and verifies the chain of a tenant."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._key = sealer.derive("audit")

    def write(
        self,
        tx: Tx,
        actor: Actor,
        operation: str,
        object_id: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Append an entry in the caller's commit. ``details``: ids, codes, names of fields."""
        found = dict(details or {})
        if not all(_PLAIN.fullmatch(value) for value in found.values()):
            raise ValueError(f"audit details of {operation} hold more than ids and codes")
        entry = {
            "actor_id": actor.id,
            "operation": operation,
            "object_id": object_id,
            "details": found,
        }
        audit.append(tx, self._key, entry)

    async def page(self, actor: Actor, before: int | None) -> AuditPage:
        """Return a page of the log, newest first."""
        authorize(actor, "audit.read", Relation.TENANT)
        return await self._database.read(actor.tenant_id, lambda tx: _page(tx, before))

    async def verify(self, tenant_id: str) -> int | None:
        """Return the first position where the chain is broken, or None when it is whole."""
        key = self._key
        return await self._database.read(tenant_id, lambda tx: audit.first_broken(tx, key))


def _page(tx: Tx, before: int | None) -> AuditPage:
    rows = audit.before(tx, before, _PAGE)
    ids = sorted({row["actor_id"] for row in rows})
    names = {**api_keys.names(tx, ids), **users.names(tx, ids)}
    items = [
        AuditEntry(
            seq=row["seq"],
            at_ms=row["at_ms"],
            actor_id=row["actor_id"],
            actor_name=names.get(row["actor_id"], ""),
            operation=row["operation"],
            object_id=row["object_id"],
            details=row["details"],
        )
        for row in rows
    ]
    is_more = len(items) == _PAGE and items[-1].seq > 1
    return AuditPage(items=items, next_before=items[-1].seq if is_more else None)
