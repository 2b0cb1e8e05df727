"""RTP streams on their way through (RFC 3550): what came in is counted, what goes out is one
unbroken stream per section, whoever its source is at the moment.

Sequence numbers and timestamps are rewritten so that a change of source (music, the other leg,
another SSRC of it) looks like one sender; a voice marks a new talk spurt. Music runs on a 48 kHz
clock (Opus, RFC 7587 section 4.1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

CLOCK_HZ = 48_000
FRAME_MS = 20
FRAME_TICKS = CLOCK_HZ * FRAME_MS // 1000
UNTIMED_S = 6.0
"""So long a new source may take until its first report (browsers report every 1 to 5 s)."""
HEADER = struct.Struct("!BBHII")
HEADER_BYTES = 12

_VERSION_ONLY = 0x80
_MARKER = 0x80
_HALF = 0x8000
_EXTENDED = 0x10
_PADDED = 0x20
_ONE_BYTE_PROFILE = 0xBEDE


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


def split(packet: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return header extension (RFC 8285 one-byte form), payload and padding; None if malformed."""
    first = packet[0]
    start, end = HEADER_BYTES + 4 * (first & 0x0F), len(packet)
    if first >> 6 != 2 or start > end:
        return None
    extension = b""
    if first & _EXTENDED:
        if end < start + 4:
            return None
        profile, words = struct.unpack_from("!HH", packet, start)
        start += 4 + 4 * words
        if profile == _ONE_BYTE_PROFILE:
            extension = packet[start - 4 * words : start]
    padding = packet[-1] if first & _PADDED else 0
    if start > end - padding or (first & _PADDED and not padding):
        return None
    end -= padding
    return extension, packet[start:end], packet[end:]


def element(extension: bytes, wanted: int) -> bytes | None:
    """Return one element of a header extension, or None when it is not there."""
    place, end = 0, len(extension)
    while place < end:
        head = extension[place]
        if head >> 4 == wanted and head:
            data = extension[place + 1 : place + 2 + (head & 0x0F)]
            return data if len(data) == 1 + (head & 0x0F) else None
        if head >> 4 == 15:
            return None
        place += 2 + (head & 0x0F) if head else 1
    return None


@dataclass(slots=True)
class Timing:
    """How far a leg's clock is from ours; its sources share it, which keeps them in step."""

    offset_s: float | None = None

    def heard(self, theirs_s: float, ours_s: float) -> None:
        """Take a sender report: the quickest one so far says most about the clocks."""
        offset_s = ours_s - theirs_s
        if self.offset_s is None or offset_s < self.offset_s or offset_s - self.offset_s > 5:
            self.offset_s = offset_s


@dataclass(slots=True, eq=False)
class Source:
    """One received SSRC, or music: where the packets of a stream come from at the moment."""

    ssrc: int
    clock_hz: int
    timing: Timing = field(default_factory=Timing)
    reported_s: float | None = None
    """The time of its last sender report on its own clock, and the timestamp for it."""
    reported_ticks: int = 0

    def ticks_at(self, now_s: float) -> int | None:
        """Return the source's timestamp for what it captures now; None before its first report."""
        if self.reported_s is None or self.timing.offset_s is None:
            return None
        return self.reported_ticks + int(
            (now_s - self.timing.offset_s - self.reported_s) * self.clock_hz
        )


