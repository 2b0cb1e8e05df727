"""RTP streams on their way through (RFC 3550): what came in is counted, what goes out is one
unbroken stream per leg, whoever its source is at the moment.

Sequence numbers and timestamps are rewritten so that a change of source (music, the other leg,
another SSRC of it) looks like one sender that marks a new talk spurt. All audio here runs on a
48 kHz clock (Opus, RFC 7587 section 4.1).
"""

from __future__ import annotations

import struct

CLOCK_HZ = 48_000
FRAME_MS = 20
FRAME_TICKS = CLOCK_HZ * FRAME_MS // 1000
HEADER = struct.Struct("!BBHII")
HEADER_BYTES = 12

_VERSION_ONLY = 0x80
_MARKER = 0x80
_HALF = 0x8000


def payload_of(packet: bytes) -> bytes | None:
    """Return the payload without contributors, extension and padding; None when malformed."""
    first = packet[0]
    if first == _VERSION_ONLY:
        return packet[HEADER_BYTES:]
    if first >> 6 != 2:
        return None
    start, end = HEADER_BYTES + 4 * (first & 0x0F), len(packet)
    if first & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    if first & 0x20:
        padding = packet[-1]
        end = end - padding if padding else -1
    return packet[start:end] if HEADER_BYTES <= start <= end else None


class Reception:
    """Counts what one leg receives (RFC 3550 sections 6.4.1, A.1, A.3, A.8)."""

    __slots__ = (
        "_before",
        "_expected_told",
        "_received_told",
        "base",
        "bytes",
        "highest",
        "jitter",
        "packets",
        "received",
        "ssrc",
        "transit",
    )

    def __init__(self) -> None:
        self.ssrc = -1
        self.packets = 0
        self.bytes = 0
        self.base = self.highest = 0
        self.received = 0
        self.jitter = 0.0
        self.transit = 0.0
        self._before = 0
        self._expected_told = self._received_told = 0

    def arrived(self, ssrc: int, sequence: int, timestamp: int, at_s: float, size: int) -> None:
        """Count a packet that came at ``at_s`` on a monotonic clock."""
        self.packets += 1
        self.bytes += size
        transit = at_s * CLOCK_HZ - timestamp
        if ssrc != self.ssrc:
            self._restart(ssrc, sequence, transit)
            return
        self.received += 1
        step = (sequence - self.highest) & 0xFFFF
        if step < _HALF:
            self.highest += step
        change = abs(transit - self.transit)
        self.transit = transit
        if change < CLOCK_HZ:
            self.jitter += (change - self.jitter) / 16

    def _restart(self, ssrc: int, sequence: int, transit: float) -> None:
        self._before += self.lost_now() if self.ssrc >= 0 else 0
        self.ssrc, self.transit, self.jitter = ssrc, transit, 0.0
        self.base = self.highest = sequence
        self.received = 1
        self._expected_told = self._received_told = 0

    def lost_now(self) -> int:
        """Packets missing of the present SSRC."""
        return max(0, self.highest - self.base + 1 - self.received) if self.ssrc >= 0 else 0

    @property
    def lost(self) -> int:
        """Packets missing since the leg began."""
        return self._before + self.lost_now()

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter."""
        return self.jitter * 1000 / CLOCK_HZ

    def fraction_lost(self) -> int:
        """Return the loss since the last call in 1/256 (section A.3)."""
        expected = self.highest - self.base + 1
        expected_now = expected - self._expected_told
        lost_now = expected_now - (self.received - self._received_told)
        self._expected_told, self._received_told = expected, self.received
        if expected_now <= 0 or lost_now <= 0:
            return 0
        return min(255, (lost_now << 8) // expected_now)


class Stream:
    """The one RTP stream a leg is sent."""

    __slots__ = (
        "_floor",
        "_seq_shift",
        "_source",
        "_ticks_shift",
        "at_s",
        "bytes",
        "last",
        "packets",
        "ssrc",
        "ticks",
    )

    def __init__(self, ssrc: int, first_sequence: int, first_ticks: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.bytes = 0
        self.last = first_sequence
        self.ticks = first_ticks
        self.at_s = 0.0
        self._floor = first_sequence
        self._source = -1
        self._seq_shift = self._ticks_shift = 0

    def next(
        self,
        source: int,
        header: tuple[int, int, int],
        payload_type: int,
        payload: bytes,
        at_s: float,
    ) -> bytes | None:
        """Return the packet to send for one of ``source``; None when it came too late.

        ``header`` is (marker bit or 0, sequence, timestamp) as the source wrote it. A packet from
        before the source took over is dropped: its place was given to the source before.
        """
        marker, sequence, timestamp = header
        if source != self._source:
            self._switch(source, sequence, timestamp, at_s)
            marker = _MARKER
        number = (sequence + self._seq_shift) & 0xFFFF
        step = (number - self.last) & 0xFFFF
        ticks = (timestamp + self._ticks_shift) & 0xFFFFFFFF
        if step < _HALF:
            self.last += step
            self.ticks, self.at_s = ticks, at_s
        elif self.last + step - 0x10000 < self._floor:
            return None
        self.packets += 1
        self.bytes += len(payload)
        return HEADER.pack(_VERSION_ONLY, marker | payload_type, number, ticks, self.ssrc) + payload

    def _switch(self, source: int, sequence: int, timestamp: int, at_s: float) -> None:
        elapsed = int((at_s - self.at_s) * CLOCK_HZ) if self.at_s else FRAME_TICKS
        self._source = source
        self._floor = self.last + 1
        self._seq_shift = (self._floor - sequence) & 0xFFFF
        self._ticks_shift = (self.ticks + max(FRAME_TICKS, elapsed) - timestamp) & 0xFFFFFFFF

    def ticks_at(self, at_s: float) -> int:
        """Return the timestamp the stream would have at ``at_s``, for sender reports."""
        return (self.ticks + int((at_s - self.at_s) * CLOCK_HZ)) & 0xFFFFFFFF
