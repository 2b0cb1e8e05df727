"""One leg in a media worker: its transport, what it receives, the one stream it is sent.

The path of a packet is synchronous from the socket's wake-up to the other leg's ``sendto``: no
await, no copy into objects, no decoding. Payload types differ between two browsers, so codecs are
named in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Any

from gateway.voice.media import rtcp
from gateway.voice.media.address import MediaAddress
from gateway.voice.media.rtp import (
    CLOCK_HZ,
    FRAME_TICKS,
    HEADER,
    HEADER_BYTES,
    Reception,
    Stream,
    payload_of,
)
from gateway.voice.media.sdp import (
    OPUS,
    LocalEnd,
    Offer,
    RemoteCandidate,
    read_candidate,
    write_answer,
)
from gateway.voice.media.stack import LegFailed, RemoteEnd, SrtpError, Transport
from gateway.voice.ports import LegState, LegStats

CONNECT_TIMEOUT_S = 20.0
SILENCE_LIMIT_S = 8.0
"""Without any authenticated packet for so long, a leg is lost (browsers check every 2.5 s)."""
PACKETS_PER_S_MAX = 250.0
BURST_PACKETS = 250.0
STREAMS_MAX = 8
CANDIDATES_MAX = 64
REPORT_EVERY_S = 1.0

Changed = Callable[["Leg", LegState, str], None]


class Leg:
    """A browser's end of a call inside the worker."""

    def __init__(
        self,
        leg_id: str,
        call_id: str,
        offer: Offer,
        identity: tuple[Any, str],
        changed: Changed,
    ) -> None:
        certificate, self._fingerprint = identity
        self.leg_id = leg_id
        self.call_id = call_id
        self.state: LegState = "connecting"
        self.peer: Leg | None = None
        self.music: tuple[list[bytes], int] | None = None
        self.transport = Transport(certificate, self._on_media, self.lose)
        self.reception = Reception()
        self.remote = rtcp.PeerReport()
        self.refused = 0
        self._offer = offer
        self._changed = changed
        self._stream = Stream(
            secrets.randbits(32) or 1, secrets.randbelow(1 << 15), secrets.randbits(32)
        )
        self._cname = secrets.token_hex(8)
        self._payload_types = offer.payload_types
        self._codecs = {number: codec for codec, number in offer.payload_types.items()}
        self._receives = offer.direction in ("sendrecv", "recvonly")
        self._sends = offer.direction in ("sendrecv", "sendonly")
        self._rx: Any = None
        self._tx: Any = None
        self._known: set[int] = set()
        self._budget = BURST_PACKETS
        self._heard_stun = 0
        self._music_ticks = secrets.randbits(32)
        self._music_count = 0
        self._candidates = 0
        self._freed = False
        self._connecting: asyncio.Task[None] | None = None
        self.heard_s = self._tick_s = self._reported_s = time.monotonic()

    # ---- life ------------------------------------------------------------------------------

    def open(self, address: MediaAddress) -> str:
        """Bind a port, begin to connect, and return the ``sdp_answer``."""
        sock = address.open()
        self.transport.open(sock, address.announced)
        setup = "passive" if self._offer.setup == "active" else "active"
        local = LocalEnd(
            host=address.announced,
            port=sock.getsockname()[1],
            ufrag=self.transport.ufrag,
            password=self.transport.password,
            fingerprint=self._fingerprint,
            setup=setup,
            ssrc=self._stream.ssrc,
            cname=self._cname,
        )
        self._address = address
        self._connecting = asyncio.create_task(self._connect())
        return write_answer(self._offer, local)

    async def _connect(self) -> None:
        offer = self._offer
        for candidate in offer.candidates:
            await self._try_candidate(candidate)
        remote = RemoteEnd(offer.ufrag, offer.password, offer.fingerprints, offer.setup)
        try:
            await self.transport.connect(remote, CONNECT_TIMEOUT_S)
        except LegFailed as failure:
            self.lose(failure.cause)
        except Exception:
            self.lose("transport_fault")
        else:
            self._rx, self._tx = self.transport.ciphers
            self.heard_s = time.monotonic()
            self.state = "connected"
            self._changed(self, "connected", "")

    async def add_candidate(self, text: str | None) -> None:
        """Take a trickled candidate; what is malformed or out of reach is left out."""
        candidate = read_candidate(text) if text else None
        if candidate is not None and self.state == "connecting":
            await self._try_candidate(candidate)

    async def _try_candidate(self, candidate: RemoteCandidate) -> None:
        self._candidates += 1
        if self._candidates <= CANDIDATES_MAX and self._address.may_reach(candidate.host):
            with contextlib.suppress(ValueError):
                await self.transport.add_candidate(candidate)

    def lose(self, cause: str) -> None:
        """The leg is gone and says so; its place is kept until it is closed."""
        if self.state not in ("lost", "closed"):
            self.state = "lost"
            self._rx = self._tx = None
            self._changed(self, "lost", cause)

    async def close(self) -> None:
        """End the leg and free its port."""
        self.state = "closed"
        await self.free()

    async def free(self) -> None:
        """Let go of the port and the other leg; a lost leg needs neither."""
        self.detach()
        self.music = self._rx = self._tx = None
        if self._freed:
            return
        self._freed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await self.transport.close()

    # ---- connections between legs ----------------------------------------------------------

    def attach(self, other: Leg) -> None:
        """Forward in both directions; ends music on both."""
        self.detach()
        other.detach()
        self.peer, other.peer = other, self
        self.music = other.music = None

    def detach(self) -> None:
        """Stop forwarding to and from this leg."""
        if self.peer is not None:
            self.peer.peer = None
            self.peer = None

    def play(self, packets: list[bytes] | None) -> None:
        """Begin a piece, or go on if it is the one that plays; None stops."""
        if packets is None:
            self.music = None
        elif self.music is None or self.music[0] is not packets:
            self.music = (packets, 0)

    # ---- packets ---------------------------------------------------------------------------

    def _on_media(self, data: bytes) -> None:
        receive = self._rx
        if receive is None or len(data) < HEADER_BYTES:
            return
        if 191 < data[1] < 224:  # RFC 5761 section 4
            self._on_rtcp(data)
            return
        ssrc = int.from_bytes(data[8:12], "big")
        if self._budget < 1 or (ssrc not in self._known and len(self._known) >= STREAMS_MAX):
            self.refused += 1
            return
        try:
            packet = receive.unprotect(data)
        except (SrtpError, ValueError):
            self.refused += 1
            return
        self._budget -= 1
        self._known.add(ssrc)
        self._take(packet, ssrc)

    def _take(self, packet: bytes, ssrc: int) -> None:
        _, second, sequence, timestamp, _ = HEADER.unpack_from(packet)
        payload = payload_of(packet)
        codec = self._codecs.get(second & 0x7F)
        if payload is None or codec is None:
            self.refused += 1
            return
        now = self.heard_s = time.monotonic()
        self.reception.arrived(ssrc, sequence, timestamp, now, len(packet))
        peer = self.peer
        if peer is not None and payload and self._receives:
            peer.send(ssrc, (second & 0x80, sequence, timestamp), codec, payload, now)

    def send(
        self, source: int, header: tuple[int, int, int], codec: str, payload: bytes, at_s: float
    ) -> None:
        """Send a payload of ``source`` as the next of this leg's stream."""
        protect = self._tx
        number = self._payload_types.get(codec)
        if protect is None or number is None or not self._sends:
            return
        packet = self._stream.next(source, header, number, payload, at_s)
        if packet is None:
            return
        try:
            self.transport.send(protect.protect(packet))
        except (SrtpError, ValueError):
            self.refused += 1

    def _on_rtcp(self, data: bytes) -> None:
        try:
            packet = self._rx.unprotect_rtcp(data)
        except (SrtpError, ValueError):
            self.refused += 1
            return
        now = self.heard_s = time.monotonic()
        rtcp.read(packet, self._stream.ssrc, self.remote, now, time.time_ns())

    # ---- time ------------------------------------------------------------------------------

    def tick(self, now_s: float) -> None:
        """Every 20 ms: music, reports, and whether the browser is still there."""
        self._budget = min(BURST_PACKETS, self._budget + (now_s - self._tick_s) * PACKETS_PER_S_MAX)
        self._tick_s = now_s
        if self._tx is None:
            return
        if self.music is not None:
            self._play_frame(now_s)
        if now_s - self._reported_s >= REPORT_EVERY_S:
            self._reported_s = now_s
            self._report(now_s)

    def _play_frame(self, now_s: float) -> None:
        assert self.music is not None
        packets, position = self.music
        self.music = (packets, (position + 1) % len(packets))
        self._music_count += 1
        ticks = (self._music_ticks + self._music_count * FRAME_TICKS) & 0xFFFFFFFF
        header = (0, self._music_count & 0xFFFF, ticks)
        self.send(-1 - id(packets), header, OPUS, packets[position], now_s)

    def _report(self, now_s: float) -> None:
        if self.transport.heard != self._heard_stun:
            self._heard_stun, self.heard_s = self.transport.heard, now_s
        if now_s - self.heard_s > SILENCE_LIMIT_S:
            self.lose("silent")
            return
        packet = rtcp.build(
            self._stream, self.reception, self.remote, self._cname, now_s, time.time_ns()
        )
        with contextlib.suppress(SrtpError, ValueError):
            self.transport.send(self._tx.protect_rtcp(packet))

    def stats(self) -> LegStats:
        """Counters since the leg began."""
        heard = self.reception.ssrc >= 0
        return LegStats(
            leg_id=self.leg_id,
            packets_received=self.reception.packets,
            packets_sent=self._stream.packets,
            packets_lost=self.reception.lost,
            bytes_received=self.reception.bytes,
            bytes_sent=self._stream.bytes,
            jitter_ms=self.reception.jitter * 1000 / CLOCK_HZ if heard else None,
            rtt_ms=self.remote.rtt_ms,
        )
