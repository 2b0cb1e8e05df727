"""Conversations inside somebody else's commit: opened, owned, closed, rated, viewed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.engagement.model.views import (
    VisitorSummary,
    contact_view,
    message_view,
    page_view,
    public_name,
    receipt_view,
)
from gateway.engagement.service.access import conversation_for
from gateway.engagement.service.contacts import add_form, clean_form, ensure_contact
from gateway.engagement.store import contacts, conversations, files, messages, sites
from gateway.engagement.wire import ContactView, ConversationView, PageView, ReceiptView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.redaction import redact
from gateway.kernel.text import clean, clean_line
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]
RATING_CHANGE_MS = 3_600_000
_WEB_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_NO_PAGE = PageView(url="", title="", referrer="")


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a conversation begins; raw, as it came from outside."""

    conversation_id: str
    site_id: str
    mode: Literal["chat", "message", "call"] = "chat"
    form: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    page: PageView = _NO_PAGE
    user_agent: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


def open_conversation(tx: Tx, actor: Actor, opening: Opening) -> tuple[ConversationView, bool]:
    """Open a visitor's conversation; a repeat returns the stored one and False."""
    stored = conversations.by_id(tx, opening.conversation_id, lock=True)
    if stored is not None:
        if stored["contact_id"] != actor.contact_id:
            raise WeccError("already_exists", "This conversation id is taken; make a new one.")
        return conversation_view(tx, opening.conversation_id), False
    language = clean_line(opening.language, field="language", max_chars=35)
    form = clean_form(opening.form)
    contact = ensure_contact(tx, actor, language)
    add_form(tx, contact, form)
    conversations.insert(
        tx,
        {
            **_nothing_yet(tx),
            "id": opening.conversation_id,
            "contact_id": actor.contact_id,
            "visitor_id": actor.id,
            "site_id": opening.site_id,
            "mode": opening.mode,
            "language": language,
            "department": form.get("department", ""),
            "form": form,
            **clean_page(opening.page),
            "user_agent": _header(opening.user_agent),
            "context": clean_form(opening.context),
            "is_robot": actor.is_robot,
        },
    )
    tx.record(
        "conversation.opened",
        conversation_id=opening.conversation_id,
        contact_id=actor.contact_id,
        site_id=opening.site_id,
        mode=opening.mode,
        is_robot=actor.is_robot,
    )
    return conversation_view(tx, opening.conversation_id), True


def _nothing_yet(tx: Tx) -> dict[str, Any]:
    zero = {"last_seq": 0, "public_seq": 0, "epoch": tx.now_ms, "channel": "web", "state": "open"}
    nobody = {"queue_id": None, "agent_id": None, "agent_name": ""}
    times = {"created_at_ms": tx.now_ms, "active_at_ms": tx.now_ms, "closed_at_ms": None}
    return {**zero, **nobody, **times, "rating": None, "rating_comment": "", "rated_at_ms": None}


def clean_page(page: PageView) -> dict[str, str]:
    """Return the columns of a page, cleaned and redacted; only web addresses are addresses."""
    return {
        "page_url": _web_address(page.url, "page.url"),
        "page_title": redact(clean_line(page.title, field="page.title", max_chars=500)).text,
        "page_referrer": _web_address(page.referrer, "page.referrer"),
    }


def _web_address(value: str, field_name: str) -> str:
    address = clean_line(value, field=field_name, max_chars=2_000)
    return redact(address).text if _WEB_ADDRESS.match(address) else ""


def _header(value: str) -> str:
    return redact(clean_line(value[:500], field="user_agent", max_chars=500)).text


def set_owner(
    tx: Tx, conversation_id: str, queue_id: str, agent_id: str | None, agent_name: str = ""
) -> None:
    """Record which queue, and which agent in it, a conversation belongs to now."""
    if set_owners(tx, {conversation_id: (queue_id, agent_id, agent_name)}):
        raise not_found("conversation")


