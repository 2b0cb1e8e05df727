"""Attacks on the media side: floods, forged packets, wrong keys, hostile session descriptions."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiortc.rtp import RtpPacket

from gateway.kernel.errors import WeccError
from gateway.voice.media import sdp
from gateway.voice.media.codec import Role
from gateway.voice.media.engine import EmbeddedEngine
from tests.voice.rig import Peer, Reports, Workers, connect, gaps

Pair = tuple[EmbeddedEngine, Reports]

QUICK_S = 1.0
"""Processor time that no session description takes, however slow the machine is."""
CLIENT_HELLO = bytes.fromhex(
    "16feff000000000000000000360100002a000000000000002afefd" + "00" * 32 + "00000002000001000000"
)
"""A DTLS ClientHello that offers only TLS_NULL: answered with a fatal alert."""
ALERT = bytes.fromhex("15fefd00000000000000000002" + "0228")
"""A plaintext DTLS alert: fatal, handshake_failure."""


def port_of(answer: str) -> int:
    match = re.search(r"m=audio (\d+)", answer)
    assert match is not None
    return int(match[1])


@contextlib.asynccontextmanager
async def spray(port: int, packets: list[bytes], every_s: float) -> AsyncIterator[socket.socket]:
    """Send packets from an address of its own to a media port until the block ends."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)

    async def send() -> None:
        while True:
            for packet in packets:
                with contextlib.suppress(OSError):
                    sock.sendto(packet, ("127.0.0.1", port))
            await asyncio.sleep(every_s)

    sending = asyncio.create_task(send())
    try:
        yield sock
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        sock.close()


async def test_twenty_calls_connect_under_a_spray_of_hellos_and_alerts(engine: Pair) -> None:
    media, reports = engine
    for number in range(20):
        leg, peer = f"leg-{number:04}", Peer(440)
        answer = await media.create_leg(leg, "call-1", await peer.offer())
        async with spray(port_of(answer), [CLIENT_HELLO, ALERT], 0.005):
            await asyncio.sleep(0.02)
            await peer.answer(answer)
            await reports.until(leg, "connected")
        await media.close_leg(leg)
        await peer.close()


async def test_a_wrong_fingerprint_fails_and_carries_nothing(engine: Pair) -> None:
    media, reports = engine
    peer = Peer(440)
    offer = re.sub(
        r"(a=fingerprint:\S+ )([0-9A-F]{2})",
        lambda match: f"{match[1]}{(int(match[2], 16) ^ 1):02X}",
        await peer.offer(),
    )
    await peer.answer(await media.create_leg("leg-aaaa", "call-1", offer))
    await media.play("leg-aaaa", "queue")
    lost = await reports.until("leg-aaaa", "lost")
    assert lost.cause == "dtls_failed"
    stats = await media.stats("leg-aaaa")
    assert stats is not None
    assert (stats.packets_received, stats.packets_sent) == (0, 0)
    assert peer.headers == []
    await peer.close()


async def test_packets_from_a_third_address_go_nowhere(engine: Pair) -> None:
    media, reports = engine
    a, b = Peer(523), Peer(880)
    answer = await media.create_leg("leg-aaaa", "call-1", await a.offer())
    await a.answer(answer)
    await b.answer(await media.create_leg("leg-bbbb", "call-1", await b.offer()))
    await asyncio.gather(*(reports.until(leg, "connected") for leg in ("leg-aaaa", "leg-bbbb")))
    await media.bridge("leg-aaaa", "leg-bbbb")
    await asyncio.sleep(0.5)
    copied = struct.pack("!BBHII", 0x80, 96, 7, 7, 7) + bytes(80)
    packets = [copied, bytes([0x80, 200]) + bytes(40), CLIENT_HELLO, ALERT]
    async with spray(port_of(answer), packets, 0.002) as sock:
        await asyncio.sleep(2)
        with pytest.raises(BlockingIOError):
            sock.recv(2_000)
    assert gaps(b.headers) <= len(b.headers) // 10  # what the system itself drops
    assert {header[2] for header in b.headers} == {b.headers[0][2]}
    await b.hears_hertz(523)
    await asyncio.gather(a.close(), b.close())


async def test_bad_packets_of_a_party_harm_nobody(engine: Pair) -> None:
    media, reports = engine
    a = await connect(media, reports, "leg-aaaa", "call-1", 523)
    b = await connect(media, reports, "leg-bbbb", "call-1", 880)
    await media.bridge("leg-aaaa", "leg-bbbb")
    await asyncio.sleep(0.3)
    generator = random.Random(9)
    for number in range(10_000):
        kind = generator.choice((96, 111, 200, 201, 0xE0))
        garbage = bytes((0x80 | generator.randrange(64), kind)) + generator.randbytes(
            generator.randint(0, 90)
        )
        await a.transport.transport._send(garbage)
        if number % 50 == 0:
            await asyncio.sleep(0.005)
    await b.receives(50)
    assert gaps(b.headers) <= len(b.headers) // 100
    await b.hears_hertz(523)
    await asyncio.gather(a.close(), b.close())


