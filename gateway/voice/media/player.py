"""Music to one leg: ready-made packets, one every 20 ms, in a codec the browser knows."""

from __future__ import annotations

import secrets

from gateway.voice.media.codec import CODECS
from gateway.voice.media.rtp import FRAME_MS, Source
from gateway.voice.media.track import Track

Encoded = dict[str, list[bytes]]
"""A piece of music: its packets by codec."""


class Player:
    """What a leg hears while it waits."""

    def __init__(self) -> None:
        self.piece: Encoded | None = None
        self._position = 0
        self._count = 0
        self._ticks = secrets.randbits(32)
        self._source = Source(-1, 0)

    def play(self, piece: Encoded | None) -> None:
        """Begin a piece, or go on if it is the one that plays; None stops."""
        if piece is not self.piece:
            self.piece, self._position = piece, 0
            self._source = Source(-1, 0)

    def frame(self, track: Track, now_s: float) -> None:
        """Send the next 20 ms."""
        piece = self.piece
        codec = next((name for name in track.payload_types if piece and name in piece), None)
        if piece is None or codec is None:
            return
        clock_hz = CODECS[codec].clock_hz
        if self._source.clock_hz != clock_hz:
            self._source = Source(-1, clock_hz)
        packets = piece[codec]
        packet = packets[self._position % len(packets)]
        self._position += 1
        self._count += 1
        ticks = (self._ticks + self._count * clock_hz * FRAME_MS // 1000) & 0xFFFFFFFF
        track.send(self._source, (0, self._count & 0xFFFF, ticks), codec, packet, now_s)
