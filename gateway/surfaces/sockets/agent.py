"""An agent's socket: what each frame does, and what a desk is told.

The frames of a conversation reach this desk while the conversation is assigned to the agent or
watched by them; both are followed here as assignments come and go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from gateway.acd import wire as acd
from gateway.acd.wire import steering
from gateway.engagement.service import announce, draft
from gateway.engagement.service.access import conversation_for
from gateway.engagement.wire import (
    ConversationChanged,
    HistoryGet,
    MessagePost,
    ReceiptSet,
    TypingSet,
)
from gateway.kernel.actor import Actor, system
from gateway.kernel.errors import WeccError
from gateway.kernel.wire import PROTOCOL_VERSION
from gateway.platform.bus import agent_topic, conversation_topic, floor_topic, staff_topic
from gateway.platform.database.port import Tx
from gateway.supervision.wire import AlarmChanged
from gateway.surfaces import wire
from gateway.surfaces.rooms import Rooms
from gateway.surfaces.sockets import by_hand
from gateway.surfaces.sockets.connection import HEARTBEAT_MS, Connection
from gateway.surfaces.sockets.dispatch import Command, Dispatcher, passing
from gateway.surfaces.sockets.floor import ShownAgents
from gateway.surfaces.sockets.side import CALL_COMMANDS, BaseSide
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.model import Login

log = logging.getLogger("wecc.sockets")

MAX_WATCHED = 200


class AgentSide(BaseSide):
    """The gateway's half of one desk's connection."""

    __slots__ = (
        "_agents",
        "_assigned",
        "_ends",
        "_followed",
        "_look",
        "_queue_ids",
        "_visitors",
        "_watched",
        "who",
    )

    def __init__(self, connection: Connection, rooms: Rooms, login: Login) -> None:
        super().__init__(connection, rooms)
        self.who = login.actor
        connection.owner = (login.actor.tenant_id, login.actor.id)
        connection.login_id = login.id
        self._ends: list[Callable[[], None]] = []
        self._followed: dict[str, Callable[[], None]] = {}
        self._assigned: dict[str, set[str]] = {}
        self._watched: set[str] = set()
        self._look: asyncio.Task[None] | None = None
        self._queue_ids: set[str] = set()
        self._agents = ShownAgents(self.connection.pass_on)
        self._visitors: dict[str, tuple[str, ...]] = {}

    async def frame(self, raw: bytes | str) -> None:
        """Handle one frame; never raises."""
        await dispatch(self, raw)

    async def gone(self) -> None:
        """The desk is gone; the agent keeps everything for a grace period."""
        for end in [*self._ends, *self._followed.values()]:
            end()
        self._ends, self._followed = [], {}
        self._agents.stop()
        actor, self.actor = self.actor, None
        if actor is not None:
            await self.rooms.acd.disconnected(actor, self.connection.id)

    # ---- hello -----------------------------------------------------------------------------

    async def hello(self, frame: wire.AgentHello) -> None:
        """Come to the desk: everything live, then what was missed."""
        if frame.v != PROTOCOL_VERSION:
            self.connection.refuse(frame.ref, WeccError("version_unsupported"))
            self.connection.end("version_unsupported", again=False)
            return
        with self.welcoming():
            await self._welcome()
        for missed in await self.rooms.engagement.resume(self.who, frame.resume):
            self.connection.send(missed)
        for known in await self.rooms.voice.frames_for(self.who):
            self.connection.send(known)

    async def _welcome(self) -> None:
        actor, rooms = self.who, self.rooms
        if self.actor is None:
            self.actor = actor
            of, put_off = actor.tenant_id, self.after_welcome
            topics = {agent_topic(of, actor.id): self._mine, floor_topic(of): self._floor}
            if self._is_lead:
                topics[staff_topic(of)] = self._staff
            self._ends = [rooms.bus.subscribe(key, put_off(to)) for key, to in topics.items()]
            await rooms.acd.connected(actor, self.connection.id)
        assignments = await rooms.acd.assignments_for(actor)
        self._follow_only(assignments)
        queues = await rooms.acd.queues_live(actor)
        self._queue_ids = {queue.queue_id for queue in queues}
        self.connection.greeted = True
        self.connection.send(
            wire.AgentWelcome(
                v=PROTOCOL_VERSION,
                user=await rooms.tenancy.users.find(system(actor.tenant_id), actor.id),
                agent=await rooms.acd.agent_view(actor),
                offers=await rooms.acd.offers_for(actor),
                assignments=assignments,
                calls=await rooms.voice.calls_for(actor),
                queues=queues,
                heartbeat_ms=HEARTBEAT_MS,
                server_at_ms=rooms.clock.now_ms(),
            )
        )

    # ---- delivery --------------------------------------------------------------------------

    def _mine(self, frame: object) -> None:
        if isinstance(frame, acd.AssignmentChanged):
            self._follow_assignment(frame)
        elif isinstance(frame, acd.AgentChanged) and self._watched and self._look is None:
            self._look = asyncio.create_task(self._look_again())
        self.connection.pass_on(frame)

    def _floor(self, frame: object) -> None:
        """Leads see every queue and warning; agents see the queues they serve."""
        if isinstance(frame, acd.QueueChanged):
            is_mine = self._is_lead or frame.queue.queue_id in self._queue_ids
        else:
            is_mine = self._is_lead and isinstance(frame, AlarmChanged)
        if is_mine:
            self.connection.pass_on(frame)

    def _staff(self, frame: object) -> None:
        """Leads see the agents on their screen; one's own changes come on one's own topic."""
        if isinstance(frame, acd.AgentChanged) and frame.agent.user_id != self.who.id:
            self._agents.changed(frame)

    @property
    def _is_lead(self) -> bool:
        return self.who.role in ("supervisor", "admin")

    def _talk(self, frame: object) -> None:
        """Frames of a followed conversation; who its visitors are may have changed with it."""
        if isinstance(frame, ConversationChanged):
            self._visitors.pop(frame.conversation.id, None)
        self.connection.pass_on(frame)

    def _follow_only(self, assignments: list[acd.AssignmentChanged]) -> None:
        """Begin anew with what is assigned now."""
        before, self._assigned = list(self._assigned), {}
        for assignment in assignments:
            self._follow_assignment(assignment)
        for conversation_id in before:
            self._follow(conversation_id)

    def _follow_assignment(self, frame: acd.AssignmentChanged) -> None:
        interaction = frame.interaction
        held = self._assigned.setdefault(interaction.conversation_id, set())
        if frame.gone:
            held.discard(interaction.id)
        else:
            held.add(interaction.id)
        self._follow(interaction.conversation_id)

    def _follow(self, conversation_id: str) -> None:
        """Subscribe to a conversation exactly while it is assigned or watched."""
        if not self._assigned.get(conversation_id):
            self._assigned.pop(conversation_id, None)
        wanted = conversation_id in self._assigned or conversation_id in self._watched
        if wanted and conversation_id not in self._followed:
            topic = conversation_topic(self.who.tenant_id, conversation_id)
            end = self.rooms.bus.subscribe(topic, self.after_welcome(self._talk))
            self._followed[conversation_id] = end
        elif not wanted and conversation_id in self._followed:
            self._followed.pop(conversation_id)()
            self._visitors.pop(conversation_id, None)

    # ---- conversations ---------------------------------------------------------------------

    async def watch(self, frame: wire.ConversationWatch) -> None:
        """Receive the frames of a conversation one may read."""
        actor = self.known_actor()
        if frame.on:
            if len(self._watched) >= MAX_WATCHED:
                raise WeccError("quota_exceeded", f"At most {MAX_WATCHED} are watched at once.")
            await self._check(actor, frame.conversation_id, "conversation.watch")
            self._watched.add(frame.conversation_id)
        else:
            self._watched.discard(frame.conversation_id)
        self._follow(frame.conversation_id)
        self.ack(frame.ref)

    async def show_agents(self, frame: wire.LiveWatch) -> None:
        """Say which agents are on this lead's screen."""
        authorize(self.known_actor(), "live.watch", Relation.TENANT)
        self._agents.show(frame.agent_ids)
        self.ack(frame.ref)

    async def _look_again(self) -> None:
        """Stop watching what one may no longer read: one's queues may be others now."""
        try:
            for conversation_id in list(self._watched):
                try:
                    await self._check(self.who, conversation_id, "conversation.watch")
                except WeccError as error:
                    log.info("watch ended", extra={"code": error.code})
                    self._watched.discard(conversation_id)
                    self._follow(conversation_id)
        finally:
            self._look = None

    async def post(self, frame: MessagePost) -> None:
        """Write a message or a private note."""
        actor = self.known_actor()
        message, _ = await self.rooms.engagement.post(
            actor,
            draft(
                frame.conversation_id,
                frame.id,
                frame.text,
                frame.attachment_id,
                note=frame.note,
            ),
        )
        self.ack(frame.ref, message.id, message.seq, message.at_ms)
        if not frame.note:
            await self._tell_replied(actor, frame.conversation_id)

    async def _tell_replied(self, actor: Actor, conversation_id: str) -> None:
        """The message is stored and acknowledged whatever routing makes of it."""
        try:
            await self.rooms.acd.replied(actor.tenant_id, conversation_id, actor.id)
        except WeccError as error:
            log.info("routing did not hear of a reply", extra={"code": error.code})

    async def typing(self, frame: TypingSet) -> None:
        """Relay typing; who may is asked once while the conversation is followed."""
        actor, conversation_id = self.known_actor(), frame.conversation_id
        visitors = self._visitors.get(conversation_id)
        if visitors is None:
            visitors = await self._check(actor, conversation_id, "typing.set")
            if conversation_id in self._assigned:
                self._visitors[conversation_id] = visitors
        announce.announce_typing(self.rooms.bus, actor, conversation_id, visitors, on=frame.on)
        self.ack(frame.ref)

    def relay(self, raw: bytes) -> bool:
        """Relay typing in a conversation one has, without waiting."""
        frame, actor = passing(wire.decode_agent, raw), self.actor
        visitors = None if frame is None else self._visitors.get(frame.conversation_id)
        if frame is None or actor is None or visitors is None:
            return False
        place = frame.conversation_id
        announce.announce_typing(self.rooms.bus, actor, place, visitors, on=frame.on)
        self.ack(frame.ref)
        return True

    async def _check(self, actor: Actor, conversation_id: str, operation: str) -> tuple[str, ...]:
        def read(tx: Tx) -> tuple[str, ...]:
            conversation_for(tx, actor, conversation_id, operation)
            return announce.visitors_of(tx, conversation_id)

        return await self.rooms.database.read(actor.tenant_id, read)

    # ---- work ------------------------------------------------------------------------------

    async def set_state(self, frame: acd.AgentStateSet) -> None:
        """Go ready or not ready."""
        await self.rooms.acd.set_state(self.known_actor(), frame.state, frame.reason)
        self.ack(frame.ref)

    async def accept(self, frame: acd.OfferAccept) -> None:
        """Take an offer; a call's answer comes first."""
        actor = self.known_actor()
        call_id = await self._call_of(actor, frame) if frame.sdp_offer is not None else None
        sdp_answer = await self.rooms.acd.accept(actor, frame.offer_id, frame.sdp_offer)
        if sdp_answer is not None and call_id is not None:
            self.answer(frame.ref, call_id, sdp_answer)
        else:
            self.ack(frame.ref)

    async def _call_of(self, actor: Actor, frame: acd.OfferAccept) -> str | None:
        """Return the call an offer is about; None when the offer is gone."""
        for offer in await self.rooms.acd.offers_for(actor):
            if offer.id == frame.offer_id:
                return offer.interaction.call_id
        return None

    async def reject(self, frame: acd.OfferReject) -> None:
        """Turn an offer down."""
        await self.rooms.acd.reject(self.known_actor(), frame.offer_id)
        self.ack(frame.ref)

    async def transfer(self, frame: acd.InteractionTransfer) -> None:
        """Hand over to a queue or an agent."""
        await self.rooms.acd.transfer(
            self.known_actor(),
            frame.interaction_id,
            to_queue_id=frame.to_queue_id,
            to_agent_id=frame.to_agent_id,
            note=frame.note,
        )
        self.ack(frame.ref)

    async def end(self, frame: acd.InteractionEnd) -> None:
        """End the exchange and go to wrap-up."""
        await self.rooms.acd.end(self.known_actor(), frame.interaction_id)
        self.ack(frame.ref)

    async def wrap_up(self, frame: acd.InteractionWrapUp) -> None:
        """Finish wrap-up."""
        await self.rooms.acd.wrap_up(
            self.known_actor(),
            frame.interaction_id,
            disposition_id=frame.disposition_id,
            note=frame.note,
        )
        self.ack(frame.ref)

    async def take(self, frame: acd.InteractionTake) -> None:
        """Take a waiting interaction by hand."""
        await self.rooms.acd.take(self.known_actor(), frame.interaction_id)
        self.ack(frame.ref)

    # ---- by hand ---------------------------------------------------------------------------

    async def set_next(self, frame: steering.AgentNextSet) -> None:
        """Declare the state that begins when the last work ends."""
        await self.rooms.acd.set_next(self.known_actor(), frame.state, frame.reason)
        self.ack(frame.ref)

    async def extend_wrap_up(self, frame: steering.WrapUpExtend) -> None:
        """Give a wrap-up more time, once."""
        await self.rooms.acd.extend_wrap_up(self.known_actor(), frame.interaction_id)
        self.ack(frame.ref)