async def test_a_flood_of_good_packets_is_cut_and_the_other_way_is_unharmed(engine: Pair) -> None:
    media, reports = engine
    a = await connect(media, reports, "leg-aaaa", "call-1", 523)
    b = await connect(media, reports, "leg-bbbb", "call-1", 880)
    await media.bridge("leg-aaaa", "leg-bbbb")
    await asyncio.sleep(0.3)
    dtls, before, began_s = a.transport, len(b.headers), time.monotonic()
    for number in range(6_000):
        plain = RtpPacket(payload_type=96, sequence_number=number, timestamp=number, ssrc=1)
        plain.payload = bytes(40)
        await dtls.transport._send(dtls._tx_srtp.protect(plain.serialize()))
        if number % 30 == 0:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    passed, lasted_s = len(b.headers) - before, time.monotonic() - began_s
    assert passed <= 250 + 250 * lasted_s + 50
    assert gaps(a.headers) == 0
    await a.hears_hertz(880)
    await asyncio.gather(a.close(), b.close())


async def test_plaintext_after_the_handshake_is_dropped(engine: Pair) -> None:
    media, reports = engine
    a = await connect(media, reports, "leg-aaaa", "call-1", 523)
    data = bytes.fromhex("17fefd0000000000000063000568656c6c6f")
    for packet in (data, ALERT, CLIENT_HELLO) * 20:
        await a.transport.transport._send(packet)
    await media.play("leg-aaaa", "queue")
    await asyncio.sleep(0.5)
    await a.receives(50)
    assert [report.state for report in reports.seen] == ["connected"]
    await a.close()


async def test_correctly_encrypted_nonsense_is_dropped(engine: Pair) -> None:
    """Padding and extensions beyond the end, foreign payload types, too many streams."""
    media, reports = engine
    a = await connect(media, reports, "leg-aaaa", "call-1", 523)
    b = await connect(media, reports, "leg-bbbb", "call-1", 880)
    await media.bridge("leg-aaaa", "leg-bbbb")
    await asyncio.sleep(0.3)
    dtls = a.transport
    for number in range(60):
        plain = RtpPacket(payload_type=96, sequence_number=number, ssrc=1_000 + number)
        body = plain.serialize() + bytes(20) + b"\xff"
        for first in (0x80 | 0x20, 0x80 | 0x10, 0x80 | 0x0F):
            malformed = bytes((first,)) + body[1:]
            with contextlib.suppress(Exception):
                await dtls.transport._send(dtls._tx_srtp.protect(malformed))
        foreign = bytes((0x80, 5)) + body[2:]
        await dtls.transport._send(dtls._tx_srtp.protect(foreign))
    for _ in range(1_000):
        await dtls.transport._send(dtls._tx_srtp.protect_rtcp(b"\x80\xc9" + bytes(6)))
    await asyncio.sleep(1.0)
    assert len({header[2] for header in b.headers}) == 1
    await b.hears_hertz(523)
    await asyncio.gather(a.close(), b.close())


async def test_stun_fuzz_on_the_wire_leaves_the_call_alone(engine: Pair, workers: Workers) -> None:
    media, reports = engine
    peer = Peer(523)
    answer = await media.create_leg("leg-aaaa", "call-1", await peer.offer())
    await peer.answer(answer)
    await reports.until("leg-aaaa", "connected")
    await media.play("leg-aaaa", "queue")
    await asyncio.sleep(0.5)
    generator = random.Random(1)
    seed = bytearray.fromhex("000100582112a442") + generator.randbytes(100)
    port, until_s, sent = port_of(answer), time.monotonic() + 5, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        while time.monotonic() < until_s:
            for _ in range(40):
                data = bytearray(seed)
                for _ in range(generator.randint(0, 12)):
                    data[generator.randrange(len(data))] = generator.randrange(256)
                data[0] &= 3
                sock.sendto(bytes(data[: generator.randint(1, len(data))]), ("127.0.0.1", port))
                sent += 1
            await asyncio.sleep(0.005)
    assert sent > 400
    assert workers.processes[0].poll() is None
    await peer.receives(50)
    await peer.close()


# ---- session descriptions --------------------------------------------------------------------


HARMLESS = ("two thousand rtpmaps",)
"""What is only useless."""


async def plain_offer() -> str:
    peer = Peer(440, video=True)
    offer = await peer.offer()
    await peer.close()
    return offer


