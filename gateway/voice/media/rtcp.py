"""Sender and receiver reports (RFC 3550 section 6.4), so that both browsers see sane figures.

Each leg gets reports about our stream and about what we received from it; nothing is passed
through, because sequence numbers and SSRCs differ on the two sides.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gateway.voice.media.rtp import Reception, Stream

_HEAD = struct.Struct("!BBHI")
_SENDER = struct.Struct("!IIIII")
_BLOCK = struct.Struct("!IIIIII")
_BLOCK_BYTES = 24
_SR, _RR, _SDES = 200, 201, 202
_NTP_EPOCH_S = 2_208_988_800
_CNAME = 1


@dataclass(slots=True)
class PeerReport:
    """What the browser last told about our stream, and its last sender report."""

    lost: int = 0
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    sender_ntp: int = 0
    sender_at_s: float = 0.0


def ntp_of(now_ns: int) -> int:
    """Return the 64-bit NTP time of a Unix time in nanoseconds."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    return (seconds + _NTP_EPOCH_S) << 32 | (rest << 32) // 1_000_000_000


def _middle(ntp: int) -> int:
    return ntp >> 16 & 0xFFFFFFFF


def build(
    stream: Stream, reception: Reception, peer: PeerReport, cname: str, at_s: float, now_ns: int
) -> bytes:
    """Return a compound packet: a sender or receiver report and our name."""
    blocks = _blocks(reception, peer, at_s)
    count = len(blocks) // _BLOCK_BYTES
    if stream.packets:
        ntp = ntp_of(now_ns)
        body = _SENDER.pack(
            ntp >> 32,
            ntp & 0xFFFFFFFF,
            stream.ticks_at(at_s),
            stream.packets & 0xFFFFFFFF,
            stream.bytes & 0xFFFFFFFF,
        )
        return _packet(_SR, count, stream.ssrc, body + blocks) + _name(stream.ssrc, cname)
    return _packet(_RR, count, stream.ssrc, blocks) + _name(stream.ssrc, cname)


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


def read(packet: bytes, own_ssrc: int, peer: PeerReport, at_s: float, now_ns: int) -> None:
    """Take what a compound packet says about our stream; stops at the first malformed part."""
    start = 0
    while len(packet) - start >= _HEAD.size:
        first, kind, words, _ssrc = _HEAD.unpack_from(packet, start)
        end = start + 4 + 4 * words
        if first >> 6 != 2 or end > len(packet):
            return
        body = packet[start + _HEAD.size : end]
        if kind == _SR and len(body) >= _SENDER.size:
            high, low = struct.unpack_from("!II", body)
            peer.sender_ntp, peer.sender_at_s = high << 32 | low, at_s
            _read_blocks(body[_SENDER.size :], first & 0x1F, own_ssrc, peer, now_ns)
        elif kind == _RR:
            _read_blocks(body, first & 0x1F, own_ssrc, peer, now_ns)
        start = end


def _read_blocks(body: bytes, count: int, own_ssrc: int, peer: PeerReport, now_ns: int) -> None:
    for index in range(min(count, len(body) // _BLOCK_BYTES)):
        ssrc, loss, _highest, jitter, last, delay = _BLOCK.unpack_from(body, index * _BLOCK_BYTES)
        if ssrc != own_ssrc:
            continue
        lost = loss & 0xFFFFFF
        peer.lost = lost - 0x1000000 if lost & 0x800000 else lost
        peer.jitter_ms = jitter / 48
        if last:
            trip = (_middle(ntp_of(now_ns)) - last - delay) & 0xFFFFFFFF
            if trip < 0x80000000:
                peer.rtt_ms = trip * 1000 / 65_536
