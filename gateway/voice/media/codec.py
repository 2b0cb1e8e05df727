"""The codecs a leg may carry, by one name each: what is written about them in a session
description, and how the first packet of a key frame is known.

Payload numbers differ between two browsers, so codecs are named in between. Nothing is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["audio", "camera", "screen"]
"""Which of a leg's sections it is; video sections are told apart by their order."""

OPUS: Final = "opus/48000"
PCMU: Final = "pcmu/8000"
PCMA: Final = "pcma/8000"
EVENTS: Final = "telephone-event/48000"
EVENTS_NARROW: Final = "telephone-event/8000"
VP8: Final = "vp8/90000"
H264: Final = "h264/90000"

_NAL_SPS, _NAL_IDR, _NAL_STAP_A, _NAL_FU_A = 7, 5, 24, 28
_FU_START = 0x80


@dataclass(frozen=True, slots=True)
class Codec:
    """What an answer says about a codec."""

    kind: Literal["audio", "video"]
    clock_hz: int
    rtpmap: str
    fmtp: str = ""
    with_any_of: tuple[str, ...] = ()
    """Useless without one of these (events without speech of the same clock)."""


CODECS: Final[dict[str, Codec]] = {
    OPUS: Codec("audio", 48_000, "opus/48000/2", "minptime=10;useinbandfec=1"),
    PCMU: Codec("audio", 8_000, "PCMU/8000"),
    PCMA: Codec("audio", 8_000, "PCMA/8000"),
    EVENTS: Codec("audio", 48_000, "telephone-event/48000", "0-15", (OPUS,)),
    EVENTS_NARROW: Codec("audio", 8_000, "telephone-event/8000", "0-15", (PCMU, PCMA)),
    VP8: Codec("video", 90_000, "VP8/90000"),
    H264: Codec(
        "video",
        90_000,
        "H264/90000",
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    ),
}
"""In the order we prefer them."""

STATIC: Final[dict[int, tuple[str, str]]] = {0: ("pcmu", "8000"), 8: ("pcma", "8000")}
"""Payload types that need no rtpmap (RFC 3551 section 6)."""

FEEDBACK: Final = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
"""What we answer of the offered RTCP feedback of video (RFC 4585, RFC 5104)."""

MID, SEND_TIME, TRANSPORT_SEQUENCE = "mid", "send_time", "transport_sequence"
EXTENSIONS: Final[dict[str, str]] = {
    "urn:ietf:params:rtp-hdrext:sdes:mid": MID,
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": SEND_TIME,
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": TRANSPORT_SEQUENCE,
}
"""Header extensions that we use, on video alone: audio packets stay bare."""


def starts_key_frame(codec: str, payload: bytes) -> bool:
    """Tell whether this is the first packet of a picture that needs no other."""
    return _vp8_key(payload) if codec == VP8 else _h264_key(payload)


def _vp8_key(payload: bytes) -> bool:
    """RFC 7741 sections 4.2 and 4.3: start of partition 0, and the P bit clear behind it."""
    if len(payload) < 2 or payload[0] & 0x17 != 0x10:
        return False
    start = 1
    if payload[0] & 0x80:
        flags = payload[1]
        start = 2
        if flags & 0x80:
            start += 2 if len(payload) > 2 and payload[2] & 0x80 else 1
        start += bool(flags & 0x40) + bool(flags & 0x30)
    return len(payload) > start and not payload[start] & 0x01


def _h264_key(payload: bytes) -> bool:
    """RFC 6184: parameter sets or an IDR slice, alone, aggregated or as a first fragment."""
    if len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    if kind == _NAL_STAP_A:
        return len(payload) > 3 and payload[3] & 0x1F in (_NAL_SPS, _NAL_IDR)
    if kind == _NAL_FU_A:
        return bool(payload[1] & _FU_START) and payload[1] & 0x1F == _NAL_IDR
    return kind in (_NAL_SPS, _NAL_IDR)
