"""Which agents have a socket. Sockets die with the process, so they are not in the journal."""

from __future__ import annotations

import logging

from gateway.acd.model import commands as c
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.views import agent_view
from gateway.acd.wire import AgentView
from gateway.engagement.service import conversations
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize

_logger = logging.getLogger("wecc.acd")


class Presence:
    """Counts sockets; the engine hears of the first and of the last one."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self._sockets: dict[tuple[str, str], set[str]] = {}
        partitions.restored.append(self._reconcile)

    async def connected(self, actor: Actor, socket_id: str) -> AgentView:
        """A socket of this agent is there."""
        partition = await self._partitions.get(actor.tenant_id)
        await self._know(partition, actor)
        self._sockets.setdefault((actor.tenant_id, actor.id), set()).add(socket_id)
        await self._connect(partition, actor.id)
        return agent_view(partition, actor.id)

    async def disconnected(self, actor: Actor, socket_id: str) -> None:
        """A socket is gone. After the last one the agent has the grace to come back."""
        key = (actor.tenant_id, actor.id)
        sockets = self._sockets.get(key, set())
        sockets.discard(socket_id)
        if sockets or key not in self._sockets:
            return
        del self._sockets[key]
        try:
            partition = await self._partitions.get(actor.tenant_id)
            await partition.submit(c.Drop(agent_id=actor.id))
        except WeccError as error:
            # Stopping, dropped, or refused by the disk: whoever starts or rebuilds the
            # partition next finds this agent without a socket and begins the grace.
            _logger.info("an agent's leaving was not stored", extra={"code": error.code})

    async def set_state(self, actor: Actor, state: str, reason: str | None) -> AgentView:
        """Go ready or not ready."""
        authorize(actor, "agent.state.set", Relation.SELF)
        partition = await self._partitions.get(actor.tenant_id)
        code, max_s = reason_of(partition, state, reason)
        command = c.SetState(agent_id=actor.id, ready=state == "ready", reason=code, max_s=max_s)
        await partition.submit(command)
        return agent_view(partition, actor.id)

    async def set_next(self, actor: Actor, state: str | None, reason: str | None) -> AgentView:
        """Declare the state that begins when the last work ends; None takes it back."""
        authorize(actor, "agent.next.set", Relation.SELF)
        partition = await self._partitions.get(actor.tenant_id)
        command = c.DeclareNext(agent_id=actor.id, ready=None)
        if state is not None:
            code, max_s = reason_of(partition, state, reason)
            command = c.DeclareNext(
                agent_id=actor.id, ready=state == "ready", reason=code, max_s=max_s
            )
        await partition.submit(command)
        return agent_view(partition, actor.id)

    async def _connect(self, partition: Partition, agent_id: str) -> None:
        agent = partition.engine.state.agents.get(agent_id)
        if agent is not None and agent.state != "offline":
            await partition.submit(c.Connect(agent_id=agent_id))
            return
        profile = partition.book.profiles.get(agent_id)
        queue_ids = profile.queue_ids if profile is not None else None
        served = list(partition.book.queues) if queue_ids is None else list(queue_ids)

        def work(tx: Tx) -> None:
            conversations.set_agent_queues(tx, agent_id, served)

        await partition.submit(c.Connect(agent_id=agent_id), work)

    async def _know(self, partition: Partition, actor: Actor) -> None:
        known = partition.book.people.get(actor.id)
        if known is None or known.name != actor.name:
            people = self._partitions.people
            users = await self._partitions.database.read(actor.tenant_id, people)
            partition.book.people = {user.id: user for user in users}

    async def _reconcile(self, partition: Partition) -> None:
        """After a rebuild: let the engine know again who has sockets, and who has not."""
        present = {
            agent_id for tenant_id, agent_id in self._sockets if tenant_id == partition.tenant_id
        }
        for agent_id in sorted(present):
            await self._connect(partition, agent_id)
        for agent_id in sorted(set(partition.engine.state.agents) - present):
            await partition.submit(c.Drop(agent_id=agent_id))


def reason_of(partition: Partition, state: str, reason: str | None) -> tuple[str, int]:
    """Return a chosen state's reason and how long it may last; refuse unknown ones."""
    if state not in ("ready", "not_ready"):
        raise WeccError("bad_value", "The state is ready or not_ready.", field="state")
    if state == "ready" or not reason:
        return "", 0
    max_s = partition.book.reasons.get(reason)
    if max_s is None:
        raise WeccError(
            "bad_value", "This reason does not exist. Choose one of the list.", field="reason"
        )
    return reason, max_s
