"""Who stands how to a conversation, and the one guarded way to each noun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.engagement.store import contacts, conversations, files
from gateway.kernel.actor import Actor
from gateway.kernel.errors import not_found
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize

Row = Mapping[str, Any]


def relation(tx: Tx, actor: Actor, conversation_id: str) -> Relation:
    """Return how ``actor`` stands to a conversation; ``FOREIGN`` also when there is none."""
    row = conversations.by_id(tx, conversation_id)
    return Relation.FOREIGN if row is None else relation_to(tx, actor, row)


def relation_to(tx: Tx, actor: Actor, row: Row) -> Relation:
    """Return how ``actor`` stands to the conversation of this row."""
    if actor.tenant_id != tx.tenant_id:
        return Relation.FOREIGN
    if actor.kind == "system":
        return Relation.SELF
    if actor.kind == "visitor":
        is_own = bool(actor.contact_id) and row["contact_id"] == actor.contact_id
        return Relation.PARTICIPANT if is_own else Relation.FOREIGN
    return _relation_of_user(tx, actor.id, row)


def _relation_of_user(tx: Tx, user_id: str, row: Row) -> Relation:
    conversation_id = row["id"]
    if row["agent_id"] == user_id or conversations.is_participant(tx, conversation_id, user_id):
        return Relation.PARTICIPANT
    queue_id = row["queue_id"]
    if queue_id is not None and conversations.serves(tx, user_id, queue_id):
        return Relation.QUEUE
    if conversations.handles_contact(tx, row["contact_id"], user_id):
        return Relation.QUEUE
    return Relation.TENANT


def is_own(party: str, author_id: str, actor: Actor) -> bool:
    """Tell whether something in a conversation the actor may see is the actor's own.

    A conversation has one contact, who keeps what is theirs when their site says who they are.
    """
    return author_id == actor.id or (party == "visitor" and actor.kind == "visitor")


def conversation_for(
    tx: Tx, actor: Actor, conversation_id: str, operation: str, *, lock: bool = False
) -> Row:
    """Return a conversation's row if ``actor`` may do ``operation`` to it.

    Unknown, foreign and not allowed give the same ``not_found``.
    """
    row = conversations.by_id(tx, conversation_id, lock=lock)
    standing = Relation.FOREIGN if row is None else relation_to(tx, actor, row)
    authorize(actor, operation, standing)
    if row is None:
        raise not_found("conversation")
    return row


def contact_for(tx: Tx, actor: Actor, contact_id: str, operation: str) -> Row:
    """Return a contact's row if ``actor`` may do ``operation`` to it.

    Staff stand to a contact as they stand to the nearest of its open or newest conversations.
    """
    row = contacts.by_id(tx, contact_id)
    standing = Relation.FOREIGN
    if row is not None and actor.tenant_id == tx.tenant_id:
        newest = conversations.newest_of_contact(tx, contact_id, 20)
        standings = [relation_to(tx, actor, conversation) for conversation in newest]
        standing = max([Relation.TENANT, *standings]) if actor.kind != "visitor" else standing
    authorize(actor, operation, standing)
    if row is None:
        raise not_found("contact")
    return row


def attachment_for(tx: Tx, actor: Actor, attachment_id: str, operation: str) -> Row:
    """Return an attachment's row through its conversation."""
    row = files.attachments_by_id(tx, [attachment_id]).get(attachment_id)
    if row is None:
        authorize(actor, operation, Relation.FOREIGN)
        raise not_found("file")
    conversation_for(tx, actor, row["conversation_id"], operation)
    return row
