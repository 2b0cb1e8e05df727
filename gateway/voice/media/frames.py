"""What the web process and a media worker say to each other over their unix socket.

Each frame is four bytes of length (big endian) and a MessagePack struct. Requests carry a number
``n`` that the reply repeats; reports carry ``seq`` and are told again until acknowledged.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

FRAME_MAX_BYTES = 1_048_576
_LENGTH_BYTES = 4


class Request(msgspec.Struct, tag=True, tag_field="t", frozen=True, kw_only=True):
    n: int


class CreateLeg(Request, frozen=True):
    leg_id: str
    call_id: str
    sdp_offer: str
    partner: str | None = None
    """The leg it will be bridged to: only codecs both can do are answered."""


class UpdateLeg(Request, frozen=True):
    """Negotiate a leg anew on its connection."""

    leg_id: str
    sdp_offer: str
    partner: str | None = None


class AddCandidate(Request, frozen=True):
    leg_id: str
    candidate: str | None


class Bridge(Request, frozen=True):
    leg_a: str
    leg_b: str


class Unbridge(Request, frozen=True):
    leg_id: str


class Play(Request, frozen=True):
    leg_id: str
    source: str | None


class CloseLeg(Request, frozen=True):
    leg_id: str


class GetStats(Request, frozen=True):
    leg_id: str


class ListLegs(Request, frozen=True):
    pass


class Attach(Request, frozen=True):
    """Send reports to this connection from now on, beginning with the untold ones."""


class Told(Request, frozen=True):
    """Every report up to ``seq`` has arrived; it gets no reply."""

    seq: int


class Ping(Request, frozen=True):
    pass


class Reply(msgspec.Struct, tag=True, tag_field="t", frozen=True, kw_only=True):
    """The answer to request ``n``: a value, or an error code with its message."""

    n: int
    value: Any = None
    code: str = ""
    message: str = ""


class Report(msgspec.Struct, tag=True, tag_field="t", frozen=True, kw_only=True):
    """A leg changed."""

    seq: int
    leg_id: str
    state: str
    cause: str


AnyRequest = (
    CreateLeg
    | UpdateLeg
    | AddCandidate
    | Bridge
    | Unbridge
    | Play
    | CloseLeg
    | GetStats
    | ListLegs
    | Attach
    | Told
    | Ping
)
AnyResponse = Reply | Report

_encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(AnyRequest).decode
decode_response = msgspec.msgpack.Decoder(AnyResponse).decode


def packed(frame: Request | Reply | Report) -> bytes:
    """Return a frame with its length in front."""
    body = _encode(frame)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """Return the next frame's bytes; ``EOFError`` when the other side is gone or talks nonsense."""
    length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
    if length > FRAME_MAX_BYTES:
        raise EOFError("frame too long")
    return await reader.readexactly(length)
