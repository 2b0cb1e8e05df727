"""What higher rooms do to conversations inside their own commit; screens hear of it after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.engagement.model.views import VisitorSummary
from gateway.engagement.service import access, announce, contacts, conversations, messages
from gateway.engagement.service.addresses import FileAddresses
from gateway.engagement.service.conversations import Opening
from gateway.engagement.service.messages import Audience, Draft
from gateway.engagement.wire import (
    ContactView,
    ConversationView,
    MessagePage,
    MessageView,
    PageView,
    ReceiptView,
)
from gateway.kernel.actor import Actor
from gateway.platform.bus import Bus
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation


class TimeLine:
    """Functions of a ``Tx``: they write with the caller's commit and announce it."""

    def __init__(self, bus: Bus, addresses: FileAddresses) -> None:
        self._bus = bus
        self._addresses = addresses

    def relation(self, tx: Tx, actor: Actor, conversation_id: str) -> Relation:
        """How the actor is related to the conversation; ``FOREIGN`` when there is none."""
        return access.relation(tx, actor, conversation_id)

    def open_conversation(
        self, tx: Tx, actor: Actor, opening: Opening
    ) -> tuple[ConversationView, bool]:
        """Open a visitor's conversation; a repeat returns the stored one and False."""
        view, created = conversations.open_conversation(tx, actor, opening)
        if created:
            announce.announce_conversation(tx, self._bus, opening.conversation_id)
        return view, created

    def post_message(self, tx: Tx, actor: Actor, draft: Draft) -> tuple[MessageView, bool]:
        """Store a message; a repeat returns the stored one and False."""
        view, created = messages.post_message(tx, actor, draft)
        if created:
            announce.announce_message(tx, self._bus, view, self._addresses)
        return view, created

    def add_system_message(
        self,
        tx: Tx,
        conversation_id: str,
        code: str,
        params: Mapping[str, str] | None = None,
    ) -> MessageView:
        """Add an entry such as ``joined`` or ``call_ended`` and show it to who watches."""
        view = messages.add_system_message(tx, conversation_id, code, params)
        announce.announce_message(tx, self._bus, view, self._addresses)
        return view

    def add_joined(self, tx: Tx, conversation_id: str, name: str) -> None:
        """Say that an agent joined; who is in the chat already does not join again for its call."""
        if not messages.has_joined(tx, conversation_id, name):
            self.add_system_message(tx, conversation_id, "joined", {"name": name})

    def set_owner(
        self,
        tx: Tx,
        conversation_id: str,
        queue_id: str,
        agent_id: str | None,
        agent_name: str = "",
    ) -> None:
        """Record which queue, and which agent in it, a conversation belongs to now."""
        conversations.set_owner(tx, conversation_id, queue_id, agent_id, agent_name)
        announce.announce_conversation(tx, self._bus, conversation_id)

    def set_agent_queues(self, tx: Tx, user_id: str, queue_ids: Sequence[str]) -> None:
        """Record which queues a user serves: from it follows what they may see."""
        conversations.set_agent_queues(tx, user_id, queue_ids)

    def close_conversation(self, tx: Tx, conversation_id: str) -> bool:
        """Close a conversation; False when it was closed."""
        changed = conversations.close_conversation(tx, conversation_id)
        return self._announced(tx, conversation_id, changed=changed)

    def rate(
        self, tx: Tx, actor: Actor, conversation_id: str, rating: int, comment: str = ""
    ) -> bool:
        """Rate one's conversation and say so in it; False when nothing changed."""
        if not conversations.rate(tx, actor, conversation_id, rating, comment):
            return False
        self.add_system_message(tx, conversation_id, "rated", {"rating": str(rating)})
        return self._announced(tx, conversation_id, changed=True)

    def set_page(
        self, tx: Tx, actor: Actor, page: PageView, context: Mapping[str, str] | None = None
    ) -> None:
        """Put a visitor's page and context into their open conversations."""
        for conversation_id in conversations.set_page(tx, actor, page, context):
            announce.announce_conversation(tx, self._bus, conversation_id)

    def set_language(self, tx: Tx, conversation_id: str, language: str) -> bool:
        """Record the language a conversation is held in."""
        changed = conversations.set_language(tx, conversation_id, language)
        return self._announced(tx, conversation_id, changed=changed)

    def identify_contact(
        self,
        tx: Tx,
        actor: Actor,
        *,
        name: str = "",
        email: str = "",
        previous_contact_id: str = "",
    ) -> ContactView:
        """A site vouches for who ``actor`` is; the anonymous contact before merges into theirs."""
        view = contacts.identify_contact(
            tx, actor, name=name, email=email, previous_contact_id=previous_contact_id
        )
        for summary in conversations.visitor_summaries(tx, actor):
            if summary.state == "open":
                announce.announce_conversation(tx, self._bus, summary.id)
        return view

    def contact_of(self, tx: Tx, actor: Actor) -> ContactView | None:
        """Return the contact of a visitor; None until they first wrote."""
        return contacts.view_of(tx, actor.contact_id) if actor.contact_id else None

    def set_receipt(
        self, tx: Tx, actor: Actor, conversation_id: str, delivered_seq: int, read_seq: int
    ) -> ReceiptView | None:
        """Move the receipt of the actor's side forward; None when it was there already."""
        receipt = messages.set_receipt(tx, actor, conversation_id, delivered_seq, read_seq)
        if receipt is not None:
            announce.announce_receipt(tx, self._bus, receipt)
        return receipt

    def conversation_view(self, tx: Tx, conversation_id: str) -> ConversationView:
        """Return a conversation as staff see it."""
        return conversations.conversation_view(tx, conversation_id)

    def visitor_summary(self, tx: Tx, conversation_id: str) -> VisitorSummary:
        """Return a conversation as its visitor sees it."""
        return conversations.visitor_summary(tx, conversation_id)

    def visitor_summaries(self, tx: Tx, actor: Actor, limit: int = 20) -> list[VisitorSummary]:
        """Return a visitor's conversations, newest first."""
        return conversations.visitor_summaries(tx, actor, limit)

    def message_views(
        self,
        tx: Tx,
        conversation_id: str,
        *,
        audience: Audience,
        after_seq: int | None = None,
        before_seq: int | None = None,
        limit: int = 50,
    ) -> MessagePage:
        """Return a page of messages with addresses for its files; notes only for staff."""
        page = messages.message_views(
            tx,
            conversation_id,
            audience=audience,
            after_seq=after_seq,
            before_seq=before_seq,
            limit=limit,
        )
        return announce.signed_page(page, self._addresses, tx.tenant_id, audience)

    def _announced(self, tx: Tx, conversation_id: str, *, changed: bool) -> bool:
        if changed:
            announce.announce_conversation(tx, self._bus, conversation_id)
        return changed
