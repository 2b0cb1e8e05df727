"""One leg in a media worker: its transport, and the sections of sound and pictures on it.

Every section shares one transport (RFC 8843); ``sources`` knows which of them a packet is for.
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
from gateway.voice.media.arrivals import Arrivals
from gateway.voice.media.codec import Role
from gateway.voice.media.player import Encoded, Player
from gateway.voice.media.rtp import HEADER_BYTES
from gateway.voice.media.sdp import (
    LocalEnd,
    Offer,
    RemoteCandidate,
    read_candidate,
    succeeds,
    write_answer,
)
from gateway.voice.media.sources import Sources
from gateway.voice.media.stack import LegFailed, RemoteEnd, SrtpError, Transport
from gateway.voice.media.track import Track, Wire
from gateway.voice.media.video import Ceiling, VideoTrack
from gateway.voice.ports import LegState, LegStats

CONNECT_TIMEOUT_S = 20.0
SILENCE_LIMIT_S = 8.0
"""Without any authenticated packet for so long, a leg is lost (browsers check every 2.5 s)."""
SOUND_PACKETS_PER_S = 250.0
VIDEO_PACKETS_PER_S = 1_000.0
"""About 9 Mbit/s per section of pictures."""
REPORTS_PER_S, REPORTS_BURST = 100.0, 200.0
CANDIDATES_MAX = 64
REPORT_EVERY_S = 1.0
ARRIVALS_EVERY_S = 0.1

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
        self.transport = Transport(certificate, self._on_media, self.lose)
        self.refused = 0
        self.tracks: dict[Role, Track] = {}
        self.ceiling = Ceiling()
        self._wire = Wire(self.transport.send)
        self._arrivals = Arrivals()
        self._changed = changed
        self._cname = secrets.token_hex(8)
        self._version = 1
        self._sources = Sources()
        self._player = Player()
        self._rx: Any = None
        self._tx: Any = None
        self._heard_stun = 0
        self._candidates = 0
        self._freed = False
        self._connecting: asyncio.Task[None] | None = None
        self.heard_s = self._tick_s = self._reported_s = self._arrived_s = time.monotonic()
        self._negotiate(offer)
        self._budget, self._reports = self._rate_per_s, REPORTS_BURST

    # ---- life ------------------------------------------------------------------------------

    def open(self, address: MediaAddress) -> str:
        """Bind a port, begin to connect, and return the ``sdp_answer``."""
        sock = address.open()
        self.transport.open(sock, address.announced)
        self._address = address
        self._port = sock.getsockname()[1]
        self._setup = "passive" if self._offer.setup == "active" else "active"
        self._connecting = asyncio.create_task(self._connect())
        return self._answer()

    def _answer(self) -> str:
        local = LocalEnd(
            host=self._address.announced,
            port=self._port,
            ufrag=self.transport.ufrag,
            password=self.transport.password,
            fingerprint=self._fingerprint,
            setup=self._setup,
            sources={role: track.stream.ssrc for role, track in self.tracks.items()},
            cname=self._cname,
            version=self._version,
        )
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
            self._wire.protect = self._tx.protect
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
            self._rx = self._tx = self._wire.protect = None
            self._changed(self, "lost", cause)

    async def close(self) -> None:
        """End the leg and free its port."""
        self.state = "closed"
        await self.free()

    async def free(self) -> None:
        """Let go of the port and the other leg; a lost leg needs neither."""
        self.detach()
        self._player.play(None)
        self._rx = self._tx = self._wire.protect = None
        if self._freed:
            return
        self._freed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await self.transport.close()

    # ---- what is negotiated ----------------------------------------------------------------

    @property
    def codecs(self) -> dict[Role, dict[str, int]]:
        """What the leg can do, per section."""
        return {role: track.payload_types for role, track in self.tracks.items()}

    def update(self, offer: Offer) -> str:
        """Negotiate anew on the same connection and return the ``sdp_answer``.

        A bad offer is refused before anything is changed.
        """
        succeeds(offer, self._offer)
        self._version += 1
        self._negotiate(offer)
        if self.peer is not None:
            self._join(self.peer)
        return self._answer()

    def _negotiate(self, offer: Offer) -> None:
        for role in list(self.tracks):
            if role not in offer.lines:
                _part(self.tracks.pop(role))
        for role, line in offer.lines.items():
            if role in self.tracks:
                self.tracks[role].apply(line)
            elif role == "audio":
                self.tracks[role] = Track(role, line, self._wire)
            else:
                self.tracks[role] = VideoTrack(role, line, self._wire, self._arrivals)
        self._offer = offer
        self._sources.negotiated(self.tracks)
        self._videos = [t for t in self.tracks.values() if isinstance(t, VideoTrack)]
        self._rate_per_s = SOUND_PACKETS_PER_S + VIDEO_PACKETS_PER_S * len(self._videos)

    # ---- connections between legs ----------------------------------------------------------

    def attach(self, other: Leg) -> None:
        """Forward in both directions; ends music on both."""
        self.detach()
        other.detach()
        self.peer, other.peer = other, self
        self.play(None)
        other.play(None)
        self._join(other)

    def _join(self, other: Leg) -> None:
        for role in self.tracks.keys() | other.tracks.keys():
            mine, theirs = self.tracks.get(role), other.tracks.get(role)
            if mine is not None:
                mine.attach(theirs)
            if theirs is not None:
                theirs.attach(mine)
        self._check_codecs(other)
        other._check_codecs(self)

    def _check_codecs(self, other: Leg) -> None:
        """A browser sends the first codec it was answered: the other side must know it."""
        for role, track in self.tracks.items():
            partner = other.tracks.get(role)
            if partner and next(iter(track.payload_types)) not in partner.payload_types:
                self._changed(self, self.state, "codecs")
                return

    def detach(self) -> None:
        """Stop forwarding to and from this leg."""
        if self.peer is not None:
            for track in self.tracks.values():
                _part(track)
            self.peer.peer = None
            self.peer = None

    def play(self, piece: Encoded | None) -> None:
        """Begin a piece, or go on if it is the one that plays; None stops."""
        self._player.play(piece)

    # ---- packets ---------------------------------------------------------------------------

    def _on_media(self, data: bytes) -> None:
        receive = self._rx
        if receive is None or len(data) < HEADER_BYTES:
            return
        if 191 < data[1] < 224:  # RFC 5761 section 4
            self._on_rtcp(data)
            return
        ssrc = data[8:12]
        if self._budget < 1 or not self._sources.may_enter(ssrc):
            self.refused += 1
            return
        try:
            packet = receive.unprotect(data)
        except (SrtpError, ValueError):
            self.refused += 1
            return
        self._budget -= 1
        known = self._sources.bound.get(ssrc) or self._sources.bind(packet, ssrc)
        if known is None:
            self.refused += 1
            return
        now_s = time.monotonic()
        if known[0].take(known[1], packet, now_s):
            self.heard_s = now_s
        else:
            self.refused += 1

    def _on_rtcp(self, data: bytes) -> None:
        if self._reports < 1:
            self.refused += 1
            return
        self._reports -= 1
        try:
            packet = self._rx.unprotect_rtcp(data)
        except (SrtpError, ValueError):
            self.refused += 1
            return
        now_s = self.heard_s = time.monotonic()
        for item in rtcp.read(packet):
            self._told(item, now_s)

    def _told(self, item: rtcp.Item, now_s: float) -> None:
        if isinstance(item, rtcp.Fits):
            if self.peer is not None:
                self.peer.ceiling.put(item.bits_per_s)
        elif isinstance(item, rtcp.SenderReport):
            self._sources.reported(item, now_s)
        else:
            for track in self.tracks.values():
                if track.stream.ssrc == item.ssrc:
                    track.told(item, now_s)

    # ---- time ------------------------------------------------------------------------------

    def tick(self, now_s: float) -> None:
        """Every 20 ms: music, feedback, reports, and whether the browser is still there."""
        passed_s, self._tick_s = now_s - self._tick_s, now_s
        self._budget = min(self._rate_per_s, self._budget + passed_s * self._rate_per_s)
        if self._tx is None:
            return
        self._reports = min(REPORTS_BURST, self._reports + passed_s * REPORTS_PER_S)
        if self._player.piece is not None:
            self._player.frame(self.tracks["audio"], now_s)
        if self._videos:
            self._feed_back(now_s)
        if now_s - self._reported_s >= REPORT_EVERY_S:
            self._reported_s = now_s
            self._report(now_s)

    def _feed_back(self, now_s: float) -> None:
        own = self._videos[0].stream.ssrc
        parts = [track.tick(now_s) for track in self._videos]
        heard = [t.reception.ssrc for t in self._videos if t.reception.ssrc >= 0]
        if heard and now_s - self._arrived_s >= ARRIVALS_EVERY_S:
            self._arrived_s = now_s
            body = self._arrivals.report()
            if body:
                parts.append(rtcp.transport_feedback(own, heard[0], body))
        bits_per_s = self.ceiling.due(now_s) if heard and self.peer is not None else None
        if bits_per_s is not None:
            parts.append(rtcp.fits(own, bits_per_s, heard))
        if any(parts):
            self._control(rtcp.empty_report(own) + b"".join(parts))

    def _report(self, now_s: float) -> None:
        if self.transport.heard != self._heard_stun:
            self._heard_stun, self.heard_s = self.transport.heard, now_s
        if now_s - self.heard_s > SILENCE_LIMIT_S:
            self.lose("silent")
            return
        self._control(
            b"".join(
                track.report(self._cname, now_s, in_step=bool(self._videos))
                for track in self.tracks.values()
            )
        )

    def _control(self, packet: bytes) -> None:
        with contextlib.suppress(SrtpError, ValueError):
            self.transport.send(self._tx.protect_rtcp(packet))

    def stats(self) -> LegStats:
        """Counters since the leg began; jitter and round trip are those of the sound."""
        tracks = self.tracks.values()
        audio = self.tracks["audio"]
        return LegStats(
            leg_id=self.leg_id,
            packets_received=sum(track.reception.packets for track in tracks),
            packets_sent=sum(track.stream.packets for track in tracks),
            packets_lost=sum(track.reception.lost for track in tracks),
            bytes_received=sum(track.reception.bytes for track in tracks),
            bytes_sent=sum(track.stream.bytes for track in tracks),
            jitter_ms=audio.reception.jitter_ms if audio.reception.ssrc >= 0 else None,
            rtt_ms=audio.remote.rtt_ms,
        )


def _part(track: Track) -> None:
    """Forward nothing to and from a section."""
    if track.peer is not None:
        track.peer.attach(None)
        track.attach(None)
