"""Everything a person can do with conversations, contacts and messages."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from gateway.engagement.model.transcript import Transcript, render_html
from gateway.engagement.ports import FileScanner
from gateway.engagement.service import announce, contacts, conversations, messages
from gateway.engagement.service.access import (
    contact_for,
    conversation_for,
    relation_to,
)
from gateway.engagement.service.addresses import FileAddresses
from gateway.engagement.service.attachments import AttachmentService, audience_of
from gateway.engagement.service.messages import PAGE_LIMIT, Audience, Draft
from gateway.engagement.service.timeline import TimeLine
from gateway.engagement.service.uploads import FileLimits, UploadService
from gateway.engagement.store import contacts as contact_rows
from gateway.engagement.store import search
from gateway.engagement.store.search import Question
from gateway.engagement.wire import (
    ContactPatch,
    ContactView,
    ConversationPage,
    ConversationView,
    HistoryPage,
    MessagePage,
    MessageView,
    ReceiptView,
    Resume,
)
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.kernel.text import clean_line
from gateway.platform.blobs import Blobs
from gateway.platform.bus import Bus
from gateway.platform.database.port import Database, Tx
from gateway.platform.isolation import Isolation
from gateway.tenancy.authorization import Relation, authorize

Row = Mapping[str, Any]
ListView = Literal["mine", "queue", "all", "closed"]
LIST_LIMIT = 50
TRANSCRIPT_LIMIT = 20_000
_VIEWS = ("mine", "queue", "all", "closed")


@dataclass(frozen=True, slots=True)
class FileStore:
    """What files need: where they lie, who checks them, how much is allowed."""

    blobs: Blobs
    isolation: Isolation
    addresses: FileAddresses
    limits: FileLimits
    scanner: FileScanner | None = None


class EngagementService(TimeLine):
    """The room: what higher rooms do in their commits, and what people do themselves."""

    def __init__(self, *, database: Database, bus: Bus, clock: Clock, files: FileStore) -> None:
        super().__init__(bus, files.addresses)
        self._database = database
        self._clock = clock
        self.addresses = files.addresses
        self._online: dict[tuple[str, str], int] = {}
        self.attachments = AttachmentService(
            database, bus, files.blobs, files.isolation, files.addresses, files.scanner
        )
        self.uploads = UploadService(database, files.blobs, self.attachments, files.limits)

    async def start(self, tenant_ids: Sequence[str]) -> None:
        """After a restart: nobody is online yet, and open file checks go on."""
        for tenant_id in tenant_ids:
            await self._database.write(tenant_id, contact_rows.set_all_offline)
            await self.attachments.resume(tenant_id)

    async def sweep(self, tenant_id: str) -> None:
        """Every hour: drop uploads nobody continued, and check again what had no scanner."""
        await self.uploads.drop_stale(tenant_id, self._clock.now_ms())
        await self.attachments.resume(tenant_id)

    async def close(self) -> None:
        """Stop the checks that are under way; they continue after the next start."""
        await self.attachments.close()

    # ---- talking -------------------------------------------------------------------------

    async def post(self, actor: Actor, draft: Draft) -> tuple[MessageView, bool]:
        """Store a message in a commit of its own (agents; visitors' pass intake)."""
        return await self._database.write(
            actor.tenant_id, lambda tx: self.post_message(tx, actor, draft)
        )

    async def type(self, actor: Actor, conversation_id: str, *, on: bool) -> None:
        """Relay typing; allowed to the same people as writing."""

        def work(tx: Tx) -> tuple[str, ...]:
            conversation_for(tx, actor, conversation_id, "typing.set")
            return announce.visitors_of(tx, conversation_id)

        visitors = await self._database.read(actor.tenant_id, work)
        announce.announce_typing(self._bus, actor, conversation_id, visitors, on=on)

    async def receive(
        self, actor: Actor, conversation_id: str, delivered_seq: int, read_seq: int
    ) -> ReceiptView | None:
        """Record how far the actor's side has received and read; never goes back."""
        return await self._database.write(
            actor.tenant_id,
            lambda tx: self.set_receipt(tx, actor, conversation_id, delivered_seq, read_seq),
        )

    async def history(
        self, actor: Actor, conversation_id: str, before_seq: int | None, limit: int = 50
    ) -> MessagePage:
        """Return messages before a place, or the newest."""

        def work(tx: Tx) -> MessagePage:
            conversation_for(tx, actor, conversation_id, "history.get")
            page = messages.message_views(
                tx,
                conversation_id,
                audience=_audience(actor),
                before_seq=before_seq,
                limit=max(1, min(limit, PAGE_LIMIT)),
            )
            return messages.within(page)

        return self._signed(actor, await self._database.read(actor.tenant_id, work))

    async def resume(self, actor: Actor, places: Sequence[Resume]) -> list[HistoryPage]:
        """Return what a client missed; conversations that are not its own are left out."""

        def work(tx: Tx) -> list[HistoryPage]:
            pages: list[HistoryPage] = []
            left_bytes = messages.PAGE_BYTES
            for place in places:
                try:
                    conversation_for(tx, actor, place.conversation_id, "history.get")
                except WeccError:
                    continue
                page, gap = messages.resume_page(
                    tx,
                    place.conversation_id,
                    place.after_seq,
                    audience=_audience(actor),
                    limit_bytes=left_bytes,
                )
                left_bytes -= sum(messages.weight(item) for item in page.items)
                pages.append(HistoryPage(ref=None, page=page, gap=gap))
            return pages

        found = await self._database.read(actor.tenant_id, work)
        return [
            msgspec.structs.replace(item, page=self._signed(actor, item.page)) for item in found
        ]

    def _signed(self, actor: Actor, page: MessagePage) -> MessagePage:
        return announce.signed_page(page, self._addresses, actor.tenant_id, audience_of(actor))

    # ---- presence ------------------------------------------------------------------------

    async def connected(self, actor: Actor) -> None:
        """Count a visitor's socket; the first makes the contact online."""
        await self._count(actor, 1)

    async def disconnected(self, actor: Actor) -> None:
        """Count a visitor's socket off; the last makes the contact offline."""
        await self._count(actor, -1)

    async def _count(self, actor: Actor, change: int) -> None:
        key = (actor.tenant_id, actor.contact_id)
        before = self._online.get(key, 0)
        after = max(0, before + change)
        self._online[key] = after
        if after == 0:
            del self._online[key]
        if (before > 0) == (after > 0):
            return

        def work(tx: Tx) -> None:
            for conversation_id in contacts.set_online(tx, actor.contact_id, online=after > 0):
                announce.announce_conversation(tx, self._bus, conversation_id)

        await self._database.write(actor.tenant_id, work)

    # ---- the desk ------------------------------------------------------------------------

    async def list(
        self, actor: Actor, view: str, *, text: str = "", cursor: str | None = None
    ) -> ConversationPage:
        """List conversations by view, newest activity first; ``text`` searches in them."""
        authorize(actor, "conversation.list", Relation.TENANT)
        if view not in _VIEWS:
            raise WeccError("bad_value", "`view` is mine, queue, all or closed.", field="view")
        question = Question(
            view=cast(ListView, view),
            viewer_id=actor.id,
            sees_all=actor.role != "agent",
            text=clean_line(text, field="q", max_chars=200),
            before=_place(cursor),
            limit=LIST_LIMIT + 1,
        )
        return await self._database.read(actor.tenant_id, lambda tx: _page(tx, question))

    async def of_contact(
        self, actor: Actor, contact_id: str, cursor: str | None = None
    ) -> ConversationPage:
        """List a contact's conversations that the actor may read, newest first."""

        def work(tx: Tx) -> ConversationPage:
            contact_for(tx, actor, contact_id, "conversation.read")
            question = Question(
                view="all",
                viewer_id=actor.id,
                sees_all=True,
                contact_id=contact_id,
                before=_place(cursor),
                limit=LIST_LIMIT + 1,
            )
            return _page(tx, question, seen_by=actor)

        return await self._database.read(actor.tenant_id, work)

    async def get(self, actor: Actor, conversation_id: str) -> ConversationView:
        """Return one conversation."""

        def work(tx: Tx) -> ConversationView:
            row = conversation_for(tx, actor, conversation_id, "conversation.read")
            return conversations.views(tx, [row])[0]

        return await self._database.read(actor.tenant_id, work)

    async def change_contact(
        self, actor: Actor, contact_id: str, patch: ContactPatch
    ) -> ContactView:
        """Change what is known of a contact."""

        def work(tx: Tx) -> ContactView:
            contact_for(tx, actor, contact_id, "contact.change")
            view = contacts.patch_contact(tx, contact_id, patch)
            for row in conversations.open_rows(tx, contact_id):
                announce.announce_conversation(tx, self._bus, row["id"])
            return view

        return await self._database.write(actor.tenant_id, work)

    async def transcript(self, actor: Actor, conversation_id: str) -> Transcript:
        """Return everything said that the actor may see."""

        def work(tx: Tx) -> Transcript:
            row = conversation_for(tx, actor, conversation_id, "transcript.read")
            items: list[MessageView] = []
            while len(items) < TRANSCRIPT_LIMIT:
                page = messages.message_views(
                    tx,
                    conversation_id,
                    audience=_audience(actor),
                    after_seq=items[-1].seq if items else 0,
                    limit=PAGE_LIMIT,
                )
                items.extend(page.items)
                if len(page.items) < PAGE_LIMIT:
                    break
            return Transcript(
                conversation_id=conversation_id,
                language=row["language"],
                created_at_ms=row["created_at_ms"],
                closed_at_ms=row["closed_at_ms"],
                messages=items,
            )

        return await self._database.read(actor.tenant_id, work)

    async def transcript_page(self, actor: Actor, conversation_id: str, language: str) -> str:
        """Return the transcript as one HTML file."""
        transcript = await self.transcript(actor, conversation_id)
        return await asyncio.to_thread(render_html, transcript, language)  # 0.1 s when long


def _audience(actor: Actor) -> Audience:
    return "visitor" if actor.kind == "visitor" else "staff"


def _page(tx: Tx, question: Question, seen_by: Actor | None = None) -> ConversationPage:
    rows = list(search.find(tx, question))
    more = len(rows) > LIST_LIMIT
    rows = rows[:LIST_LIMIT]
    next_cursor = _cursor(rows[-1]) if more else None
    if seen_by is not None:
        rows = [row for row in rows if _may_read(tx, seen_by, row)]
    return ConversationPage(items=conversations.views(tx, rows), next_cursor=next_cursor)


def _may_read(tx: Tx, actor: Actor, row: Row) -> bool:
    try:
        authorize(actor, "conversation.read", relation_to(tx, actor, row))
    except WeccError:
        return False
    return True


def _cursor(row: Row) -> str:
    text = f"{row['active_at_ms']}:{row['id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[int, str] | None:
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at_ms, _, last_id = base64.urlsafe_b64decode(padded.encode()).decode().partition(":")
        return int(at_ms[:16]), last_id[:64]
    except (ValueError, binascii.Error):
        raise WeccError("bad_value", "The cursor is not one of ours.", field="cursor") from None
