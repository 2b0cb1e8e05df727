"""What administrators set up: skills, queues, business hours, dispositions, agent profiles."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from gateway.acd.model import commands as c
from gateway.acd.model import hours as business_hours
from gateway.acd.model.configuration import KINDS, Profile
from gateway.acd.model.holidays import MAX_DAYS
from gateway.acd.model.profile_changes import changes
from gateway.acd.service.book import hours_of, hours_view, profile_of
from gateway.acd.service.calendars import read_calendar
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.queue_rules import skills_named
from gateway.acd.service.queues import QueueSettings, check_exist
from gateway.acd.store import configuration as store
from gateway.acd.store import queues as queue_store
from gateway.acd.wire import (
    AgentProfileBody,
    AgentProfileView,
    DispositionBody,
    DispositionView,
    Holiday,
    HolidaysFound,
    HolidaysView,
    HoursBody,
    HoursView,
    SkillBody,
    SkillView,
)
from gateway.acd.wire.queues import QueueBody, QueueView
from gateway.engagement.service import conversations
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Tx
from gateway.platform.isolation import Isolation
from gateway.tenancy.authorization import Relation, authorize

_PREFIX = {"skill": "sk", "queue": "qu", "hours": "ho", "disposition": "di"}
_UNIQUE = {"skill": "name", "queue": "name", "hours": "name", "disposition": "code"}
_FOUND = 50
"""Agents that a search returns at most."""
InUse = Callable[[Tx, str, str], bool]
"""(tx, noun, id) -> whether something outside this room refers to it."""


class Audit(Protocol):
    """The audit log of ``tenancy.service``."""

    def __call__(
        self,
        tx: Tx,
        actor: Actor,
        operation: str,
        object_id: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Append an entry in this commit."""
        ...


