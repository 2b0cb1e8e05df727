"""RTCP (RFC 3550 section 6.4, RFC 4585, RFC 5104): what a browser tells, and what we tell it.

Each leg gets reports about our streams and about what we received from it; nothing is passed
through, because sequence numbers and SSRCs differ on the two sides. What has a meaning for the
other leg (a key frame is needed, packets are missing, so much fits through) is read here, and
written anew for it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.voice.media.rtp import CLOCK_HZ, Reception, Stream

_HEAD = struct.Struct("!BBHI")
_SENDER = struct.Struct("!IIIII")
_BLOCK = struct.Struct("!IIIIII")
_BLOCK_BYTES = 24
_SR, _RR, _SDES, _TRANSPORT, _PAYLOAD = 200, 201, 202, 205, 206
_NACK, _TWCC = 1, 15
_PLI, _FIR, _APPLICATION = 1, 4, 15
_NTP_EPOCH_S = 2_208_988_800
_CNAME = 1
ITEMS_MAX = 64
"""More than this of one compound packet is not read."""
NACKED_MAX = 256
_REMB = b"REMB"


@dataclass(slots=True)
class PeerReport:
    """What the browser last told about our stream, and its last sender report."""

    lost: int = 0
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    sender_ntp: int = 0
    sender_at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A browser's clock: this timestamp of its stream was captured at this NTP time."""

    ssrc: int
    ntp: int
    ticks: int

    @property
    def unix_s(self) -> float:
        """The time of the report on the browser's clock."""
        return (self.ntp >> 32) - _NTP_EPOCH_S + (self.ntp & 0xFFFFFFFF) / (1 << 32)


@dataclass(frozen=True, slots=True)
class Block:
    """What a browser received of our stream ``ssrc``."""

    ssrc: int
    lost: int
    jitter: int
    last: int
    delay: int

    def tell(self, peer: PeerReport, now_ns: int, clock_hz: int = CLOCK_HZ) -> None:
        """Note it, and the round trip if our own report was quoted."""
        peer.lost = self.lost
        peer.jitter_ms = self.jitter * 1000 / clock_hz
        if self.last:
            trip = (_middle(ntp_of(now_ns)) - self.last - self.delay) & 0xFFFFFFFF
            if trip < 0x80000000:
                peer.rtt_ms = trip * 1000 / 65_536


@dataclass(frozen=True, slots=True)
class KeyFrameWanted:
    """The browser cannot go on without a key frame (PLI or FIR)."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Packets of our stream the browser did not get (generic NACK)."""

    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fits:
    """So much fits through to the browser (REMB)."""

    bits_per_s: int


Item = SenderReport | Block | KeyFrameWanted | Missing | Fits


