"""Queues: set up, looked over, published as versions, rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from gateway.acd.model import commands as c
from gateway.acd.model.advice import advice
from gateway.acd.model.configuration import DEFAULT_PROFILE, Profile, is_skilled
from gateway.acd.model.expression import ExpressionError, compiled
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.queue_rules import checked, resolver, rule_of, shown, stored_view
from gateway.acd.store import configuration
from gateway.acd.store import queues as store
from gateway.acd.wire.queues import (
    QueueBody,
    QueueClosure,
    QueueClosureBody,
    QueueRollbackBody,
    QueueVersionView,
    QueueView,
    QueueWarning,
    SkillMatch,
    SkillMatchBody,
)
from gateway.engagement.service import conversations
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize

Lock = Callable[[str], AbstractAsyncContextManager[None] | asyncio.Lock]
"""Returns the lock under which a tenant's configuration changes."""
Write = Callable[..., None]
"""Writes to the audit log in the caller's commit."""
_NAMES = 5
"""Agents named of those who meet an expression."""


class QueueSettings:
    """Use cases of whoever sets queues up."""

    def __init__(self, partitions: Partitions, audit: Write, lock: Lock) -> None:
        self._partitions = partitions
        self._audit = audit
        self._lock = lock

    async def all(self, actor: Actor) -> list[QueueView]:
        """Return the queues with what should be known of each."""
        authorize(actor, "queue.read", Relation.TENANT)
        partition = await self._known(actor.tenant_id)
        views = sorted(partition.book.queues.values(), key=lambda view: (view.name, view.id))
        return [self._shown(partition, view) for view in views]

    async def check(
        self, actor: Actor, queue_id: str | None, body: QueueBody
    ) -> list[QueueWarning]:
        """Say what publishing this would be refused for (raises) or warned of."""
        authorize(actor, "queue.change", Relation.TENANT)
        partition = await self._known(actor.tenant_id)
        view = await self._prepared(partition, queue_id, queue_id or "qu_unpublished", body)
        return self._shown(partition, view).warnings

    async def matches(self, actor: Actor, body: SkillMatchBody) -> list[SkillMatch]:
        """Return for each expression who meets it now, or where it goes wrong."""
        authorize(actor, "queue.change", Relation.TENANT)
        partition = await self._known(actor.tenant_id)
        if body.queue_id is not None and body.queue_id not in partition.book.queues:
            raise not_found("queue")
        chosen = None if body.agent_ids is None else frozenset(body.agent_ids)
        serving = [
            (agent_id, profile)
            for agent_id, profile in _profiles(partition)
            if (profile.serves(body.queue_id or "") if chosen is None else agent_id in chosen)
        ]
        return [_match(partition, serving, text) for text in body.expressions]

    async def draft(self, actor: Actor, queue_id: str, body: QueueBody) -> QueueView:
        """Return a queue's next version as it would be, checked and not published."""
        authorize(actor, "queue.change", Relation.TENANT)
        partition = await self._known(actor.tenant_id)
        return await self._prepared(partition, queue_id, queue_id, body)

    async def put(self, actor: Actor, queue_id: str | None, body: QueueBody) -> QueueView:
        """Publish a queue's next version; routing follows at once."""
        authorize(actor, "queue.change", Relation.TENANT)
        partition = await self._known(actor.tenant_id)
        chosen = queue_id or new_id("qu", self._partitions.clock.now_ms())
        async with self._lock(actor.tenant_id):
            view = await self._prepared(partition, queue_id, chosen, body)
            return await self._publish(partition, actor, view, body.note, None)

    async def versions(self, actor: Actor, queue_id: str) -> list[QueueVersionView]:
        """Return a queue's publications, the newest first."""
        authorize(actor, "queue.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        if queue_id not in partition.book.queues:
            raise not_found("queue")
        rows = await self._partitions.database.read(
            actor.tenant_id, lambda tx: store.versions(tx, queue_id)
        )
        return [_version_view(row, partition.book.skills) for row in rows]

    async def roll_back(self, actor: Actor, queue_id: str, body: QueueRollbackBody) -> QueueView:
        """Publish an earlier version again, as a new version."""
        authorize(actor, "queue.change", Relation.TENANT)
        partition = await self._known(actor.tenant_id)
        async with self._lock(actor.tenant_id):
            row = await self._partitions.database.read(
                actor.tenant_id, lambda tx: store.version(tx, queue_id, body.version)
            )
            if row is None or queue_id not in partition.book.queues:
                raise not_found("version")
            earlier = msgspec.convert({**row["body"], "note": body.note}, QueueBody)
            view = await self._prepared(partition, queue_id, queue_id, earlier)
            return await self._publish(partition, actor, view, body.note, body.version)

    async def close(self, actor: Actor, queue_id: str, body: QueueClosureBody) -> QueueView:
        """Close a queue in an emergency: it takes nobody, and sends on who waits if it says so."""
        reason = clean_line(body.reason, field="reason", max_chars=500, required=True)
        return await self._switch(actor, queue_id, reason)

    async def reopen(self, actor: Actor, queue_id: str) -> QueueView:
        """End an emergency closure; the hours count again."""
        return await self._switch(actor, queue_id, None)

    # ---- pieces

    async def _known(self, tenant_id: str) -> Partition:
        """Return the partition with everybody known who is there now, the newest people too."""
        partition = await self._partitions.get(tenant_id)
        users = await self._partitions.database.read(tenant_id, self._partitions.people)
        partition.book.people = {user.id: user for user in users}
        return partition

    async def _switch(self, actor: Actor, queue_id: str, reason: str | None) -> QueueView:
        authorize(actor, "queue.close", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        book, now_ms = partition.book, self._partitions.clock.now_ms()

        def work(tx: Tx) -> None:
            if reason is None:
                store.reopen(tx, queue_id)
            else:
                store.close(tx, queue_id, reason, actor)
            operation = "queue.reopen" if reason is None else "queue.close"
            self._audit(tx, actor, operation, queue_id, {"reason": reason or ""})

        async with self._lock(actor.tenant_id):
            if queue_id not in book.queues:
                raise not_found("queue")
            await self._partitions.database.write(actor.tenant_id, work)
            book.closures.pop(queue_id, None)
            if reason is not None:
                book.closures[queue_id] = QueueClosure(
                    reason=reason, by_id=actor.id, by_name=actor.name, at_ms=now_ms
                )
            await self._partitions.opening_hours.watch(partition)
        self._partitions.places.floor_changed(actor.tenant_id)
        return self._shown(partition, book.queues[queue_id])

    async def _prepared(
        self, partition: Partition, queue_id: str | None, chosen: str, body: QueueBody
    ) -> QueueView:
        """Check a body against everything it names; return it as the next version."""

        def check(tx: Tx) -> None:
            if queue_id is not None and configuration.find(tx, "queue", queue_id) is None:
                raise not_found("queue")
            if configuration.is_taken(tx, "queue", "name", body.name, queue_id or ""):
                raise WeccError("already_exists", "Another one has this name.", field="name")
            _check_references(tx, chosen, body)

        body = checked(body, partition.book.skills)
        await self._partitions.database.read(partition.tenant_id, check)
        known = partition.book.queues.get(chosen)
        values = msgspec.to_builtins(body)
        return stored_view({**values, "id": chosen, "version": 1 + (known.version if known else 0)})

    async def _publish(
        self,
        partition: Partition,
        actor: Actor,
        view: QueueView,
        note: str,
        of_version: int | None,
    ) -> QueueView:
        book, is_new = partition.book, view.id not in partition.book.queues
        body = _body(view, note)
        everywhere = [key for key in partition.engine.state.agents if key not in book.profiles]
        operation = "queue.make" if is_new else "queue.change"
        details = {"version": str(view.version)}
        if of_version is not None:
            operation, details["of_version"] = "queue.roll_back", str(of_version)

        def work(tx: Tx) -> None:
            store.publish(tx, view.id, body, actor, of_version)
            if is_new:
                for agent_id in everywhere:
                    conversations.set_agent_queues(tx, agent_id, [*book.queues, view.id])
            self._audit(tx, actor, operation, view.id, details)

        await partition.submit(c.SetQueue(queue=rule_of(view)), work)
        partition.book.queues[view.id] = view
        await self._partitions.opening_hours.watch(partition)
        self._partitions.places.queue_changed(partition, view.id)
        return self._shown(partition, view)

    def _shown(self, partition: Partition, view: QueueView) -> QueueView:
        profiles = [profile for _, profile in _profiles(partition)]
        found = advice(rule_of(view), profiles, partition.engine.state.queues)
        named = shown(view, partition.book.skills, found)
        named.closed = partition.book.closed(view.id, self._partitions.clock.now_ms())
        named.closure = partition.book.closures.get(view.id)
        return named


def _profiles(partition: Partition) -> list[tuple[str, Profile]]:
    """Return what every active person can do as an agent."""
    book = partition.book
    return [
        (person.id, book.profiles.get(person.id, DEFAULT_PROFILE))
        for person in book.people.values()
        if person.active
    ]


def _match(partition: Partition, serving: list[tuple[str, Profile]], text: str) -> SkillMatch:
    try:
        needs = compiled(text, resolver(partition.book.skills))
    except ExpressionError as error:
        return SkillMatch(
            error=error.words, mistake=error.mistake, at=error.at, agents=0, ready=0, names=[]
        )
    fitting = [agent_id for agent_id, profile in serving if is_skilled(profile.skills, needs)]
    agents = partition.engine.state.agents
    there = [agents[agent_id] for agent_id in fitting if agent_id in agents]
    return SkillMatch(
        error="",
        mistake=None,
        at=None,
        agents=len(fitting),
        ready=sum(agent.state == "ready" for agent in there),
        names=sorted(map(partition.book.agent_name, fitting))[:_NAMES],
    )


def _body(view: QueueView, note: str) -> QueueBody:
    names = set(QueueBody.__struct_fields__) - {"note"}
    return msgspec.convert(
        {**{name: msgspec.to_builtins(getattr(view, name)) for name in names}, "note": note},
        QueueBody,
    )


def _version_view(row: Mapping[str, Any], skills: Mapping[str, str]) -> QueueVersionView:
    view = stored_view({**row["body"], "id": row["queue_id"], "version": row["version"]})
    return QueueVersionView(
        version=row["version"],
        at_ms=row["at_ms"],
        by_id=row["by_id"],
        by_name=row["by_name"],
        note=row["note"],
        of_version=row["of_version"],
        queue=shown(view, skills),
    )


def _check_references(tx: Tx, queue_id: str, body: QueueBody) -> None:
    check_exist(tx, "disposition", body.disposition_ids, "disposition_ids")
    if body.hours_id is not None:
        check_exist(tx, "hours", [body.hours_id], "hours_id")
    for number, overflow in enumerate(body.overflow):
        field = f"overflow.{number}.to_queue_id"
        if overflow.to_queue_id == queue_id:
            raise WeccError("bad_value", "A queue cannot overflow to itself.", field=field)
        if overflow.to_queue_id is not None:
            check_exist(tx, "queue", [overflow.to_queue_id], field)


def check_exist(tx: Tx, noun: str, ids: Any, field: str) -> None:
    """Refuse ids that do not exist."""
    known = {row["id"] for row in configuration.all_of(tx, noun)}
    if not known.issuperset(ids):
        raise WeccError("bad_value", f"It names a {noun} that does not exist.", field=field)
