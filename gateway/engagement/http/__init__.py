"""Conversations, contacts and files over REST, for the desk, the widget and the files origin."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.engagement.http.people import people_routes
from gateway.engagement.model.file_name import content_disposition
from gateway.engagement.service import Download, EngagementService
from gateway.engagement.service.people import People
from gateway.engagement.wire import (
    AttachmentView,
    ContactPatch,
    ContactView,
    ConversationPage,
    ConversationView,
    MessagePage,
    UploadCreate,
    UploadView,
)
from gateway.kernel.errors import WeccError
from gateway.platform.http.assemble import read_body
from gateway.platform.http.codec import encode
from gateway.platform.http.route import Access, Call, Origin, Route

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_OFFSET = re.compile(r"\d{1,15}")
_UPLOAD_TYPE = "application/offset+octet-stream"
_FILE_HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "private, max-age=240",
    "accept-ranges": "bytes",
}
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class DeskRoutes:
    """Handlers of what only staff may do."""

    def __init__(self, engagement: EngagementService) -> None:
        self._engagement = engagement

    async def list(self, call: Call) -> ConversationPage:
        """Conversations by view, newest activity first; `q` searches names and messages."""
        return await self._engagement.list(
            call.user,
            call.query.get("view", "mine"),
            text=call.query.get("q", ""),
            cursor=call.query.get("cursor"),
        )

    async def get(self, call: Call) -> ConversationView:
        """One conversation."""
        return await self._engagement.get(call.user, call.path["id"])

    async def messages(self, call: Call) -> MessagePage:
        """Messages before `before_seq`, or the newest, in ascending order."""
        before_seq = _number(call.query.get("before_seq"), "before_seq")
        limit = _number(call.query.get("limit"), "limit")
        return await self._engagement.history(
            call.user, call.path["id"], before_seq, 50 if limit is None else limit
        )

    async def of_contact(self, call: Call) -> ConversationPage:
        """A contact's conversations that the caller may read."""
        return await self._engagement.of_contact(
            call.user, call.path["id"], call.query.get("cursor")
        )

    async def change_contact(self, call: Call) -> ContactView:
        """Change name, e-mail or telephone number of a contact; absent fields stay."""
        return await self._engagement.change_contact(call.user, call.path["id"], call.body)


