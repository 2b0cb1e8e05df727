"""Messages and receipts inside somebody else's commit.

The order of a conversation is the server's: ``seq`` is given out while the conversation's row is
locked, so it has no gaps and no doubles. A message id is the sender's: the same id with the same
content is the same message, however often it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.engagement.model.views import (
    SYSTEM_CODES,
    message_view,
    public_message,
    receipt_view,
)
from gateway.engagement.service.access import conversation_for, is_own
from gateway.engagement.store import contacts, conversations, files, messages
from gateway.engagement.wire import MessagePage, MessageView, ReceiptView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import is_id, new_id
from gateway.kernel.redaction import Redacted, redact
from gateway.kernel.text import clean as normalise
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
Audience = Literal["visitor", "staff"]
PAGE_LIMIT = 200
PAGE_BYTES = 384 << 10
"""Text of one page, so that a page of long messages still fits into a socket's buffer."""
_BYTES_BESIDE_TEXT = 600
_AFTER_ALL = 2**53


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to post: text, already through ``clean``, or a file; ``note`` stays inside."""

    conversation_id: str
    message_id: str
    text: str = ""
    attachment_id: str | None = None
    note: bool = False
    redacted: bool = False


def clean(text: str, field: str = "text") -> Redacted:
    """Normalise and redact what a person wrote; raises ``bad_text`` when it is empty or long."""
    return redact(normalise(text, field=field, required=True))


def draft(
    conversation_id: str,
    message_id: str,
    text: str = "",
    attachment_id: str | None = None,
    *,
    note: bool = False,
) -> Draft:
    """Return a checked draft from what came over a socket: the door of every message."""
    if not is_id(message_id):
        raise WeccError("bad_value", "A message id has 8 to 64 letters, digits, _ or -.")
    if attachment_id is not None:
        if text:
            raise WeccError("bad_value", "A message is a text or a file, not both.", field="text")
        return Draft(conversation_id, message_id, "", attachment_id, note)
    cleaned = clean(text)
    return Draft(conversation_id, message_id, cleaned.text, None, note, cleaned.changed)


def post_message(tx: Tx, actor: Actor, message: Draft) -> tuple[MessageView, bool]:
    """Store a message and return it as staff see it; False when it was stored before.

    Raises ``already_exists`` for a known id with other content, ``closed`` after the end.
    """
    operation = "message.note" if message.note else "message.post"
    row = conversation_for(tx, actor, message.conversation_id, operation, lock=True)
    stored = messages.by_id(tx, message.message_id)
    if stored is not None:
        return _repeat(tx, actor, message, stored), False
    if row["state"] == "closed" and not message.note:
        raise WeccError("closed", "The conversation is over; start a new one.")
    attachment = _attachment(tx, actor, message)
    view = _append(
        tx,
        row,
        {
            "id": message.message_id,
            "kind": _kind(message),
            "author_kind": "visitor" if actor.kind == "visitor" else "agent",
            "author_id": actor.id,
            "author_name": _author_name(tx, actor),
            "text": message.text,
            "attachment_id": message.attachment_id,
            "code": "",
            "params": {},
            "redacted": message.redacted,
        },
        attachment,
    )
    return view, True


def _repeat(tx: Tx, actor: Actor, message: Draft, stored: Row) -> MessageView:
    same = (
        stored["conversation_id"] == message.conversation_id
        and is_own(stored["author_kind"], stored["author_id"], actor)
        and stored["kind"] == _kind(message)
        and stored["text"] == message.text
        and stored["attachment_id"] == message.attachment_id
    )
    if not same:
        raise WeccError("already_exists", "This message id was used for another message.")
    return _with_files(tx, [stored])[0]


def _kind(message: Draft) -> str:
    if message.note:
        return "note"
    return "text" if message.attachment_id is None else "file"


def _attachment(tx: Tx, actor: Actor, message: Draft) -> Row | None:
    if message.attachment_id is None:
        return None
    row = files.attachments_by_id(tx, [message.attachment_id]).get(message.attachment_id)
    if row is None or row["conversation_id"] != message.conversation_id:
        raise not_found("file")
    if not is_own(row["party"], row["author_id"], actor):
        raise not_found("file")
    if row["state"] == "blocked":
        raise WeccError("bad_file", "This file was refused and cannot be sent.")
    return row


def _author_name(tx: Tx, actor: Actor) -> str:
    if actor.kind != "visitor":
        return actor.name
    person = contacts.by_id(tx, actor.contact_id)
    return str(person["name"]) if person is not None else ""


def add_system_message(
    tx: Tx, conversation_id: str, code: str, params: Mapping[str, str] | None = None
) -> MessageView:
    """Add a line such as ``joined`` or ``call_ended`` to a conversation, open or closed."""
    if code not in SYSTEM_CODES:
        raise ValueError(f"unknown system message code: {code}")
    row = conversations.by_id(tx, conversation_id, lock=True)
    if row is None:
        raise not_found("conversation")
    return _append(
        tx,
        row,
        {
            "id": new_id("ms", tx.now_ms),
            "kind": "system",
            "author_kind": "system",
            "author_id": "",
            "author_name": "",
            "text": "",
            "attachment_id": None,
            "code": code,
            "params": dict(params or {}),
            "redacted": False,
        },
        None,
    )


_PRESENCE = ("joined", "left", "transferred", "requeued", "missed", "ended")


def has_joined(tx: Tx, conversation_id: str, name: str) -> bool:
    """Whether the newest word on who is with the visitor is that ``name`` joined."""
    last = messages.last_of_codes(tx, conversation_id, _PRESENCE)
    return last is not None and last["code"] == "joined" and last["params"].get("name") == name


def _append(tx: Tx, row: Row, message: dict[str, Any], attachment: Row | None) -> MessageView:
    seq = row["last_seq"] + 1
    is_public = message["kind"] != "note"
    stored = {**message, "conversation_id": row["id"], "seq": seq, "at_ms": tx.now_ms}
    messages.insert(tx, stored)
    conversations.advance(tx, row["id"], seq, seq if is_public else row["public_seq"])
    tx.record(
        "message.stored",
        conversation_id=row["id"],
        message_id=message["id"],
        seq=seq,
        message_kind=message["kind"],
        code=message["code"],
        author_kind=message["author_kind"],
        author_id=message["author_id"],
    )
    return message_view(stored, attachment)


# ---- pages -------------------------------------------------------------------------------


def message_views(
    tx: Tx,
    conversation_id: str,
    *,
    audience: Audience,
    after_seq: int | None = None,
    before_seq: int | None = None,
    limit: int = 50,
) -> MessagePage:
    """Return a page in ascending order: after a place, or before one, or the newest."""
    limit = min(limit, PAGE_LIMIT)
    public = audience == "visitor"
    if after_seq is not None:
        rows = list(messages.after(tx, conversation_id, after_seq, limit, public=public))
        has_more = bool(messages.before(tx, conversation_id, after_seq + 1, 1, public=public))
    else:
        place = _AFTER_ALL if before_seq is None else before_seq
        rows = messages.before(tx, conversation_id, place, limit + 1, public=public)
        has_more = len(rows) > limit
        rows = rows[-limit:]
    views = _with_files(tx, rows)
    if public:
        views = [shown for view in views if (shown := public_message(view)) is not None]
    return MessagePage(conversation_id=conversation_id, items=views, has_more=has_more)


def weight(message: MessageView) -> int:
    """Return about how many bytes a message is on a socket."""
    return len(message.text.encode()) + _BYTES_BESIDE_TEXT


def within(page: MessagePage, limit_bytes: int = PAGE_BYTES) -> MessagePage:
    """Return the newest part of a page that fits, at least one message."""
    kept = 0
    for message in reversed(page.items):
        limit_bytes -= weight(message)
        if limit_bytes < 0 and kept:
            break
        kept += 1
    if kept == len(page.items):
        return page
    return MessagePage(
        conversation_id=page.conversation_id, items=page.items[-kept:], has_more=True
    )


def resume_page(
    tx: Tx,
    conversation_id: str,
    after_seq: int,
    *,
    audience: Audience,
    limit_bytes: int = PAGE_BYTES,
) -> tuple[MessagePage, bool]:
    """Return what a client missed, and whether messages before the page were left out."""
    if after_seq <= 0:
        return within(message_views(tx, conversation_id, audience=audience), limit_bytes), False
    public = audience == "visitor"
    missed = messages.after(tx, conversation_id, after_seq, PAGE_LIMIT + 1, public=public)
    if len(missed) > PAGE_LIMIT:
        page = message_views(tx, conversation_id, audience=audience, limit=PAGE_LIMIT)
        return within(page, limit_bytes), True
    page = message_views(
        tx, conversation_id, audience=audience, after_seq=after_seq, limit=PAGE_LIMIT
    )
    fitting = within(page, limit_bytes)
    return fitting, len(fitting.items) < len(page.items)


def message_of_attachment(tx: Tx, attachment_id: str) -> MessageView | None:
    """Return the message that carries a file, if it was posted."""
    row = messages.of_attachment(tx, attachment_id)
    return None if row is None else _with_files(tx, [row])[0]


def _with_files(tx: Tx, rows: Sequence[Row]) -> list[MessageView]:
    ids = [row["attachment_id"] for row in rows if row["attachment_id"] is not None]
    attached = files.attachments_by_id(tx, ids)
    return [message_view(row, attached.get(row["attachment_id"])) for row in rows]


# ---- receipts ----------------------------------------------------------------------------


def set_receipt(
    tx: Tx, actor: Actor, conversation_id: str, delivered_seq: int, read_seq: int
) -> ReceiptView | None:
    """Move the receipt of the actor's side forward; None when it was there already."""
    row = conversation_for(tx, actor, conversation_id, "receipt.set")
    party = "visitor" if actor.kind == "visitor" else "agent"
    read = min(read_seq, row["last_seq"])
    delivered = max(read, min(delivered_seq, row["last_seq"]))
    if not conversations.raise_receipt(tx, conversation_id, party, delivered, read):
        return None
    for receipt in conversations.receipts_of(tx, [conversation_id]):
        if receipt["party"] == party:
            return receipt_view(receipt)
    return None
