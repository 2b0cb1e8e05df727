"""A visitor's socket: what each frame does, and what a browser is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.contract import File, Text
from gateway.engagement.model.blocks import Comer
from gateway.engagement.model.views import VisitorSummary
from gateway.engagement.service import announce
from gateway.engagement.service.access import conversation_for
from gateway.engagement.service.contacts import clean_form
from gateway.engagement.service.people import refuse_blocked
from gateway.engagement.wire import (
    ContactView,
    HistoryGet,
    MessagePost,
    ReceiptSet,
    Resume,
    TypingSet,
)
from gateway.intake.model import Kind
from gateway.intake.service import CallRequest, Visit
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.kernel.wire import PROTOCOL_VERSION
from gateway.platform.bus import visitor_topic
from gateway.platform.database.port import Tx
from gateway.surfaces import wire
from gateway.surfaces.availability import site_topic
from gateway.surfaces.rooms import Rooms
from gateway.surfaces.sockets.connection import HEARTBEAT_MS, Connection
from gateway.surfaces.sockets.dispatch import Command, Dispatcher, passing
from gateway.surfaces.sockets.form import check_form
from gateway.surfaces.sockets.inbound import web_message
from gateway.surfaces.sockets.shown import conversation_of, page_of
from gateway.surfaces.sockets.shut_out import follow_blocks
from gateway.surfaces.sockets.side import CALL_COMMANDS, BaseSide
from gateway.tenancy.service import VerifiedVisitor
from gateway.tenancy.wire import SiteView
from gateway.voice import wire as voice

log = logging.getLogger("wecc.sockets")


@dataclass(frozen=True, slots=True)
class _Rotated:
    """The visitor was verified on connection ``by``: what the others hold is worthless."""

    by: Connection


class VisitorSide(BaseSide):
    """The gateway's half of one visitor's connection."""

    __slots__ = (
        "_email",
        "_ends",
        "_mine",
        "_site",
        "_visit",
        "bucket",
        "is_robot",
        "tenant_id",
        "user_agent",
    )

    def __init__(
        self,
        connection: Connection,
        rooms: Rooms,
        *,
        tenant_id: str,
        site: SiteView,
        bucket: str,
        user_agent: str = "",
        is_robot: bool = False,
    ) -> None:
        super().__init__(connection, rooms)
        self.tenant_id, self._site = tenant_id, site
        self.bucket, self.user_agent, self.is_robot = bucket, user_agent, is_robot
        self._visit: Visit | None = None
        self._email = ""
        self._ends: list[Callable[[], None]] = []
        self._mine: set[str] = set()

    async def frame(self, raw: bytes | str) -> None:
        """Handle one frame; never raises."""
        await dispatch(self, raw)

    async def gone(self) -> None:
        """The browser is gone."""
        self._unsubscribe()
        actor, self.actor = self.actor, None
        if actor is None:
            return
        try:
            await self.rooms.engagement.disconnected(actor)
        except WeccError as error:
            log.warning("a visitor's leaving was not stored", extra={"code": error.code})

    # ---- hello -----------------------------------------------------------------------------

    async def hello(self, frame: wire.VisitorHello) -> None:
        """Recognise or make the visitor, and tell them everything that is live."""
        if frame.v != PROTOCOL_VERSION:
            self.connection.refuse(frame.ref, WeccError("version_unsupported"))
            self.connection.end("version_unsupported", again=False)
            return
        if frame.site != self._site.key:
            raise WeccError("bad_value", "The site differs from the socket's.", field="site")
        await self.rooms.people.admit(self.tenant_id, Comer(network=self.bucket))
        token, actor = await self._recognise(frame.token)
        self._visit = Visit(
            language=frame.language, page=page_of(frame.page), user_agent=self.user_agent
        )
        with self.welcoming():
            await self._enter(actor)
            await self._welcome(token)
        await self._catch_up(frame.resume)

    async def _recognise(self, token: str | None) -> tuple[str, Actor]:
        if token:
            known = await self.rooms.tenancy.visitor_for_token(token)
            is_here = known is not None and known.tenant_id == self.tenant_id
            if known is not None and is_here and known.site_id == self._site.id:
                return token, known
        self.rooms.limiter.check("visitor", self.bucket)
        return await self.rooms.tenancy.new_visitor(
            self.tenant_id, self._site.id, is_robot=self.is_robot
        )

    async def _enter(self, actor: Actor) -> None:
        """Become ``actor`` on this connection."""
        self._unsubscribe()
        previous, self.actor = self.actor, actor
        self._mine.clear()
        bus = self.rooms.bus
        self._ends = [
            bus.subscribe(visitor_topic(self.tenant_id, actor.id), self._heard),
            bus.subscribe(
                site_topic(self.tenant_id, self._site.id), self.after_welcome(self._availability)
            ),
            follow_blocks(self.rooms, self.connection, actor, self._comer),
        ]
        if previous is not None and previous.contact_id == actor.contact_id:
            return  # this socket is counted already
        if previous is not None:
            await self.rooms.engagement.disconnected(previous)
        await self.rooms.engagement.connected(actor)

    def _unsubscribe(self) -> None:
        for end in self._ends:
            end()
        self._ends = []

    async def _welcome(self, token: str) -> None:
        actor, rooms = self.known_actor(), self.rooms

        def read(tx: Tx) -> tuple[list[VisitorSummary], ContactView | None]:
            found = rooms.engagement.visitor_summaries(tx, actor)
            return found, rooms.engagement.contact_of(tx, actor)

        summaries, contact = await rooms.database.read(self.tenant_id, read)
        self._email = contact.email if contact else ""
        self._mine.update(summary.id for summary in summaries)
        self.connection.greeted = True
        availability = await rooms.sites.state(self.tenant_id, self._site.id)
        self.connection.send(
            wire.VisitorWelcome(
                v=PROTOCOL_VERSION,
                visitor_id=actor.id,
                token=token,
                name=contact.name if contact else actor.name,
                verified=contact is not None and contact.verified,
                availability=availability,
                heartbeat_ms=HEARTBEAT_MS,
                server_at_ms=rooms.clock.now_ms(),
                conversations=[conversation_of(summary) for summary in summaries],
                places=await rooms.intake.places(self.tenant_id, [s.id for s in summaries[:5]]),
                calls=await rooms.voice.calls_for(actor),
            )
        )
        self._availability(availability)

    async def _catch_up(self, resume: list[Resume]) -> None:
        actor = self.known_actor()
        for missed in await self.rooms.engagement.resume(actor, resume):
            self.connection.send(missed)
        for known in await self.rooms.voice.frames_for(actor):
            self.connection.send(known)

    # ---- delivery --------------------------------------------------------------------------

    def _heard(self, frame: object) -> None:
        if not isinstance(frame, _Rotated):
            self.after_welcome(self._deliver)(frame)
        elif frame.by is not self.connection:
            self.connection.end("unauthenticated", again=True)

    def _deliver(self, frame: object) -> None:
        if isinstance(frame, VisitorSummary):
            self._mine.add(frame.id)
            frame = wire.VisitorConversationChanged(conversation=conversation_of(frame))
        self.connection.pass_on(frame)

    def _availability(self, state: object) -> None:
        calls = self._site.calls and self.rooms.sites.has_calls
        self.connection.send(
            wire.AvailabilityChanged(availability=state, calls=calls)  # type: ignore[arg-type]
        )

    # ---- commands --------------------------------------------------------------------------

    async def start_conversation(self, frame: wire.ConversationStart) -> None:
        """Open a conversation with its first message, or leave a message."""
        actor, visit = self.known_actor(), self._known_visit()
        if frame.conversation_id not in self._mine:
            await self._check_new(await self._present_site(), frame.form)
        # a chat nobody is there for becomes a left message: it still reaches somebody
        kind: Kind = frame.mode
        if kind == "chat" and await self.rooms.sites.is_offline(self.tenant_id, self._site.id):
            kind = "message"
        text = Text(text=frame.text)
        inbound = web_message(
            actor, frame.message_id, frame.conversation_id, text, self.rooms.clock, frame.form
        )
        message = await self.rooms.intake.receive(actor, inbound, visit, opens=kind)
        self._mine.add(frame.conversation_id)
        self.ack(frame.ref, message.id, message.seq, message.at_ms)

    async def post(self, frame: MessagePost) -> None:
        """Write a message."""
        if frame.note:
            raise WeccError("forbidden", "Notes are for agents.")
        part: Text | File = Text(text=frame.text)
        if frame.attachment_id is not None:
            if frame.text:
                raise WeccError("bad_value", "Text or a file, not both.", field="text")
            part = File(fetch_ref=frame.attachment_id, name="", media_type="", size_bytes=0)
        actor = self.known_actor()
        inbound = web_message(actor, frame.id, frame.conversation_id, part, self.rooms.clock)
        message = await self.rooms.intake.receive(actor, inbound)
        self.ack(frame.ref, message.id, message.seq, message.at_ms)

    async def typing(self, frame: TypingSet) -> None:
        """Relay typing; nothing is stored."""
        if frame.conversation_id not in self._mine:
            await self._owned(self.known_actor(), frame.conversation_id, "typing.set")
        self._pass_on(frame)

    def relay(self, raw: bytes) -> bool:
        """Relay typing in a conversation known to be one's own, without waiting."""
        frame = passing(wire.decode_visitor, raw)
        if frame is None or self.actor is None or frame.conversation_id not in self._mine:
            return False
        self._pass_on(frame)
        return True

    def _pass_on(self, frame: TypingSet) -> None:
        actor = self.known_actor()
        announce.announce_typing(self.rooms.bus, actor, frame.conversation_id, (), on=frame.on)
        self.ack(frame.ref)

    async def end_conversation(self, frame: wire.ConversationEnd) -> None:
        """The visitor is done."""
        await self.rooms.intake.end_by_visitor(self.known_actor(), frame.conversation_id)
        self.ack(frame.ref)

    async def rate(self, frame: wire.ConversationRate) -> None:
        """Rate a conversation."""
        actor = self.known_actor()
        await self.rooms.database.write(
            self.tenant_id,
            lambda tx: self.rooms.engagement.rate(
                tx, actor, frame.conversation_id, frame.rating, frame.comment
            ),
        )
        self.ack(frame.ref)

    async def set_page(self, frame: wire.PageSet) -> None:
        """Follow the visitor to another page."""
        visit = self._known_visit()
        context = clean_form({**visit.context, **frame.context})
        page, actor = page_of(frame.page), self.known_actor()
        self._visit = Visit(visit.language, page, visit.user_agent, context)
        await self.rooms.database.write(
            self.tenant_id,
            lambda tx: self.rooms.engagement.set_page(tx, actor, page, frame.context),
        )
        self.ack(frame.ref)

    async def identify(self, frame: wire.IdentitySet) -> None:
        """Verify who the site says this is, and go on as that visitor with a new token."""
        verified = await self.rooms.tenancy.visitors.verify(
            self.known_actor(), frame.jwt, self._bring_along
        )
        if verified.is_rotated:
            topic = visitor_topic(self.tenant_id, verified.previous.id)
            self.rooms.bus.publish(topic, _Rotated(self.connection))
        with self.welcoming():
            await self._enter(verified.actor)
            self.ack(frame.ref)
            await self._welcome(verified.token)
        await self._catch_up([])

    def _bring_along(self, tx: Tx, verified: VerifiedVisitor) -> None:
        """In the commit of the new token: what was theirs before stays theirs."""
        refuse_blocked(tx, Comer(verified.actor.contact_id, verified.email, self.bucket))
        self.rooms.engagement.identify_contact(
            tx,
            verified.actor,
            name=verified.name,
            email=verified.email,
            previous_contact_id=verified.previous.contact_id,
        )
        if verified.actor.id != verified.previous.id:
            self.rooms.voice.hand_over(tx, verified.previous.id, verified.actor.id)

    # ---- calls -----------------------------------------------------------------------------

    async def start_call(self, frame: voice.CallStart) -> None:
        """Call: a leg with music at once, and a place in the queue."""
        site = await self._present_site()
        if not site.calls:
            raise WeccError("media_unavailable", "This site does not offer calls.")
        if not self.rooms.sites.has_calls:
            raise WeccError("media_unavailable")
        if frame.conversation_id not in self._mine:
            await self._check_new(site, frame.form)
        elif not await self.rooms.voice.exists(self.tenant_id, frame.call_id):
            self.rooms.limiter.check("conversation", self.bucket)
        request = CallRequest(frame.call_id, frame.conversation_id, frame.sdp_offer, frame.form)
        answer = await self.rooms.intake.receive_call(
            self.known_actor(), request, self._known_visit()
        )
        self._mine.add(frame.conversation_id)
        self.answer(frame.ref, frame.call_id, answer)

    # ---- parts -----------------------------------------------------------------------------

    def _known_visit(self) -> Visit:
        if self._visit is None:
            raise WeccError("hello_expected")
        return self._visit

    def _comer(self) -> Comer:
        return Comer(self.known_actor().contact_id, self._email, self.bucket)

    async def _present_site(self) -> SiteView:
        """Return the site as it is set up now; a socket may be older than its settings."""
        site = await self.rooms.tenancy.sites.find(self.tenant_id, self._site.id)
        if site is None:
            raise WeccError("not_found", "There is no such site any more.")
        self._site = site
        return site

    async def _check_new(self, site: SiteView, form: Mapping[str, str]) -> None:
        """Check what a site asks of who begins a conversation."""
        check_form(site, form)
        self._email = form.get("email", "") or self._email
        await self.rooms.people.admit(self.tenant_id, self._comer())
        if site.enforce_identity:
            subject = await self.rooms.tenancy.visitors.subject(self.known_actor())
            if subject is None:
                raise WeccError("bad_identity", "This site only serves visitors it has signed in.")
        self.rooms.limiter.check("conversation", self.bucket)

    async def _owned(self, actor: Actor, conversation_id: str, operation: str) -> None:
        def check(tx: Tx) -> None:
            conversation_for(tx, actor, conversation_id, operation)

        await self.rooms.database.read(self.tenant_id, check)
        self._mine.add(conversation_id)


COMMANDS: dict[type, Command] = {
    wire.VisitorHello: VisitorSide.hello,
    wire.Ping: VisitorSide.ping,
    wire.ConversationStart: VisitorSide.start_conversation,
    wire.ConversationEnd: VisitorSide.end_conversation,
    wire.ConversationRate: VisitorSide.rate,
    wire.PageSet: VisitorSide.set_page,
    wire.IdentitySet: VisitorSide.identify,
    MessagePost: VisitorSide.post,
    TypingSet: VisitorSide.typing,
    ReceiptSet: VisitorSide.receipt,
    HistoryGet: VisitorSide.history,
    voice.CallStart: VisitorSide.start_call,
    **CALL_COMMANDS,
}
dispatch = Dispatcher(wire.decode_visitor, COMMANDS)
