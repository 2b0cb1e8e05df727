"""The one door: everything that becomes an interaction enters here, from every channel.

``receive`` stores what arrived together with its first intake step in one commit; when it
returns, the caller may acknowledge. The later steps (language, routing table, queue) run behind
in ``Steps`` and are taken up again after a restart.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from channels.contract import File, Inbound, Text
from gateway.acd.service import AcdService
from gateway.acd.wire import QueuePlace
from gateway.engagement.service import Draft, EngagementService, Opening
from gateway.engagement.service import draft as checked_draft
from gateway.engagement.service.access import conversation_for
from gateway.engagement.wire import MessageView, PageView
from gateway.intake import store
from gateway.intake.model import Intake, Kind
from gateway.intake.ports import Calls
from gateway.intake.steps import Steps
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.kernel.ids import is_id, new_id
from gateway.platform.database.port import Database, Tx
from gateway.rules.service import RouteInput, RulesService
from gateway.tenancy.authorization import authorize

_logger = logging.getLogger("wecc.intake")
_NO_PAGE = PageView(url="", title="", referrer="")


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of a visit besides the message: page, language, browser."""

    language: str = ""
    page: PageView = _NO_PAGE
    user_agent: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A visitor's wish to call."""

    call_id: str
    conversation_id: str
    sdp_offer: str
    form: Mapping[str, str] = field(default_factory=dict)


class IntakeService:
    """Receives messages and calls."""

    def __init__(
        self,
        *,
        database: Database,
        engagement: EngagementService,
        acd: AcdService,
        rules: RulesService,
        calls: Calls,
        steps: Steps,
    ) -> None:
        self._database, self._engagement = database, engagement
        self._acd, self._rules = acd, rules
        self._calls, self._steps = calls, steps

    async def receive(
        self,
        actor: Actor,
        inbound: Inbound,
        visit: Visit | None = None,
        *,
        opens: Kind | None = None,
        note: bool = False,
    ) -> MessageView:
        """Store what arrived and return it once it is on disk.

        ``opens`` begins a conversation of that kind when there is none under
        ``conversation_key``. The same ``external_id`` again changes nothing.
        """
        draft = _draft(inbound, note=note)
        opening = None
        if opens is not None:
            authorize(actor, "conversation.start")
            opening = _opening(actor, inbound, visit or Visit(), opens)

        def work(tx: Tx) -> tuple[MessageView, Intake | None]:
            intake = None
            if opening is not None:
                _, is_new = self._engagement.open_conversation(tx, actor, opening)
                intake = _begin(tx, actor, opening, opens or "chat", draft) if is_new else None
            message, _ = self._engagement.post_message(tx, actor, draft)
            if intake is not None and opens == "message":
                self._engagement.add_system_message(tx, draft.conversation_id, "left_message")
            return message, intake

        message, intake = await self._database.write(actor.tenant_id, work)
        if intake is not None:
            self._steps.advance(actor.tenant_id, intake)
        elif actor.kind == "visitor":
            await self._tell_heard(actor.tenant_id, message.conversation_id)
        return message

    async def _tell_heard(self, tenant_id: str, conversation_id: str) -> None:
        """What arrived is stored whatever routing makes of it."""
        try:
            await self._acd.heard(tenant_id, conversation_id)
        except WeccError as error:
            _logger.info("routing did not hear of a message", extra={"code": error.code})

    async def receive_call(self, actor: Actor, request: CallRequest, visit: Visit) -> str:
        """Give a calling visitor a leg with music, queue the call, return the ``sdp_answer``.

        Raises ``nobody_there`` when nobody serves calls now, ``bad_sdp`` and
        ``media_unavailable`` when there can be no leg; then nothing is queued.
        """
        authorize(actor, "call.start")
        opening = Opening(
            conversation_id=request.conversation_id,
            site_id=actor.site_id,
            mode="call",
            form=request.form,
            language=visit.language,
            page=visit.page,
            user_agent=visit.user_agent,
            context=visit.context,
        )
        intake = await self._known_call(actor, request)
        if intake is None:
            await self._refuse_unless_served(actor, request, visit)

        def work(tx: Tx) -> Intake:
            view, _ = self._engagement.open_conversation(tx, actor, opening)
            if view.state == "closed":
                raise WeccError("closed", "The conversation is over; start a new one.")
            row = store.of_call(tx, request.conversation_id, request.call_id)
            return row or _begin(tx, actor, opening, "call", None, request.call_id)

        if intake is None:
            intake = await self._database.write(actor.tenant_id, work)
        elif intake.state == "closed":
            raise WeccError("closed", "This call was given up; start a new one.")
        return await self._start_call(actor, request, intake)

    async def _start_call(self, actor: Actor, request: CallRequest, intake: Intake) -> str:
        """Make the leg. Without a call the intake is given up, at once or by its steps."""
        tenant_id, call_id = actor.tenant_id, request.call_id
        try:
            return await self._calls.start(
                actor, call_id, request.conversation_id, intake.id, request.sdp_offer
            )
        except WeccError:
            if not await self._calls.exists(tenant_id, call_id):
                await self._steps.give_up(tenant_id, intake)
            raise
        finally:
            self._steps.advance(tenant_id, intake)

    async def end_by_visitor(self, actor: Actor, conversation_id: str) -> None:
        """The visitor is done: close what is open; an agent goes to wrap-up."""

        def work(tx: Tx) -> Sequence[Intake]:
            conversation_for(tx, actor, conversation_id, "conversation.end")
            return store.of_conversation(tx, conversation_id)

        for intake in await self._database.read(actor.tenant_id, work):
            call_id = intake.call_id
            if call_id is not None and await self._calls.exists(actor.tenant_id, call_id):
                await self._calls.hang_up(actor, call_id)
            if await self._steps.give_up(actor.tenant_id, intake):
                continue
            await self._acd.close_for_contact(actor.tenant_id, intake.id)

    async def places(self, tenant_id: str, conversation_ids: Sequence[str]) -> list[QueuePlace]:
        """Return where the live interactions of some conversations stand."""

        def work(tx: Tx) -> list[Intake]:
            return [i for known in conversation_ids for i in store.of_conversation(tx, known)]

        on_the_way = [
            _on_the_way(intake)
            for intake in await self._database.read(tenant_id, work)
            if not intake.is_done
        ]
        return [*await self._acd.places_for(tenant_id, conversation_ids), *on_the_way]

    async def _known_call(self, actor: Actor, request: CallRequest) -> Intake | None:
        def work(tx: Tx) -> Intake | None:
            return store.of_call(tx, request.conversation_id, request.call_id)

        return await self._database.read(actor.tenant_id, work)

    async def _refuse_unless_served(self, actor: Actor, request: CallRequest, visit: Visit) -> None:
        known = RouteInput(
            site_id=actor.site_id,
            kind="call",
            department=request.form.get("department", ""),
            language=visit.language,
        )
        decision = await self._rules.decide(actor.tenant_id, known)
        if decision is not None:
            state = await self._acd.availability(actor.tenant_id, [decision.queue_id])
            if state != "offline":
                return
        raise WeccError("nobody_there")


