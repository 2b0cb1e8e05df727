"""Music on hold: two short pieces of our own, composed by arithmetic and encoded once per worker.

A piece is a list of packets of 20 ms per codec (Opus, PCMU, PCMA). Playing it to a caller costs
a header and one encryption per packet, never an encoder. ``queue`` moves a little, ``hold`` is
slower and lower, so that a caller can hear the difference between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from gateway.voice.media.codec import OPUS, PCMA, PCMU
from gateway.voice.media.player import Encoded
from gateway.voice.media.rtp import CLOCK_HZ, FRAME_TICKS

LOUDNESS_RMS = 0.06
"""About -24 dBFS: quieter than speech."""
BIT_RATE = 32_000

Samples: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """What is played: per bar of ``bar_s`` seconds one chord (bass first) in semitones from A4,
    and a pattern of chord tones that is plucked over it, one per equal part of the bar.
    """

    bar_s: float
    chords: tuple[tuple[int, ...], ...]
    pattern: tuple[int, ...]
    pluck_s: float


PIECES = {
    "queue": Piece(
        bar_s=3.0,
        chords=(
            (-21, -9, -5, -2, 3),
            (-24, -12, -9, -5, 0),
            (-16, -9, -4, 0, 3),
            (-14, -10, -7, -2, 2),
            (-21, -9, -5, 2, 7),
            (-17, -12, -5, 0, 3),
            (-19, -16, -7, -4, 0),
            (-14, -9, -7, -2, 5),
        ),
        pattern=(1, 2, 3, 4, 3, 2),
        pluck_s=1.4,
    ),
    "hold": Piece(
        bar_s=4.0,
        chords=(
            (-26, -14, -10, -7, -2),
            (-31, -19, -12, -10, -3),
            (-28, -16, -12, -9, -5),
            (-33, -21, -14, -9, -5),
            (-24, -17, -12, -8, -5),
            (-26, -14, -9, -5, -2),
        ),
        pattern=(4, 2, 3, 1),
        pluck_s=2.2,
    ),
}


def _hertz(semitones: int) -> float:
    return 440.0 * float(2.0 ** (semitones / 12))


def _pad(chord: tuple[int, ...], count: int) -> Samples:
    """A soft held chord that swells and dies away within its bar."""
    seconds = np.arange(count, dtype=np.float32) / CLOCK_HZ
    swell = np.sin(np.pi * np.arange(count, dtype=np.float32) / count) ** 2
    voices = [
        np.sin(2 * np.pi * _hertz(tone) * seconds) / (1 + index / 2)
        for index, tone in enumerate(chord)
    ]
    return (swell * sum(voices) / len(chord)).astype(np.float32)


def _pluck(semitones: int, length_s: float) -> Samples:
    """A plucked note: a fundamental and two overtones that decay faster."""
    seconds = np.arange(int(length_s * CLOCK_HZ), dtype=np.float32) / CLOCK_HZ
    attack = np.minimum(seconds / 0.012, 1.0)
    release = np.minimum((length_s - seconds) / 0.05, 1.0)
    note = np.zeros_like(seconds)
    for overtone, share in ((1, 1.0), (2, 0.3), (3, 0.12)):
        decay = np.exp(-seconds * (2.2 + 1.6 * overtone))
        note += share * decay * np.sin(2 * np.pi * _hertz(semitones) * overtone * seconds)
    return (attack * release * note).astype(np.float32)


def compose(piece: Piece) -> Samples:
    """Return one round of a piece, float -1..1, 48 kHz mono; it begins and ends in silence."""
    bar = int(piece.bar_s * CLOCK_HZ)
    total = bar * len(piece.chords)
    sound: Samples = np.zeros(total, dtype=np.float32)
    for number, chord in enumerate(piece.chords):
        sound[number * bar : (number + 1) * bar] += 1.2 * _pad(chord, bar)
        for step, voice in enumerate(piece.pattern):
            start = number * bar + step * bar // len(piece.pattern)
            note = _pluck(chord[voice], piece.pluck_s)[: total - start]
            sound[start : start + len(note)] += 0.35 * note
    fade = np.minimum(np.arange(total)[::-1] / (0.3 * CLOCK_HZ), 1.0)
    sound *= fade.astype(np.float32)
    loud = float(np.sqrt(np.mean(sound**2)))
    return np.clip(sound * (LOUDNESS_RMS / loud), -1.0, 1.0).astype(np.float32)


def encode(sound: Samples) -> list[bytes]:
    """Return Opus packets of 20 ms each; the rest after the last whole frame is left out."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = CLOCK_HZ
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = BIT_RATE
    encoder.options = {"frame_duration": "20", "application": "audio"}
    pcm = (sound * 32_767).astype(np.int16)
    packets: list[bytes] = []
    for start in range(0, len(pcm) - FRAME_TICKS + 1, FRAME_TICKS):
        frame = av.AudioFrame.from_ndarray(
            pcm[None, start : start + FRAME_TICKS], format="s16", layout="mono"
        )
        frame.sample_rate = CLOCK_HZ
        frame.pts = start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def encode_narrow(sound: Samples, codec: str) -> list[bytes]:
    """Return G.711 packets of 20 ms each (``pcm_mulaw`` or ``pcm_alaw``)."""
    rate_hz, frame = 8_000, 160
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate_hz, "mono", "s16"
    pcm = (sound * 32_767).astype(np.int16)
    whole = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
    whole.sample_rate = CLOCK_HZ
    data = b"".join(
        bytes(packet)
        for narrow in [*resampler.resample(whole), *resampler.resample(None)]
        for packet in encoder.encode(narrow)
    )
    return [data[start : start + frame] for start in range(0, len(data) - frame + 1, frame)]


def library() -> dict[str, Encoded]:
    """Compose and encode every piece: about a second of CPU, once per worker."""
    pieces: dict[str, Encoded] = {}
    for name, piece in PIECES.items():
        sound = compose(piece)
        pieces[name] = {
            OPUS: encode(sound),
            PCMU: encode_narrow(sound, "pcm_mulaw"),
            PCMA: encode_narrow(sound, "pcm_alaw"),
        }
    return pieces