class Reception:
    """Counts what one section receives (RFC 3550 sections 6.4.1, A.1, A.3, A.8)."""

    __slots__ = (
        "_before",
        "_expected_told",
        "_received_told",
        "base",
        "bytes",
        "clock_hz",
        "highest",
        "jitter",
        "packets",
        "received",
        "ssrc",
        "transit",
    )

    def __init__(self, clock_hz: int = CLOCK_HZ) -> None:
        self.ssrc = -1
        self.clock_hz = clock_hz
        self.packets = 0
        self.bytes = 0
        self.base = self.highest = 0
        self.received = 0
        self.jitter = 0.0
        self.transit = 0.0
        self._before = 0
        self._expected_told = self._received_told = 0

    def begin(self, clock_hz: int) -> None:
        """Take the next packet for the first of a source on this clock."""
        self._before = self.lost
        self.clock_hz, self.ssrc = clock_hz, -1

    def arrived(self, ssrc: int, sequence: int, timestamp: int, at_s: float, size: int) -> None:
        """Count a packet that came at ``at_s`` on a monotonic clock."""
        self.packets += 1
        self.bytes += size
        transit = at_s * self.clock_hz - timestamp
        if ssrc != self.ssrc:
            self._restart(ssrc, sequence, transit)
            return
        self.received += 1
        step = (sequence - self.highest) & 0xFFFF
        if step < _HALF:
            self.highest += step
        change = abs(transit - self.transit)
        self.transit = transit
        if change < self.clock_hz:
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
        """Packets missing since the section began."""
        return self._before + self.lost_now()

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter."""
        return self.jitter * 1000 / self.clock_hz

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
    """The one RTP stream a section is sent."""

    __slots__ = (
        "_floor",
        "_seq_shift",
        "_ticks_shift",
        "at_s",
        "bytes",
        "clock_hz",
        "last",
        "marks_switch",
        "packets",
        "since_s",
        "source",
        "ssrc",
        "ticks",
    )

    def __init__(
        self, ssrc: int, first_sequence: int, first_ticks: int, *, marks_switch: bool = True
    ) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.bytes = 0
        self.last = first_sequence
        self.ticks = first_ticks
        self.at_s = 0.0
        self.clock_hz = CLOCK_HZ
        self.marks_switch = marks_switch
        self.source: Source | None = None
        self.since_s = 0.0
        self._floor = first_sequence
        self._seq_shift = self._ticks_shift = 0

    def place(
        self, source: Source, header: tuple[int, int, int], at_s: float
    ) -> tuple[int, int, int] | None:
        """Return marker, sequence and timestamp for a packet; None when it came too late.

        ``header`` is (marker bit or 0, sequence, timestamp) as the source wrote it. A packet from
        before the source took over is dropped: its place was given to the source before.
        """
        marker, sequence, timestamp = header
        if source is not self.source:
            self._switch(source, sequence, timestamp, at_s)
            if self.marks_switch:
                marker = _MARKER
        number = (sequence + self._seq_shift) & 0xFFFF
        step = (number - self.last) & 0xFFFF
        ticks = (timestamp + self._ticks_shift) & 0xFFFFFFFF
        if step < _HALF:
            self.last += step
            self.ticks, self.at_s = ticks, at_s
        elif self.last + step - 0x10000 < self._floor:
            return None
        return marker, number, ticks

    def next(
        self,
        source: Source,
        header: tuple[int, int, int],
        payload_type: int,
        payload: bytes,
        at_s: float,
    ) -> bytes | None:
        """Return the packet to send for one of ``source``; None when it came too late."""
        placed = self.place(source, header, at_s)
        if placed is None:
            return None
        marker, number, ticks = placed
        self.packets += 1
        self.bytes += len(payload)
        return HEADER.pack(_VERSION_ONLY, marker | payload_type, number, ticks, self.ssrc) + payload

    def next_video(
        self,
        placed: tuple[int, int, int],
        payload_type: int,
        extension: bytes,
        payload: bytes,
        padding: bytes,
    ) -> bytes:
        """Return the packet for a place, with a header extension and the source's padding."""
        marker, number, ticks = placed
        self.packets += 1
        self.bytes += len(payload)
        first = _VERSION_ONLY | (_EXTENDED if extension else 0) | (_PADDED if padding else 0)
        head = HEADER.pack(first, marker | payload_type, number, ticks, self.ssrc)
        return b"".join((head, extension, payload, padding))

    def release(self) -> None:
        """The source ended: what comes next begins anew, even if it is the same one."""
        self.source = None

    def _switch(self, source: Source, sequence: int, timestamp: int, at_s: float) -> None:
        least = source.clock_hz * FRAME_MS // 1000
        elapsed = int((at_s - self.at_s) * source.clock_hz) if self.at_s else least
        self.source, self.clock_hz, self.since_s = source, source.clock_hz, at_s
        self._floor = self.last + 1
        self._seq_shift = (self._floor - sequence) & 0xFFFF
        self._ticks_shift = (self.ticks + max(least, elapsed) - timestamp) & 0xFFFFFFFF

    def is_timed(self, at_s: float) -> bool:
        """Whether it is known when what is sent was captured, or never will be."""
        source = self.source
        is_told = source is None or source.ssrc < 0 or source.reported_s is not None
        return is_told or at_s - self.since_s > UNTIMED_S

    def ticks_at(self, at_s: float, now_s: float) -> int:
        """Return the timestamp for what is captured now, for sender reports.

        From the source's own reports where there are any, so that sound and picture keep in step;
        else from when its last packet came. ``at_s`` is monotonic, ``now_s`` the time of day.
        """
        theirs = None if self.source is None else self.source.ticks_at(now_s)
        if theirs is not None:
            return (theirs + self._ticks_shift) & 0xFFFFFFFF
        return (self.ticks + int((at_s - self.at_s) * self.clock_hz)) & 0xFFFFFFFF
