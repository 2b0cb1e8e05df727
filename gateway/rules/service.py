"""The routing table: who may change it, and what it says about an interaction."""

from __future__ import annotations

import msgspec

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Database, Tx
from gateway.rules import model, store
from gateway.rules.model import RouteDecision, RouteInput
from gateway.rules.ports import Destinations
from gateway.rules.wire import RouteBody, RouteView
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.service import TenancyService

__all__ = ["RouteDecision", "RouteInput", "RulesService"]


class RulesService:
    """CRUD of routes, and the decision."""

    def __init__(
        self, *, database: Database, tenancy: TenancyService, destinations: Destinations
    ) -> None:
        self._database = database
        self._tenancy = tenancy
        self._destinations = destinations

    async def list(self, actor: Actor) -> list[RouteView]:
        """Return the table in the order in which it is tried."""
        authorize(actor, "route.read", Relation.TENANT)
        return await self._database.read(actor.tenant_id, store.in_order)

    async def create(self, actor: Actor, body: RouteBody) -> RouteView:
        """Add a row."""
        authorize(actor, "route.change", Relation.TENANT)
        checked = _cleaned(body)

        def work(tx: Tx) -> RouteView:
            self._check_references(tx, checked)
            route_id = new_id("rt", tx.now_ms)
            store.insert(tx, route_id, checked)
            self._tenancy.audit(tx, actor, "route.make", route_id)
            return _row(tx, route_id)

        return await self._database.write(actor.tenant_id, work)

    async def change(self, actor: Actor, route_id: str, body: RouteBody) -> RouteView:
        """Replace a row."""
        authorize(actor, "route.change", Relation.TENANT)
        checked = _cleaned(body)

        def work(tx: Tx) -> RouteView:
            _row(tx, route_id)
            self._check_references(tx, checked)
            store.change(tx, route_id, checked)
            self._tenancy.audit(tx, actor, "route.change", route_id)
            return _row(tx, route_id)

        return await self._database.write(actor.tenant_id, work)

    async def remove(self, actor: Actor, route_id: str) -> None:
        """Delete a row."""
        authorize(actor, "route.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            _row(tx, route_id)
            store.remove(tx, route_id)
            self._tenancy.audit(tx, actor, "route.remove", route_id)

        await self._database.write(actor.tenant_id, work)

    async def decide(self, tenant_id: str, known: RouteInput) -> RouteDecision | None:
        """Return where an interaction goes; None when the tenant has no queue at all."""
        return await self._database.read(tenant_id, lambda tx: self.decide_in(tx, known))

    def decide_in(self, tx: Tx, known: RouteInput) -> RouteDecision | None:
        """Decide in the caller's unit of work. Rows whose queue is gone do not count."""
        exists = self._destinations.queue_exists
        rows = [row for row in store.in_order(tx) if exists(tx, row.queue_id)]
        decision = model.decide(rows, known)
        if decision is not None:
            return decision
        queue_id = self._destinations.first_queue(tx)
        if queue_id is None:
            return None
        passed_over = tuple((row.id, model.mismatch(row, known) or "") for row in rows)
        return RouteDecision(queue_id, {}, 0, None, passed_over)

    async def queues_of(self, tenant_id: str, site_id: str) -> set[str]:
        """Return every queue that something from a site may reach (for its availability)."""
        return await self._database.read(tenant_id, lambda tx: self.queue_ids(tx, site_id))

    def queue_ids(self, tx: Tx, site_id: str) -> set[str]:
        """Return the same in the caller's unit of work."""
        rows = store.in_order(tx)
        exists = self._destinations.queue_exists
        found = {
            row.queue_id
            for row in rows
            if row.site_id in (None, site_id) and exists(tx, row.queue_id)
        }
        first = self._destinations.first_queue(tx)
        is_caught = any(row.site_id in (None, site_id) and _catches_all(row) for row in rows)
        return found if first is None or is_caught else found | {first}

    def refers_to(self, tx: Tx, object_id: str) -> bool:
        """Tell whether a row names this queue, skill or site."""
        return any(
            object_id in (row.queue_id, row.site_id) or object_id in row.skills
            for row in store.in_order(tx)
        )

    def _check_references(self, tx: Tx, body: RouteBody) -> None:
        if not self._destinations.queue_exists(tx, body.queue_id):
            raise not_found("queue")
        if not all(self._destinations.skill_exists(tx, skill_id) for skill_id in body.skills):
            raise not_found("skill")
        if body.site_id is not None and not self._tenancy.sites.exists(tx, body.site_id):
            raise not_found("site")


def _catches_all(row: RouteView) -> bool:
    return not (row.kinds or row.department or row.language)


def _cleaned(body: RouteBody) -> RouteBody:
    if len(set(body.kinds)) != len(body.kinds):
        raise WeccError("bad_value", "A kind appears twice.", field="kinds")
    return msgspec.structs.replace(
        body,
        name=clean_line(body.name, field="name", required=True),
        department=clean_line(body.department, field="department"),
        language=body.language.strip(),
    )


def _row(tx: Tx, route_id: str) -> RouteView:
    row = store.find(tx, route_id)
    if row is None:
        raise not_found("route")
    return row
