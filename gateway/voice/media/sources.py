"""Which section a packet belongs to (RFC 8843 section 9.2), and the clock of who sends it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from gateway.voice.media import rtcp
from gateway.voice.media.codec import MID, Role
from gateway.voice.media.rtp import Source, Timing, element, split
from gateway.voice.media.track import Track

STREAMS_MAX = 12
"""SSRCs of one leg, ever: each costs memory in the cipher."""


class Sources:
    """The SSRCs of one leg."""

    def __init__(self) -> None:
        self.bound: dict[bytes, tuple[Track, Source]] = {}
        self._seen: set[bytes] = set()
        self._tracks: list[Track] = []
        self._declared: dict[bytes, Track] = {}
        self._mid = 0
        self._timing = Timing()

    def negotiated(self, tracks: Mapping[Role, Track]) -> None:
        """Take the sections and the SSRCs their session description names."""
        self._tracks = list(tracks.values())
        self._declared = {
            ssrc.to_bytes(4, "big"): track for track in self._tracks for ssrc in track.line.sources
        }
        self._mid = max((track.line.extensions.get(MID, 0) for track in self._tracks), default=0)
        self.bound = {
            ssrc: known
            for ssrc, known in self.bound.items()
            if known[0] in self._tracks and self._declared.get(ssrc, known[0]) is known[0]
        }

    def may_enter(self, ssrc: bytes) -> bool:
        """Whether a packet of this SSRC is worth decrypting."""
        return ssrc in self._seen or len(self._seen) < STREAMS_MAX

    def bind(self, packet: bytes, ssrc: bytes) -> tuple[Track, Source] | None:
        """Find the section of a new SSRC; one that contradicts itself has none."""
        self._seen.add(ssrc)
        number = packet[1] & 0x7F
        able: Iterable[Track] = (track for track in self._tracks if number in track.codecs)
        declared = self._declared.get(ssrc)
        if declared is not None:
            able = (track for track in able if track is declared)
        name = self._name(packet)
        if name is not None:
            able = (track for track in able if track.line.mid.encode() == name)
        found = list(able)
        if len(found) != 1:
            return None
        track = found[0]
        clock_hz = track.codecs[number][1].clock_hz
        track.reception.clock_hz = clock_hz
        known = (track, Source(int.from_bytes(ssrc, "big"), clock_hz, self._timing))
        self.bound[ssrc] = known
        return known

    def _name(self, packet: bytes) -> bytes | None:
        """Return the section the packet says it belongs to."""
        parts = split(packet) if self._mid else None
        return None if parts is None else element(parts[0], self._mid)

    def reported(self, report: rtcp.SenderReport, now_s: float) -> None:
        """Take a sender report: when what its SSRC sends was captured."""
        known = self.bound.get(report.ssrc.to_bytes(4, "big"))
        if known is None:
            return
        track, source = known
        track.remote.sender_ntp, track.remote.sender_at_s = report.ntp, now_s
        source.reported_s, source.reported_ticks = report.unix_s, report.ticks
        self._timing.heard(report.unix_s, time.time_ns() / 1e9)
