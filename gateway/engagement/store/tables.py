"""Tables of this room. What a person wrote lives only here, in rows that can be deleted."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.platform.database.schema import json_column, tenant_table


def _id(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, default="")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, default=False)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


contacts = tenant_table(
    "contacts",
    _id("id"),
    _text("name"),
    _text("email"),
    _text("phone"),
    _flag("verified"),
    sa.Column("language", sa.String(35), nullable=False),
    json_column("fields"),
    _flag("is_robot"),
    _flag("online"),
    sa.Column("vip", sa.Integer, nullable=False, default=0),
    json_column("vip_mark", default=dict),
    _number("created_at_ms"),
)
sa.Index("ix_contacts_vip", contacts.c.tenant_id, contacts.c.vip)

blocks = tenant_table(
    "blocks",
    _id("id"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.String(320), nullable=False),
    sa.Column("why", sa.String(500), nullable=False),
    _id("by_id"),
    _text("by_name"),
    _number("at_ms"),
    _number("until_ms", null=True),
    _number("lifted_at_ms", null=True),
    _id("lifted_by_id"),
    _text("lifted_by_name"),
)
sa.Index("ix_blocks_value", blocks.c.tenant_id, blocks.c.kind, blocks.c.value)
sa.Index("ix_blocks_time", blocks.c.tenant_id, blocks.c.at_ms)

addresses = tenant_table(
    "addresses",
    sa.Column("scheme", sa.String(32), nullable=False),
    sa.Column("value", sa.String(320), nullable=False),
    _id("contact_id"),
    _number("created_at_ms"),
    key=("scheme", "value"),
)
sa.Index("ix_addresses_contact", addresses.c.tenant_id, addresses.c.contact_id)

conversations = tenant_table(
    "conversations",
    _id("id"),
    _id("contact_id"),
    _id("visitor_id"),
    _id("site_id"),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    _text("department"),
    json_column("form"),
    _text("page_url"),
    _text("page_title"),
    _text("page_referrer"),
    _text("user_agent"),
    json_column("context"),
    _id("queue_id", null=True),
    _id("agent_id", null=True),
    _text("agent_name"),
    _flag("is_robot"),
    _number("created_at_ms"),
    _number("closed_at_ms", null=True),
    _number("active_at_ms"),
    _number("last_seq"),
    _number("public_seq"),
    _number("epoch"),
    sa.Column("rating", sa.Integer, nullable=True),
    _text("rating_comment"),
    _number("rated_at_ms", null=True),
)
_c = conversations.c
sa.Index("ix_conversations_contact", _c.tenant_id, _c.contact_id, _c.created_at_ms)
sa.Index("ix_conversations_state", _c.tenant_id, _c.state, _c.active_at_ms, _c.id)
sa.Index("ix_conversations_active", _c.tenant_id, _c.active_at_ms, _c.id)
sa.Index("ix_conversations_agent", _c.tenant_id, _c.agent_id, _c.state)
sa.Index("ix_conversations_rated", _c.tenant_id, _c.rated_at_ms)
sa.Index("ix_conversations_queue", _c.tenant_id, _c.queue_id, _c.state)

participants = tenant_table(
    "participants",
    _id("conversation_id"),
    _id("user_id"),
    _text("name"),
    _number("joined_at_ms"),
    _number("left_at_ms", null=True),
    key=("conversation_id", "user_id"),
)
sa.Index("ix_participants_user", participants.c.tenant_id, participants.c.user_id)

agent_queues = tenant_table(
    "agent_queues", _id("user_id"), _id("queue_id"), key=("user_id", "queue_id")
)

messages = tenant_table(
    "messages",
    _id("id"),
    _id("conversation_id"),
    _number("seq"),
    _number("at_ms"),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("author_kind", sa.String(16), nullable=False),
    _id("author_id"),
    _text("author_name"),
    _text("text"),
    _id("attachment_id", null=True),
    sa.Column("code", sa.String(32), nullable=False),
    json_column("params"),
    _flag("redacted"),
)
_m = messages.c
sa.Index("uq_messages_seq", _m.tenant_id, _m.conversation_id, _m.seq, unique=True)
sa.Index("ix_messages_attachment", _m.tenant_id, _m.attachment_id)

receipts = tenant_table(
    "receipts",
    _id("conversation_id"),
    sa.Column("party", sa.String(16), nullable=False),
    _number("delivered_seq"),
    _number("read_seq"),
    key=("conversation_id", "party"),
)

attachments = tenant_table(
    "attachments",
    _id("id"),
    _id("conversation_id"),
    _id("contact_id"),
    _id("owner_id"),
    sa.Column("party", sa.String(16), nullable=False),
    _id("author_id"),
    _text("name"),
    sa.Column("media_type", sa.String(100), nullable=False),
    _number("size_bytes"),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    _flag("is_inline"),
    sa.Column("width_px", sa.Integer, nullable=True),
    sa.Column("height_px", sa.Integer, nullable=True),
    _id("blob_id"),
    _id("preview_blob_id", null=True),
    _number("preview_bytes"),
    sa.Column("preview_media_type", sa.String(100), nullable=False),
    _number("created_at_ms"),
)
_a = attachments.c
sa.Index("ix_attachments_conversation", _a.tenant_id, _a.conversation_id)
sa.Index("ix_attachments_state", _a.tenant_id, _a.state)

uploads = tenant_table(
    "uploads",
    _id("id"),
    _id("conversation_id"),
    _id("contact_id"),
    _id("owner_id"),
    sa.Column("party", sa.String(16), nullable=False),
    _id("author_id"),
    _text("name"),
    _number("size_bytes"),
    _id("blob_id"),
    _id("attachment_id", null=True),
    _number("created_at_ms"),
)
sa.Index("ix_uploads_conversation", uploads.c.tenant_id, uploads.c.conversation_id)
