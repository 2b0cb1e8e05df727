"""Attacks on the way of pictures: lies about sections, broken packets, floods of feedback."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pylibsrtp
import pytest

from gateway.kernel.errors import WeccError
from gateway.voice.media import rtcp
from gateway.voice.media.engine import EmbeddedEngine
from gateway.voice.media.rtp import HEADER, element, split
from gateway.voice.media.video import AGAIN_BURST
from tests.voice.rig import Peer, Reports, connect
from tests.voice.test_hostile import plain_offer

Pair = tuple[EmbeddedEngine, Reports]
KEY, DELTA = b"\x10\x00" + bytes(60), b"\x10\x01" + bytes(60)


class Raw:
    """A peer whose pictures are written, and whose packets are read, by hand."""

    def __init__(self, leg_id: str, hertz: float) -> None:
        self.leg_id = leg_id
        self.peer = Peer(hertz, video=True)
        self.pictures: list[bytes] = []
        self.control: list[rtcp.Item] = []
        self.cipher: Any = None

    async def connect(self, media: EmbeddedEngine, reports: Reports) -> None:
        """Bring the leg up and look into every packet from then on."""
        self.offer = await self.peer.offer()
        self.answer = await media.create_leg(self.leg_id, "call-1", self.offer)
        await self.peer.answer(self.answer)
        await reports.until(self.leg_id, "connected")
        video = self.answer[self.answer.index("m=video") :]
        self.vp8 = int(re.findall(r"a=rtpmap:(\d+) VP8", video)[0])
        self.ssrc = int(re.findall(r"a=ssrc:(\d+)", video)[0])
        self.mids = re.findall(r"a=mid:(\S+)", self.answer)
        self.mid_id = int(re.findall(r"a=extmap:(\d+) \S+sdes:mid", video)[0])
        self.time_id = int(re.findall(r"a=extmap:(\d+) \S+abs-send-time", video)[0])
        self._dtls = self.peer.transport
        self.cipher = self._dtls._rx_srtp
        self._dtls._rx_srtp = self
        self._dtls._handle_rtcp_data = self._rtcp

    def unprotect(self, data: bytes) -> bytes:
        """Stand before the cipher, which would drop what it has seen before."""
        if data[8:12] == self.ssrc.to_bytes(4, "big"):
            self.pictures.append(data)
        return bytes(self.cipher.unprotect(data))

    def unprotect_rtcp(self, data: bytes) -> bytes:
        return bytes(self.cipher.unprotect_rtcp(data))

    async def _rtcp(self, data: bytes) -> None:
        self.control += rtcp.read(data)

    async def send(self, packet: bytes) -> None:
        with contextlib.suppress(pylibsrtp.Error):  # some lies its own cipher refuses to write
            await self._dtls.transport._send(self._dtls._tx_srtp.protect(packet))

    async def tell(self, packet: bytes) -> None:
        await self._dtls.transport._send(self._dtls._tx_srtp.protect_rtcp(packet))

    async def picture(self, number: int, payload: bytes, ssrc: int = 77, lead: bytes = b"") -> None:
        first = 0x90 if lead else 0x80
        head = HEADER.pack(first, 0x80 | self.vp8, number & 0xFFFF, number * 3_000, ssrc)
        await self.send(head + lead + payload)

    def named(self, mid: str) -> bytes:
        """Return a header extension that names a section."""
        body = bytes((self.mid_id << 4 | len(mid) - 1,)) + mid.encode()
        body += bytes(-len(body) % 4)
        return struct.pack("!HH", 0xBEDE, len(body) // 4) + body

    def numbers(self) -> list[int]:
        return [int(HEADER.unpack_from(packet)[2]) for packet in self.pictures]

    async def until(self, is_there: Callable[[], bool], limit_s: float = 60) -> None:
        for _ in range(int(limit_s * 50)):
            if is_there():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it did not come")


@pytest.fixture
async def two(engine: Pair) -> AsyncIterator[tuple[Raw, Raw]]:
    media, reports = engine
    one, other = Raw("leg-aaaa", 523), Raw("leg-bbbb", 880)
    for raw in (one, other):
        await raw.connect(media, reports)
    await media.bridge("leg-aaaa", "leg-bbbb")
    yield one, other
    await asyncio.gather(one.peer.close(), other.peer.close())


def wanted(items: list[rtcp.Item]) -> int:
    return sum(isinstance(item, rtcp.KeyFrameWanted) for item in items)


async def test_pictures_begin_with_a_key_frame_and_are_numbered_anew(two: tuple[Raw, Raw]) -> None:
    one, other = two
    for number in range(5):
        await one.picture(number, DELTA)
    await one.until(lambda: wanted(one.control) > 0)
    assert other.pictures == []
    await one.picture(65_535, KEY)
    for number in range(65_536, 65_545):
        await one.picture(number, DELTA)
    await other.until(lambda: len(other.pictures) == 10)
    numbers = other.numbers()
    assert [(n - numbers[0]) & 0xFFFF for n in numbers] == list(range(10))
    for packet in other.pictures:
        _, second, _, _, ssrc = HEADER.unpack_from(packet)
        parts = split(packet)
        assert (second & 0x7F, ssrc) == (other.vp8, other.ssrc)
        assert parts is not None
        assert len(element(parts[0], other.time_id) or b"") == 3
        assert len(parts[1]) > len(KEY)  # encrypted, with its tag


async def test_lost_pictures_are_asked_for_and_sent_again(two: tuple[Raw, Raw]) -> None:
    one, other = two
    for number in (10, 11, 14, 15):
        await one.picture(number, KEY if number == 10 else DELTA)
    await one.until(lambda: rtcp.Missing(77, (12, 13)) in one.control)
    await one.picture(12, DELTA)
    await one.picture(13, DELTA)
    await other.until(lambda: len(other.pictures) == 6)
    numbers = other.numbers()
    assert sorted((n - numbers[0]) & 0xFFFF for n in numbers) == list(range(6))
    await other.tell(rtcp.empty_report(1) + rtcp.nack(1, other.ssrc, numbers[1:2]))
    await other.until(lambda: len(other.pictures) == 7)
    assert other.pictures[-1] == other.pictures[1]


async def test_floods_of_feedback_cost_little(two: tuple[Raw, Raw]) -> None:
    one, other = two
    for number in range(200):
        await one.picture(number, KEY if number == 0 else DELTA)
        await asyncio.sleep(0.002)
    await other.until(lambda: len(other.pictures) == 200)
    numbers, began_s = other.numbers(), asyncio.get_running_loop().time()
    one.control.clear()
    flood = rtcp.nack(1, other.ssrc, numbers) + rtcp.key_frame(1, other.ssrc)
    for round_ in range(500):
        await other.tell(rtcp.empty_report(1) + flood)
        if round_ % 20 == 0:
            await one.picture(200 + round_ // 20, DELTA)
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    lasted_s = asyncio.get_running_loop().time() - began_s
    assert len(other.pictures) - 225 <= AGAIN_BURST + 300 * lasted_s
    assert wanted(one.control) <= 2 + 2 * lasted_s
    await one.peer.hears_hertz(880)


async def test_lies_about_sections_are_not_believed(two: tuple[Raw, Raw]) -> None:
    one, other = two
    audio, video = one.mids
    voice = int(re.findall(r"a=ssrc:(\d+)", one.offer)[0])
    await one.picture(1, KEY, 101, one.named("nowhere"))
    await one.picture(1, KEY, 102, one.named(audio))
    await one.picture(1, KEY, voice)
    await one.picture(1, KEY, 103, struct.pack("!HH", 0xBEDE, 1) + b"\xff\x00\x00\x00")
    await one.picture(2, KEY, 104, one.named(video))
    await other.until(lambda: len(other.pictures) >= 1)
    await asyncio.sleep(0.3)
    assert len(other.pictures) <= 2  # 103 named nothing that can be read, and is pictures by type
    await other.peer.hears_hertz(523)


async def test_broken_and_endless_packets_harm_nobody(two: tuple[Raw, Raw]) -> None:
    one, other = two
    generator = random.Random(8)
    await one.picture(1, KEY)
    for number in range(2, 3_000):
        words = generator.choice((0, 1, 3, 200, 65_535))
        lead = struct.pack("!HH", generator.choice((0xBEDE, 0x1000, 7)), words)
        lead += generator.randbytes(generator.choice((0, 4, 12, 40)))
        if number % 3:
            await one.picture(number, generator.randbytes(generator.randint(0, 30)), lead=lead)
        else:
            head = HEADER.pack(0xA0, one.vp8, number, number * 3_000, 77)
            await one.send(head + bytes(199) + b"\xc8")
        if number % 100 == 0:
            await asyncio.sleep(0.01)
    await other.peer.hears_hertz(523)
    await one.peer.hears_hertz(880)


async def test_mutated_reports_harm_nobody(two: tuple[Raw, Raw]) -> None:
    one, other = two
    await one.picture(1, KEY)
    generator = random.Random(6)
    seed = rtcp.empty_report(1) + rtcp.nack(1, other.ssrc, range(40)) + rtcp.fits(1, 99_999, (1,))
    seed += rtcp.key_frame(1, other.ssrc) + struct.pack(
        "!BBHIIIIII", 0x80, 200, 6, 1, 9, 9, 9, 9, 9
    )
    for number in range(3_000):
        data = bytearray(seed)
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(4, len(data))] = generator.randrange(256)
        await other.tell(bytes(data[: 8 + generator.randrange(len(data) - 8)]))
        if number % 40 == 0:
            await asyncio.sleep(0.02)
    await other.peer.hears_hertz(523)


def _swapped(offer: str) -> str:
    """Give the number of one codec to another one."""
    return re.sub(r"a=rtpmap:\d+ opus", "a=rtpmap:97 opus", offer).replace("SAVPF 96 ", "SAVPF 97 ")


BAD_UPDATES: dict[str, Callable[[str], str]] = {
    "too long": lambda offer: offer + "a=x:" + "y" * 70_000,
    "fewer sections": lambda offer: offer[: offer.index("m=video")],
    "another connection": lambda offer: re.sub(r"ice-pwd:\S+", "ice-pwd:" + "x" * 24, offer),
    "another certificate": lambda offer: re.sub(r"(SHA-256|sha-256) ..", r"\1 00", offer),
    "another order": lambda offer: offer.replace("a=mid:0", "a=mid:2").replace(
        "a=mid:1", "a=mid:0"
    ),
    "an ssrc twice": lambda offer: (
        offer + "a=ssrc:" + re.findall(r"a=ssrc:(\d+)", offer)[0] + " cname:x\r\n"
    ),
    "a number with two meanings": _swapped,
    "nothing": lambda offer: "",
    "no audio": lambda offer: re.sub(r"m=audio \d+", "m=audio 0", offer),
}


async def test_bad_updates_leave_the_leg_as_it_was(engine: Pair, two: tuple[Raw, Raw]) -> None:
    one, other = two
    media, _ = engine
    await one.picture(1, KEY)
    await other.until(lambda: len(other.pictures) == 1)
    for name, damage in BAD_UPDATES.items():
        with pytest.raises(WeccError) as refused:
            await media.update_leg("leg-aaaa", damage(one.offer))
        assert refused.value.code == "bad_sdp", name
    await one.picture(2, DELTA)
    await other.until(lambda: len(other.pictures) == 2)
    again = await media.update_leg("leg-aaaa", one.offer)
    assert re.sub(r"o=.*", "", again) == re.sub(r"o=.*", "", one.answer)
    await one.picture(3, DELTA)
    await other.until(lambda: len(other.pictures) == 3)


async def test_held_by_direction_nothing_is_sent_and_then_again(
    engine: Pair, two: tuple[Raw, Raw]
) -> None:
    one, other = two
    media, _ = engine
    held = one.offer.replace("a=sendrecv", "a=inactive")
    answer = await media.update_leg("leg-aaaa", held)
    assert re.findall(r"a=(sendrecv|inactive)", answer) == ["inactive"] * 2
    before = await media.stats("leg-aaaa")
    await one.picture(1, KEY)
    await asyncio.sleep(1)
    after = await media.stats("leg-aaaa")
    assert before is not None
    assert after is not None
    assert after.packets_sent - before.packets_sent < 25  # what was on its way
    assert other.pictures == []
    await media.update_leg("leg-aaaa", one.offer)
    await one.picture(2, KEY)
    await other.until(lambda: len(other.pictures) == 1)
    await one.peer.receives(25)


async def test_only_what_both_can_do_is_answered(engine: Pair) -> None:
    media, reports = engine
    narrow: Any = await connect(media, reports, "leg-aaaa", "call-1", 440)
    offer = await plain_offer()
    sound = re.sub(r"(m=audio \d+ \S+) [\d ]+", r"\1 0", offer)
    await media.create_leg("leg-pcmu", "call-2", sound)
    answer = await media.create_leg("leg-bbbb", "call-2", offer, "leg-pcmu")
    assert re.findall(r"a=rtpmap:\d+ (PCM.|opus|VP8)", answer) == ["PCMU", "VP8"]
    only = re.sub(r"(m=audio \d+ \S+) [\d ]+", r"\1 96", offer)
    with pytest.raises(WeccError, match="no audio codec"):
        await media.create_leg("leg-cccc", "call-2", only, "leg-pcmu")
    vp8 = re.findall(r"a=rtpmap:(\d+) VP8", offer)[0]
    h264 = re.findall(r"a=fmtp:(\d+) .*42e01f", offer)[0]
    for leg_id, number, partner in (("leg-dddd", vp8, None), ("leg-eeee", h264, "leg-dddd")):
        one = re.sub(r"(m=video \d+ \S+) [\d ]+", rf"\g<1> {number}", offer)
        answer = await media.create_leg(leg_id, "call-3", one, partner)
        assert re.findall(r"m=video (\d+)", answer)[0] != "0" if partner is None else "m=video 0 "
        assert ("m=video 0 " in answer) is (partner is not None)
    mode_0 = only.replace("packetization-mode=1", "packetization-mode=0")
    mode_0 = re.sub(r"(m=video \d+ \S+) [\d ]+", rf"\g<1> {h264}", mode_0)
    assert "m=video 0 " in await media.create_leg("leg-ffff", "call-4", mode_0)
    await narrow.close()
