"""What happens to interactions and offers, from the first enqueue to the end of wrap-up."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.acd.model import commands as c
from gateway.acd.model.interaction import Interaction, Kind, Offer, SlotCause
from gateway.acd.service.lookup import Lookup
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.service.views import interaction_view, row_view
from gateway.acd.store import configuration, interactions
from gateway.acd.wire import InteractionView
from gateway.engagement.service import conversations
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.redaction import redact
from gateway.kernel.text import clean
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize

_NOTE_CHARS = 500
_STICKY_MS = 30 * 86_400_000
"""Who helped a contact longer ago is not looked for any more."""
_STICKY_TALKS = 20
_COMING = 5_000
"""So much new work may be on its way into queues at once: seconds of the highest rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """Work for a queue. ``created_at_ms`` is when the contact's clock began. With a
    ``for_agent_id`` it waits for that agent alone first, as a transfer to an agent does.
    """

    interaction_id: str
    kind: Kind
    conversation_id: str
    queue_id: str
    created_at_ms: int
    call_id: str | None = None
    required_skills: dict[str, int] = field(default_factory=dict)
    priority: int = 0
    is_robot: bool = False
    for_agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Earlier work of a contact who comes back: the clock or the agent they get again."""

    id: str | None = None
    since_ms: int | None = None
    agent_id: str | None = None


_NOTHING_LEFT = Left()


class InteractionWork:
    """Use cases of interactions and offers."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self._lookups: dict[str, Lookup] = {}
        self._coming = 0

    # ---- from the contact's side

    async def enqueue(self, tenant_id: str, order: Enqueue) -> InteractionView:
        """Put work into its queue; repeating it returns what became of it.

        Raises ``store_unavailable`` when more comes in than can be stored: whoever has it keeps
        it and comes again, and what is here already goes on in time.
        """
        if self._coming >= _COMING:
            message = "Too much new work comes in at once; this was not accepted. Try again soon."
            raise WeccError("store_unavailable", message, retry_after_s=1)
        self._coming += 1
        try:
            return await self._enqueue(tenant_id, order)
        finally:
            self._coming -= 1

    async def _enqueue(self, tenant_id: str, order: Enqueue) -> InteractionView:
        partition = await self._partitions.get(tenant_id)
        found = await self._find(partition, order.interaction_id, order.conversation_id)
        if found is not None:
            return found
        last_agent_id, left = None, _NOTHING_LEFT
        if order.for_agent_id is None:
            left = await self._left(partition, order)
        if order.for_agent_id is None and left.agent_id is None:
            last_agent_id = await self._last_agent(partition, order)
        command = c.Enqueue(
            interaction_id=order.interaction_id,
            kind=order.kind,
            conversation_id=order.conversation_id,
            queue_id=order.queue_id,
            created_at_ms=order.created_at_ms,
            call_id=order.call_id,
            skills=dict(order.required_skills),
            priority=order.priority,
            is_robot=order.is_robot,
            for_agent_id=order.for_agent_id or last_agent_id or left.agent_id,
            is_sticky=last_agent_id is not None,
            since_ms=left.since_ms,
            returned_to=left.id,
        )
        await partition.submit(command)
        return await self.view(tenant_id, order.interaction_id)

    async def _last_agent(self, partition: Partition, order: Enqueue) -> str | None:
        """Return who helped this contact last, where the queue waits for them."""
        queue = partition.book.queues.get(order.queue_id)
        if queue is None or not queue.sticky_s:
            return None
        since_ms = self._partitions.clock.now_ms() - _STICKY_MS

        def work(tx: Tx) -> str | None:
            ids = conversations.ids_of_contact(tx, order.conversation_id, _STICKY_TALKS)
            return interactions.last_agent(tx, ids, since_ms)

        return await self._partitions.database.read(partition.tenant_id, work)

    async def _left(self, partition: Partition, order: Enqueue) -> Left:
        """Return what the queue gives back to a contact who was here moments ago."""
        queue = partition.book.queues.get(order.queue_id)
        if queue is None or not queue.recall.minutes or order.kind == "message":
            return _NOTHING_LEFT
        keep = queue.recall.keep
        since_ms = self._partitions.clock.now_ms() - 60_000 * queue.recall.minutes

        def work(tx: Tx) -> Left:
            ids = conversations.ids_of_contact(tx, order.conversation_id, _STICKY_TALKS)
            row = interactions.last_left(tx, order.queue_id, ids, since_ms)
            if row is not None and row["state"] == "abandoned" and keep != "agent":
                return Left(row["id"], row["enqueued_at_ms"], None)
            if row is not None and row["accepted_at_ms"] is not None and keep != "place":
                return Left(row["id"], None, row["agent_id"])
            return _NOTHING_LEFT

        return await self._partitions.database.read(partition.tenant_id, work)

    async def _find(
        self, partition: Partition, interaction_id: str, conversation_id: str
    ) -> InteractionView | None:
        item = partition.engine.state.interactions.get(interaction_id)
        if item is not None:
            await partition.submit(c.Tick())
            return interaction_view(partition.book, item)

        lookup = self._lookups.get(partition.tenant_id)
        if lookup is None:
            lookup = Lookup(self._partitions.database, partition.tenant_id)
            self._lookups[partition.tenant_id] = lookup
        row = await lookup.row(interaction_id, conversation_id)
        return row_view(partition.book, row) if row is not None else None

    async def view(self, tenant_id: str, interaction_id: str) -> InteractionView:
        """Return an interaction, live or over."""
        partition = await self._partitions.get(tenant_id)
        item = partition.engine.state.interactions.get(interaction_id)
        if item is not None:
            return interaction_view(partition.book, item)
        database = self._partitions.database
        row = await database.read(tenant_id, lambda tx: interactions.find(tx, interaction_id))
        if row is None:
            raise not_found("interaction")
        return row_view(partition.book, row)

    async def abandon(self, tenant_id: str, interaction_id: str) -> None:
        """The contact left. Answered work ends, and its agent goes to wrap-up; idempotent."""
        partition = await self._partitions.get(tenant_id)
        await partition.submit(c.Abandon(interaction_id=interaction_id))

    # ---- offers

    async def accept(self, actor: Actor, offer_id: str, sdp_offer: str | None) -> str | None:
        """Take an offer; a call returns the ``sdp_answer``. Repeating it is harmless."""
        partition = await self._partitions.get(actor.tenant_id)
        item = self._offered_to(partition, actor, offer_id, "offer.accept")
        if item.kind == "call":
            if sdp_offer is None:
                raise WeccError("bad_sdp", "A call needs an sdp_offer.", field="sdp_offer")
            await partition.submit(c.Answer(offer_id=offer_id, agent_id=actor.id))
        view = interaction_view(partition.book, item)
        handler = self._partitions.handlers.get(item.kind)
        answer = await handler.accepting(view, actor, sdp_offer) if handler is not None else None
        try:
            await partition.submit(c.Accept(offer_id=offer_id, agent_id=actor.id))
        except WeccError:
            if handler is not None:
                await handler.accept_failed(view, actor)
            raise
        return answer

    async def reject(self, actor: Actor, offer_id: str) -> None:
        """Turn an offer down; the interaction keeps its place."""
        partition = await self._partitions.get(actor.tenant_id)
        self._offered_to(partition, actor, offer_id, "offer.reject")
        await partition.submit(c.Reject(offer_id=offer_id, agent_id=actor.id))

    def _offered_to(
        self, partition: Partition, actor: Actor, offer_id: str, operation: str
    ) -> Interaction:
        state = partition.engine.state
        offer: Offer | None = state.offers.get(offer_id)
        if offer is not None:
            is_own = offer.agent_id == actor.id
            authorize(actor, operation, Relation.SELF if is_own else Relation.TENANT)
            return state.interactions[offer.interaction_id]
        authorize(actor, operation, Relation.SELF)
        for interaction_id in partition.engine.index.work_of.get(actor.id, ()):
            item = state.interactions[interaction_id]
            if item.offer_id == offer_id:
                return item
        raise WeccError("offer_gone")

    # ---- work in hand

    async def transfer(
        self,
        actor: Actor,
        interaction_id: str,
        *,
        to_queue_id: str | None = None,
        to_agent_id: str | None = None,
        note: str = "",
    ) -> None:
        """Hand over to a queue or an agent; place and clock stay, the note goes along."""
        partition, item = await self._live(actor, interaction_id, "interaction.transfer")
        text = redact(clean(note, field="note", max_chars=_NOTE_CHARS)).text if note else ""
        notes = partition.book.notes
        before = notes.get(item.id, "")
        notes[item.id] = text

        def work(tx: Tx) -> None:
            interactions.set_note(tx, interaction_id, transfer=text, wrap_up=None)

        command = c.Transfer(
            interaction_id=interaction_id, to_queue_id=to_queue_id, to_agent_id=to_agent_id
        )
        try:
            await partition.submit(command, work)
        except WeccError:
            notes[item.id] = before
            raise

    async def end(self, actor: Actor, interaction_id: str) -> None:
        """End the exchange; repeating it is harmless."""
        partition, item = await self._live_or_over(actor, interaction_id, "interaction.end")
        if item is not None:
            await partition.submit(c.End(interaction_id=interaction_id))

    async def wrap_up(
        self, actor: Actor, interaction_id: str, disposition_id: str | None, note: str = ""
    ) -> None:
        """Finish wrap-up with its outcome; the capacity is free again."""
        operation = "interaction.wrap_up"
        partition, item = await self._live_or_over(actor, interaction_id, operation)
        if item is None:
            raise WeccError("closed", "Wrap-up is over; its time may have run out.")
        await self._check_disposition(actor.tenant_id, disposition_id)
        text = redact(clean(note, field="note", max_chars=_NOTE_CHARS)).text if note else ""

        def work(tx: Tx) -> None:
            interactions.set_note(tx, interaction_id, transfer=None, wrap_up=text)

        command = c.WrapUp(interaction_id=interaction_id, disposition_id=disposition_id)
        await partition.submit(command, work)

    async def extend_wrap_up(self, actor: Actor, interaction_id: str) -> InteractionView:
        """Give a wrap-up the more time its queue allows, once."""
        partition, item = await self._live(actor, interaction_id, "interaction.wrap_up.extend")
        await partition.submit(c.ExtendWrapUp(interaction_id=interaction_id))
        return interaction_view(partition.book, item)

    async def replied(self, tenant_id: str, conversation_id: str, agent_id: str) -> None:
        """An agent wrote in a conversation; costs nothing after the first time."""
        partition = await self._partitions.get(tenant_id)
        for item in _of_conversation(partition, conversation_id):
            if not item.is_replied and item.agent_id == agent_id:
                await partition.submit(c.Reply(interaction_id=item.id, agent_id=agent_id))

    async def heard(self, tenant_id: str, conversation_id: str) -> None:
        """The contact wrote in a conversation; costs nothing while every chat counts."""
        partition = await self._partitions.get(tenant_id)
        for item in _of_conversation(partition, conversation_id):
            if partition.engine.state.policy.quiet_chat_s or not item.weight:
                await partition.submit(c.Hear(interaction_id=item.id))

    async def _check_disposition(self, tenant_id: str, disposition_id: str | None) -> None:
        if disposition_id is None:
            return
        row = await self._partitions.database.read(
            tenant_id, lambda tx: configuration.find(tx, "disposition", disposition_id)
        )
        if row is None:
            raise not_found("disposition")

    async def take(self, actor: Actor, interaction_id: str) -> None:
        """Take waiting work by hand. A call rings at once instead, for it needs media."""
        partition, _ = await self._live(actor, interaction_id, "interaction.take")
        is_lead = actor.role in ("supervisor", "admin")
        command = c.Take(interaction_id=interaction_id, agent_id=actor.id, any_place=is_lead)
        await partition.submit(command)

    async def hold_slot(
        self, tenant_id: str, slot_id: str, agent_id: str, cause: SlotCause
    ) -> None:
        """Take an agent's call capacity for work that no queue holds."""
        partition = await self._partitions.get(tenant_id)
        command = c.HoldSlot(slot_id=slot_id, agent_id=agent_id, kind="call", cause=cause)
        await partition.submit(command)

    async def release_slot(self, tenant_id: str, slot_id: str) -> None:
        """Give it back."""
        partition = await self._partitions.get(tenant_id)
        await partition.submit(c.ReleaseSlot(slot_id=slot_id))

    def relation(self, partition: Partition, actor: Actor, item: Interaction) -> Relation:
        """Return how an actor of this tenant stands to live work."""
        if item.agent_id == actor.id:
            return Relation.PARTICIPANT
        if partition.engine.state.profile(actor.id).serves(item.queue_id):
            return Relation.QUEUE
        return Relation.TENANT

    async def _live(
        self, actor: Actor, interaction_id: str, operation: str
    ) -> tuple[Partition, Interaction]:
        partition = await self._partitions.get(actor.tenant_id)
        item = partition.engine.state.interactions.get(interaction_id)
        if item is None:
            authorize(actor, operation, Relation.FOREIGN)
            raise not_found("interaction")
        authorize(actor, operation, self.relation(partition, actor, item))
        return partition, item

    async def _live_or_over(
        self, actor: Actor, interaction_id: str, operation: str
    ) -> tuple[Partition, Interaction | None]:
        partition = await self._partitions.get(actor.tenant_id)
        item = partition.engine.state.interactions.get(interaction_id)
        if item is not None:
            authorize(actor, operation, self.relation(partition, actor, item))
            return partition, item
        database = self._partitions.database
        row = await database.read(actor.tenant_id, lambda tx: interactions.find(tx, interaction_id))
        relation = Relation.FOREIGN
        if row is not None:
            is_own = row["agent_id"] == actor.id
            relation = Relation.PARTICIPANT if is_own else Relation.TENANT
        authorize(actor, operation, relation)
        return partition, None


def _of_conversation(partition: Partition, conversation_id: str) -> list[Interaction]:
    engine = partition.engine
    keys = engine.index.of_conversation.get(conversation_id, ())
    return [engine.state.interactions[key] for key in keys]
