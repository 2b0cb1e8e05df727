"""What administrators set up about being on duty: not-ready reasons, and the capacity policy."""

from __future__ import annotations

import asyncio

import msgspec

from gateway.acd.model import commands as c
from gateway.acd.model.configuration import KINDS
from gateway.acd.model.policy import Policy
from gateway.acd.service.book import policy_of
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.settings import Audit
from gateway.acd.store import configuration as store
from gateway.acd.wire.steering import (
    CapacityLabel,
    CapacityPolicyBody,
    CapacityPolicyView,
    NotReadyReasonBody,
    NotReadyReasonView,
)
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize

_NOUN = "not_ready_reason"
_RESERVED = frozenset({"no_answer", "no_reply", "away"})


class Duty:
    """Reasons and policy; changes of one tenant happen one after another."""

    def __init__(self, partitions: Partitions, audit: Audit) -> None:
        self._partitions = partitions
        self._audit = audit
        self._locks: dict[str, asyncio.Lock] = {}

    # ---- reasons

    async def reasons(self, actor: Actor) -> list[NotReadyReasonView]:
        """Return the reasons to be not ready, by name."""
        authorize(actor, "not_ready_reason.read", Relation.TENANT)
        database = self._partitions.database
        rows = await database.read(actor.tenant_id, lambda tx: store.all_of(tx, _NOUN))
        fields = NotReadyReasonView.__struct_fields__
        return [NotReadyReasonView(**{name: row[name] for name in fields}) for row in rows]

    async def put_reason(
        self, actor: Actor, reason_id: str | None, body: NotReadyReasonBody
    ) -> NotReadyReasonView:
        """Add a reason, or replace it; who is not ready by now keeps the old time."""
        authorize(actor, "not_ready_reason.change", Relation.TENANT)
        if body.code in _RESERVED:
            raise WeccError("bad_value", "The gateway itself uses this code.", field="code")
        name = clean_line(body.name, field="name", max_chars=120, required=True)
        body = msgspec.structs.replace(body, name=name)
        chosen = reason_id or new_id("re", self._partitions.clock.now_ms())

        def work(tx: Tx) -> str | None:
            before = store.find(tx, _NOUN, chosen)
            if reason_id is not None and before is None:
                raise not_found("reason")
            if store.is_taken(tx, _NOUN, "code", body.code, chosen):
                raise WeccError("already_exists", "Another one has this code.", field="code")
            (store.insert if before is None else store.update)(tx, _NOUN, chosen, body)
            verb = "make" if before is None else "change"
            self._audit(tx, actor, f"{_NOUN}.{verb}", chosen)
            return None if before is None else str(before["code"])

        partition = await self._partitions.get(actor.tenant_id)
        async with self._lock(actor.tenant_id):
            old_code = await self._partitions.database.write(actor.tenant_id, work)
            if old_code is not None:
                partition.book.reasons.pop(old_code, None)
            partition.book.reasons[body.code] = body.max_s
        return NotReadyReasonView(id=chosen, name=body.name, code=body.code, max_s=body.max_s)

    async def remove_reason(self, actor: Actor, reason_id: str) -> None:
        """Remove a reason; who has it now keeps it until the next change."""
        authorize(actor, "not_ready_reason.change", Relation.TENANT)

        def work(tx: Tx) -> str:
            row = store.find(tx, _NOUN, reason_id)
            if row is None:
                raise not_found("reason")
            store.delete(tx, _NOUN, reason_id)
            self._audit(tx, actor, f"{_NOUN}.remove", reason_id)
            return str(row["code"])

        partition = await self._partitions.get(actor.tenant_id)
        async with self._lock(actor.tenant_id):
            code = await self._partitions.database.write(actor.tenant_id, work)
            partition.book.reasons.pop(code, None)

    # ---- policy

    async def policy(self, actor: Actor) -> CapacityPolicyView:
        """Return what may interrupt what, and what counts; with every default filled in."""
        authorize(actor, "capacity_policy.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        return _policy_view(partition.engine.state.policy)

    async def put_policy(self, actor: Actor, body: CapacityPolicyBody) -> CapacityPolicyView:
        """Set it; what waits is matched anew at once."""
        authorize(actor, "capacity_policy.change", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        policy = policy_of(body)
        if len({label.name for label in policy.labels}) < len(policy.labels):
            raise WeccError("bad_value", "Two labels have the same name.", field="labels")
        for label in policy.labels:
            if not set(label.queue_ids) <= set(partition.book.queues):
                raise WeccError(
                    "bad_value", "A label names a queue that does not exist.", field="labels"
                )

        def work(tx: Tx) -> None:
            store.put_policy(tx, body)
            self._audit(tx, actor, "capacity_policy.change", actor.tenant_id)

        async with self._lock(actor.tenant_id):
            await partition.submit(c.SetPolicy(policy=policy), work)
        return _policy_view(policy)

    def _lock(self, tenant_id: str) -> asyncio.Lock:
        return self._locks.setdefault(tenant_id, asyncio.Lock())


def _policy_view(policy: Policy) -> CapacityPolicyView:
    return CapacityPolicyView(
        interrupted_by={kind: sorted(policy.others(kind)) for kind in KINDS},
        quiet_chat_s=policy.quiet_chat_s,
        labels=[
            CapacityLabel(name=label.name, queue_ids=list(label.queue_ids), limit=label.limit)
            for label in policy.labels
        ],
        personal_limit=policy.personal_limit,
        sticky_waits=policy.sticky_waits,
    )
