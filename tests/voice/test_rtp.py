"""Streams, reports and music by themselves; RTCP is checked against aiortc's own parser."""

from __future__ import annotations

import numpy as np
from aiortc.rtp import RtcpPacket, RtcpRrPacket, RtcpSdesPacket, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from gateway.voice.media import music, rtcp
from gateway.voice.media.codec import PCMA, PCMU
from gateway.voice.media.rtp import HEADER, Reception, Source, Stream, payload_of

NOW_NS = 1_700_000_000_000_000_000
ONE, TWO, THREE = (Source(number, 48_000) for number in (1, 2, 3))


def _sequence(packet: bytes) -> int:
    return int(HEADER.unpack_from(packet)[2])


def test_a_change_of_source_goes_on_where_the_last_one_was() -> None:
    stream = Stream(7, 65_530, 0xFFFFFF00)
    first = [stream.next(ONE, (0, 500 + n, 960 * n), 111, b"x", 10 + n / 50) for n in range(10)]
    second = [stream.next(TWO, (0, 9_000 + n, 7 * n * 960), 96, b"y", 10.2) for n in range(3)]
    packets = [packet for packet in first + second if packet is not None]
    numbers = [_sequence(packet) for packet in packets]
    assert numbers == [(65_531 + n) & 0xFFFF for n in range(13)]
    markers = [packet[1] >> 7 for packet in packets]
    assert markers == [1] + [0] * 9 + [1, 0, 0]


def test_a_packet_from_before_the_change_is_dropped_and_a_late_one_keeps_its_place() -> None:
    stream = Stream(7, 100, 0)
    assert stream.next(ONE, (0, 50, 0), 111, b"x", 1.0) is not None
    assert stream.next(TWO, (0, 900, 0), 111, b"x", 1.02) is not None
    assert stream.next(TWO, (0, 899, 0), 111, b"x", 1.03) is None
    assert stream.next(TWO, (0, 902, 1920), 111, b"x", 1.04) is not None
    late = stream.next(TWO, (0, 901, 960), 111, b"x", 1.05)
    assert late is not None
    assert _sequence(late) == 103


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 65_535)), max_size=60))
def test_no_sequence_number_of_another_source_is_used_twice(steps: list[tuple[int, int]]) -> None:
    stream = Stream(7, 1_000, 0)
    owner: dict[int, tuple[int, int]] = {}
    round_, last = 0, -1
    for number, (source, sequence) in enumerate(steps):
        round_, last = (round_ + 1, source) if source != last else (round_, last)
        packet = stream.next(
            (ONE, TWO, THREE)[source], (0, sequence, 0), 111, b"x", 1 + number / 50
        )
        if packet is not None:
            key = (round_, sequence)
            assert owner.setdefault(_sequence(packet), key) == key


@given(st.binary(min_size=12, max_size=80))
def test_any_bytes_have_a_payload_or_none(data: bytes) -> None:
    payload = payload_of(data)
    assert payload is None or payload in data


def test_reception_counts_loss_and_survives_wrap_and_reordering() -> None:
    reception = Reception()
    numbers = [(65_530 + n) & 0xFFFF for n in range(20)]
    del numbers[7], numbers[7]
    numbers[3], numbers[4] = numbers[4], numbers[3]
    for place, number in enumerate(numbers):
        reception.arrived(5, number, place * 960, place / 50, 100)
    assert (reception.packets, reception.lost) == (18, 2)
    assert reception.fraction_lost() == 2 * 256 // 20
    assert reception.fraction_lost() == 0
    reception.arrived(6, 1, 0, 1.0, 100)
    assert reception.lost == 2


def test_reports_are_read_by_another_implementation() -> None:
    stream, reception, peer = Stream(77, 1, 0), Reception(), rtcp.PeerReport()
    reception.arrived(5, 10, 0, 0.0, 100)
    reception.arrived(5, 12, 1_920, 0.04, 100)
    only_received = RtcpPacket.parse(rtcp.build(77, reception, peer, "me", 1.0, NOW_NS))
    assert isinstance(only_received[0], RtcpRrPacket)
    stream.next(ONE, (0, 1, 0), 111, b"abc", 1.0)
    report, name = RtcpPacket.parse(rtcp.build(stream, reception, peer, "me", 1.5, NOW_NS))
    assert isinstance(report, RtcpSrPacket)
    assert (report.ssrc, report.sender_info.packet_count) == (77, 1)
    assert report.sender_info.octet_count == 3
    assert report.reports[0].ssrc == 5
    assert report.reports[0].packets_lost == 1
    assert report.reports[0].highest_sequence == 12
    assert isinstance(name, RtcpSdesPacket)
    assert name.chunks[0].ssrc == 77


def test_a_round_trip_is_measured_and_garbage_is_not() -> None:
    ours, theirs = Stream(77, 1, 0), Reception()
    ours.next(ONE, (0, 1, 0), 111, b"abc", 1.0)
    sent = rtcp.build(ours, Reception(), rtcp.PeerReport(), "me", 1.0, NOW_NS)
    (report,) = rtcp.read(sent)
    assert isinstance(report, rtcp.SenderReport)
    assert report.ssrc == 77
    assert abs(report.unix_s - NOW_NS / 1e9) < 0.001
    remote = rtcp.PeerReport(sender_ntp=report.ntp, sender_at_s=5.0)
    theirs.arrived(77, 1, 0, 5.0, 10)
    reply = rtcp.build(88, theirs, remote, "you", 5.25, NOW_NS)
    mine = rtcp.PeerReport()
    (block,) = rtcp.read(reply)
    assert isinstance(block, rtcp.Block)
    assert block.ssrc == 77
    block.tell(mine, NOW_NS + 300_000_000)
    assert mine.rtt_ms is not None
    assert 45 < mine.rtt_ms < 55


def test_the_music_is_long_gentle_and_of_two_kinds() -> None:
    sounds = {name: music.compose(piece) for name, piece in music.PIECES.items()}
    assert set(sounds) == {"queue", "hold"}
    for sound in sounds.values():
        assert len(sound) >= 20 * 48_000
        assert float(np.abs(sound).max()) < 0.7
        assert 0.03 < float(np.sqrt(np.mean(sound**2))) < 0.1
        assert abs(float(sound[0])) < 0.01
        assert abs(float(sound[-1])) < 0.01
    for name, piece in music.library().items():
        for packets in piece.values():
            assert abs(len(packets) - len(sounds[name]) // 960) <= 1
            assert max(map(len, packets)) < 300
        assert {len(packet) for codec in (PCMU, PCMA) for packet in piece[codec]} == {160}
