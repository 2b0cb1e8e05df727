"""Files on their way in: announced, sent in pieces, resumed after a cut, then checked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from gateway.engagement.model.file_name import display_name
from gateway.engagement.model.file_type import (
    HEAD_BYTES,
    FileType,
    file_type,
    refuse_program_name,
)
from gateway.engagement.model.views import attachment_view
from gateway.engagement.service.access import conversation_for, is_own
from gateway.engagement.service.attachments import AttachmentService
from gateway.engagement.store import files, sites
from gateway.engagement.wire import AttachmentView, UploadCreate, UploadView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.platform.blobs import BlobRef, Blobs
from gateway.platform.database.port import Database, Tx

Row = Mapping[str, Any]
STALE_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How much may be sent. ``chunk_bytes`` is the largest body of one ``PATCH``."""

    file_bytes: int = 50 * 1024 * 1024
    chunk_bytes: int = 1024 * 1024
    conversation_files: int = 200
    conversation_bytes: int = 500 * 1024 * 1024
    tenant_bytes: int = 50 * 1024 * 1024 * 1024


@dataclass
class UploadService:
    """Resumable uploads for visitors and agents alike."""

    database: Database
    blobs: Blobs
    attachments: AttachmentService
    limits: FileLimits = field(default_factory=FileLimits)
    _busy: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def create(self, actor: Actor, body: UploadCreate) -> UploadView:
        """Announce a file; a repeat finds the same upload."""
        name = display_name(body.name)
        refuse_program_name(name)
        if body.size_bytes == 0:
            raise WeccError("bad_file", "The file is empty.", field="size_bytes")
        if body.size_bytes > self.limits.file_bytes:
            limit_mb = self.limits.file_bytes // (1024 * 1024)
            raise WeccError(
                "too_large", f"Files up to {limit_mb} MB are accepted.", field="size_bytes"
            )
        row, attachment = await self.database.write(
            actor.tenant_id, lambda tx: self._create(tx, actor, body, name)
        )
        return await self._view(actor, row, attachment)

    def _create(
        self, tx: Tx, actor: Actor, body: UploadCreate, name: str
    ) -> tuple[Row, AttachmentView | None]:
        conversation = conversation_for(tx, actor, body.conversation_id, "upload.write", lock=True)
        stored = files.upload_by_id(tx, body.id)
        if stored is not None:
            same = (stored["conversation_id"], stored["size_bytes"])
            is_mine = is_own(stored["party"], stored["author_id"], actor)
            if not is_mine or same != (body.conversation_id, body.size_bytes):
                raise WeccError("already_exists", "This upload id was used for another file.")
            return stored, _attachment_of(tx, stored)
        if conversation["state"] == "closed":
            raise WeccError("closed", "The conversation is over; start a new one.")
        if actor.kind == "visitor" and sites.refuses_files(tx, conversation["site_id"]):
            raise WeccError("forbidden", "This site does not take files.")
        self._check_quota(tx, body)
        row = {
            "id": body.id,
            "conversation_id": body.conversation_id,
            "contact_id": conversation["contact_id"],
            "owner_id": conversation["contact_id"],
            "party": "visitor" if actor.kind == "visitor" else "agent",
            "author_id": actor.id,
            "name": name,
            "size_bytes": body.size_bytes,
            "blob_id": new_id("bl", tx.now_ms),
            "attachment_id": None,
            "created_at_ms": tx.now_ms,
        }
        files.insert_upload(tx, row)
        return row, None

    def _check_quota(self, tx: Tx, body: UploadCreate) -> None:
        count, stored_bytes = files.stored_bytes(tx, body.conversation_id)
        if count >= self.limits.conversation_files:
            raise WeccError("quota_exceeded", "Too many files in this conversation.")
        if stored_bytes + body.size_bytes > self.limits.conversation_bytes:
            raise WeccError("quota_exceeded", "Too many bytes of files in this conversation.")
        if files.stored_bytes(tx)[1] + body.size_bytes > self.limits.tenant_bytes:
            raise WeccError("quota_exceeded", "No more room for files; tell the administrator.")

    async def find(self, actor: Actor, upload_id: str) -> UploadView:
        """Return how much of one's upload has arrived."""

        def work(tx: Tx) -> tuple[Row, AttachmentView | None]:
            row = _upload_for(tx, actor, upload_id)
            return row, _attachment_of(tx, row)

        row, attachment = await self.database.read(actor.tenant_id, work)
        return await self._view(actor, row, attachment)

    async def append(
        self, actor: Actor, upload_id: str, offset_bytes: int, data: bytes
    ) -> UploadView:
        """Store the next piece. The last one turns the upload into an attachment."""
        key = f"{actor.tenant_id}/{upload_id}"
        lock = self._busy.get(key)
        if lock is None:
            lock = self._busy[key] = asyncio.Lock()
        async with lock:
            return await self._append(actor, upload_id, offset_bytes, data)

    async def _append(
        self, actor: Actor, upload_id: str, offset_bytes: int, data: bytes
    ) -> UploadView:
        row = await self.database.read(
            actor.tenant_id, lambda tx: _upload_for(tx, actor, upload_id)
        )
        if row["attachment_id"] is not None:
            raise WeccError("wrong_state", "The file has arrived completely.")
        self._check_piece(row, offset_bytes, data)
        if offset_bytes == 0:
            await self._check_head(actor.tenant_id, row, data)
        blob = _blob(actor.tenant_id, row)
        length = await self.blobs.append(blob, offset_bytes, data)
        if length < row["size_bytes"]:
            return self._shown(row, length, None)
        await self.blobs.finish(blob, row["size_bytes"])
        kind = await self._final_type(actor.tenant_id, row)
        attachment_id = await self.database.write(
            actor.tenant_id, lambda tx: _finish(tx, row, kind)
        )
        view = await self.attachments.check_now(actor, attachment_id)
        return self._shown(row, length, view)

    def _check_piece(self, row: Row, offset_bytes: int, data: bytes) -> None:
        if not data:
            raise WeccError("bad_file", "The piece is empty.")
        if len(data) > self.limits.chunk_bytes:
            raise WeccError("too_large", f"Send at most {self.limits.chunk_bytes} bytes at once.")
        if offset_bytes + len(data) > row["size_bytes"]:
            raise WeccError("too_large", "More bytes than were announced.")

    async def _check_head(self, tenant_id: str, row: Row, data: bytes) -> None:
        """Refuse what must not come in after its first piece already."""
        if len(data) < min(HEAD_BYTES, row["size_bytes"]):
            return
        try:
            file_type(data[:HEAD_BYTES], row["name"])
        except WeccError:
            await self._drop(tenant_id, row)
            raise

    async def _final_type(self, tenant_id: str, row: Row) -> FileType:
        head = await self.blobs.read(_blob(tenant_id, row), 0, HEAD_BYTES)
        try:
            return file_type(head, row["name"])
        except WeccError:
            await self._drop(tenant_id, row)
            raise

    async def _drop(self, tenant_id: str, row: Row) -> None:
        await self.database.write(tenant_id, lambda tx: files.delete_upload(tx, row["id"]))
        await self.blobs.delete(_blob(tenant_id, row))

    async def drop_stale(self, tenant_id: str, now_ms: int) -> int:
        """Remove uploads that nobody continued for a day; return how many."""
        stale = await self.database.read(
            tenant_id, lambda tx: files.stale_uploads(tx, now_ms - STALE_MS)
        )
        for row in stale:
            await self._drop(tenant_id, row)
        return len(stale)

    async def _view(self, actor: Actor, row: Row, attachment: AttachmentView | None) -> UploadView:
        if row["attachment_id"] is not None:
            return self._shown(row, row["size_bytes"], attachment)
        length = await self.blobs.length(_blob(actor.tenant_id, row))
        return self._shown(row, length, None)

    def _shown(self, row: Row, length: int, attachment: AttachmentView | None) -> UploadView:
        return UploadView(
            id=row["id"],
            size_bytes=row["size_bytes"],
            offset_bytes=length,
            chunk_bytes=self.limits.chunk_bytes,
            attachment=attachment,
        )


