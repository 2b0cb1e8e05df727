"""A visitor's page and conversations, as they cross the wire."""

from __future__ import annotations

from gateway.engagement.model.views import VisitorSummary
from gateway.engagement.wire import PageView
from gateway.surfaces import wire


def page_of(page: wire.PageInfo) -> PageView:
    """Return the page a visitor looks at."""
    return PageView(url=page.url, title=page.title, referrer=page.referrer)


def conversation_of(summary: VisitorSummary) -> wire.VisitorConversation:
    """Return a conversation as its visitor is told of it."""
    return wire.VisitorConversation(
        id=summary.id,
        state="closed" if summary.state == "closed" else "open",
        created_at_ms=summary.created_at_ms,
        last_seq=summary.last_seq,
        receipts=summary.receipts,
        rating=summary.rating,
        agent_name=summary.agent_name,
    )
