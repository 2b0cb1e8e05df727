"""Identifiers.

Every id is a short prefix, an underscore and 26 Crockford base-32 characters: 48 bits of
milliseconds followed by 82 random bits, so ids sort by age and cannot be guessed
(example: ``cv_01KARG9W6S3Q0Z2M8T5V7X4Y1B``). Visitors and agents may also bring their own ids
(UUIDs); those are only checked for shape and are unique per tenant.
"""

from __future__ import annotations

import re
import secrets
from typing import NewType

TenantId = NewType("TenantId", str)
SiteId = NewType("SiteId", str)
UserId = NewType("UserId", str)
VisitorId = NewType("VisitorId", str)
ContactId = NewType("ContactId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
AttachmentId = NewType("AttachmentId", str)
InteractionId = NewType("InteractionId", str)
QueueId = NewType("QueueId", str)
OfferId = NewType("OfferId", str)
CallId = NewType("CallId", str)
LegId = NewType("LegId", str)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHAPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
_RANDOM_BITS = 82
_LENGTH = 26


def new_id(prefix: str, now_ms: int) -> str:
    """Return a fresh id such as ``cv_01KARG9W6S3Q0Z2M8T5V7X4Y1B``."""
    value = (now_ms & ((1 << 48) - 1)) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    chars = [_ALPHABET[value >> (5 * place) & 31] for place in reversed(range(_LENGTH))]
    return f"{prefix}_{''.join(chars)}"


def new_secret() -> str:
    """Return 256 random bits as 43 URL-safe characters; never stored in clear."""
    return secrets.token_urlsafe(32)


def is_id(value: str) -> bool:
    """Tell whether ``value`` has the shape of an id: 8 to 64 letters, digits, ``_`` or ``-``."""
    return _SHAPE.fullmatch(value) is not None