COMMANDS: dict[type, Command] = {
    wire.AgentHello: AgentSide.hello,
    wire.Ping: AgentSide.ping,
    wire.ConversationWatch: AgentSide.watch,
    wire.LiveWatch: AgentSide.show_agents,
    acd.AgentStateSet: AgentSide.set_state,
    acd.OfferAccept: AgentSide.accept,
    acd.OfferReject: AgentSide.reject,
    acd.InteractionTransfer: AgentSide.transfer,
    acd.InteractionEnd: AgentSide.end,
    acd.InteractionWrapUp: AgentSide.wrap_up,
    acd.InteractionTake: AgentSide.take,
    steering.AgentNextSet: AgentSide.set_next,
    steering.AgentSet: by_hand.set_agent,
    steering.AgentSignOut: by_hand.sign_out,
    steering.InterventionUndo: by_hand.undo,
    steering.WrapUpExtend: AgentSide.extend_wrap_up,
    steering.InteractionMove: by_hand.move,
    steering.InteractionPrioritize: by_hand.prioritize,
    steering.InteractionAssign: by_hand.assign,
    MessagePost: AgentSide.post,
    TypingSet: AgentSide.typing,
    ReceiptSet: AgentSide.receipt,
    HistoryGet: AgentSide.history,
    **CALL_COMMANDS,
}
dispatch = Dispatcher(wire.decode_agent, COMMANDS)