def corpus(good: str) -> dict[str, str]:
    """Hostile session descriptions, each a way somebody's parser once fell."""
    audio = good[good.index("m=audio") :]
    lines = good.splitlines()
    return {
        "empty lines": "\r\n" * 30_000,
        "one megabyte": good + "a=x:" + "y" * 1_000_000,
        "ten thousand sections": good + "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n" * 10_000,
        "two thousand rtpmaps": good + "a=rtpmap:96 opus/48000/2\r\n" * 2_000,
        "many ssrcs": good + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(3_000)),
        "rtcp-fb for all": good + "a=rtcp-fb:* nack\r\n" * 3_000,
        "rtpmap without slash": audio_with(good, "a=rtpmap:96 opus"),
        "rtpmap without number": audio_with(good, "a=rtpmap:x opus/48000"),
        "huge number": audio_with(good, "a=rtpmap:" + "9" * 500 + " opus/48000"),
        "arabic digits": audio_with(good, "a=rtpmap:\u0669\u0666 opus/48000/2"),
        "superscript": audio_with(good, "a=rtpmap:\u00b2 opus/48000/2"),
        "crypto": audio_with(good, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 1_500),
        "no fingerprint": "\r\n".join(x for x in lines if "fingerprint" not in x) + "\r\n",
        "no ice": "\r\n".join(x for x in lines if "ice-" not in x) + "\r\n",
        "no mux": "\r\n".join(x for x in lines if "rtcp-mux" not in x) + "\r\n",
        "no setup": "\r\n".join(x for x in lines if "setup" not in x) + "\r\n",
        "holdconn": good.replace("actpass", "holdconn"),
        "ice lite": good.replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"),
        "quoted mid": re.sub(r"a=mid:\S+", "a=mid:0\x00'\"<b>", good),
        "plain RTP": good.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        "port of six digits": re.sub(r"m=audio \d+", "m=audio 999999", good),
        "no audio": good.replace("m=audio", "m=video"),
        "session only": good[: good.index("m=audio")],
        "no session": audio,
        "surrogate": "v=0\r\n\ud800" + good,
        "nul": good.replace("\r\n", "\x00\r\n"),
        "short password": re.sub(r"ice-pwd:\S+", "ice-pwd:x", good),
        "not sdp": "<html>" * 1_000,
        "bare words": "v=0\nm=\na=\nm=audio",
    }


def audio_with(good: str, line: str) -> str:
    """Replace the codecs of the audio section by a line."""
    good = re.sub(r"(m=audio \d+ \S+ 96) [\d ]+", r"\1", good)
    return re.sub(r"a=rtpmap:\d+ opus/48000/2", lambda _: line, good)


async def test_hostile_session_descriptions_are_refused_quickly(engine: Pair) -> None:
    media, _ = engine
    good = await plain_offer()
    for name, text in corpus(good).items():
        started_s = time.thread_time()
        with contextlib.suppress(WeccError):
            sdp.read_offer(text)
        assert time.thread_time() - started_s < QUICK_S, name
        code = ""
        try:
            await media.create_leg("leg-" + name.replace(" ", "-"), "call-1", text)
        except WeccError as error:
            code = error.code
        assert code == ("" if name in HARMLESS else "bad_sdp"), name
    assert (await media.create_leg("leg-good", "call-1", good)).startswith("v=0")


async def test_thousands_of_mutations_end_in_bad_sdp_or_an_answer() -> None:
    good = await plain_offer()
    generator = random.Random(4)
    sources: dict[Role, int] = {"audio": 7, "camera": 8, "screen": 9}
    local = sdp.LocalEnd("127.0.0.1", 4_000, "u" * 4, "p" * 22, "AA:BB", "active", sources, "me")
    accepted, slowest_s = 0, 0.0
    for _ in range(6_000):
        text = mutated(good, generator)
        started_s = time.thread_time()
        answer = ""
        with contextlib.suppress(WeccError):
            answer = sdp.write_answer(sdp.read_offer(text), local)
            accepted += 1
        slowest_s = max(slowest_s, time.thread_time() - started_s)
        assert answer.isascii()
        assert "\r\n\r\n" not in answer
    assert accepted > 100
    assert slowest_s < QUICK_S


def mutated(text: str, generator: random.Random) -> str:
    """Drop, double, swap and damage lines."""
    lines = text.splitlines()
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(lines))
        choice = generator.randrange(4)
        if choice == 0 and len(lines) > 1:
            del lines[place]
        elif choice == 1:
            lines.insert(generator.randrange(len(lines)), lines[place])
        elif choice == 2:
            lines[place] = lines[place][: generator.randint(0, len(lines[place]))]
        elif lines[place]:
            spot = generator.randrange(len(lines[place]))
            odd = generator.choice("\x00 :/=;,\u0669\u00b2\u2028'\"<%9-")
            lines[place] = lines[place][:spot] + odd + lines[place][spot + 1 :]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    "candidate",
    [
        None, "", "candidate:", "x" * 999, "candidate:1 1 udp 1 224.0.0.1 5000 typ host",
        "candidate:1 1 udp 1 0.0.0.0 5000 typ host", "candidate:1 1 udp 1 a.local 5000 typ host",
        "candidate:1 2 udp 1 127.0.0.1 5000 typ host", "candidate:1 1 tcp 1 127.0.0.1 9 typ host",
        "candidate:1 1 udp 1 127.0.0.1 0 typ host", "candidate:1 1 udp 1 127.0.0.1 99999 typ host",
        "candidate:\u0669 1 udp 1 127.0.0.1 5000 typ host",
    ],
)  # fmt: skip
def test_useless_candidates_are_left_out(candidate: str | None) -> None:
    found: Any = sdp.read_candidate(candidate or "")
    assert found is None or found.host in ("224.0.0.1", "0.0.0.0", "a.local")
