"""Files that arrived: checked in quarantine, pictures made anew, then handed out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.engagement.images import Remade
from gateway.engagement.model.views import attachment_view
from gateway.engagement.ports import FileScanner, Verdict
from gateway.engagement.service.access import attachment_for, conversation_for
from gateway.engagement.service.addresses import FileAddresses, Grant
from gateway.engagement.service.announce import announce_message
from gateway.engagement.service.messages import message_of_attachment
from gateway.engagement.store import conversations, files
from gateway.engagement.wire import AttachmentView
from gateway.kernel.actor import Actor, ActorRole
from gateway.kernel.errors import WeccError, not_found
from gateway.platform.blobs import BlobRef, Blobs
from gateway.platform.bus import Bus
from gateway.platform.database.port import Database, Tx
from gateway.platform.isolation import Isolation, IsolationError, Limits

Row = Mapping[str, Any]
_logger = logging.getLogger("wecc.engagement")
REMAKE = "gateway.engagement.images:remake"
_WAIT_S = 6
DELAYED = "delayed"
"""The reason kept with a file that is still ``scanning`` after a check that failed."""
_AGAIN_S = (2.0, 8.0, 30.0, 120.0, 600.0)
_IMAGE_LIMITS = Limits(memory_bytes=1_200_000_000, cpu_s=20, wall_ms=30_000)
_REASONS = {
    "malware": "The file was refused by the malware scanner.",
    "too_many_pixels": "The picture has too many pixels; make it smaller.",
    "too_many_frames": "The picture has too many frames.",
    "not_a_picture": "The picture could not be read.",
    "failed": "The picture could not be read.",
}


@dataclass(frozen=True, slots=True)
class Download:
    """An open file: its bytes can be read piece by piece, from any place."""

    name: str
    media_type: str
    size_bytes: int
    is_inline: bool
    blob: BlobRef


@dataclass
class AttachmentService:
    """Quarantine, remaking of pictures, and downloads."""

    database: Database
    bus: Bus
    blobs: Blobs
    isolation: Isolation
    addresses: FileAddresses
    scanner: FileScanner | None = None
    again_s: tuple[float, ...] = _AGAIN_S
    _failures: dict[str, int] = field(default_factory=dict)
    _waits: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    _checks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def check_now(self, actor: Actor, attachment_id: str) -> AttachmentView:
        """Check a fresh file; wait a little for the verdict, then answer with what is known."""
        check = self._start_check(actor.tenant_id, attachment_id)
        await asyncio.wait([check], timeout=_WAIT_S)
        row = await self.database.read(
            actor.tenant_id, lambda tx: files.attachments_by_id(tx, [attachment_id])
        )
        found = row[attachment_id]
        if found["state"] == "blocked":
            raise WeccError("bad_file", _REASONS.get(found["reason"], _REASONS["failed"]))
        return self.addresses.sign(attachment_view(found), actor.tenant_id, audience_of(actor))

    async def resume(self, tenant_id: str) -> int:
        """Continue the checks that a restart or an absent scanner left open; return how many."""
        waiting = await self.database.read(tenant_id, files.scanning_ids)
        for attachment_id in waiting:
            self._start_check(tenant_id, attachment_id)
        return len(waiting)

    async def close(self) -> None:
        """Stop checking; what is open continues after the next start."""
        for wait in self._waits.values():
            wait.cancel()
        self._waits.clear()
        checks = list(self._checks.values())
        for check in checks:
            check.cancel()
        await asyncio.gather(*checks, return_exceptions=True)

    def _start_check(self, tenant_id: str, attachment_id: str) -> asyncio.Task[None]:
        running = self._checks.get(attachment_id)
        if running is None:
            wait = self._waits.pop(attachment_id, None)
            if wait is not None:
                wait.cancel()
            running = asyncio.get_running_loop().create_task(
                self._check_logged(tenant_id, attachment_id)
            )
            self._checks[attachment_id] = running
            running.add_done_callback(lambda _: self._checks.pop(attachment_id, None))
        return running

    async def _check_logged(self, tenant_id: str, attachment_id: str) -> None:
        try:
            is_done = await self._check(tenant_id, attachment_id)
        except Exception as error:
            code = getattr(error, "code", type(error).__name__)
            _logger.error("file check failed", extra={"id": attachment_id, "code": code})
            is_done = False
        if is_done:
            self._failures.pop(attachment_id, None)
        else:
            await self._check_later(tenant_id, attachment_id)

    async def _check_later(self, tenant_id: str, attachment_id: str) -> None:
        """Try again after a pause that grows; say meanwhile that the check is late."""
        failures = self._failures.get(attachment_id, 0)
        self._failures[attachment_id] = failures + 1
        self._waits[attachment_id] = asyncio.get_running_loop().call_later(
            self.again_s[min(failures, len(self.again_s) - 1)],
            self._start_check,
            tenant_id,
            attachment_id,
        )

        def work(tx: Tx) -> None:
            row = files.attachments_by_id(tx, [attachment_id]).get(attachment_id)
            if row is None or row["state"] != "scanning" or row["reason"] == DELAYED:
                return
            files.update_attachment(tx, attachment_id, reason=DELAYED)
            self._tell_changed(tx, attachment_id)

        try:
            await self.database.write(tenant_id, work)
        except WeccError as error:  # the same fault, mostly: it is said with the next try
            _logger.warning("late check not told", extra={"id": attachment_id, "code": error.code})

    async def _check(self, tenant_id: str, attachment_id: str) -> bool:
        """Check one file; tell whether there is nothing left to check."""
        rows = await self.database.read(
            tenant_id, lambda tx: files.attachments_by_id(tx, [attachment_id])
        )
        row = rows.get(attachment_id)
        if row is None or row["state"] != "scanning":
            return True
        body = await self.blobs.read(BlobRef(tenant_id, row["owner_id"], row["blob_id"]))
        verdict = await self._scan(row, body)
        if verdict == "unavailable":
            return False
        if verdict == "blocked":
            await self._settle(tenant_id, row, {"state": "blocked", "reason": "malware"})
        elif row["is_inline"]:
            await self._settle(tenant_id, row, await self._remake(tenant_id, row, body))
        else:
            await self._settle(tenant_id, row, {"state": "clean"})
        return True

    async def _scan(self, row: Row, body: bytes) -> Verdict:
        if self.scanner is None:
            return "clean"
        return await self.scanner.scan(row["name"], row["media_type"], body)

    async def _remake(self, tenant_id: str, row: Row, body: bytes) -> dict[str, Any]:
        try:
            answer = await self.isolation.call(REMAKE, body, _IMAGE_LIMITS)
            made = msgspec.msgpack.decode(answer, type=Remade)
        except (IsolationError, msgspec.DecodeError):
            return {"state": "blocked", "reason": "failed"}
        if made.refused:
            return {"state": "blocked", "reason": made.refused}
        # Names that a repeat after a crash or on a full disk finds again.
        blob_id, preview_id = f"{row['id']}-full", f"{row['id']}-preview"
        await self._rewrite(BlobRef(tenant_id, row["owner_id"], blob_id), made.body)
        await self._rewrite(BlobRef(tenant_id, row["owner_id"], preview_id), made.preview)
        return {
            "state": "clean",
            "media_type": made.media_type,
            "size_bytes": len(made.body),
            "width_px": made.width_px,
            "height_px": made.height_px,
            "blob_id": blob_id,
            "preview_blob_id": preview_id,
            "preview_media_type": made.preview_media_type,
            "preview_bytes": len(made.preview),
        }

    async def _rewrite(self, blob: BlobRef, body: bytes) -> None:
        await self.blobs.delete(blob)
        await self.blobs.write(blob, body)

    async def _settle(self, tenant_id: str, row: Row, values: Mapping[str, Any]) -> None:
        """Record the verdict, tell who sees the file, and drop the bytes as they arrived."""

        def work(tx: Tx) -> None:
            files.update_attachment(tx, row["id"], **({"reason": ""} | dict(values)))
            tx.record("attachment.checked", attachment_id=row["id"], state=values["state"])
            self._tell_changed(tx, row["id"])

        await self.database.write(tenant_id, work)
        if values["state"] == "blocked" or "blob_id" in values:
            await self.blobs.delete(BlobRef(tenant_id, row["owner_id"], row["blob_id"]))

    def _tell_changed(self, tx: Tx, attachment_id: str) -> None:
        message = message_of_attachment(tx, attachment_id)
        if message is not None:
            announce_message(tx, self.bus, message, self.addresses, changed=True)

    # ---- handing out ---------------------------------------------------------------------

    async def view(self, actor: Actor, attachment_id: str) -> AttachmentView:
        """Return a file's view with fresh addresses for this actor."""
        row = await self.database.read(
            actor.tenant_id,
            lambda tx: attachment_for(tx, actor, attachment_id, "attachment.read"),
        )
        return self.addresses.sign(attachment_view(row), actor.tenant_id, audience_of(actor))

    async def open(self, attachment_id: str, query: Mapping[str, str]) -> Download:
        """Open the file behind a signed address, if its audience may still have it."""
        grant = self.addresses.check(attachment_id, query)
        row = await self.database.read(grant.tenant_id, lambda tx: _granted(tx, grant))
        if grant.version == "preview":
            return _preview(grant, row)
        return Download(
            name=row["name"],
            media_type=row["media_type"],
            size_bytes=row["size_bytes"],
            is_inline=bool(row["is_inline"]),
            blob=BlobRef(grant.tenant_id, row["owner_id"], row["blob_id"]),
        )

    def pieces(self, download: Download, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to, not including, ``end``."""
        return self.blobs.stream(download.blob, start, end)


def _preview(grant: Grant, row: Row) -> Download:
    if row["preview_blob_id"] is None:
        raise not_found("file")
    return Download(
        name=row["name"],
        media_type=row["preview_media_type"],
        size_bytes=row["preview_bytes"],
        is_inline=True,
        blob=BlobRef(grant.tenant_id, row["owner_id"], row["preview_blob_id"]),
    )


def audience_of(actor: Actor) -> str:
    """Return the audience an address for this actor is bound to."""
    return "visitor" if actor.kind == "visitor" else f"user:{actor.id}:{actor.role}"


def _granted(tx: Tx, grant: Grant) -> Row:
    row = files.attachments_by_id(tx, [grant.attachment_id]).get(grant.attachment_id)
    conversation = None if row is None else conversations.by_id(tx, row["conversation_id"])
    if row is None or conversation is None or row["state"] != "clean":
        raise not_found("file")
    since_ms = conversation["closed_at_ms"] or 0
    if grant.audience == "staff":
        since_ms = conversation["epoch"]
    elif grant.audience.startswith("user:"):
        _, user_id, role = grant.audience.split(":", 2)
        user = Actor("user", user_id, grant.tenant_id, _role(role))
        conversation_for(tx, user, row["conversation_id"], "attachment.read")
    if grant.issued_at_ms < since_ms:
        raise not_found("file")
    return row


def _role(name: str) -> ActorRole:
    roles: dict[str, ActorRole] = {
        "agent": "agent",
        "supervisor": "supervisor",
        "admin": "admin",
    }
    if name not in roles:
        raise not_found("file")
    return roles[name]
