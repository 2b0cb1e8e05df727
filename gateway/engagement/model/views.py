"""Rows turned into what browsers see; and what of it a visitor may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.engagement.wire import (
    AttachmentView,
    Author,
    ContactView,
    MessageView,
    PageView,
    ReceiptView,
)

Row = Mapping[str, Any]

SYSTEM_CODES: dict[str, frozenset[str]] = {
    "joined": frozenset({"name"}),
    "left": frozenset({"name"}),
    "transferred": frozenset(),
    "requeued": frozenset(),
    "ended": frozenset({"by"}),
    "missed": frozenset(),
    "left_message": frozenset(),
    "call_started": frozenset({"call_id"}),
    "call_ended": frozenset({"call_id", "duration_ms", "reason"}),
    "rated": frozenset({"rating"}),
    "unanswered": frozenset(),
}
"""Codes of system messages, and which of their parameters a visitor may see."""


class VisitorSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as its visitor sees it; also published on the visitor's topic."""

    id: str
    state: str
    created_at_ms: int
    last_seq: int
    receipts: list[ReceiptView]
    rating: int | None
    agent_name: str


def attachment_view(row: Row) -> AttachmentView:
    """A file without addresses: those are signed for one audience when it is sent."""
    return AttachmentView(
        id=row["id"],
        name=row["name"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        state=row["state"],
        is_delayed=row["state"] == "scanning" and row["reason"] == "delayed",
        width_px=row["width_px"],
        height_px=row["height_px"],
        url=None,
        preview_url=None,
    )


def message_view(row: Row, attachment: Row | None) -> MessageView:
    """A message in full, as staff see it."""
    return MessageView(
        id=row["id"],
        conversation_id=row["conversation_id"],
        seq=row["seq"],
        at_ms=row["at_ms"],
        kind=row["kind"],
        author=Author(kind=row["author_kind"], id=row["author_id"], name=row["author_name"]),
        text=row["text"],
        attachment=None if attachment is None else attachment_view(attachment),
        code=row["code"],
        params=dict(row["params"]),
        redacted=bool(row["redacted"]),
    )


def public_message(view: MessageView) -> MessageView | None:
    """What a visitor may see of a message: no notes, no internal parameters, no address."""
    if view.kind == "note":
        return None
    params, author = view.params, view.author
    if view.kind == "system":
        allowed = SYSTEM_CODES.get(view.code, frozenset())
        params = {name: value for name, value in params.items() if name in allowed}
        params = {name: public_name(value) for name, value in params.items()}
    if author.kind == "agent":
        author = Author(kind="agent", id=author.id, name=public_name(author.name))
    return msgspec.structs.replace(view, params=params, author=author)


def public_name(name: str) -> str:
    """An agent's name as visitors see it: never an e-mail address."""
    return "" if "@" in name else name


def receipt_view(row: Row) -> ReceiptView:
    """How far one party has come."""
    return ReceiptView(
        conversation_id=row["conversation_id"],
        party=row["party"],
        delivered_seq=row["delivered_seq"],
        read_seq=row["read_seq"],
    )


def contact_view(row: Row) -> ContactView:
    """The person."""
    return ContactView(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        verified=bool(row["verified"]),
        language=row["language"],
        fields=dict(row["fields"]),
        created_at_ms=row["created_at_ms"],
        is_robot=bool(row["is_robot"]),
        vip=row.get("vip", 0),
    )


def page_view(row: Row) -> PageView:
    """The page of a conversation's visitor."""
    return PageView(url=row["page_url"], title=row["page_title"], referrer=row["page_referrer"])