def set_owners(tx: Tx, owners: Mapping[str, tuple[str, str | None, str]]) -> list[str]:
    """Record (queue, agent, agent's name) of many conversations; returns those that are gone."""
    known = conversations.owners_of(tx, sorted(owners))
    changed = {
        key: owner
        for key, owner in owners.items()
        if key in known and known[key] != (owner[0], owner[1])
    }
    if changed:
        conversations.own(tx, changed)
    for key, (queue_id, agent_id, _) in changed.items():
        tx.record("conversation.owned", conversation_id=key, queue_id=queue_id, agent_id=agent_id)
    return [key for key in owners if key not in known]


def close_conversation(tx: Tx, conversation_id: str) -> bool:
    """Close a conversation; its agent keeps their part for wrap-up. False when it was closed."""
    if _locked(tx, conversation_id)["state"] == "closed":
        return False
    conversations.update(
        tx, conversation_id, state="closed", closed_at_ms=tx.now_ms, epoch=tx.now_ms
    )
    tx.record("conversation.closed", conversation_id=conversation_id)
    return True


def rate(tx: Tx, actor: Actor, conversation_id: str, rating: int, comment: str = "") -> bool:
    """Rate one's conversation from 1 to 5; may be changed for an hour. False when nothing changed.

    The caller adds the ``rated`` system message when this returns True.
    """
    row = conversation_for(tx, actor, conversation_id, "conversation.rate", lock=True)
    if not 1 <= rating <= 5:
        raise WeccError("bad_value", "A rating is 1 to 5.", field="rating")
    comment = redact(clean(comment, field="comment", max_chars=2_000)).text
    if (row["rating"], row["rating_comment"]) == (rating, comment):
        return False
    if row["rated_at_ms"] is not None and tx.now_ms - row["rated_at_ms"] > RATING_CHANGE_MS:
        raise WeccError("wrong_state", "The rating can no longer be changed.")
    first_at_ms = row["rated_at_ms"] or tx.now_ms
    conversations.update(
        tx, conversation_id, rating=rating, rating_comment=comment, rated_at_ms=first_at_ms
    )
    tx.record("conversation.rated", conversation_id=conversation_id, rating=rating)
    return True


def set_page(
    tx: Tx, actor: Actor, page: PageView, context: Mapping[str, str] | None = None
) -> list[str]:
    """Put a visitor's page and context into their open conversations; return the changed ids."""
    columns = clean_page(page)
    changed: list[str] = []
    for row in conversations.open_of_contact(tx, actor.contact_id):
        values: dict[str, Any] = dict(columns)
        if context:
            values["context"] = clean_form({**row["context"], **context})
        if any(row[name] != value for name, value in values.items()):
            conversations.update(tx, row["id"], **values)
            changed.append(row["id"])
    return changed


def set_language(tx: Tx, conversation_id: str, language: str) -> bool:
    """Record the language a conversation is held in; False when it was known."""
    if _locked(tx, conversation_id)["language"] == language:
        return False
    conversations.update(tx, conversation_id, language=language)
    return True


def open_rows(tx: Tx, contact_id: str) -> Sequence[Row]:
    """Return the open conversations of a contact."""
    return conversations.open_of_contact(tx, contact_id)


def ids_of_contact(tx: Tx, conversation_id: str, limit: int) -> list[str]:
    """Return the newest conversations of the contact whose conversation this is."""
    row = conversations.by_id(tx, conversation_id)
    if row is None:
        return []
    newest = conversations.newest_of_contact(tx, row["contact_id"], limit)
    return [str(one["id"]) for one in newest]


def set_agent_queues(tx: Tx, user_id: str, queue_ids: Sequence[str]) -> None:
    """Record which queues a user serves: from it follows which conversations they may see."""
    conversations.queue_members_are(tx, user_id, queue_ids)


def _locked(tx: Tx, conversation_id: str) -> Row:
    row = conversations.by_id(tx, conversation_id, lock=True)
    if row is None:
        raise not_found("conversation")
    return row


# ---- views -------------------------------------------------------------------------------


