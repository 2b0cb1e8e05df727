"""Media workers as real processes, and WebRTC peers that speak tones and hear them."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiortc
import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from gateway.voice.media.engine import EmbeddedEngine, worker_argv
from gateway.voice.media.link import ping_worker
from gateway.voice.ports import LegReport, LegState

RATE_HZ = 48_000
FRAME = 960
# Below what the system gives to outgoing connections, so that nobody takes one meanwhile.
PORTS = (22_000, 22_399)


class Workers:
    """Worker processes behind sockets in a private directory."""

    def __init__(self, count: int = 1, ports: tuple[int, int] = PORTS) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="wecc-media-"))
        self.paths = [self.directory / f"media-{number}.sock" for number in range(count)]
        self._ports = ports
        self.processes: list[subprocess.Popen[bytes]] = []

    async def __aenter__(self) -> Self:
        for number in range(len(self.paths)):
            await self.start(number)
        return self

    async def start(self, number: int) -> None:
        """Start (again) the worker behind a socket and wait until it answers."""
        argv = worker_argv(self.paths[number], "127.0.0.1", self._ports)
        process = await asyncio.to_thread(subprocess.Popen, argv)
        self.processes[number : number + 1] = [process]
        async with asyncio.timeout(60):
            while not await ping_worker(self.paths[number], 0.5):
                assert process.poll() is None, "the worker ended"
                await asyncio.sleep(0.05)

    def signal(self, number: int, name: signal.Signals) -> None:
        """Send a signal to one worker."""
        os.kill(self.processes[number].pid, name)

    def fds(self, number: int = 0) -> int:
        """Count the worker's open files."""
        return len(list(Path(f"/proc/{self.processes[number].pid}/fd").iterdir()))

    def cpu_s(self, number: int = 0) -> float:
        """Return the CPU time the worker has used, user and system."""
        text = Path(f"/proc/{self.processes[number].pid}/stat").read_text()
        fields = text.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes:
            process.wait(60)
        shutil.rmtree(self.directory, ignore_errors=True)


class Reports:
    """What an engine told about its legs."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self.seen: list[LegReport] = []
        self._news = asyncio.Event()
        engine.on_report(self._take)

    async def _take(self, report: LegReport) -> None:
        self.seen.append(report)
        self._news.set()

    async def until(
        self, leg_id: str, state: LegState, limit_s: float = 30, cause: str | None = None
    ) -> LegReport:
        """Wait for a leg's state, with one cause if it is given."""
        async with asyncio.timeout(limit_s):
            while True:
                for report in self.seen:
                    is_it = report.leg_id == leg_id and report.state == state
                    if is_it and cause in (None, report.cause):
                        return report
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def attached(workers: Workers) -> AsyncIterator[tuple[EmbeddedEngine, Reports]]:
    """An engine on the workers."""
    engine = EmbeddedEngine(workers.paths)
    reports = Reports(engine)
    await engine.start()
    try:
        yield engine, reports
    finally:
        await engine.close()


