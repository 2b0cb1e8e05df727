"""Telling screens what was committed.

Each function is called inside the unit of work: it reads there who must hear of it and hands the
frames to the bus when, and only when, the commit is on disk. Visitors get their own version.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gateway.engagement.model.views import public_message, public_name
from gateway.engagement.ports import AddressSigner
from gateway.engagement.service.conversations import conversation_view, visitor_summary
from gateway.engagement.store import contacts
from gateway.engagement.wire import (
    ConversationChanged,
    MessageChanged,
    MessageNew,
    MessagePage,
    MessageView,
    ReceiptChanged,
    ReceiptView,
    TypingChanged,
)
from gateway.kernel.actor import Actor
from gateway.platform.bus import Bus, conversation_topic, visitor_topic
from gateway.platform.database.port import Tx


def visitors_of(tx: Tx, conversation_id: str) -> tuple[str, ...]:
    """Return the visitor ids whose screens show a conversation."""
    return contacts.visitors_of(tx, conversation_id)


def visitors_of_all(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the visitor ids whose screens show each of many conversations."""
    return contacts.visitors_of_all(tx, conversation_ids)


def announce_message(
    tx: Tx,
    bus: Bus,
    message: MessageView,
    signer: AddressSigner | None = None,
    *,
    changed: bool = False,
) -> None:
    """Send a new (or changed) message to everyone who sees its conversation."""
    tenant_id, frame = tx.tenant_id, MessageChanged if changed else MessageNew
    visitors = visitors_of(tx, message.conversation_id)
    topic = conversation_topic(tenant_id, message.conversation_id)

    def publish() -> None:
        bus.publish(topic, frame(message=signed(message, signer, tenant_id, "staff")))
        public = public_message(message)
        if public is not None:
            shown = frame(message=signed(public, signer, tenant_id, "visitor"))
            for visitor_id in visitors:
                bus.publish(visitor_topic(tenant_id, visitor_id), shown)

    tx.after_commit(publish)


def signed(
    message: MessageView, signer: AddressSigner | None, tenant_id: str, audience: str
) -> MessageView:
    """Return the message with addresses for its file, where it has one."""
    if signer is None or message.attachment is None:
        return message
    attachment = signer.sign(message.attachment, tenant_id, audience)
    return msgspec.structs.replace(message, attachment=attachment)


def signed_page(
    page: MessagePage, signer: AddressSigner, tenant_id: str, audience: str
) -> MessagePage:
    """Return the page with addresses for its files."""
    items = [signed(message, signer, tenant_id, audience) for message in page.items]
    return msgspec.structs.replace(page, items=items)


def announce_conversation(tx: Tx, bus: Bus, conversation_id: str) -> None:
    """Send the present view of a conversation to staff who watch it and to its visitor.

    The visitor's topic receives a ``VisitorSummary``, which the visitor socket wraps.
    """
    tenant_id = tx.tenant_id
    frame = ConversationChanged(conversation=conversation_view(tx, conversation_id))
    summary = visitor_summary(tx, conversation_id)
    visitors = visitors_of(tx, conversation_id)

    def publish() -> None:
        bus.publish(conversation_topic(tenant_id, conversation_id), frame)
        for visitor_id in visitors:
            bus.publish(visitor_topic(tenant_id, visitor_id), summary)

    tx.after_commit(publish)


def announce_receipt(tx: Tx, bus: Bus, receipt: ReceiptView) -> None:
    """Send a moved receipt to both sides."""
    frame = ReceiptChanged(receipt=receipt)
    topics = [
        conversation_topic(tx.tenant_id, receipt.conversation_id),
        *(visitor_topic(tx.tenant_id, who) for who in visitors_of(tx, receipt.conversation_id)),
    ]

    def publish() -> None:
        for topic in topics:
            bus.publish(topic, frame)

    tx.after_commit(publish)


def announce_typing(
    bus: Bus, actor: Actor, conversation_id: str, visitors: tuple[str, ...], *, on: bool
) -> None:
    """Relay typing to the other side at once; nothing is stored and screens let it expire."""
    is_visitor = actor.kind == "visitor"
    frame = TypingChanged(
        conversation_id=conversation_id,
        party="visitor" if is_visitor else "agent",
        name="" if is_visitor else public_name(actor.name),
        on=on,
    )
    if is_visitor:
        bus.publish(conversation_topic(actor.tenant_id, conversation_id), frame)
        return
    for visitor_id in visitors:
        bus.publish(visitor_topic(actor.tenant_id, visitor_id), frame)
