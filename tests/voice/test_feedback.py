"""What is said about pictures, by itself: feedback against aiortc's parser, repair, key frames."""

from __future__ import annotations

import random
import struct

from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from gateway.voice.media import rtcp
from gateway.voice.media.arrivals import Arrivals
from gateway.voice.media.codec import H264, VP8, starts_key_frame
from gateway.voice.media.repair import Gaps, Kept
from gateway.voice.media.rtp import Source, Stream, Timing, element, split
from gateway.voice.media.video import Ceiling

SEQUENCES = st.lists(st.integers(0, 65_535), min_size=1, max_size=40, unique=True).map(sorted)


def _parsed(packet: bytes) -> RtcpRtpfbPacket | RtcpPsfbPacket:
    report, feedback = RtcpPacket.parse(rtcp.empty_report(7) + packet)
    assert isinstance(report, RtcpRrPacket)
    assert isinstance(feedback, RtcpRtpfbPacket | RtcpPsfbPacket)
    return feedback


@given(SEQUENCES)
def test_packets_asked_for_are_read_by_us_and_by_another_implementation(asked: list[int]) -> None:
    packet = rtcp.nack(7, 9, asked)
    feedback = _parsed(packet)
    assert isinstance(feedback, RtcpRtpfbPacket)
    assert (feedback.ssrc, feedback.media_ssrc, sorted(feedback.lost)) == (7, 9, asked)
    assert rtcp.read(packet) == [rtcp.Missing(9, tuple(asked))]


@given(st.integers(100_000, 1 << 36))
def test_how_much_fits_is_read_by_us_and_by_another_implementation(bits_per_s: int) -> None:
    packet = rtcp.fits(7, bits_per_s, (9, 10))
    feedback = _parsed(packet)
    assert isinstance(feedback, RtcpPsfbPacket)
    bitrate, sources = unpack_remb_fci(feedback.fci)
    assert sources == [9, 10]
    assert bits_per_s * 0.999 <= bitrate <= bits_per_s
    assert rtcp.read(packet) == [rtcp.Fits(bitrate)]


def test_key_frames_are_asked_for_by_either_message() -> None:
    feedback = _parsed(rtcp.key_frame(7, 9))
    assert isinstance(feedback, RtcpPsfbPacket)
    assert (feedback.fmt, feedback.media_ssrc) == (1, 9)
    assert rtcp.read(rtcp.key_frame(7, 9)) == [rtcp.KeyFrameWanted(9)]
    fir = struct.pack("!BBHIIIB3x", 0x84, 206, 4, 7, 0, 9, 1)
    assert rtcp.read(fir) == [rtcp.KeyFrameWanted(9)]


def test_garbage_is_read_without_a_fault_and_within_bounds() -> None:
    seeds = [
        rtcp.nack(7, 9, range(0, 4_000, 3)),
        rtcp.fits(7, 900_000, (9,)),
        rtcp.key_frame(7, 9) * 60,
        rtcp.empty_report(1) + rtcp.nack(7, 9, [5]),
    ]
    generator = random.Random(3)
    for _ in range(20_000):
        data = bytearray(generator.choice(seeds))
        for _ in range(generator.randint(1, 9)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        items = rtcp.read(bytes(data[: generator.randint(0, len(data))]))
        assert len(items) <= 2 * rtcp.ITEMS_MAX
        for item in items:
            if isinstance(item, rtcp.Missing):
                assert len(item.sequences) <= rtcp.NACKED_MAX


def _read_arrivals(body: bytes) -> dict[int, int]:
    """Read a transport-wide report by the letter of the draft: number to quarter milliseconds."""
    base, count, word = struct.unpack_from("!HHI", body)
    place, states = 8, list[int]()
    while len(states) < count:
        (chunk,) = struct.unpack_from("!H", body, place)
        place += 2
        if chunk >> 15 == 0:
            states += [chunk >> 13] * (chunk & 0x1FFF)
        else:
            assert chunk >> 14 == 3
            states += [chunk >> (12 - 2 * index) & 3 for index in range(7)]
    at, came = (word >> 8) * 256, {}
    for index, state in enumerate(states[:count]):
        if state == 1:
            at, place = at + body[place], place + 1
        elif state == 2:
            at, place = at + struct.unpack_from("!h", body, place)[0], place + 2
        if state:
            came[(base + index) & 0xFFFF] = at
    assert place == len(body)
    return came


@given(
    st.integers(0, 65_535),
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(-20, 300)), min_size=1, max_size=120
    ),
)  # fmt: skip
def test_arrivals_are_told_as_they_were(first: int, steps: list[tuple[int, int]]) -> None:
    arrivals, number, at = Arrivals(), first, 4_000_000
    truth: dict[int, int] = {}
    for step, ticks in steps:
        arrivals.add(number & 0xFFFF, at * 0.000_25)
        truth[number & 0xFFFF] = at & 0xFFFFFFFF
        number, at = number + step, at + ticks
    told = _read_arrivals(arrivals.report())
    last = max(number - step for step, _ in steps[-1:])
    kept = {n: t for n, t in truth.items() if (last - n) & 0xFFFF < 512}
    assert told == kept
    assert arrivals.report() == b""