def _blob(tenant_id: str, row: Row) -> BlobRef:
    return BlobRef(tenant_id, row["owner_id"], row["blob_id"])


def _upload_for(tx: Tx, actor: Actor, upload_id: str) -> Row:
    """Return one's own upload; somebody else's does not exist."""
    row = files.upload_by_id(tx, upload_id)
    if row is None or not is_own(row["party"], row["author_id"], actor):
        raise not_found("upload")
    conversation_for(tx, actor, row["conversation_id"], "upload.write")
    return row


def _attachment_of(tx: Tx, row: Row) -> AttachmentView | None:
    attachment_id = row["attachment_id"]
    if attachment_id is None:
        return None
    found = files.attachments_by_id(tx, [attachment_id]).get(attachment_id)
    return None if found is None else attachment_view(found)


def _finish(tx: Tx, row: Row, kind: FileType) -> str:
    attachment_id = new_id("at", tx.now_ms)
    kept = ("conversation_id", "contact_id", "owner_id", "party", "author_id", "name")
    files.insert_attachment(
        tx,
        {
            **{name: row[name] for name in kept},
            "id": attachment_id,
            "media_type": kind.media_type,
            "size_bytes": row["size_bytes"],
            "state": "scanning",
            "reason": "",
            "is_inline": kind.is_picture,
            "width_px": None,
            "height_px": None,
            "blob_id": row["blob_id"],
            "preview_blob_id": None,
            "preview_media_type": "",
            "preview_bytes": 0,
            "created_at_ms": tx.now_ms,
        },
    )
    if not files.finish_upload(tx, row["id"], attachment_id):
        raise WeccError("wrong_state", "The file has arrived completely.")
    tx.record(
        "attachment.stored",
        attachment_id=attachment_id,
        conversation_id=row["conversation_id"],
        size_bytes=row["size_bytes"],
        media_type=kind.media_type,
    )
    return attachment_id
