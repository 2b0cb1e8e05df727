"""What leads do by hand: to work that nobody has yet, and to agents' states. Each with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.acd.model import commands as c
from gateway.acd.model.agent import Agent
from gateway.acd.model.interaction import Interaction
from gateway.acd.service.decision import Work
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.presence import reason_of
from gateway.acd.service.settings import Audit
from gateway.acd.service.undoing import too_late, turned, way_back
from gateway.acd.service.views import agent_view, interaction_view
from gateway.acd.store import interventions
from gateway.acd.wire import AgentView, InteractionView
from gateway.acd.wire.steering import AgentSignedOut, InterventionView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.redaction import redact
from gateway.kernel.text import clean_line
from gateway.platform.bus import Bus, agent_topic
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.model import RANK

_WHY_CHARS = 500
_SHOWN = 200
EndLogins = Callable[[Tx, str], None]


class Steering:
    """Use cases of leads on the floor."""

    def __init__(
        self, partitions: Partitions, audit: Audit, bus: Bus, end_logins: EndLogins | None
    ) -> None:
        self._partitions = partitions
        self._audit = audit
        self._bus = bus
        self._end_logins = end_logins

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
        details["queue_id"] = item.queue_id
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
        before = partition.engine.state.agents.get(agent_id) or Agent(id=agent_id)
        details = {"state": state, "reason": code}
        details |= {"from_state": before.state, "from_reason": before.reason}
        await partition.submit(command, self._note(actor, "agent.set", agent_id, details, why))
        return agent_view(partition, agent_id)

    async def sign_out(self, actor: Actor, agent_id: str, why: str) -> AgentView:
        """End every login of an agent and take them off duty; they are told by whom and why."""
        authorize(actor, "agent.sign_out", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        person = partition.book.people.get(agent_id)
        if person is None:
            raise not_found("agent")
        if agent_id == actor.id:
            raise WeccError("wrong_state", "Sign yourself out with your own menu.")
        if RANK[person.role] > RANK.get(actor.role, 0):
            raise WeccError("forbidden", "Only somebody of their own role may sign them out.")
        if agent_view(partition, agent_id).state == "offline":
            raise WeccError("wrong_state", "The agent is offline already.")
        note = self._note(actor, "agent.sign_out", agent_id, {}, why)
        farewell = AgentSignedOut(by_name=actor.name, why=shown_why(why))

        def leave(tx: Tx) -> None:
            topic = agent_topic(actor.tenant_id, agent_id)
            tx.after_commit(lambda: self._bus.publish(topic, farewell))
            if self._end_logins is not None:
                self._end_logins(tx, agent_id)

        await partition.submit(c.SignOut(agent_id=agent_id, by=actor.id), note, leave)
        return agent_view(partition, agent_id)

    async def undo(self, actor: Actor, intervention_id: str, why: str) -> InterventionView:
        """Take back what a lead did, as long as nothing has come after it."""
        authorize(actor, "intervention.undo", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        database = self._partitions.database
        row = await database.read(
            actor.tenant_id, lambda tx: interventions.find(tx, intervention_id)
        )
        if row is None:
            raise not_found("intervention")
        command = way_back(partition, row, actor.id)
        if command is None:
            raise too_late()
        note = self._note(
            actor, row["operation"], row["object_id"], turned(row["details"]), why, undoes=row["id"]
        )
        await partition.submit(command, note)
        (done,) = await self._views(
            actor, partition, lambda tx: [interventions.find(tx, row["id"])]
        )
        return done

    async def interventions(self, actor: Actor, object_id: str | None) -> list[InterventionView]:
        """Return what was done by hand, the newest first."""
        authorize(actor, "intervention.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        return await self._views(
            actor, partition, lambda tx: interventions.newest(tx, object_id, _SHOWN)
        )

    # ---- pieces

    async def _views(
        self,
        actor: Actor,
        partition: Partition,
        read: Callable[[Tx], Sequence[Mapping[str, Any] | None]],
    ) -> list[InterventionView]:
        rows = await self._partitions.database.read(actor.tenant_id, read)
        book = partition.book
        return [
            InterventionView(
                id=row["id"],
                at_ms=row["at_ms"],
                actor_id=row["actor_id"],
                actor_name=book.agent_name(row["actor_id"]),
                operation=row["operation"],
                object_id=row["object_id"],
                object_name=_name_of(partition, row),
                details=row["details"],
                why=row["why"],
                undoes=row["undoes"] or None,
                undone_by=row["undone_by"] or None,
                can_undo=way_back(partition, row, actor.id) is not None,
            )
            for row in rows
            if row is not None
        ]

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
        self,
        actor: Actor,
        operation: str,
        object_id: str,
        details: dict[str, str],
        why: str,
        *,
        undoes: str = "",
    ) -> Work:
        text = shown_why(why)
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
                "undoes": undoes,
                "undone_by": "",
            }
            if undoes:
                interventions.undo(tx, undoes, row_id)
            interventions.insert(tx, row)
            self._audit(tx, actor, operation, object_id, details)

        return work


def shown_why(why: str) -> str:
    """Return a reason as it is kept: one line, without card numbers and the like."""
    return redact(clean_line(why, field="why", max_chars=_WHY_CHARS, required=True)).text


def _name_of(partition: Partition, row: Mapping[str, Any]) -> str:
    """Return the name of the agent it is about, or of the queue the work waited in."""
    if row["operation"].startswith("agent."):
        return partition.book.agent_name(row["object_id"])
    details = row["details"]
    if "agent_id" in details:
        return partition.book.agent_name(details["agent_id"])
    queue_id = details.get("from_queue_id") or details.get("queue_id")
    return partition.book.queue_name(queue_id) if queue_id else ""
