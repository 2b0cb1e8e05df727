"""What leads do by hand: to work that nobody has yet, and to agents' states. Each with a reason."""

from __future__ import annotations

from gateway.acd.model import commands as c
from gateway.acd.model.interaction import Interaction
from gateway.acd.service.decision import Work
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.presence import reason_of
from gateway.acd.service.settings import Audit
from gateway.acd.service.views import agent_view, interaction_view
from gateway.acd.store import interventions
from gateway.acd.wire import AgentView, InteractionView
from gateway.acd.wire.steering import (
    InterventionView,
)
from gateway.kernel.actor import Actor
from gateway.kernel.errors import not_found
from gateway.kernel.ids import new_id
from gateway.kernel.redaction import redact
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize

_WHY_CHARS = 500
_SHOWN = 200


class Steering:
    """Use cases of leads on the floor."""

    def __init__(self, partitions: Partitions, audit: Audit) -> None:
        self._partitions = partitions
        self._audit = audit

    async def move(
        self, actor: Actor, interaction_id: str, to_queue_id: str, why: str
    ) -> InteractionView:
        """Let waiting or ringing work wait in another queue; its clock goes on."""
        partition, item = await self._item(actor, "interaction.move", interaction_id)
        if to_queue_id not in partition.book.queues:
            raise not_found("queue")
        command = c.Move(interaction_id=item.id, to_queue_id=to_queue_id, by=actor.id)
        details = {"from_queue_id": item.queue_id, "to_queue_id": to_queue_id}
        work = self._note(actor, "interaction.move", item.id, details, why)
        await partition.submit(command, work)
        return interaction_view(partition.book, item)

    async def prioritize(
        self, actor: Actor, interaction_id: str, priority: int, why: str
    ) -> InteractionView:
        """Change the priority of work that nobody has yet."""
        partition, item = await self._item(actor, "interaction.prioritize", interaction_id)
        command = c.Prioritize(interaction_id=item.id, priority=priority, by=actor.id)
        details = {"from_priority": str(item.priority), "to_priority": str(priority)}
        work = self._note(actor, "interaction.prioritize", item.id, details, why)
        await partition.submit(command, work)
        return interaction_view(partition.book, item)

    async def assign(
        self, actor: Actor, interaction_id: str, agent_id: str, why: str, *, over_capacity: bool
    ) -> InteractionView:
        """Have work ring at an agent; above capacity only when it is said and allowed."""
        partition, item = await self._item(actor, "interaction.assign", interaction_id)
        if over_capacity:
            authorize(actor, "interaction.over_capacity", Relation.TENANT)
        command = c.Assign(
            interaction_id=item.id, agent_id=agent_id, by=actor.id, over_capacity=over_capacity
        )
        details = {"agent_id": agent_id, "over_capacity": "yes" if over_capacity else "no"}
        work = self._note(actor, "interaction.assign", item.id, details, why)
        await partition.submit(command, work)
        return interaction_view(partition.book, item)

    async def set_agent(
        self, actor: Actor, agent_id: str, state: str, reason: str | None, why: str
    ) -> AgentView:
        """Set another agent's state; the agent sees who did it."""
        authorize(actor, "agent.set", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        if agent_id not in partition.book.people:
            raise not_found("agent")
        code, max_s = reason_of(partition, state, reason)
        command = c.SetState(
            agent_id=agent_id, ready=state == "ready", reason=code, max_s=max_s, by=actor.id
        )
        details = {"state": state, "reason": code}
        await partition.submit(command, self._note(actor, "agent.set", agent_id, details, why))
        return agent_view(partition, agent_id)

    async def interventions(self, actor: Actor, object_id: str | None) -> list[InterventionView]:
        """Return what was done by hand, the newest first."""
        authorize(actor, "intervention.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        database = self._partitions.database
        rows = await database.read(
            actor.tenant_id, lambda tx: interventions.newest(tx, object_id, _SHOWN)
        )
        return [
            InterventionView(
                id=row["id"],
                at_ms=row["at_ms"],
                actor_id=row["actor_id"],
                actor_name=partition.book.agent_name(row["actor_id"]),
                operation=row["operation"],
                object_id=row["object_id"],
                details=row["details"],
                why=row["why"],
            )
            for row in rows
        ]

    # ---- pieces

    async def _item(
        self, actor: Actor, operation: str, interaction_id: str
    ) -> tuple[Partition, Interaction]:
        authorize(actor, operation, Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        item = partition.engine.state.interactions.get(interaction_id)
        if item is None:
            raise not_found("interaction")
        return partition, item

    def _note(
        self, actor: Actor, operation: str, object_id: str, details: dict[str, str], why: str
    ) -> Work:
        text = redact(clean_line(why, field="why", max_chars=_WHY_CHARS, required=True)).text
        row_id = new_id("iv", self._partitions.clock.now_ms())

        def work(tx: Tx) -> None:
            row = {
                "id": row_id,
                "at_ms": tx.now_ms,
                "actor_id": actor.id,
                "operation": operation,
                "object_id": object_id,
                "details": details,
                "why": text,
            }
            interventions.insert(tx, row)
            self._audit(tx, actor, operation, object_id, details)

        return work