def test_hostile_numbers_cost_no_more_than_honest_ones() -> None:
    arrivals, generator = Arrivals(), random.Random(5)
    for _ in range(200):
        for _ in range(600):
            arrivals.add(generator.randrange(65_536), generator.random() * 100)
        body = arrivals.report()
        assert len(body) <= 8 + 512 * 3


def test_a_gap_is_asked_for_again_until_it_is_filled_or_too_old() -> None:
    gaps = Gaps()
    gaps.restart(65_533)
    assert all(gaps.arrived(number, 1.0) for number in (65_534, 2, 3))
    assert gaps.due(1.0, 40) == [65_535, 0, 1]
    assert gaps.due(1.02, 40) == []
    assert gaps.arrived(0, 1.03)
    assert gaps.due(1.06, 40) == [65_535, 1]
    assert gaps.due(2.1, 40) == []
    assert gaps.due(2.2, 40) == []
    assert not gaps.arrived(5_000, 3.0)
    assert gaps.due(3.1, 40) == []


def test_kept_packets_are_sent_again_as_they_were_but_not_in_a_hurry() -> None:
    kept = Kept()
    for number in range(65_000, 66_100):
        kept.keep(number & 0xFFFF, b"packet %d" % (number & 0xFFFF))
    assert kept.again(563, 1.0) == b"packet 563"
    assert kept.again(563, 1.01) is None
    assert kept.again(563, 1.1) == b"packet 563"
    assert kept.again(51, 1.0) is None  # 513 ago
    assert kept.again(564, 1.0) is None  # not yet


def test_a_ceiling_is_told_at_once_when_it_falls() -> None:
    ceiling = Ceiling()
    assert ceiling.due(1.0) is None
    ceiling.put(500_000)
    assert ceiling.due(1.0) == 500_000
    ceiling.put(600_000)
    assert ceiling.due(1.5) is None
    ceiling.put(400_000)
    assert ceiling.due(1.52) == 400_000
    ceiling.put(1)
    assert ceiling.due(1.55) is None
    assert ceiling.due(1.7) == 100_000


def test_key_frames_are_known_by_their_first_packet() -> None:
    plain, long = bytes([0x10, 0x00]), bytes([0x90, 0xF0, 0x81, 0x02, 0x03, 0x04, 0x00])
    assert starts_key_frame(VP8, plain)
    assert starts_key_frame(VP8, long)
    assert not starts_key_frame(VP8, bytes([0x10, 0x01]))
    assert not starts_key_frame(VP8, bytes([0x00, 0x00]))
    assert not starts_key_frame(VP8, bytes([0x11, 0x00]))
    for payload in (b"\x67\x42", b"\x65\x88", b"\x78\x00\x10\x67\x42", b"\x7c\x85"):
        assert starts_key_frame(H264, payload)
    for payload in (b"\x61\x88", b"\x7c\x45", b"\x7c\x81", b"\x78\x00", b"\x65", b""):
        assert not starts_key_frame(H264, payload)


@given(st.sampled_from([VP8, H264]), st.binary(max_size=12))
def test_any_payload_is_a_key_frame_or_not(codec: str, payload: bytes) -> None:
    assert starts_key_frame(codec, payload) in (True, False)


@given(st.binary(min_size=12, max_size=60), st.integers(1, 14))
def test_any_packet_splits_or_not(packet: bytes, wanted: int) -> None:
    parts = split(packet)
    if parts is not None:
        extension, payload, padding = parts
        assert packet.endswith(payload + padding)
        data = element(extension, wanted)
        assert data is None or data in extension


def test_sound_and_picture_keep_the_distance_their_sender_reported() -> None:
    """Captured together, sent apart: the reports we write lead to the same capture times."""
    timing = Timing()
    voice, face = Source(1, 48_000, timing), Source(2, 90_000, timing)
    sound, pictures = Stream(10, 1, 7_000_000), Stream(20, 1, 99, marks_switch=False)
    assert sound.place(voice, (0, 1, 480_000), 50.000) is not None
    assert pictures.place(face, (0, 1, 900_000), 50.120) is not None
    assert not sound.is_timed(51.0)
    voice.reported_s, voice.reported_ticks = 3_000.0, 480_000
    timing.heard(3_000.0, 1_000.010)
    face.reported_s, face.reported_ticks = 3_001.0, 900_000 + 90_000
    timing.heard(3_001.0, 1_001.090)
    assert sound.is_timed(51.0)
    now_s = 1_002.0
    heard_s = (sound.ticks_at(52.0, now_s) - sound.ticks) / 48_000
    seen_s = (pictures.ticks_at(52.0, now_s) - pictures.ticks) / 90_000
    assert abs(heard_s - seen_s) < 0.000_1
    assert abs(heard_s - 1.990) < 0.001
