"""Warns leads before a service target is missed, out of what is counted; nothing is polled.

What the follower counted moves the lookout, and the lookout says when the next wait becomes worth
an alarm: that is when it is asked again, at most once a second. An alarm is stored first and
shown then; after a restart those that are still true go on, and are not told again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from gateway.acd.service import AcdService
from gateway.acd.service.history import queue_names
from gateway.acd.service.settings import Audit
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.platform.bus import Bus, floor_topic
from gateway.platform.database.port import Database, Tx
from gateway.supervision.model.alarms.book import Alarm, AlarmBook, News
from gateway.supervision.model.alarms.lookout import Lateness, Lookout
from gateway.supervision.model.alarms.rule import DEFAULT_RULE, AlarmRule
from gateway.supervision.model.ledger import Changes
from gateway.supervision.model.tally import BUCKET_MS, bucket_of
from gateway.supervision.service.follower import Follower
from gateway.supervision.store import alarms as store
from gateway.supervision.wire import AlarmChanged, AlarmRuleBody, AlarmRuleView, AlarmsPage
from gateway.supervision.wire import AlarmView as View
from gateway.tenancy.authorization import Relation, authorize

_logger = logging.getLogger("wecc.supervision")
_EVERY_S = 1.0
_RETRY_S = 5.0
_AT_LEAST_EVERY_S = 60.0
_PAGE = 100
KEPT_MS = 400 * 86_400_000
"""How long an alarm can be looked up after it is over."""
_NEWEST = (1 << 62, "~")

IsDemo = Callable[[str], Awaitable[bool]]


class _Post(NamedTuple):
    """Where one tenant is watched from."""

    lookout: Lookout
    book: AlarmBook


class Alarms:
    """One lookout per tenant of this process, and what people do with alarms."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bus: Bus,
        acd: AcdService,
        follower: Follower,
        audit: Audit,
        is_demo: IsDemo,
    ) -> None:
        self._database, self._clock, self._bus = database, clock, bus
        self._acd, self._follower = acd, follower
        self._audit, self._is_demo = audit, is_demo
        self._posts: dict[str, _Post] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._due: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._running: asyncio.Task[None] | None = None
        follower.listeners.append(self._counted)

    # ---- life

    def start(self) -> None:
        """Look whenever something was counted or is due."""
        self._running = asyncio.create_task(self._run(), name="alarms")

    async def stop(self) -> None:
        """Stop looking; what is on is on disk."""
        for timer in self._timers.values():
            timer.cancel()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def forget(self, tenant_id: str) -> None:
        """Let go of a tenant that is being dropped."""
        async with self._lock(tenant_id):
            self._posts.pop(tenant_id, None)
            self._due.pop(tenant_id, None)
            timer = self._timers.pop(tenant_id, None)
            if timer is not None:
                timer.cancel()

    def _counted(self, tenant_id: str, changes: Changes | None) -> None:
        """Called by the follower; it holds the tenant's ledger still meanwhile."""
        post = self._posts.get(tenant_id)
        if changes is None:
            self._posts.pop(tenant_id, None)
        elif post is not None:
            post.lookout.hear(changes.stays.values(), changes.settled, changes.targets)
        self._notice(tenant_id)

    def _notice(self, tenant_id: str) -> None:
        self._due[tenant_id] = None
        self._wake.set()

    def _lock(self, tenant_id: str) -> asyncio.Lock:
        return self._locks.setdefault(tenant_id, asyncio.Lock())

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, {}
            for tenant_id in due:
                await self._look_and_wait(tenant_id)
            await asyncio.sleep(_EVERY_S)

    async def _look_and_wait(self, tenant_id: str) -> None:
        wait_s = _RETRY_S
        try:
            wait_s = await self.look(tenant_id)
        except WeccError as error:
            facts = {"tenant_id": tenant_id, "code": error.code}
            _logger.warning("alarms are behind: %s", error.message, extra=facts)
        except Exception:
            _logger.exception("alarms are behind", extra={"tenant_id": tenant_id})
        loop = asyncio.get_running_loop()
        before = self._timers.pop(tenant_id, None)
        if before is not None:
            before.cancel()
        self._timers[tenant_id] = loop.call_later(wait_s, self._notice, tenant_id)

    # ---- looking

    async def look(self, tenant_id: str) -> float:
        """Judge what is worth an alarm now; returns the seconds until it must be asked again."""
        async with self._lock(tenant_id):
            post = await self._post(tenant_id)
            lookout, now_ms = post.lookout, self._clock.now_ms()
            ready = await self._acd.ready_agents(tenant_id, lookout.live_queues())
            lookout.advance(now_ms)
            on = [alarm.key for alarm in post.book.on()]
            facts = lookout.facts(now_ms, lambda queue_id: ready.get(queue_id, 1), on)
            news = post.book.judge(facts, now_ms)
            if news:
                await self._store_and_show(tenant_id, news)
            return self._wait_s(post, now_ms)

    def _wait_s(self, post: _Post, now_ms: int) -> float:
        due = [now_ms + round(_AT_LEAST_EVERY_S * 1000)]
        next_ms = post.lookout.next_ms()
        if next_ms is not None:
            due.append(next_ms)
        if any(alarm.what == "level" for alarm in post.book.on()):
            due.append(bucket_of(now_ms) + BUCKET_MS)
        return max(0.0, (min(due) - now_ms) / 1000)

    async def _post(self, tenant_id: str) -> _Post:
        post = self._posts.get(tenant_id)
        if post is not None:
            return post
        robots, now_ms = await self._is_demo(tenant_id), self._clock.now_ms()
        async with self._follower.ledger(tenant_id) as ledger:
            rules, alarms, settled = await self._database.read(
                tenant_id,
                lambda tx: (
                    store.rules(tx),
                    store.recent(tx, now_ms),
                    store.settled_lately(tx, now_ms),
                ),
            )
            lookout = Lookout(rules, robots=robots)
            lookout.hear(ledger.stays.values(), settled, ledger.targets)
            book = AlarmBook(alarms, lambda at_ms: new_id("am", at_ms))
            post = self._posts[tenant_id] = _Post(lookout, book)
        return post

    async def _store_and_show(self, tenant_id: str, news: list[News]) -> None:
        rows = [msgspec.to_builtins(each.alarm) for each in news if each.is_stored]

        def work(tx: Tx) -> dict[str, str]:
            if rows:
                store.put(tx, rows)
            return dict(queue_names(tx))

        run = self._database.write if rows else self._database.read
        try:
            names = await run(tenant_id, work)
        except Exception:
            self._posts.pop(tenant_id, None)  # what is on disk is what is on
            raise
        for each in news:
            frame = AlarmChanged(alarm=_view(each.alarm, names), told=each.is_told)
            self._bus.publish(floor_topic(tenant_id), frame)

    async def lateness(
        self, tenant_id: str, *, robots: bool
    ) -> tuple[dict[str, Lateness], int | None]:
        """Return who waits near and past the target by queue, and when that changes by itself."""
        async with self._lock(tenant_id):
            post = await self._post(tenant_id)
            post.lookout.advance(self._clock.now_ms())
            return post.lookout.lateness(robots=robots), post.lookout.next_ms()

    # ---- what people do

    async def page(
        self, actor: Actor, queue_id: str | None, cursor: str, limit: int = _PAGE
    ) -> AlarmsPage:
        """Return the alarms there are and were, the newest first."""
        authorize(actor, "alarm.read", Relation.TENANT)
        before = _read_cursor(cursor) if cursor else _NEWEST

        def work(tx: Tx) -> AlarmsPage:
            names = queue_names(tx)
            found = store.newest(tx, queue_id, before, limit + 1)
            shown = found[:limit]
            last = shown[-1] if len(found) > len(shown) else None
            return AlarmsPage(
                items=[_view(alarm, names) for alarm in shown],
                next_cursor=f"{last.began_ms}~{last.id}" if last is not None else None,
            )

        return await self._database.read(actor.tenant_id, work)

    async def open_now(self, actor: Actor) -> list[View]:
        """Return the alarms that are on, the oldest first."""
        authorize(actor, "alarm.read", Relation.TENANT)
        async with self._lock(actor.tenant_id):
            on = (await self._post(actor.tenant_id)).book.on()
            names = await self._database.read(actor.tenant_id, queue_names)
            return [_view(alarm, names) for alarm in on]

    async def rules(self, actor: Actor) -> list[AlarmRuleView]:
        """Return the rule of every queue."""
        authorize(actor, "alarm_rule.read", Relation.TENANT)

        def work(tx: Tx) -> list[AlarmRuleView]:
            own = store.rules(tx)
            return [
                _rule_view(queue_id, name, own.get(queue_id))
                for queue_id, name in queue_names(tx).items()
            ]

        return await self._database.read(actor.tenant_id, work)

    async def set_rule(self, actor: Actor, queue_id: str, body: AlarmRuleBody) -> AlarmRuleView:
        """Give a queue a rule; it judges at once what waits."""
        authorize(actor, "alarm_rule.change", Relation.TENANT)
        rule = AlarmRule(**msgspec.structs.asdict(body))

        def work(tx: Tx) -> str:
            name = queue_names(tx).get(queue_id)
            if name is None:
                raise not_found("queue")
            store.set_rule(tx, queue_id, rule)
            self._audit(tx, actor, "alarm_rule.change", queue_id, None)
            return name

        async with self._lock(actor.tenant_id):
            name = await self._database.write(actor.tenant_id, work)
            post = self._posts.get(actor.tenant_id)
            if post is not None:
                post.lookout.set_rule(queue_id, rule)
        self._notice(actor.tenant_id)
        return _rule_view(queue_id, name, rule)

    async def prune(self, tenant_id: str) -> None:
        """Forget what was over long ago."""
        before_ms = self._clock.now_ms() - KEPT_MS
        await self._database.write(tenant_id, lambda tx: store.prune(tx, before_ms))


def _view(alarm: Alarm, names: dict[str, str]) -> View:
    return View(
        id=alarm.id,
        queue_id=alarm.queue_id,
        queue_name=names.get(alarm.queue_id, ""),
        kind=alarm.kind or None,  # type: ignore[arg-type]
        what=alarm.what,
        limit=alarm.limit,
        began_at_ms=alarm.began_ms,
        ended_at_ms=alarm.ended_ms or None,
        number=alarm.number,
        worst=alarm.worst,
    )


def _rule_view(queue_id: str, name: str, rule: AlarmRule | None) -> AlarmRuleView:
    values = msgspec.structs.asdict(rule or DEFAULT_RULE)
    return AlarmRuleView(queue_id=queue_id, queue_name=name, is_default=rule is None, **values)


def _read_cursor(text: str) -> tuple[int, str]:
    at, _, alarm_id = text.partition("~")
    if not (at.isascii() and at.isdigit() and len(at) <= 15 and alarm_id):
        raise WeccError("bad_value", "Go on with the `next_cursor` given.", field="cursor")
    return int(at), alarm_id[:64]