class FileRoutes:
    """Handlers that visitors and staff share: uploads, attachments, transcripts."""

    def __init__(self, engagement: EngagementService) -> None:
        self._engagement = engagement

    async def create(self, call: Call) -> UploadView:
        """Announce a file; the same id again finds the same upload."""
        return await self._engagement.uploads.create(call.user, call.body)

    async def offset(self, call: Call) -> Response:
        """How many bytes have arrived, in the header `Upload-Offset`."""
        view = await self._engagement.uploads.find(call.user, call.path["id"])
        headers = {"upload-offset": str(view.offset_bytes), "cache-control": "no-store"}
        return Response(headers=headers)

    async def append(self, call: Call) -> UploadView:
        """Send the next bytes, from `Upload-Offset` on. The last ones make the attachment."""
        request = call.request
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != _UPLOAD_TYPE:
            raise WeccError("bad_media_type", f"Send bytes with `Content-Type: {_UPLOAD_TYPE}`.")
        offset = request.headers.get("upload-offset", "")
        if _OFFSET.fullmatch(offset) is None:
            raise WeccError("bad_value", "Say where the bytes go.", field="Upload-Offset")
        uploads = self._engagement.uploads
        await uploads.find(call.user, call.path["id"])  # nobody else's bytes are even read
        data = await read_body(request, uploads.limits.chunk_bytes)
        return await uploads.append(call.user, call.path["id"], int(offset), data)

    async def attachment(self, call: Call) -> AttachmentView:
        """A file with fresh addresses, good for five minutes."""
        return await self._engagement.attachments.view(call.user, call.path["id"])

    async def transcript(self, call: Call) -> Response:
        """Everything said, as an HTML file, or with `format=json` as JSON."""
        conversation_id = call.path["id"]
        if call.query.get("format") == "json":
            transcript = await self._engagement.transcript(call.user, conversation_id)
            return _saved(encode(transcript), "application/json", "conversation.json")
        page = await self._engagement.transcript_page(
            call.user, conversation_id, call.query.get("language", "en")
        )
        return _saved(page.encode(), "text/html; charset=utf-8", "conversation.html")

    async def download(self, call: Call) -> Response:
        """The bytes of a file, by a signed address that lives five minutes."""
        file = await self._engagement.attachments.open(call.path["id"], call.query)
        kind = "inline" if file.is_inline else "attachment"
        headers = {**_FILE_HEADERS, "content-disposition": content_disposition(file.name, kind)}
        wanted = _range(call.request, file.size_bytes)
        if wanted is None:
            headers["content-range"] = f"bytes */{file.size_bytes}"
            return Response(status_code=416, headers=headers)
        return await self._send(file, wanted, headers)

    async def _send(
        self, file: Download, wanted: tuple[int, int], headers: dict[str, str]
    ) -> Response:
        start, end = wanted
        is_part = (start, end) != (0, file.size_bytes)
        if is_part:
            headers["content-range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
        headers["content-length"] = str(end - start)
        pieces = self._engagement.attachments.pieces(file, start, end)
        first = await anext(pieces, b"")  # a file that is gone is told before the headers go out
        return StreamingResponse(
            _chain(first, pieces),
            status_code=206 if is_part else 200,
            headers=headers,
            media_type=file.media_type,
        )


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _saved(body: bytes, media_type: str, name: str) -> Response:
    headers = {**_PAGE_HEADERS, "content-disposition": content_disposition(name)}
    return Response(body, headers=headers, media_type=media_type)


def _number(value: str | None, field: str) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise WeccError("bad_value", f"`{field}` is a number from 0.", field=field)
    return int(value)


def _range(request: Request, size_bytes: int) -> tuple[int, int] | None:
    """Return (start, end) of RFC 9110 section 14 for one range; None when it cannot be had."""
    value = request.headers.get("range")
    if value is None:
        return 0, size_bytes
    match = _RANGE.fullmatch(value) if len(value) <= 40 else None
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        start, end = max(0, size_bytes - int(match[2])), size_bytes
    else:
        start = int(match[1])
        end = min(size_bytes, int(match[2]) + 1) if match[2] else size_bytes
    return (start, end) if start < end else None


def routes(engagement: EngagementService, people: People) -> list[Route]:
    """Return the rows of this room."""
    on = FileRoutes(engagement)
    return [
        *_desk_routes(DeskRoutes(engagement)),
        *people_routes(people),
        *_file_routes(on, engagement, "/api/v1", "desk", "user"),
        *_file_routes(on, engagement, "/v1", "widget", "visitor"),
        Route(
            "GET",
            "/f/{id}",
            "attachment.read",
            on.download,
            origin="files",
            access="public",
            rate="upload",
            query={
                "t": "Part of the signed address.",
                "a": "Part of the signed address.",
                "v": "`full` or `preview`.",
                "i": "When the address was made.",
                "s": "The signature.",
            },
            produces={200: ["*/*"], 206: ["*/*"], 416: []},
        ),
    ]


def _desk_routes(on: DeskRoutes) -> list[Route]:
    base, one = "/api/v1", "{id}"
    cursor = {"cursor": "`next_cursor` of the page before."}
    return [
        Route(
            "GET",
            f"{base}/conversations",
            "conversation.list",
            on.list,
            response=ConversationPage,
            query={
                "view": "`mine`, `queue`, `all` or `closed`.",
                "q": "Part of a name, an e-mail address or a message.",
                **cursor,
            },
        ),
        Route(
            "GET",
            f"{base}/conversations/{one}",
            "conversation.read",
            on.get,
            response=ConversationView,
        ),
        Route(
            "GET",
            f"{base}/conversations/{one}/messages",
            "history.get",
            on.messages,
            response=MessagePage,
            query={"before_seq": "Position to read before.", "limit": "1 to 200, default 50."},
        ),
        Route(
            "GET",
            f"{base}/contacts/{one}/conversations",
            "conversation.read",
            on.of_contact,
            response=ConversationPage,
            query=cursor,
        ),
        Route(
            "PATCH",
            f"{base}/contacts/{one}",
            "contact.change",
            on.change_contact,
            body=ContactPatch,
            response=ContactView,
        ),
    ]


def _file_routes(
    on: FileRoutes, engagement: EngagementService, base: str, origin: Origin, access: Access
) -> list[Route]:
    one = "{id}"
    return [
        Route(
            "POST",
            f"{base}/uploads",
            "upload.write",
            on.create,
            body=UploadCreate,
            response=UploadView,
            status=201,
            origin=origin,
            access=access,
        ),
        Route(
            "HEAD",
            f"{base}/uploads/{one}",
            "upload.write",
            on.offset,
            origin=origin,
            access=access,
            rate="upload",
            produces={200: []},
        ),
        Route(
            "PATCH",
            f"{base}/uploads/{one}",
            "upload.write",
            on.append,
            response=UploadView,
            origin=origin,
            access=access,
            raw_limit_bytes=engagement.uploads.limits.chunk_bytes,
            rate="upload",
        ),
        Route(
            "GET",
            f"{base}/attachments/{one}",
            "attachment.read",
            on.attachment,
            response=AttachmentView,
            origin=origin,
            access=access,
        ),
        Route(
            "GET",
            f"{base}/conversations/{one}/transcript",
            "transcript.read",
            on.transcript,
            origin=origin,
            access=access,
            query={"format": "`html` (default) or `json`.", "language": "`en` or `zh`."},
            produces={200: ["text/html", "application/json"]},
        ),
    ]
