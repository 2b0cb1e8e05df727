"""Base shapes of everything that crosses a socket or the REST API.

Frames are JSON objects with a ``type``. What comes in refuses unknown fields; what goes out is
always written in full, so that generated types can rely on every property being there.
All times are milliseconds since 1970 UTC (``_at_ms``) or durations (``_ms``, ``_s``).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

PROTOCOL_VERSION = 1

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$(?!\n)", description="Id.")]
Ref = Annotated[str, Meta(min_length=1, max_length=64, description="Echoed in ack or error.")]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
ShortText = Annotated[str, Meta(max_length=500)]
LongText = Annotated[str, Meta(max_length=20_000)]
Sdp = Annotated[str, Meta(min_length=1, max_length=65_536)]
Seq = Annotated[
    int, Meta(ge=0, lt=2**53, description="Position of a message in its conversation, from 1.")
]


class ClientFrame(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """A frame sent by a browser. With a ``ref``, the server answers ``ack`` or ``error``."""

    ref: Ref | None = None


class ServerFrame(msgspec.Struct, kw_only=True, tag_field="type"):
    """A frame sent by the server."""


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A JSON request body of the REST API."""


class View(msgspec.Struct, kw_only=True):
    """A JSON object the server writes, over REST or inside a frame."""