def _draft(inbound: Inbound, *, note: bool) -> Draft:
    """Return the one message of an event, cleaned and redacted."""
    if len(inbound.parts) != 1:
        raise WeccError("bad_value", "A message is exactly one text or one file.")
    part = inbound.parts[0]
    if isinstance(part, Text):
        return checked_draft(inbound.conversation_key, inbound.external_id, part.text, note=note)
    if isinstance(part, File):
        return checked_draft(
            inbound.conversation_key, inbound.external_id, "", part.fetch_ref, note=note
        )
    return checked_draft(inbound.conversation_key, inbound.external_id, part.description, note=note)


def _opening(actor: Actor, inbound: Inbound, visit: Visit, kind: Kind) -> Opening:
    if not is_id(inbound.conversation_key):
        raise WeccError("bad_value", "A conversation id has 8 to 64 letters, digits, _ or -.")
    return Opening(
        conversation_id=inbound.conversation_key,
        site_id=actor.site_id,
        mode=kind,
        form=inbound.context,
        language=visit.language,
        page=visit.page,
        user_agent=visit.user_agent,
        context=visit.context,
    )


def _begin(
    tx: Tx,
    actor: Actor,
    opening: Opening,
    kind: Kind,
    draft: Draft | None,
    call_id: str | None = None,
) -> Intake:
    """Write the first step in the commit that stores what arrived."""
    intake = Intake(
        id=new_id("in", tx.now_ms),
        conversation_id=opening.conversation_id,
        kind=kind,
        state="received",
        message_id=None if draft is None else draft.message_id,
        call_id=call_id,
        site_id=opening.site_id,
        department=str(opening.form.get("department", ""))[:120],
        hint=opening.language[:35],
        is_robot=actor.is_robot,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
    )
    store.insert(tx, intake)
    tx.record(
        "intake.received",
        interaction_id=intake.id,
        conversation_id=intake.conversation_id,
        interaction_kind=kind,
        is_robot=intake.is_robot,
    )
    return intake


def _on_the_way(intake: Intake) -> QueuePlace:
    """Before the queue has it there is no position to tell, and none is made up."""
    return QueuePlace(
        conversation_id=intake.conversation_id,
        interaction_id=intake.id,
        kind=intake.kind,
        state="waiting",
        position=None,
        agent_name="",
        wait=None,
    )
