"""Forwarding cost of one media worker: ``python -m tests.voice.load --calls 20 --seconds 10``.

Peers connect with ICE and DTLS like browsers; then ready-made Opus-sized packets are encrypted
and sent every 20 ms from their sockets. The figure is the worker's own CPU time (user and
system) per packet it received, so the load generator's cost does not count; loss is counted at
the receivers. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import time
from typing import Any

import aioice.ice
import uvloop
from aiortc.rtp import RtpPacket

from gateway.voice.media.engine import EmbeddedEngine
from tests.voice.rig import Peer, Reports, Workers, attached

PAYLOAD = bytes(range(80))


class Caller:
    """A connected peer reduced to its socket and its keys."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        dtls = peer.transport
        pair = dtls.transport._connection._nominated[1]
        self.received = self.sent = 0
        self._protect = dtls._tx_srtp.protect
        self._send = pair.protocol.transport.sendto
        self._address = pair.remote_addr
        self._sequence = 0
        self._stun = pair.protocol.datagram_received
        pair.protocol.datagram_received = self._datagram

    def _datagram(self, data: bytes, address: Any) -> None:
        if data[0] < 4:
            self._stun(data, address)
        elif not 191 < data[1] < 224:
            self.received += 1

    def send(self) -> None:
        self._sequence += 1
        packet = RtpPacket(
            payload_type=96, sequence_number=self._sequence & 0xFFFF,
            timestamp=self._sequence * 960, ssrc=9, payload=PAYLOAD,
        )  # fmt: skip
        self._send(self._protect(packet.serialize()), self._address)
        self.sent += 1


async def connected(media: EmbeddedEngine, reports: Reports, leg: str, call: str) -> Caller:
    """Connect a peer, then take its socket over."""
    peer = Peer(440)
    await peer.answer(await media.create_leg(leg, call, await peer.offer()))
    await reports.until(leg, "connected", 20)
    sender = peer.pc.getSenders()[0]
    await sender.stop()
    return Caller(peer)


async def measure(calls: int, seconds: float, music: bool) -> dict[str, float]:
    """Return the figures of one run."""
    async with Workers() as workers, attached(workers) as (media, reports):
        callers: list[Caller] = []
        before_s = workers.cpu_s()
        for number in range(calls):
            for side in "ab":
                leg = f"leg-{number:04}{side}"
                callers.append(await connected(media, reports, leg, f"call-{number}"))
            if music:
                for side in "ab":
                    await media.play(f"leg-{number:04}{side}", "queue")
            else:
                await media.bridge(f"leg-{number:04}a", f"leg-{number:04}b")
        setup_s = workers.cpu_s() - before_s
        await asyncio.sleep(1)
        for caller in callers:
            caller.received = caller.sent = 0
        idle_s = workers.cpu_s()
        await asyncio.sleep(3)
        idle_s = (workers.cpu_s() - idle_s) / 3
        for caller in callers:
            caller.received = 0
        before_s, began_s = workers.cpu_s(), time.monotonic()
        while time.monotonic() - began_s < seconds:
            round_s = time.monotonic()
            for caller in callers:
                if not music:
                    caller.send()
            await asyncio.sleep(max(0.0, 0.02 - (time.monotonic() - round_s)))
        lasted_s = time.monotonic() - began_s
        await asyncio.sleep(0.2)
        cpu_s = workers.cpu_s() - before_s
        sent = sum(caller.sent for caller in callers)
        received = sum(caller.received for caller in callers)
        for caller in callers:
            await caller.peer.pc.close()
        packets = received if music else sent
        return {
            "calls": calls,
            "packets_per_s": round(packets / lasted_s),
            "cpu_us_per_packet": round(cpu_s * 1e6 / packets, 1),
            "cpu_us_per_packet_without_idle": round((cpu_s - idle_s * lasted_s) * 1e6 / packets, 1),
            "idle_cpu_share_of_legs": round(idle_s, 4),
            "core_share": round(cpu_s / lasted_s, 3),
            "loss": round(1 - received / sent, 5) if sent else 0.0,
            "setup_cpu_ms_per_leg": round(setup_s * 1e3 / len(callers), 1),
        }


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--music", action="store_true", help="measure the pacer instead")
    given = parser.parse_args()
    logging.disable(logging.ERROR)
    aioice.ice.get_host_addresses = lambda **_: ["127.0.0.1"]
    figures = uvloop.run(measure(min(given.calls, 100), min(given.seconds, 60), given.music))
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