class Settings:
    """CRUD of the ACD's configuration. Changes of one tenant happen one after another."""

    def __init__(
        self, partitions: Partitions, audit: Audit, isolation: Isolation | None = None
    ) -> None:
        self._partitions = partitions
        self._audit = audit
        self._isolation = isolation
        self._locks: dict[str, asyncio.Lock] = {}
        self.of_queues = QueueSettings(partitions, audit, self._lock)
        self.guards: list[InUse] = []

    # ---- skills and dispositions

    async def skills(self, actor: Actor) -> list[SkillView]:
        """Return the skills."""
        rows = await self._list(actor, "skill")
        return [SkillView(**_only(row, SkillView)) for row in rows]

    async def put_skill(self, actor: Actor, skill_id: str | None, body: SkillBody) -> SkillView:
        """Add a skill, or replace it."""
        body = msgspec.structs.replace(body, name=_name(body.name))
        row = await self._put(actor, "skill", skill_id, body)
        partition = await self._partitions.get(actor.tenant_id)
        partition.book.skills[row["id"]] = row["name"]
        return SkillView(**_only(row, SkillView))

    async def dispositions(self, actor: Actor) -> list[DispositionView]:
        """Return the outcomes of wrap-up."""
        rows = await self._list(actor, "disposition")
        return [DispositionView(**_only(row, DispositionView)) for row in rows]

    async def put_disposition(
        self, actor: Actor, disposition_id: str | None, body: DispositionBody
    ) -> DispositionView:
        """Add an outcome, or replace it."""
        body = msgspec.structs.replace(body, name=_name(body.name))
        row = await self._put(actor, "disposition", disposition_id, body)
        return DispositionView(**_only(row, DispositionView))

    # ---- hours

    async def hours(self, actor: Actor) -> list[HoursView]:
        """Return the business hours, and whether they are open now."""
        now_ms = self._partitions.clock.now_ms()
        return [hours_view(row, now_ms) for row in await self._list(actor, "hours")]

    async def put_hours(self, actor: Actor, hours_id: str | None, body: HoursBody) -> HoursView:
        """Add business hours, or replace them."""
        business_hours.checked(body)
        body = msgspec.structs.replace(body, name=_name(body.name))
        row = await self._put(actor, "hours", hours_id, body)
        view = hours_view(row, self._partitions.clock.now_ms())
        partition = await self._partitions.get(actor.tenant_id)
        partition.book.hours[view.id] = hours_of(view)
        await self._partitions.opening_hours.watch(partition)
        self._partitions.places.floor_changed(actor.tenant_id)
        return view

    def may_change_hours(self, actor: Actor) -> None:
        """Refuse whoever may not."""
        authorize(actor, "hours.change", Relation.TENANT)

    async def add_holidays(
        self, actor: Actor, hours_id: str, data: bytes, *, replace: bool = False
    ) -> HolidaysView:
        """Add the days of a calendar file to the dates on which nothing opens.

        With ``replace`` the file stands for all that is to come: dates from today on that it does
        not hold are opened again. Those that are past stay as they were.
        """
        authorize(actor, "hours.change", Relation.TENANT)
        database, now_ms = self._partitions.database, self._partitions.clock.now_ms()
        row = await database.read(actor.tenant_id, lambda tx: store.find(tx, "hours", hours_id))
        if row is None:
            raise not_found("hours")
        today = dt.datetime.fromtimestamp(now_ms / 1000, business_hours.zone(row["time_zone"]))
        found = await read_calendar(self._isolation, data, today.date())
        before = list(row["closed_dates"])
        if replace and not found.days:
            raise WeccError("bad_file", "The file holds no whole days, so it replaces nothing.")
        gone = set(before) - set(found.days) if replace else set[str]()
        removed = sorted(date for date in gone if date >= today.date().isoformat())
        dates = sorted({*before, *found.days} - set(removed))
        if len(dates) > MAX_DAYS:
            raise WeccError("bad_file", f"There can be at most {MAX_DAYS} dates in all.")
        named = {name: row[name] for name in ("name", "time_zone", "windows")}
        changed = msgspec.convert({**named, "closed_dates": dates}, HoursBody)
        view = await self.put_hours(actor, hours_id, changed)
        added = len(set(dates) - set(before))
        return HolidaysView(hours=view, added=added, skipped=found.skipped, removed=removed)

    async def read_holidays(self, actor: Actor, data: bytes) -> HolidaysFound:
        """Return the days of a calendar file with their names; nothing is changed."""
        authorize(actor, "hours.change", Relation.TENANT)
        now_ms = self._partitions.clock.now_ms()
        today = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).date()
        found = await read_calendar(self._isolation, data, today)
        return HolidaysFound(
            days=[Holiday(date=date, name=found.names.get(date, "")) for date in found.days],
            skipped=found.skipped,
        )

    # ---- queues

    async def queues(self, actor: Actor) -> list[QueueView]:
        """Return the queues."""
        return await self.of_queues.all(actor)

    async def put_queue(self, actor: Actor, queue_id: str | None, body: QueueBody) -> QueueView:
        """Add a queue, or publish its next version; routing follows at once."""
        return await self.of_queues.put(actor, queue_id, body)

    async def remove(self, actor: Actor, noun: str, object_id: str) -> None:
        """Remove a skill, queue, hours or disposition that nothing refers to."""
        operation = "remove" if noun in ("queue", "hours") else "change"
        authorize(actor, f"{noun}.{operation}", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)

        def check(tx: Tx) -> None:
            if store.find(tx, noun, object_id) is None:
                raise not_found(noun)
            if _is_used(tx, noun, object_id) or any(g(tx, noun, object_id) for g in self.guards):
                raise WeccError("in_use")

        def work(tx: Tx) -> None:
            store.delete(tx, noun, object_id)
            if noun == "queue":
                queue_store.forget(tx, object_id)
            self._audit(tx, actor, f"{noun}.remove", object_id)

        async with self._lock(actor.tenant_id):
            await self._partitions.database.read(actor.tenant_id, check)
            if noun == "queue":
                await partition.submit(c.RemoveQueue(queue_id=object_id), work)
                partition.book.queues.pop(object_id, None)
            else:
                await self._partitions.database.write(actor.tenant_id, work)
                partition.book.hours.pop(object_id, None)
                partition.book.skills.pop(object_id, None)

    # ---- agents

    async def profiles(self, actor: Actor, search: str | None = None) -> list[AgentProfileView]:
        """Return what every active user can do as an agent; the first few found by a search."""
        authorize(actor, "agent_profile.read", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        users = await self._partitions.database.read(actor.tenant_id, self._partitions.people)
        queue_ids = list(partition.book.queues)
        if search is not None:
            sought = search.strip().casefold()
            found = [user for user in users if user.active and sought in user.name.casefold()]
            users = sorted(found, key=lambda user: (user.name, user.id))[:_FOUND]
        return [
            _profile_view(user.id, user.name, partition.engine.state.profile(user.id), queue_ids)
            for user in users
            if user.active
        ]

    async def put_profile(
        self, actor: Actor, user_id: str, body: AgentProfileBody
    ) -> AgentProfileView:
        """Set what an agent can do; routing follows at once."""
        authorize(actor, "agent_profile.change", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)
        profile = Profile(
            queue_ids=tuple(body.queue_ids),
            skills=dict(body.skills),
            capacity={str(kind): limit for kind, limit in body.capacity.items()},
            interrupted_by={
                str(kind): tuple(str(other) for other in others)
                for kind, others in body.interrupted_by.items()
            },
            weight=body.weight,
        )

        def check(tx: Tx) -> str:
            names = {user.id: user.name for user in self._partitions.people(tx)}
            if user_id not in names:
                raise not_found("user")
            check_exist(tx, "skill", body.skills, "skills")
            check_exist(tx, "queue", body.queue_ids, "queue_ids")
            return names[user_id]

        def work(tx: Tx) -> None:
            conversations.set_agent_queues(tx, user_id, body.queue_ids)
            known = store.profiles(tx).get(user_id)
            before = profile_of(known) if known is not None else Profile()
            store.put_profile(tx, user_id, body)
            self._audit(tx, actor, "agent_profile.change", user_id, changes(before, profile))

        async with self._lock(actor.tenant_id):
            name = await self._partitions.database.read(actor.tenant_id, check)
            await partition.submit(c.SetProfile(agent_id=user_id, profile=profile), work)
            partition.book.profiles[user_id] = profile
        self._partitions.effects.agent_changed(partition, user_id)
        return _profile_view(user_id, name, profile, list(partition.book.queues))

    # ---- pieces

    async def _list(self, actor: Actor, noun: str) -> list[Mapping[str, Any]]:
        authorize(actor, f"{noun}.read", Relation.TENANT)
        database = self._partitions.database
        return list(await database.read(actor.tenant_id, lambda tx: store.all_of(tx, noun)))

    async def _put(
        self, actor: Actor, noun: str, object_id: str | None, body: msgspec.Struct
    ) -> Mapping[str, Any]:
        authorize(actor, f"{noun}.change", Relation.TENANT)
        is_new = object_id is None
        chosen = object_id or new_id(_PREFIX[noun], self._partitions.clock.now_ms())

        def work(tx: Tx) -> Mapping[str, Any]:
            self._check(tx, noun, object_id, body)
            (store.insert if is_new else store.update)(tx, noun, chosen, body)
            self._audit(tx, actor, f"{noun}.{'make' if is_new else 'change'}", chosen)
            row = store.find(tx, noun, chosen)
            if row is None:
                raise not_found(noun)
            return row

        async with self._lock(actor.tenant_id):
            return await self._partitions.database.write(actor.tenant_id, work)

    def _check(self, tx: Tx, noun: str, object_id: str | None, body: msgspec.Struct) -> None:
        if object_id is not None and store.find(tx, noun, object_id) is None:
            raise not_found(noun)
        column = _UNIQUE[noun]
        if store.is_taken(tx, noun, column, getattr(body, column), object_id or ""):
            raise WeccError("already_exists", f"Another one has this {column}.", field=column)

    def _lock(self, tenant_id: str) -> asyncio.Lock:
        return self._locks.setdefault(tenant_id, asyncio.Lock())


def _name(name: str) -> str:
    return clean_line(name, field="name", max_chars=120, required=True)


def _only(row: Mapping[str, Any], view: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: row[name] for name in view.__struct_fields__}


def _profile_view(
    user_id: str, name: str, profile: Profile, queue_ids: list[str]
) -> AgentProfileView:
    served = queue_ids if profile.queue_ids is None else list(profile.queue_ids)
    return AgentProfileView(
        user_id=user_id,
        name=name,
        skills=profile.skills,
        queue_ids=served,
        weight=profile.weight,
        interrupted_by={kind: list(others) for kind, others in profile.interrupted_by.items()},
        capacity={kind: profile.limit(kind) for kind in KINDS},
    )


def _is_used(tx: Tx, noun: str, object_id: str) -> bool:
    """Tell whether this room's own rows refer to it."""
    queues = store.all_of(tx, "queue")
    profiles = store.profiles(tx).values()
    match noun:
        case "skill":
            needed = [skills_named(row["steps"]) for row in queues]
            used = [*needed, *(set(row["skills"]) for row in profiles)]
        case "disposition":
            used = [set(row["disposition_ids"]) for row in queues]
        case "hours":
            used = [{row["hours_id"]} for row in queues]
        case _:
            targets = [{to["to_queue_id"] for to in row["overflow"]} for row in queues]
            used = [*targets, *(set(row["queue_ids"]) for row in profiles)]
    return any(object_id in ids for ids in used)
