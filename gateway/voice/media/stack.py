"""ICE and DTLS of one leg, on aioice 0.13.0 and aiortc 1.16.0: the only module that knows their
private attributes (the versions are pinned; tests/voice/test_stack.py fails when one vanishes).

What is ours here: the socket and its address (the libraries would gather every interface except
loopback), the source filter before DTLS, and the direct way of media packets past the libraries.

The filter: RFC 7983 tells STUN, DTLS and SRTP apart by the first byte. STUN is open to all, as
it must be, and is authenticated by the ICE password. Everything else is taken only from addresses
that have passed such an authenticated check; without that, one forged ClientHello or alert during
set-up ends a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pylibsrtp
from aioice import Candidate, ice, stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from gateway.voice.media.sdp import RemoteCandidate

Address = tuple[str, int]
SrtpError = pylibsrtp.Error

DATAGRAM_MAX_BYTES = 2_048
CHECKED_SOURCES_MAX = 64
DTLS_QUEUE_MAX = 64
RECEIVE_BUFFER_BYTES = 262_144

PRIVATE_ATTRIBUTES: dict[type, tuple[str, ...]] = {
    ice.Connection: (
        "_nominated",
        "_check_list",
        "_protocols",
        "_local_candidates",
        "_local_candidates_start",
        "_local_candidates_end",
        "_closed",
        "_queue",
        "_remote_candidates",
    ),
    RTCDtlsTransport: ("_rx_srtp", "_tx_srtp", "_role", "_state", "_ssl", "_task"),
}
"""What this module reads or sets on instances."""
PRIVATE_METHODS: dict[type, tuple[str, ...]] = {
    ice.Connection: ("check_incoming", "check_complete", "request_received", "data_received"),
    ice.StunProtocol: ("datagram_received", "send_data", "send_stun", "connection_lost"),
    RTCDtlsTransport: ("_set_role", "_recv_next", "_write_ssl"),
}
"""What this module calls or overrides."""


@dataclass(frozen=True, slots=True)
class RemoteEnd:
    """The browser's side of the transport, out of its ``sdp_offer``."""

    ufrag: str
    password: str
    fingerprints: list[tuple[str, str]]
    setup: str