class Tone(MediaStreamTrack):  # type: ignore[misc]
    """An endless sine."""

    kind = "audio"

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz
        self._position = 0
        self._start_s = 0.0

    async def recv(self) -> av.AudioFrame:
        now_s = asyncio.get_running_loop().time()
        self._start_s = self._start_s or now_s
        await asyncio.sleep(max(0.0, self._start_s + self._position / RATE_HZ - now_s))
        steps = (np.arange(FRAME) + self._position) / RATE_HZ
        pcm = (8_000 * np.sin(2 * np.pi * self._hertz * steps)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, self._position
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self._position += FRAME
        return frame


class Peer:
    """A WebRTC client: sends a tone, keeps what it hears and every RTP header it gets."""

    def __init__(self, hertz: float, *, video: bool = False) -> None:
        self.pc = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self.pc.addTrack(Tone(hertz))
        if video:
            self.pc.addTransceiver("video")
        self.heard: list[Any] = []
        self.headers: list[tuple[int, int, int, int]] = []
        """(sequence, timestamp, ssrc, marker) of each packet, as received."""
        self._listening: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.pc.on("track", self._track)

    def _track(self, track: Any) -> None:
        if track.kind == "audio":
            self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                samples = frame.to_ndarray()[0]
                channels = len(frame.layout.channels)
                self.heard.append(samples[::channels].astype(np.float32) / 32_768)
                self._news.set()

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    @classmethod
    async def another_offer(cls) -> str:
        """Return what a peer offers that is never connected."""
        peer = cls(440)
        try:
            return await peer.offer()
        finally:
            await peer.close()

    async def answer(self, sdp: str) -> None:
        description = aiortc.RTCSessionDescription(sdp=sdp, type="answer")
        await self.pc.setRemoteDescription(description)
        receiver = self.pc.getReceivers()[0]
        handle = receiver._handle_rtp_packet

        async def noted(packet: Any, arrival_time_ms: int) -> None:
            header = (packet.sequence_number, packet.timestamp, packet.ssrc, packet.marker)
            self.headers.append(header)
            await handle(packet, arrival_time_ms=arrival_time_ms)

        receiver._handle_rtp_packet = noted

    @property
    def transport(self) -> Any:
        """aiortc's DTLS transport, to send hand-made packets with the right keys."""
        return self.pc.getSenders()[0].transport

    async def receives(self, packets: int, limit_s: float = 30) -> None:
        """Wait for so many packets more."""
        goal = len(self.headers) + packets
        for _ in range(int(limit_s * 20)):
            if len(self.headers) >= goal:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{goal - len(self.headers)} of {packets} packets did not come")

    async def hear(self, seconds: float) -> Any:
        """Return the next ``seconds`` of sound, float32 at 48 kHz."""
        self.heard.clear()
        frames = int(seconds * RATE_HZ / FRAME)
        async with asyncio.timeout(seconds + 15):
            while len(self.heard) < frames:
                self._news.clear()
                await self._news.wait()
        return np.concatenate(self.heard)

    async def hears(
        self, matches: Callable[[Any], bool], what: str, seconds: float = 0.8, limit_s: float = 30
    ) -> None:
        """Wait until what is heard is what it should be; on a busy machine sound comes late."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + limit_s
        while not matches(sound := await self.hear(seconds)):
            if loop.time() > deadline_s:
                found = f"{main_hertz(sound):.0f} Hz, loudness {loudness(sound):.3f}"
                raise AssertionError(f"{what} was not heard, but {found}")

    async def hears_hertz(self, hertz: float, near_hz: float = 8) -> None:
        """Wait until a tone is the strongest sound."""
        await self.hears(lambda sound: abs(main_hertz(sound) - hertz) < near_hz, f"{hertz} Hz")

    async def hears_music(self, below_hertz: float, share: float = 0.9) -> None:
        """Wait until there is sound, nearly all of it below a frequency."""

        def matches(sound: Any) -> bool:
            return loudness(sound) > 0.005 and share_below(sound, below_hertz) > share

        await self.hears(matches, "music", 1.0)

    async def close(self) -> None:
        await self.pc.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)


def main_hertz(sound: Any) -> float:
    """Return the strongest frequency."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * RATE_HZ / len(sound))


def loudness(sound: Any) -> float:
    """Return the RMS, 0..1."""
    return float(np.sqrt(np.mean(sound**2)))


def share_below(sound: Any, hertz: float) -> float:
    """Return the share of the energy that lies below a frequency."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    edge = int(hertz * len(sound) / RATE_HZ)
    return float(power[:edge].sum() / power.sum())


async def connect(
    engine: EmbeddedEngine, reports: Reports, leg_id: str, call_id: str, hertz: float
) -> Peer:
    """Bring a leg with a peer up."""
    peer = Peer(hertz)
    await peer.answer(await engine.create_leg(leg_id, call_id, await peer.offer()))
    await reports.until(leg_id, "connected")
    return peer


def gaps(headers: list[tuple[int, int, int, int]]) -> int:
    """Count missing sequence numbers between the first and the last packet."""
    numbers = [header[0] for header in headers]
    steps = [(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)]
    return sum(step - 1 for step in steps if 1 < step < 0x8000)
