"""Errors a person can meet: one stable code each.

``WeccError(code, message, ...)`` is the only exception that crosses a room's border on
purpose. The code is looked up in ``CODES`` for its HTTP status and its meaning; the message
says what was wrong, where, and what to do, and never holds content a person wrote. On a
socket it becomes ``{"type": "error", "ref", "code", "message", "retry_after_s"}``, over REST
``{"error": {"code", "message", "field"}}``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CodeInfo:
    """HTTP status and one-sentence meaning of an error code (docs/reference/errors.md)."""

    status: int
    meaning: str


CODES: dict[str, CodeInfo] = {
    "bad_request": CodeInfo(400, "The request could not be read; the message says where."),
    "bad_frame": CodeInfo(400, "A socket frame was not valid JSON of a known shape."),
    "bad_value": CodeInfo(400, "A field holds a value that is not allowed."),
    "bad_expression": CodeInfo(
        400, "A skill expression cannot be read; the message says at which character."
    ),
    "bad_text": CodeInfo(400, "Text is empty, or over its limit, or not valid Unicode."),
    "bad_sdp": CodeInfo(400, "The session description could not be used."),
    "bad_file": CodeInfo(400, "The file's content, name or size is not accepted."),
    "version_unsupported": CodeInfo(400, "The client speaks a protocol version we do not."),
    "hello_expected": CodeInfo(400, "The first frame on a socket must be `hello`."),
    "unauthenticated": CodeInfo(401, "Sign in, or open the widget again."),
    "bad_credentials": CodeInfo(401, "The name, password, link or token is not valid."),
    "bad_identity": CodeInfo(401, "The signed identity of the visitor was refused."),
    "blocked": CodeInfo(403, "This contact, address or network is kept out at present."),
    "forbidden": CodeInfo(403, "Your role does not allow this."),
    "origin_refused": CodeInfo(403, "This web site is not on the site's list of origins."),
    "csrf_refused": CodeInfo(403, "The request did not come from our own page."),
    "not_found": CodeInfo(404, "It does not exist, or it is not yours to see."),
    "method_not_allowed": CodeInfo(405, "This address does not know that method."),
    "conflict": CodeInfo(409, "Somebody or something else got there first."),
    "already_exists": CodeInfo(409, "The id or the name is taken, with other content."),
    "wrong_state": CodeInfo(409, "Not possible in the present state."),
    "offer_gone": CodeInfo(409, "The offer was taken, withdrawn or timed out."),
    "upload_offset": CodeInfo(409, "The upload continues at another byte; ask where."),
    "closed": CodeInfo(409, "The conversation or call is over."),
    "nobody_there": CodeInfo(409, "Nobody serves this now; leave a message instead."),
    "key_reused": CodeInfo(409, "The `Idempotency-Key` was used for another request already."),
    "in_use": CodeInfo(409, "It cannot be removed while something refers to it."),
    "gone": CodeInfo(410, "The link or token was used up or has expired."),
    "too_large": CodeInfo(413, "More bytes than are accepted here."),
    "bad_media_type": CodeInfo(415, "Send JSON with `Content-Type: application/json`."),
    "rate_limited": CodeInfo(429, "Too many requests; wait for `Retry-After` seconds."),
    "quota_exceeded": CodeInfo(429, "The limit for this conversation or tenant is reached."),
    "internal": CodeInfo(500, "A fault on our side; it is logged under the given reference."),
    "media_unavailable": CodeInfo(503, "Calls are not possible now; chat still works."),
    "not_ready": CodeInfo(503, "The server is starting or stopping; try again shortly."),
    "journal_refused": CodeInfo(
        503, "The routing journal is not sound; run `wecc fsck` and restore a backup."
    ),
    "store_unavailable": CodeInfo(503, "Nothing could be stored; nothing was accepted."),
    "disk_full": CodeInfo(507, "The disk is full; nothing was accepted. Free some space."),
    "unsafe_configuration": CodeInfo(500, "Refused to start: the settings are not safe."),
    "robot_refused": CodeInfo(403, "Robots only enter the demo tenant."),
}


class WeccError(Exception):
    """Something a person can act on, with a stable ``code`` from ``CODES``."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        field: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        self.code = code
        self.info = CODES[code]
        self.message = message or self.info.meaning
        self.field = field
        self.retry_after_s = retry_after_s
        super().__init__(f"{code}: {self.message}")


def not_found(noun: str) -> WeccError:
    """The same answer for what is unknown and what is foreign, so neither can be probed."""
    return WeccError("not_found", f"There is no such {noun}, or it is not yours to see.")
