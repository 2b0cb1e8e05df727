"""Bench ``calls``: what a call costs a media worker, and how soon it is there.

This process is the load: peers connect with ICE and DTLS like browsers; then ready-made packets
are encrypted and sent from their sockets. The worker is a process of its own, and the figures are
its CPU time, user and system, so that the cost of the load does not count.

``cpu_us_per_packet``: per forwarded packet of sound (Opus, 50 a second each way, 80 bytes).
``limit_us_per_packet``: the same packet received, decrypted, encrypted and sent in a bare loop of
one thread, by the same cipher and system calls: what no forwarding through Python can go below.
``video_cpu_ms_per_s_720p``: per second of one stream of pictures, 30 a second at 1.5 Mbit/s (six
packets each), with everything that repair and bit rates need.
``setup_ms_p50`` and ``p95``: from the ``sdp_offer`` to a leg that is connected, one after the
other; both ends of the handshake run on this machine.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aioice.ice
import aiortc
import pylibsrtp
import uvloop

from gateway.bench.process import cpu_s
from gateway.voice.media.codec import EXTENSIONS, TRANSPORT_SEQUENCE
from gateway.voice.media.engine import EmbeddedEngine, worker_argv
from gateway.voice.media.link import ping_worker
from gateway.voice.ports import LegReport

HOST = "127.0.0.1"
PORTS = (43_000, 43_399)
CALLS, VIDEO_CALLS, SETUPS = 20, 2, 30
SECONDS, SETTLE_S, START_S = 8.0, 1.0, 60.0
SOUND, PICTURE = bytes(range(80)), b"\x10\x01" + bytes(1_040)
KEY_PICTURE = b"\x10\x00" + bytes(1_040)
PACKETS_PER_PICTURE = 6
LIMIT_PACKETS = 20_000
PASSED_LEAST = 0.9
"""Of fewer packets forwarded, a cost per packet would say nothing."""
_SEQUENCE_ID = 9


def run(seconds: float = SECONDS, setups: int = SETUPS) -> dict[str, Any]:
    """Return the figures."""
    logging.disable(logging.ERROR)
    before = aioice.ice.get_host_addresses
    aioice.ice.get_host_addresses = lambda **_: [HOST]  # no packet leaves the machine
    try:
        figures: dict[str, Any] = uvloop.run(_measure(seconds, setups))
    finally:
        aioice.ice.get_host_addresses = before
        logging.disable(logging.NOTSET)
    return figures


def run_short() -> dict[str, Any]:
    """Try the bench for a moment."""
    return run(1.0, 4)


class _Caller:
    """A connected peer, reduced to its socket and its keys."""

    def __init__(self, pc: Any, answer: str, *, has_video: bool) -> None:
        self.pc = pc
        dtls = pc.getSenders()[0].transport
        pair = dtls.transport._connection._nominated[1]  # noqa: SLF001
        self._protect = dtls._tx_srtp.protect  # noqa: SLF001
        self._send = pair.protocol.transport.sendto
        self._address = pair.remote_addr
        self._stun = pair.protocol.datagram_received
        pair.protocol.datagram_received = self._datagram
        self._number = self._pictures = self.received = 0
        self.sound_type = _payload_type(answer, "opus/48000")
        self.video_type = _payload_type(answer, "VP8/90000") if has_video else 0

    def _datagram(self, data: bytes, address: Any) -> None:
        if data[0] < 4:
            self._stun(data, address)
        elif not 191 < data[1] < 224:
            self.received += 1

    def speak(self) -> int:
        """Send 20 ms of sound; return how many packets that was."""
        self._number += 1
        head = _head(0x80, self.sound_type, self._number, self._number * 960, 9)
        self._send(self._protect(head + SOUND), self._address)
        return 1

    def show(self) -> int:
        """Send a picture; return how many packets that was."""
        for part in range(PACKETS_PER_PICTURE):
            number = self._pictures * PACKETS_PER_PICTURE + part + 1
            last = 0x80 if part == PACKETS_PER_PICTURE - 1 else 0
            head = _head(0x90, last | self.video_type, number, self._pictures * 3_000, 10)
            lead = struct.pack("!HHBHx", 0xBEDE, 1, _SEQUENCE_ID << 4 | 1, number & 0xFFFF)
            is_key = self._pictures % 30 == 0 and part == 0
            body = KEY_PICTURE if is_key else PICTURE
            self._send(self._protect(head + lead + body), self._address)
        self._pictures += 1
        return PACKETS_PER_PICTURE


def _head(first: int, second: int, number: int, ticks: int, ssrc: int) -> bytes:
    return struct.pack("!BBHII", first, second, number & 0xFFFF, ticks & 0xFFFFFFFF, ssrc)


def _payload_type(answer: str, codec: str) -> int:
    line = next(line for line in answer.splitlines() if codec in line)
    return int(line.removeprefix("a=rtpmap:").partition(" ")[0])


class _Floor:
    """A worker of its own, and the legs in it."""

    def __init__(self, engine: EmbeddedEngine, pid: int) -> None:
        self.engine = engine
        self._pid = pid
        self._connected: dict[str, asyncio.Event] = {}
        self.setups_ms: list[float] = []
        engine.on_report(self._reported)

    async def _reported(self, report: LegReport) -> None:
        if report.state == "connected":
            self._connected.setdefault(report.leg_id, asyncio.Event()).set()

    def cpu_s(self) -> float:
        """Return the CPU time the worker has used."""
        return cpu_s(self._pid)

    async def call(self, leg_id: str, *, has_video: bool) -> _Caller:
        """Connect a peer."""
        pc = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        pc.addTransceiver("audio")
        if has_video:
            pc.addTransceiver("video")
        await pc.setLocalDescription(await pc.createOffer())
        offer = _with_sequence(str(pc.localDescription.sdp))
        until = asyncio.Event()

        def changed() -> None:
            if pc.connectionState == "connected":
                until.set()

        pc.on("connectionstatechange", changed)
        came = self._connected.setdefault(leg_id, asyncio.Event())
        began_s = time.monotonic()
        answer = await self.engine.create_leg(leg_id, leg_id[:-1], offer)
        await pc.setRemoteDescription(aiortc.RTCSessionDescription(sdp=answer, type="answer"))
        async with asyncio.timeout(START_S):
            await came.wait()
        self.setups_ms.append((time.monotonic() - began_s) * 1000)
        async with asyncio.timeout(START_S):
            await until.wait()
        for sender in pc.getSenders():
            await sender.stop()
        return _Caller(pc, answer, has_video=has_video)

    async def calls(self, count: int, name: str, *, has_video: bool) -> list[_Caller]:
        """Connect two peers per call and bridge them."""
        callers: list[_Caller] = []
        for number in range(count):
            legs = [f"{name}-{number:03}{side}" for side in "ab"]
            callers += [await self.call(leg, has_video=has_video) for leg in legs]
            await self.engine.bridge(*legs)
        return callers


def _with_sequence(offer: str) -> str:
    """Offer transport-wide numbers for the pictures, as browsers do and aiortc does not."""
    uri = next(uri for uri, name in EXTENSIONS.items() if name == TRANSPORT_SEQUENCE)
    head, found, video = offer.partition("m=video")
    line = f"a=extmap:{_SEQUENCE_ID} {uri}\r\na=rtcp-mux\r\n"
    return head + found + video.replace("a=rtcp-mux\r\n", line, 1)


async def _paced(acts: Sequence[Callable[[], int]], every_s: float, seconds: float) -> int:
    """Do everything every so often; return the packets sent."""
    sent, next_s = 0, time.monotonic()
    until_s = next_s + seconds
    while next_s < until_s:
        for act in acts:
            sent += act()
        next_s += every_s
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
    return sent


async def _measure(seconds: float, setups: int) -> dict[str, Any]:
    directory = Path(tempfile.mkdtemp(prefix="wecc-calls-"))
    path = directory / "media.sock"
    argv = worker_argv(path, HOST, PORTS, log_level="error")
    worker = await asyncio.to_thread(subprocess.Popen, argv)
    try:
        async with asyncio.timeout(START_S):
            await _answering(path)
        engine = EmbeddedEngine([path])
        await engine.start()
        try:
            return await _figures(_Floor(engine, worker.pid), seconds, setups)
        finally:
            await engine.close()
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.wait)
        shutil.rmtree(directory, ignore_errors=True)


async def _answering(path: Path) -> None:
    """Wait until the worker answers."""
    while not await ping_worker(path, 0.5):  # noqa: ASYNC110 - it has no other way to tell
        await asyncio.sleep(0.05)


async def _figures(floor: _Floor, seconds: float, setups: int) -> dict[str, Any]:
    sound = await floor.calls(CALLS, "sound", has_video=False)
    limit_us = _limit_us()
    spent_s, sent = await _cost(floor, sound, [one.speak for one in sound], (0.02, seconds))
    await _end(floor, sound, "sound")
    pictures = await floor.calls(VIDEO_CALLS, "video", has_video=True)
    shown_s, _ = await _cost(floor, pictures, [one.show for one in pictures], (1 / 30, seconds))
    await _end(floor, pictures, "video")
    floor.setups_ms.clear()
    for number in range(setups):
        one = await floor.call(f"setup-{number:03}a", has_video=True)
        await _end(floor, [one], f"setup-{number:03}")
    waits = sorted(floor.setups_ms)
    return {
        "cpu_us_per_packet": round(spent_s * 1e6 / sent, 1),
        "limit_us_per_packet": round(limit_us, 1),
        "video_cpu_ms_per_s_720p": round(shown_s * 1000 / seconds / len(pictures), 2),
        "setup_ms_p50": round(statistics.median(waits), 1),
        "setup_ms_p95": round(waits[min(len(waits) - 1, int(len(waits) * 0.95))], 1),
    }


async def _cost(
    floor: _Floor,
    callers: list[_Caller],
    acts: Sequence[Callable[[], int]],
    pace: tuple[float, float],
) -> tuple[float, int]:
    """Return the worker's CPU time during a load, and the packets sent; most must have passed."""
    await asyncio.sleep(SETTLE_S)
    before_s = floor.cpu_s()
    sent = await _paced(acts, *pace)
    spent_s = floor.cpu_s() - before_s
    await asyncio.sleep(0.2)
    received = sum(caller.received for caller in callers)
    if received < sent * PASSED_LEAST:
        raise RuntimeError(f"only {received} of {sent} packets came through: no figure is true")
    return spent_s, sent


async def _end(floor: _Floor, callers: list[_Caller], name: str) -> None:
    for leg_id in await floor.engine.legs():
        if leg_id.startswith(name):
            await floor.engine.close_leg(leg_id)
    for caller in callers:
        await caller.pc.close()


def _limit_us() -> float:
    """Return the CPU time of one packet through a bare loop."""
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    key = bytes(range(44))
    ciphers = [
        pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=kind, srtp_profile=profile))
        for kind in (
            pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
            pylibsrtp.Policy.SSRC_ANY_INBOUND,
            pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        )
    ]
    load, inward, outward = ciphers
    ready = [
        load.protect(_head(0x80, 111, number, number * 960, 9) + SOUND)
        for number in range(1, LIMIT_PACKETS + 1)
    ]
    spent_s = 0.0
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        here, away = one.getsockname(), other.getsockname()
        for packet in ready:
            other.sendto(packet, here)
            began_s = time.thread_time()
            data, _ = one.recvfrom(2_048)
            one.sendto(outward.protect(inward.unprotect(data)), away)
            spent_s += time.thread_time() - began_s
            other.recvfrom(2_048)
    return spent_s * 1e6 / LIMIT_PACKETS
