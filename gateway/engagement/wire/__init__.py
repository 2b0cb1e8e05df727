"""Contacts, conversations, messages and attachments as browsers see them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import (
    Body,
    ClientFrame,
    Id,
    LongText,
    Name,
    Seq,
    ServerFrame,
    ShortText,
    View,
)

AuthorKind = Literal["visitor", "agent", "system"]
MessageKind = Literal["text", "file", "note", "system"]
Party = Literal["visitor", "agent"]
AttachmentState = Literal["scanning", "clean", "blocked"]
Channel = Literal["web"]


class Author(View):
    """Who wrote a message. ``id`` is a visitor or user id, empty for ``system``."""

    kind: AuthorKind
    id: str
    name: str


class AttachmentView(View):
    """A file in a conversation. ``url`` is signed and short-lived: ask again when it fails.

    ``is_delayed``: it is still ``scanning`` because a check failed, which is tried again by itself.
    """

    id: str
    name: str
    media_type: str
    size_bytes: int
    state: AttachmentState
    is_delayed: bool
    width_px: int | None
    height_px: int | None
    url: str | None
    preview_url: str | None


class MessageView(View):
    """One item of a conversation. ``code`` and ``params`` replace ``text`` for ``system``.

    System codes: ``joined left transferred requeued ended missed left_message call_started
    call_ended rated unanswered``.
    """

    id: str
    conversation_id: str
    seq: int
    at_ms: int
    kind: MessageKind
    author: Author
    text: str
    attachment: AttachmentView | None
    code: str
    params: dict[str, str]
    redacted: bool


class ReceiptView(View):
    """How far one party has received and read a conversation, as sequence numbers."""

    conversation_id: str
    party: Party
    delivered_seq: int
    read_seq: int


class PageView(View):
    """The web page a visitor is looking at."""

    url: str
    title: str
    referrer: str


class ContactView(View):
    """The person as known to the business. With a ``vip`` priority they go first."""

    id: str
    name: str
    email: str
    phone: str
    verified: bool
    language: str
    fields: dict[str, str]
    created_at_ms: int
    is_robot: bool
    vip: int = 0


class ConversationView(View):
    """A conversation as an agent or supervisor sees it."""

    id: str
    channel: Channel
    contact: ContactView
    site_id: str
    site_name: str
    state: Literal["open", "closed"]
    language: str
    department: str
    page: PageView
    user_agent: str
    context: dict[str, str]
    created_at_ms: int
    closed_at_ms: int | None
    last_seq: int
    last_message: MessageView | None
    visitor_online: bool
    receipts: list[ReceiptView]
    rating: int | None
    rating_comment: str


class ConversationPage(View):
    """A page of conversations, newest first; ``next_cursor`` is null on the last one."""

    items: list[ConversationView]
    next_cursor: str | None


class MessagePage(View):
    """A page of messages in ascending order; ``has_more`` tells of older ones."""

    conversation_id: str
    items: list[MessageView]
    has_more: bool


# ---- frames both parties send ------------------------------------------------------------


class Resume(View):
    """Where a client stopped reading a conversation; 0 asks for the newest page."""

    conversation_id: Id
    after_seq: Seq


class MessagePost(ClientFrame, tag="message.post"):
    """Write a message. ``id`` is made by the sender; sending it again is a no-op.

    Exactly one of ``text`` and ``attachment_id`` is set. ``note`` is for agents only.
    Answered with ``ack {ref, id, seq, at_ms}`` after the message is on disk.
    """

    id: Id
    conversation_id: Id
    text: LongText = ""
    attachment_id: Id | None = None
    note: bool = False


class TypingSet(ClientFrame, tag="typing.set"):
    """Tell the other side that one is typing; expires by itself after 6 s."""

    conversation_id: Id
    on: bool


class ReceiptSet(ClientFrame, tag="receipt.set"):
    """Report how far one has received and read; never goes back."""

    conversation_id: Id
    delivered_seq: Seq
    read_seq: Seq


class HistoryGet(ClientFrame, tag="history.get"):
    """Ask for up to ``limit`` messages before ``before_seq`` (null: the newest)."""

    conversation_id: Id
    before_seq: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


# ---- frames both parties receive ---------------------------------------------------------


class MessageNew(ServerFrame, tag="message.new"):
    """A message, in order of ``seq``; may repeat after a reconnect (same ``id``)."""

    message: MessageView


class MessageChanged(ServerFrame, tag="message.changed"):
    """A message got a new face, such as a file that passed its scan."""

    message: MessageView


class ReceiptChanged(ServerFrame, tag="receipt.changed"):
    """A party received or read further."""

    receipt: ReceiptView


class TypingChanged(ServerFrame, tag="typing.changed"):
    """The other party started or stopped typing."""

    conversation_id: str
    party: Party
    name: str
    on: bool


class HistoryPage(ServerFrame, tag="history.page"):
    """The answer to ``history.get`` and to a resume; ``ref`` echoes the request's."""

    ref: str | None
    page: MessagePage
    gap: bool
    """True when messages between the client's cursor and this page were left out."""


class ConversationChanged(ServerFrame, tag="conversation.changed"):
    """An agent's view of a conversation changed (page, contact, presence, rating, state)."""

    conversation: ConversationView


# ---- files over REST ---------------------------------------------------------------------


class UploadCreate(Body):
    """Announce a file. ``id`` is made by the sender, so a repeat finds the same upload."""

    id: Id
    conversation_id: Id
    name: Annotated[str, Meta(min_length=1, max_length=5_000)]
    size_bytes: Annotated[int, Meta(ge=0)]
    media_type: Annotated[str, Meta(max_length=200)] = ""


class UploadView(View):
    """How much of a file has arrived; send the rest with ``PATCH`` from ``offset_bytes``."""

    id: str
    size_bytes: int
    offset_bytes: int
    chunk_bytes: int
    attachment: AttachmentView | None


class ContactPatch(Body):
    """Change what is known of a contact; absent fields stay."""

    name: Name | None = None
    email: ShortText | None = None
    phone: ShortText | None = None
