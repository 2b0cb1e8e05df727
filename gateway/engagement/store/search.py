"""SQL that lists conversations for the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from gateway.engagement.store.tables import (
    agent_queues,
    contacts,
    conversations,
    messages,
    participants,
)
from gateway.platform.database.port import Tx

_c, _q, _p = conversations.c, agent_queues.c, participants.c
View = Literal["mine", "queue", "all", "closed"]


@dataclass(frozen=True, slots=True)
class Question:
    """Which conversations to list. ``user_id`` narrows to what this agent may see."""

    view: View
    viewer_id: str
    sees_all: bool
    text: str = ""
    contact_id: str = ""
    before: tuple[int, str] | None = None
    limit: int = 50


def find(tx: Tx, question: Question) -> Sequence[Mapping[str, Any]]:
    """Return the newest matching conversations, at most ``limit``, by last activity."""
    where = [_c.tenant_id == tx.tenant_id, *_view(tx, question)]
    if question.contact_id:
        where.append(_c.contact_id == question.contact_id)
    if question.text:
        where.append(_matches(question.text))
    if question.before is not None:
        at_ms, last_id = question.before
        where.append(
            sa.or_(
                _c.active_at_ms < at_ms,
                sa.and_(_c.active_at_ms == at_ms, _c.id < last_id),
            )
        )
    return tx.all(
        sa.select(conversations)
        .where(*where)
        .order_by(_c.active_at_ms.desc(), _c.id.desc())
        .limit(question.limit)
    )


def _view(tx: Tx, question: Question) -> list[sa.ColumnElement[bool]]:
    if question.view == "mine":
        return [_c.agent_id == question.viewer_id, _c.state == "open"]
    where: list[sa.ColumnElement[bool]] = []
    if question.view == "queue":
        where = [_c.state == "open", _c.agent_id.is_(None), _c.queue_id.is_not(None)]
    elif question.view == "closed":
        where = [_c.state == "closed"]
    if not question.sees_all:
        where.append(_seen_by(tx, question.viewer_id))
    return where


def _seen_by(tx: Tx, user_id: str) -> sa.ColumnElement[bool]:
    queues = sa.select(_q.queue_id).where(_q.tenant_id == tx.tenant_id, _q.user_id == user_id)
    part = sa.select(_p.conversation_id).where(
        _p.tenant_id == tx.tenant_id, _p.user_id == user_id, _p.left_at_ms.is_(None)
    )
    return sa.or_(_c.agent_id == user_id, _c.queue_id.in_(queues), _c.id.in_(part))


def _matches(text: str) -> sa.ColumnElement[bool]:
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"

    def like(column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return sa.func.lower(column).like(pattern, escape="\\")

    person = sa.select(contacts.c.id).where(
        contacts.c.tenant_id == _c.tenant_id,
        contacts.c.id == _c.contact_id,
        sa.or_(like(contacts.c.name), like(contacts.c.email)),
    )
    said = sa.select(messages.c.id).where(
        messages.c.tenant_id == _c.tenant_id,
        messages.c.conversation_id == _c.id,
        like(messages.c.text),
    )
    return sa.or_(sa.exists(person), sa.exists(said))
