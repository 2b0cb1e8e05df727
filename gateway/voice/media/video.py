"""A section of pictures: key frames, repair of losses, and how much fits through.

A new source is let through from its key frame on: what comes before could not be decoded, and
the browser's decoder would take it for a continuation of the pictures of the source before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.voice.media import rtcp
from gateway.voice.media.arrivals import Arrivals
from gateway.voice.media.codec import SEND_TIME, TRANSPORT_SEQUENCE, Role, starts_key_frame
from gateway.voice.media.repair import Gaps, Kept
from gateway.voice.media.rtp import HEADER, Reception, Source, element, split
from gateway.voice.media.stack import SrtpError
from gateway.voice.media.track import Track, Wire

if TYPE_CHECKING:
    from gateway.voice.media.sdp import Line

CLOCK_HZ = 90_000
KEY_FRAME_EVERY_S = 0.5
KEY_FRAME_TRIES = 20
ALIVE_S = 2.0
"""A source that has sent nothing for so long is not asked for anything."""
AGAIN_PER_S, AGAIN_BURST = 300.0, 200.0
"""Packets sent again, at most: a browser that asks for more gets a key frame instead."""
CEILING_EVERY_S = 1.0
CEILING_LEAST_S = 0.1
CEILING_LEAST_BITS_PER_S = 100_000
"""The voice has its share of it; with less, pictures are of no use."""

_EXTENSION = b"\xbe\xde\x00\x01"


class VideoTrack(Track):
    """The camera or the screen of a leg."""

    def __init__(self, role: Role, line: Line, wire: Wire, arrivals: Arrivals) -> None:
        self._kept = Kept()
        self._gaps = Gaps()
        self._arrivals = arrivals
        self._again = AGAIN_BURST
        self._again_s = 0.0
        self._wants_key = 0
        self._asked_s = 0.0
        self._heard_s = 0.0
        super().__init__(role, line, wire)
        self.reception = Reception(CLOCK_HZ)

    def apply(self, line: Line) -> None:
        super().apply(line)
        self._sequence_id = line.extensions.get(TRANSPORT_SEQUENCE, 0)
        self._send_time_id = line.extensions.get(SEND_TIME, 0)
        feedback = {what for codec in line.feedback.values() for what in codec}
        self._repairs = "nack" in feedback

    # ---- from the browser ------------------------------------------------------------------

    def take(self, source: Source, packet: bytes, now_s: float) -> bool:
        parts = split(packet)
        _, second, sequence, timestamp, _ = HEADER.unpack_from(packet)
        known = self.codecs.get(second & 0x7F)
        if parts is None or known is None:
            return False
        extension, payload, padding = parts
        if self._sequence_id and extension:
            number = element(extension, self._sequence_id)
            if number is not None and len(number) == 2:
                self._arrivals.add(number[0] << 8 | number[1], now_s)
        self._count(source, sequence, timestamp, now_s, len(packet))
        if payload and self._wants_key and starts_key_frame(known[0], payload):
            self._wants_key = 0
        peer = self.peer
        if isinstance(peer, VideoTrack) and self.receives:
            header = (second & 0x80, sequence, timestamp)
            if payload:
                peer.send(source, header, known[0], payload, now_s)
            else:
                peer.pad(source, header, (known[0], padding), now_s)
        return True

    def _count(
        self, source: Source, sequence: int, timestamp: int, now_s: float, size: int
    ) -> None:
        self._heard_s = now_s
        is_new = source.ssrc != self.reception.ssrc
        self.reception.arrived(source.ssrc, sequence, timestamp, now_s, size)
        if is_new:
            self._gaps.restart(sequence)
        elif not self._gaps.arrived(sequence, now_s):
            self.want_key()

    def want_key(self) -> None:
        """Ask the browser for a key frame until one comes, at most twice a second."""
        self._wants_key = self._wants_key or KEY_FRAME_TRIES

    # ---- to the browser --------------------------------------------------------------------

    def send(
        self,
        source: Source,
        header: tuple[int, int, int],
        codec: str,
        payload: bytes,
        at_s: float,
    ) -> None:
        if source is not self.stream.source and not starts_key_frame(codec, payload):
            if isinstance(self.peer, VideoTrack) and self.sends:
                self.peer.want_key()
            return
        self._send(source, header, (codec, payload, b""), at_s)

    def pad(
        self, source: Source, header: tuple[int, int, int], fill: tuple[str, bytes], at_s: float
    ) -> None:
        """Pass padding on: it probes the path, and leaves no gap in the numbers."""
        if source is self.stream.source and fill[1]:
            self._send(source, header, (fill[0], b"", fill[1]), at_s)

    def _send(
        self,
        source: Source,
        header: tuple[int, int, int],
        content: tuple[str, bytes, bytes],
        at_s: float,
    ) -> None:
        wire = self.wire
        codec, payload, padding = content
        number = self.payload_types.get(codec)
        if wire.protect is None or number is None or not self.sends:
            return
        placed = self.stream.place(source, header, at_s)
        if placed is None:
            return
        extension = b""
        if self._send_time_id:
            ticks = int(at_s * (1 << 18)) & 0xFFFFFF
            head = bytes((self._send_time_id << 4 | 2,))
            extension = _EXTENSION + head + ticks.to_bytes(3, "big")
        packet = self.stream.next_video(placed, number, extension, payload, padding)
        try:
            protected = wire.protect(packet)
        except (SrtpError, ValueError):
            wire.refused += 1
            return
        if self._repairs:
            self._kept.keep(placed[1], protected)
        wire.send(protected)

    def attach(self, peer: Track | None) -> None:
        is_other = peer is not self.peer
        super().attach(peer)
        if is_other and peer is not None:
            self.want_key()

    # ---- feedback --------------------------------------------------------------------------

    def told(self, item: rtcp.Item, now_s: float) -> None:
        super().told(item, now_s)
        peer = self.peer
        if isinstance(item, rtcp.Missing):
            self._send_again(item.sequences, now_s)
        elif isinstance(item, rtcp.KeyFrameWanted) and isinstance(peer, VideoTrack):
            peer.want_key()

    def _send_again(self, sequences: tuple[int, ...], now_s: float) -> None:
        self._again = min(AGAIN_BURST, self._again + (now_s - self._again_s) * AGAIN_PER_S)
        self._again_s = now_s
        for sequence in sequences:
            if self._again < 1:
                return
            packet = self._kept.again(sequence, now_s)
            if packet is not None:
                self._again -= 1
                self.wire.send(packet)

    def tick(self, now_s: float) -> bytes:
        """Return the feedback that is due to the browser."""
        reception = self.reception
        if reception.ssrc < 0 or now_s - self._heard_s > ALIVE_S or not self.receives:
            return b""
        own = self.stream.ssrc
        parts = []
        if self._repairs:
            due = self._gaps.due(now_s, self.remote.rtt_ms)
            if due:
                parts.append(rtcp.nack(own, reception.ssrc, due))
        if self._wants_key and now_s - self._asked_s >= KEY_FRAME_EVERY_S:
            self._wants_key -= 1
            self._asked_s = now_s
            parts.append(rtcp.key_frame(own, reception.ssrc))
        return b"".join(parts)


class Ceiling:
    """How much the other side takes, told to a browser at once when it falls (REMB)."""

    __slots__ = ("_told", "_told_s", "bits_per_s")

    def __init__(self) -> None:
        self.bits_per_s: int | None = None
        self._told = 0
        self._told_s = 0.0

    def put(self, bits_per_s: int) -> None:
        """The other side has said so."""
        self.bits_per_s = max(CEILING_LEAST_BITS_PER_S, bits_per_s)

    def due(self, now_s: float) -> int | None:
        """Return the figure if it must be told now."""
        if self.bits_per_s is None:
            return None
        since_s = now_s - self._told_s
        is_less = self.bits_per_s < self._told * 0.97
        if since_s < CEILING_LEAST_S or (since_s < CEILING_EVERY_S and not is_less):
            return None
        self._told, self._told_s = self.bits_per_s, now_s
        return self.bits_per_s