def conversation_view(tx: Tx, conversation_id: str) -> ConversationView:
    """Return a conversation as staff see it; its files have no addresses here."""
    row = conversations.by_id(tx, conversation_id)
    if row is None:
        raise not_found("conversation")
    return views(tx, [row])[0]


def views_of(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, ConversationView]:
    """Return the conversations that exist, with few queries for many."""
    rows = conversations.by_ids(tx, conversation_ids)
    return {view.id: view for view in views(tx, rows)}


def present(tx: Tx, conversation_ids: Sequence[str]) -> set[str]:
    """Return those of many conversations that are there."""
    return conversations.present(tx, conversation_ids)


def views(tx: Tx, rows: Sequence[Row]) -> list[ConversationView]:
    """Return conversations as staff see them, with few queries for many rows."""
    site_names = sites.names(tx, [row["site_id"] for row in rows])
    last = messages.last_ones(tx, [row["id"] for row in rows])
    attached = files.attachments_by_id(
        tx, [row["attachment_id"] for row in last.values() if row["attachment_id"]]
    )
    receipts: dict[str, list[ReceiptView]] = {}
    for receipt in conversations.receipts_of(tx, [row["id"] for row in rows]):
        receipts.setdefault(receipt["conversation_id"], []).append(receipt_view(receipt))
    people = contacts.by_ids(tx, sorted({row["contact_id"] for row in rows}))
    return [
        _view(
            row,
            people.get(row["contact_id"]),
            site_names.get(row["site_id"], ""),
            last.get(row["id"]),
            attached,
            receipts.get(row["id"], []),
        )
        for row in rows
    ]


def _view(
    row: Row,
    person: Row | None,
    site_name: str,
    last: Row | None,
    attached: Mapping[str, Row],
    receipts: list[ReceiptView],
) -> ConversationView:
    return ConversationView(
        id=row["id"],
        channel=row["channel"],
        contact=contact_view(person) if person is not None else _nobody(row),
        site_id=row["site_id"],
        site_name=site_name,
        state=row["state"],
        language=row["language"],
        department=row["department"],
        page=page_view(row),
        user_agent=row["user_agent"],
        context=dict(row["context"]),
        created_at_ms=row["created_at_ms"],
        closed_at_ms=row["closed_at_ms"],
        last_seq=row["last_seq"],
        last_message=message_view(last, attached.get(last["attachment_id"])) if last else None,
        visitor_online=bool(person is not None and person["online"]),
        receipts=receipts,
        rating=row["rating"],
        rating_comment=row["rating_comment"],
    )


def _nobody(row: Row) -> ContactView:
    nothing = {"name": "", "email": "", "phone": "", "language": "", "fields": {}}
    known = {"created_at_ms": row["created_at_ms"], "is_robot": row["is_robot"]}
    return contact_view({"id": row["contact_id"], "verified": False, **nothing, **known})


def visitor_summary(tx: Tx, conversation_id: str) -> VisitorSummary:
    """Return a conversation as its visitor sees it."""
    row = conversations.by_id(tx, conversation_id)
    if row is None:
        raise not_found("conversation")
    return _summaries(tx, [row])[0]


def visitor_summaries(tx: Tx, actor: Actor, limit: int = 20) -> list[VisitorSummary]:
    """Return a visitor's conversations, newest first."""
    if not actor.contact_id:
        return []
    return _summaries(tx, conversations.newest_of_contact(tx, actor.contact_id, limit))


def _summaries(tx: Tx, rows: Sequence[Row]) -> list[VisitorSummary]:
    receipts: dict[str, list[ReceiptView]] = {}
    for receipt in conversations.receipts_of(tx, [row["id"] for row in rows]):
        receipts.setdefault(receipt["conversation_id"], []).append(receipt_view(receipt))
    return [
        VisitorSummary(
            id=row["id"],
            state=row["state"],
            created_at_ms=row["created_at_ms"],
            last_seq=row["public_seq"],
            receipts=receipts.get(row["id"], []),
            rating=row["rating"],
            agent_name=public_name(row["agent_name"]),
        )
        for row in rows
    ]