class LegFailed(Exception):
    """The transport did not come up; ``cause`` is a short code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class UdpTransport(asyncio.DatagramTransport):
    """A bound UDP socket read one datagram per wake-up, written without a buffer.

    A datagram that the kernel cannot take at once is dropped, as the network would.
    """

    def __init__(self, sock: socket.socket, protocol: asyncio.DatagramProtocol) -> None:
        super().__init__({"socket": sock, "sockname": sock.getsockname()})
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._receive = sock.recvfrom
        self._deliver = protocol.datagram_received
        self._protocol = protocol
        protocol.connection_made(self)
        self._loop.add_reader(sock.fileno(), self._readable)

    def _readable(self) -> None:
        try:
            data, address = self._receive(DATAGRAM_MAX_BYTES)
        except OSError:
            return
        self._deliver(data, address)

    def sendto(self, data: Any, addr: Any = None) -> None:
        with contextlib.suppress(OSError):
            self._sock.sendto(data, addr)

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._sock.fileno() < 0


class _Socket(ice.StunProtocol):  # type: ignore[misc]
    """Sorts datagrams by first byte (RFC 7983) and drops those of unchecked sources."""

    receiver: _Ice

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        if not isinstance(data, bytes) or not data:
            return
        first = data[0]
        receiver = self.receiver
        if 127 < first < 192:
            if addr[:2] in receiver.checked:
                receiver.on_media(data)
        elif first < 4:
            try:
                super().datagram_received(data, addr)
            except Exception:
                receiver.noise += 1
        elif 19 < first < 64 and addr[:2] in receiver.checked:
            receiver.data_received(data, 1)
        else:
            receiver.noise += 1


class _Ice(ice.Connection):  # type: ignore[misc]
    """An ICE agent over one socket of ours, always the answering (controlled) side."""

    def __init__(self, on_media: Callable[[bytes], None], on_pair: Callable[[], None]) -> None:
        super().__init__(ice_controlling=False)
        self.on_media = on_media
        self._on_pair = on_pair
        self.checked: set[Address] = set()
        self.noise = 0
        self.heard = 0

    def open(self, sock: socket.socket, host: str) -> None:
        """Use ``sock``, which the browser reaches as ``host``, instead of gathering."""
        protocol = _Socket(self)
        port = sock.getsockname()[1]
        UdpTransport(sock, protocol)
        protocol.local_candidate = Candidate(
            foundation="1", component=1, transport="udp", priority=2_130_706_431,
            host=host, port=port, type="host",
        )  # fmt: skip
        self._protocols.append(protocol)
        self._local_candidates.append(protocol.local_candidate)
        self._local_candidates_start = self._local_candidates_end = True

    def request_received(self, message: stun.Message, addr: Address, protocol: Any) -> None:
        super().request_received(message, addr, protocol)
        self.heard += addr in self.checked

    def check_incoming(self, message: stun.Message, addr: Address, protocol: Any) -> None:
        # Called only after the check's MESSAGE-INTEGRITY was found right.
        if len(self.checked) < CHECKED_SOURCES_MAX:
            self.checked.add(addr)
        if "PRIORITY" in message.attributes and addr in self.checked:
            super().check_incoming(message, addr, protocol)

    def check_complete(self, pair: ice.CandidatePair) -> None:
        super().check_complete(pair)
        self._on_pair()

    def data_received(self, data: bytes, component: int) -> None:
        if 19 < data[0] < 64 and self._queue.qsize() < DTLS_QUEUE_MAX:
            super().data_received(data, component)

    def remote_address(self) -> Address | None:
        """Where the nominated pair sends to."""
        pair = self._nominated.get(1)
        return None if pair is None else pair.remote_addr

    @property
    def consent_lost(self) -> bool:
        return bool(self._closed)


class _IceForDtls:
    """What ``RTCDtlsTransport`` uses of an ICE transport."""

    role = "controlled"

    def __init__(self, connection: _Ice) -> None:
        self._recv = connection.recv
        self._send = connection.send


class Transport:
    """Brings one leg's encrypted path up and tells when it ends.

    ``protect``/``unprotect`` and their RTCP twins exist after ``connect`` returned; ``address``
    follows the pair the browser nominates.
    """

    def __init__(
        self,
        certificate: RTCCertificate,
        on_media: Callable[[bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._ice = _Ice(on_media, self._pair_changed)
        self._dtls = RTCDtlsTransport(_IceForDtls(self._ice), [certificate])
        self._on_end = on_end
        self._sock: socket.socket | None = None
        self._connected = False
        self.address: Address | None = None

    @property
    def ufrag(self) -> str:
        return str(self._ice.local_username)

    @property
    def password(self) -> str:
        return str(self._ice.local_password)

    @property
    def heard(self) -> int:
        """Authenticated STUN requests so far."""
        return self._ice.heard

    @property
    def noise(self) -> int:
        """Datagrams dropped before they reached a parser, or that broke one."""
        return self._ice.noise

    def open(self, sock: socket.socket, host: str) -> None:
        """Take over a bound socket; answers STUN from now on."""
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._sock = sock
        self._ice.open(sock, host)

    async def add_candidate(self, candidate: RemoteCandidate) -> None:
        """Check a path the browser named."""
        await self._ice.add_remote_candidate(
            Candidate(
                foundation=candidate.foundation,
                component=1,
                transport="udp",
                priority=candidate.priority,
                host=candidate.host,
                port=candidate.port,
                type="host" if candidate.kind == "prflx" else candidate.kind,
            )
        )

    async def connect(self, remote: RemoteEnd, timeout_s: float) -> None:
        """Run ICE, then DTLS (RFC 5764); raises ``LegFailed``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._connect_ice(remote)
                await self._connect_dtls(remote)
        except TimeoutError:
            raise LegFailed("no_connection") from None

    async def _connect_ice(self, remote: RemoteEnd) -> None:
        self._ice.remote_username = remote.ufrag
        self._ice.remote_password = remote.password
        try:
            await self._ice.connect()
        except ConnectionError:
            raise LegFailed("ice_failed") from None
        self._pair_changed()

    async def _connect_dtls(self, remote: RemoteEnd) -> None:
        self._dtls._set_role(  # noqa: SLF001
            "server" if remote.setup == "active" else "client"
        )
        self._dtls.on("statechange", self._dtls_changed)
        prints = [RTCDtlsFingerprint(algorithm=a, value=v) for a, v in remote.fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints=prints, role="auto"))
        if self._dtls.state != "connected":
            raise LegFailed("dtls_failed")
        self._connected = True

    def _dtls_changed(self) -> None:
        if self._connected and self._dtls.state in ("closed", "failed"):
            self._connected = False
            self._on_end("consent_expired" if self._ice.consent_lost else "closed_by_peer")

    def _pair_changed(self) -> None:
        self.address = self._ice.remote_address() or self.address

    @property
    def ciphers(self) -> tuple[Any, Any]:
        """The SRTP sessions (libsrtp) to receive and to send with."""
        return self._dtls._rx_srtp, self._dtls._tx_srtp  # noqa: SLF001

    def send(self, data: bytes) -> None:
        """Send a protected packet to the nominated address; lost if the kernel is full."""
        if self._sock is not None and self.address is not None:
            with contextlib.suppress(OSError):
                self._sock.sendto(data, self.address)

    async def close(self) -> None:
        """Say goodbye (close_notify) and free the socket."""
        self._connected = False
        with contextlib.suppress(ConnectionError):
            await self._dtls.stop()
        await self._ice.close()


def new_certificate() -> tuple[RTCCertificate, str]:
    """Return a fresh self-signed certificate and its SHA-256 fingerprint."""
    certificate = RTCCertificate.generateCertificate()
    prints = {p.algorithm: p.value for p in certificate.getFingerprints()}
    return certificate, prints["sha-256"]
