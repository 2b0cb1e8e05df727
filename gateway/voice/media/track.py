"""One section of a leg: what its browser sends there, and the one stream it is sent.

The path of a packet is synchronous from the socket's wake-up to the other leg's ``sendto``: no
await, no copy into objects, no decoding. ``Track`` carries sound; ``VideoTrack`` adds what
pictures need.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.voice.media import rtcp
from gateway.voice.media.codec import CODECS, Codec, Role
from gateway.voice.media.rtp import HEADER, Reception, Source, Stream, payload_of
from gateway.voice.media.stack import SrtpError

if TYPE_CHECKING:
    from gateway.voice.media.sdp import Line

Send = Callable[[bytes], None]


class Wire:
    """What a leg's tracks share: the way out."""

    __slots__ = ("protect", "refused", "send")

    def __init__(self, send: Send) -> None:
        self.protect: Any = None
        self.send = send
        self.refused = 0


class Track:
    """A section of sound, or what every section does."""

    def __init__(self, role: Role, line: Line, wire: Wire) -> None:
        self.role = role
        self.wire = wire
        self.peer: Track | None = None
        self.reception = Reception()
        self.remote = rtcp.PeerReport()
        self.stream = Stream(
            secrets.randbits(32) or 1,
            secrets.randbelow(1 << 15),
            secrets.randbits(32),
            marks_switch=role == "audio",
        )
        self.apply(line)

    def apply(self, line: Line) -> None:
        """Take what was negotiated, first or anew."""
        self.line = line
        self.payload_types = line.payload_types
        self.codecs: dict[int, tuple[str, Codec]] = {
            number: (name, CODECS[name]) for name, number in line.payload_types.items()
        }
        self.receives = line.receives
        self.sends = line.sends

    def take(self, source: Source, packet: bytes, now_s: float) -> bool:
        """Forward a packet of the browser; False when it is malformed or not negotiated."""
        _, second, sequence, timestamp, _ = HEADER.unpack_from(packet)
        payload = payload_of(packet)
        known = self.codecs.get(second & 0x7F)
        if payload is None or known is None:
            return False
        codec, about = known
        if about.clock_hz != source.clock_hz:
            self._change_clock(source, about.clock_hz)
        self.reception.arrived(source.ssrc, sequence, timestamp, now_s, len(packet))
        peer = self.peer
        if peer is not None and payload and self.receives:
            peer.send(source, (second & 0x80, sequence, timestamp), codec, payload, now_s)
        return True

    def _change_clock(self, source: Source, clock_hz: int) -> None:
        """The browser went over to a codec of another clock (RFC 7160): nothing goes on."""
        source.clock_hz, source.reported_s = clock_hz, None
        self.reception.begin(clock_hz)
        if self.peer is not None:
            self.peer.stream.release()

    def send(
        self,
        source: Source,
        header: tuple[int, int, int],
        codec: str,
        payload: bytes,
        at_s: float,
    ) -> None:
        """Send a payload of ``source`` as the next of this section's stream."""
        wire = self.wire
        protect = wire.protect
        number = self.payload_types.get(codec)
        if protect is None or number is None or not self.sends:
            return
        packet = self.stream.next(source, header, number, payload, at_s)
        if packet is None:
            return
        try:
            wire.send(protect(packet))
        except (SrtpError, ValueError):
            wire.refused += 1

    def attach(self, peer: Track | None) -> None:
        """Forward to this section from now on, or to none."""
        if peer is not self.peer:
            self.peer = peer
            self.stream.release()

    def report(self, cname: str, at_s: float, *, in_step: bool) -> bytes:
        """Return this section's sender or receiver report.

        ``in_step``: sound and picture go together, so nothing is said about the time of a stream
        until its source has told it.
        """
        is_sender = self.stream.packets > 0 and (not in_step or self.stream.is_timed(at_s))
        return rtcp.build(
            self.stream if is_sender else self.stream.ssrc,
            self.reception,
            self.remote,
            cname,
            at_s,
            time.time_ns(),
        )

    def told(self, item: rtcp.Item, now_s: float) -> None:
        """Take what the browser says about this section's stream."""
        del now_s  # sound has no use for feedback but the report
        if isinstance(item, rtcp.Block):
            item.tell(self.remote, time.time_ns(), self.stream.clock_hz)

    def tick(self, now_s: float) -> bytes:
        """Return the feedback that is due to the browser: none for sound."""
        del now_s
        return b""