def ntp_of(now_ns: int) -> int:
    """Return the 64-bit NTP time of a Unix time in nanoseconds."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    return (seconds + _NTP_EPOCH_S) << 32 | (rest << 32) // 1_000_000_000


def _middle(ntp: int) -> int:
    return ntp >> 16 & 0xFFFFFFFF


# ---- what is told --------------------------------------------------------------------------


def build(
    stream: Stream | int,
    reception: Reception,
    peer: PeerReport,
    cname: str,
    at_s: float,
    now_ns: int,
) -> bytes:
    """Return a compound packet: a sender report, or for an SSRC alone a receiver report, and
    our name.
    """
    blocks = _blocks(reception, peer, at_s)
    count = len(blocks) // _BLOCK_BYTES
    if isinstance(stream, int):
        return _packet(_RR, count, stream, blocks) + _name(stream, cname)
    ntp = ntp_of(now_ns)
    body = _SENDER.pack(
        ntp >> 32,
        ntp & 0xFFFFFFFF,
        stream.ticks_at(at_s, now_ns / 1e9),
        stream.packets & 0xFFFFFFFF,
        stream.bytes & 0xFFFFFFFF,
    )
    return _packet(_SR, count, stream.ssrc, body + blocks) + _name(stream.ssrc, cname)


def empty_report(own: int) -> bytes:
    """Return the report that a compound packet begins with when there is nothing to report."""
    return _packet(_RR, 0, own, b"")


def key_frame(own: int, media: int) -> bytes:
    """Ask for a key frame (PLI, RFC 4585 section 6.3.1)."""
    return _packet(_PAYLOAD, _PLI, own, media.to_bytes(4, "big"))


def nack(own: int, media: int, sequences: Iterable[int]) -> bytes:
    """Ask for packets again (RFC 4585 section 6.2.1); ``sequences`` ascend, modulo 2^16."""
    pairs: list[list[int]] = []
    for sequence in sequences:
        step = (sequence - pairs[-1][0]) & 0xFFFF if pairs else 0
        if pairs and 1 <= step <= 16:
            pairs[-1][1] |= 1 << (step - 1)
        else:
            pairs.append([sequence, 0])
    body = b"".join(struct.pack("!HH", first, rest) for first, rest in pairs)
    return _packet(_TRANSPORT, _NACK, own, media.to_bytes(4, "big") + body)


def fits(own: int, bits_per_s: int, sources: Sequence[int]) -> bytes:
    """Say how much fits through (draft-alvestrand-rmcat-remb-03)."""
    exponent = max(0, bits_per_s.bit_length() - 18)
    mantissa = bits_per_s >> exponent
    head = bytes((len(sources), exponent << 2 | mantissa >> 16))
    body = bytes(4) + _REMB + head + struct.pack("!H", mantissa & 0xFFFF)
    body += b"".join(ssrc.to_bytes(4, "big") for ssrc in sources)
    return _packet(_PAYLOAD, _APPLICATION, own, body)


def transport_feedback(own: int, media: int, body: bytes) -> bytes:
    """Wrap a transport-wide report (``arrivals``), padded to whole words."""
    padding = -len(body) % 4
    packet = _packet(_TRANSPORT, _TWCC, own, media.to_bytes(4, "big") + body + bytes(padding))
    if not padding:
        return packet
    return bytes((packet[0] | 0x20,)) + packet[1:-1] + bytes((padding,))


def _packet(kind: int, count: int, ssrc: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, 1 + len(body) // 4, ssrc) + body


def _name(ssrc: int, cname: str) -> bytes:
    text = cname.encode("ascii")
    chunk = bytes((_CNAME, len(text))) + text + b"\0"
    chunk += b"\0" * (-len(chunk) % 4)
    return _packet(_SDES, 1, ssrc, chunk)


def _blocks(reception: Reception, peer: PeerReport, at_s: float) -> bytes:
    if reception.ssrc < 0:
        return b""
    lost = min(reception.lost_now(), 0x7FFFFF)
    since = int((at_s - peer.sender_at_s) * 65_536) if peer.sender_ntp else 0
    return _BLOCK.pack(
        reception.ssrc,
        reception.fraction_lost() << 24 | lost,
        reception.highest & 0xFFFFFFFF,
        int(reception.jitter) & 0xFFFFFFFF,
        _middle(peer.sender_ntp) if peer.sender_ntp else 0,
        since & 0xFFFFFFFF,
    )


# ---- what is heard -------------------------------------------------------------------------


def read(packet: bytes) -> list[Item]:
    """Return what a compound packet says; stops at the first malformed part."""
    items: list[Item] = []
    start = 0
    while len(packet) - start >= _HEAD.size and len(items) < ITEMS_MAX:
        first, kind, words, ssrc = _HEAD.unpack_from(packet, start)
        end = start + 4 + 4 * words
        if first >> 6 != 2 or end > len(packet) or not words:
            break
        body = packet[start + _HEAD.size : end]
        count = first & 0x1F
        if kind == _SR and len(body) >= _SENDER.size:
            high, low, ticks, _, _ = _SENDER.unpack_from(body)
            items.append(SenderReport(ssrc, high << 32 | low, ticks))
            items += _read_blocks(body[_SENDER.size :], count)
        elif kind == _RR:
            items += _read_blocks(body, count)
        elif kind in (_TRANSPORT, _PAYLOAD) and len(body) >= 4:
            items += _read_feedback(kind, count, body)
        start = end
    return items


def _read_blocks(body: bytes, count: int) -> list[Item]:
    blocks: list[Item] = []
    for index in range(min(count, len(body) // _BLOCK_BYTES)):
        ssrc, loss, _highest, jitter, last, delay = _BLOCK.unpack_from(body, index * _BLOCK_BYTES)
        lost = loss & 0xFFFFFF
        lost = lost - 0x1000000 if lost & 0x800000 else lost
        blocks.append(Block(ssrc, lost, jitter, last, delay))
    return blocks


def _read_feedback(kind: int, what: int, body: bytes) -> list[Item]:
    media = int.from_bytes(body[:4], "big")
    if (kind, what) == (_TRANSPORT, _NACK):
        return [Missing(media, _read_nack(body[4:]))]
    if (kind, what) == (_PAYLOAD, _PLI):
        return [KeyFrameWanted(media)]
    if (kind, what) == (_PAYLOAD, _FIR):
        return [
            KeyFrameWanted(int.from_bytes(body[place : place + 4], "big"))
            for place in range(4, min(len(body) - 7, 4 + 8 * ITEMS_MAX), 8)
        ]
    if (kind, what) == (_PAYLOAD, _APPLICATION) and body[4:8] == _REMB and len(body) >= 12:
        mantissa = (body[9] & 3) << 16 | body[10] << 8 | body[11]
        return [Fits(min(mantissa << (body[9] >> 2), 1 << 40))]
    return []


def _read_nack(body: bytes) -> tuple[int, ...]:
    found: list[int] = []
    for place in range(0, len(body) - 3, 4):
        first, rest = struct.unpack_from("!HH", body, place)
        found.append(first)
        found += [(first + 1 + bit) & 0xFFFF for bit in range(16) if rest >> bit & 1]
        if len(found) >= NACKED_MAX:
            break
    return tuple(found[:NACKED_MAX])
