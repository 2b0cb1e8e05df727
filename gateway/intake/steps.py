"""The steps behind ``receive``: analyse, rule, enqueue; durable one by one, resumed at start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from gateway.acd.service import AcdService, Enqueue
from gateway.engagement.service import EngagementService, people
from gateway.intake import model, store
from gateway.intake.model import Intake, StepState
from gateway.intake.ports import Calls
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Database, Tx
from gateway.rules.service import RouteInput, RulesService
from nlp.contract import Analyser, AnalysisRequest

log = logging.getLogger("wecc.intake")

ANALYSIS_BUDGET_MS = 200
CALL_GRACE_MS = 20_000
CALL_LOOK_S = 0.25
RETRY_S = (0.2, 1.0, 5.0, 15.0, 30.0)
Languages = Callable[[str, str], Awaitable[Sequence[str]]]
"""(tenant id, site id) -> the languages that site serves."""


class Steps:
    """Advances intakes, one background task each, until they are in the queue."""

    def __init__(  # noqa: PLR0913 - the rooms an interaction passes, by keyword
        self,
        *,
        database: Database,
        engagement: EngagementService,
        clock: Clock,
        acd: AcdService,
        rules: RulesService,
        calls: Calls,
        analyser: Analyser,
        languages: Languages,
    ) -> None:
        self._database, self._engagement, self._clock = database, engagement, clock
        self._acd, self._rules, self._calls = acd, rules, calls
        self._analyser, self._languages = analyser, languages
        self._running: dict[str, asyncio.Task[None]] = {}

    async def start(self, tenant_ids: Sequence[str]) -> int:
        """Take up what an earlier process left unfinished; returns how many."""
        found = 0
        for tenant_id in tenant_ids:
            for intake in await self._database.read(tenant_id, store.unfinished):
                self.advance(tenant_id, intake)
                found += 1
        return found

    async def stop(self) -> None:
        """Stop between two steps; the next process goes on."""
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def advance(self, tenant_id: str, intake: Intake) -> None:
        """Work on an intake in the background; a no-op while it is being worked on."""
        if intake.is_done or intake.id in self._running:
            return
        task = asyncio.create_task(self._advance(tenant_id, intake.id), name=f"intake-{intake.id}")
        self._running[intake.id] = task
        task.add_done_callback(lambda _: self._running.pop(intake.id, None))

    async def give_up(self, tenant_id: str, intake: Intake) -> bool:
        """Close an intake that is not in the queue yet, and its conversation if that was all.

        Returns False when the queue has it already.
        """

        def work(tx: Tx) -> bool:
            present = store.find(tx, intake.id)
            if present is None or present.is_done:
                return present is not None and present.state == "closed"
            store.update(tx, model.closed(present, tx.now_ms), present.state)
            close_when_done(tx, intake.conversation_id, self._acd, self._engagement)
            return True

        return await self._database.write(tenant_id, work)

    async def _advance(self, tenant_id: str, intake_id: str) -> None:
        failures, is_done = 0, False
        while not is_done:
            try:
                is_done = await self._step(tenant_id, intake_id)
                failures = 0
            except Exception as error:
                code = error.code if isinstance(error, WeccError) else type(error).__name__
                facts = {"interaction_id": intake_id, "code": code}
                log.warning("an intake step failed and is tried again", extra=facts)
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1

    async def _step(self, tenant_id: str, intake_id: str) -> bool:
        """Do the next step of what is on disk; True when nothing is left to do."""
        intake = await self._database.read(tenant_id, lambda tx: store.find(tx, intake_id))
        if intake is None or intake.is_done:
            return True
        if intake.kind == "call" and not await self._calls.exists(tenant_id, intake.call_id or ""):
            if await self._may_begin(tenant_id, intake):
                await asyncio.sleep(CALL_LOOK_S)
            else:
                await self.give_up(tenant_id, intake)
        elif intake.state == "received":
            await self._analyse(tenant_id, intake)
        elif intake.state == "analysed":
            await self._rule(tenant_id, intake)
        else:
            await self._enqueue(tenant_id, intake)
        return False

    async def _may_begin(self, tenant_id: str, intake: Intake) -> bool:
        """Tell whether a call that has no leg yet is waited for.

        Its process may have died between the intake and the leg: the browser comes back with the
        same call within moments, and must find its place kept.
        """
        if self._clock.now_ms() - intake.created_at_ms > CALL_GRACE_MS:
            return False
        return not await self._calls.has_ended(tenant_id, intake.call_id or "")

    async def _analyse(self, tenant_id: str, intake: Intake) -> None:
        text = await self._database.read(tenant_id, lambda tx: self._text_of(tx, intake))
        languages = await self._languages(tenant_id, intake.site_id)
        analysis = await self._analyser.analyse(
            AnalysisRequest(text=text, languages=languages, hint=intake.hint), ANALYSIS_BUDGET_MS
        )

        def work(tx: Tx) -> None:
            reason = "degraded" if analysis.degraded else analysis.reason[:40]
            done = model.analysed(intake, analysis.language[:16], reason, tx.now_ms)
            if store.update(tx, done, "received") and analysis.language:
                self._engagement.set_language(tx, intake.conversation_id, analysis.language)
            tx.record(
                "intake.analysed", interaction_id=intake.id, language=done.language, reason=reason
            )

        await self._database.write(tenant_id, work)

    async def _rule(self, tenant_id: str, intake: Intake) -> None:
        known = RouteInput(
            site_id=intake.site_id,
            kind=intake.kind,
            department=intake.department,
            language=intake.language or intake.hint,
        )
        decision = await self._rules.decide(tenant_id, known)
        if decision is None:
            raise WeccError("wrong_state", "The tenant has no queue; make one in the desk.")

        def work(tx: Tx) -> None:
            vip = people.vip_priority(tx, intake.conversation_id, decision.queue_id)
            done = model.ruled(
                intake,
                decision.route_id,
                decision.queue_id,
                decision.skills,
                decision.priority + vip,
                tx.now_ms,
            )
            store.update(tx, done, "analysed")
            tx.record(
                "intake.ruled",
                interaction_id=intake.id,
                route_id=decision.route_id,
                queue_id=decision.queue_id,
                vip=vip,
            )

        await self._database.write(tenant_id, work)

    async def _enqueue(self, tenant_id: str, intake: Intake) -> None:
        queue_id = intake.queue_id or ""
        if not await self._database.read(
            tenant_id, lambda tx: self._acd.queue_exists(tx, queue_id)
        ):
            await self._write_step(tenant_id, lambda now: model.unruled(intake, now), "ruled")
            return
        await self._acd.enqueue(
            tenant_id,
            Enqueue(
                interaction_id=intake.id,
                kind=intake.kind,
                conversation_id=intake.conversation_id,
                call_id=intake.call_id,
                queue_id=queue_id,
                required_skills=intake.skills,
                priority=intake.priority,
                created_at_ms=intake.created_at_ms,
                is_robot=intake.is_robot,
            ),
        )

        state = await self._write_step(tenant_id, lambda now: model.enqueued(intake, now), "ruled")
        has_left = state == "closed"
        if intake.kind == "call" and not has_left:
            has_left = not await self._calls.exists(tenant_id, intake.call_id or "")
        if has_left:  # while the queue took it
            await self._acd.abandon(tenant_id, intake.id)

    async def _write_step(
        self, tenant_id: str, step: Callable[[int], Intake], expected: StepState
    ) -> StepState:
        """Write the next step unless something else happened; return the state on disk then."""

        def work(tx: Tx) -> StepState:
            done = step(tx.now_ms)
            if store.update(tx, done, expected):
                return done.state
            present = store.find(tx, done.id)
            return "closed" if present is None else present.state

        return await self._database.write(tenant_id, work)

    def _text_of(self, tx: Tx, intake: Intake) -> str:
        """Return the first message's text, or nothing for a call."""
        if intake.message_id is None:
            return ""
        page = self._engagement.message_views(
            tx, intake.conversation_id, audience="staff", after_seq=0
        )
        return next((view.text for view in page.items if view.id == intake.message_id), "")


def close_when_done(
    tx: Tx, conversation_id: str, acd: AcdService, engagement: EngagementService
) -> bool:
    """Close a conversation once nothing of it is on the way, waiting or being handled."""
    if any(not intake.is_done for intake in store.of_conversation(tx, conversation_id)):
        return False
    if acd.has_open(tx, conversation_id):
        return False
    return engagement.close_conversation(tx, conversation_id)
