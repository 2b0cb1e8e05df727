"""A media worker: its own process that holds legs and forwards what they send each other.

``python -m gateway.voice.media.worker --socket PATH --address 127.0.0.1 --udp-ports LOW-HIGH``

It is told what to do over a unix socket (``frames``) and lives on when the web process that told
it dies. What happened to its legs meanwhile is kept and told to the next one that attaches. It
ends on SIGTERM or SIGINT, or when its parent died and nobody has attached for a while.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
import stat
import struct
import time
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from gateway.kernel.errors import WeccError
from gateway.platform.telemetry import configure_logging
from gateway.voice.media import frames, music, sdp
from gateway.voice.media.address import MediaAddress, parse_ports
from gateway.voice.media.leg import Leg
from gateway.voice.media.player import Encoded
from gateway.voice.media.rtp import FRAME_MS
from gateway.voice.media.stack import new_certificate
from gateway.voice.ports import LegState

LEGS_MAX = 2_000
LOST_LEGS_KEPT_S = 120.0
ORPHAN_GRACE_S = 30.0
LOG_EVERY_S = 1.0
STALL_S = 1.0
"""A longer pause between two ticks is a stall of this process, not silence of the browsers."""

_NEGOTIATIONS = (frames.CreateLeg, frames.UpdateLeg)

log = logging.getLogger("wecc.voice.worker")


class Worker:
    """The legs of one process."""

    def __init__(self, address: MediaAddress) -> None:
        self._address = address
        self._identity = new_certificate()
        self._legs: dict[str, Leg] = {}
        self._answers: dict[str, str] = {}
        self._lost_at_s: dict[str, float] = {}
        self._library: dict[str, Encoded] = {}
        self._untold: deque[frames.Report] = deque()
        self._seq = 0
        self._attached: asyncio.StreamWriter | None = None
        self._attached_s = self._tick_s = time.monotonic()
        self._closing: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Compose the music off the loop."""
        self._library = await asyncio.to_thread(music.library)

    # ---- requests --------------------------------------------------------------------------

    async def create_leg(self, request: frames.CreateLeg) -> str:
        """Return the ``sdp_answer``; a repeat returns the same one."""
        if request.leg_id in self._answers:
            return self._answers[request.leg_id]
        if len(self._legs) >= LEGS_MAX:
            raise WeccError("media_unavailable", "This server carries as many calls as it can.")
        offer = self._fitting(request.sdp_offer, request.partner)
        leg = Leg(request.leg_id, request.call_id, offer, self._identity, self._changed)
        answer = leg.open(self._address)
        self._legs[leg.leg_id] = leg
        self._answers[leg.leg_id] = answer
        return answer

    async def update_leg(self, request: frames.UpdateLeg) -> str:
        """Negotiate a leg anew and return the ``sdp_answer``; a bad offer changes nothing."""
        leg = self._leg(request.leg_id)
        if leg.state == "lost":
            raise WeccError("wrong_state", "This leg is gone: send call.reconnect.")
        return leg.update(self._fitting(request.sdp_offer, request.partner))

    def _fitting(self, sdp_offer: str, partner: str | None) -> sdp.Offer:
        """Read an offer, left with what the other leg can do as well."""
        other = self._legs.get(partner or "")
        return sdp.narrowed(sdp.read_offer(sdp_offer), other.codecs if other is not None else {})

    async def add_candidate(self, request: frames.AddCandidate) -> None:
        await self._leg(request.leg_id).add_candidate(request.candidate)

    async def bridge(self, request: frames.Bridge) -> None:
        a, b = self._leg(request.leg_a), self._leg(request.leg_b)
        if a is b:
            raise WeccError("bad_value", "A leg cannot be bridged to itself.")
        if a.peer is not b:
            a.attach(b)

    async def unbridge(self, request: frames.Unbridge) -> None:
        if request.leg_id in self._legs:
            self._legs[request.leg_id].detach()

    async def play(self, request: frames.Play) -> None:
        leg = self._leg(request.leg_id)
        if request.source is not None and request.source not in self._library:
            raise WeccError("bad_value", "There is no such music.", field="source")
        leg.play(None if request.source is None else self._library[request.source])

    async def close_leg(self, request: frames.CloseLeg) -> None:
        await self._close(request.leg_id)

    async def stats(self, request: frames.GetStats) -> dict[str, Any] | None:
        leg = self._legs.get(request.leg_id)
        return None if leg is None else msgspec.to_builtins(leg.stats())

    async def list_legs(self, _request: frames.ListLegs) -> dict[str, tuple[str, str]]:
        """Leg id to (state, call id)."""
        return {leg.leg_id: (leg.state, leg.call_id) for leg in self._legs.values()}

    async def ping(self, _request: frames.Ping) -> int:
        return len(self._legs)

    def _leg(self, leg_id: str) -> Leg:
        leg = self._legs.get(leg_id)
        if leg is None:
            raise WeccError("not_found", "There is no such leg.")
        return leg

    async def _close(self, leg_id: str) -> None:
        leg = self._legs.pop(leg_id, None)
        self._answers.pop(leg_id, None)
        self._lost_at_s.pop(leg_id, None)
        if leg is not None:
            await leg.close()

    # ---- reports ---------------------------------------------------------------------------

    def attach(self, writer: asyncio.StreamWriter) -> None:
        """Report to this connection; the one before is out."""
        self._attached = writer
        for report in self._untold:
            writer.write(frames.packed(report))

    def told(self, seq: int) -> None:
        """Forget reports that have arrived."""
        while self._untold and self._untold[0].seq <= seq:
            self._untold.popleft()

    def gone(self, writer: asyncio.StreamWriter) -> None:
        """A connection ended."""
        if self._attached is writer:
            self._attached = None
            self._attached_s = time.monotonic()

    def _changed(self, leg: Leg, state: LegState, cause: str) -> None:
        if state == "lost":
            self._lost_at_s[leg.leg_id] = time.monotonic()
            self._later(leg.free())
        self._seq += 1
        report = frames.Report(seq=self._seq, leg_id=leg.leg_id, state=state, cause=cause)
        self._untold.append(report)
        if self._attached is not None:
            self._attached.write(frames.packed(report))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        closing = asyncio.create_task(work)
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    # ---- time ------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event, parent_pid: int) -> None:
        """Pace music and reports every 20 ms until told to stop or left alone."""
        next_s = time.monotonic()
        count = 0
        while not stop.is_set():
            next_s += FRAME_MS / 1000
            now_s = time.monotonic()
            if next_s < now_s - 0.2:
                next_s = now_s
            await asyncio.sleep(max(0.0, next_s - now_s))
            self._tick()
            count += 1
            if count % 50 == 0 and self._second(parent_pid):
                return

    def _tick(self) -> None:
        now_s = time.monotonic()
        stalled_s, self._tick_s = now_s - self._tick_s, now_s
        for leg in tuple(self._legs.values()):
            if stalled_s > STALL_S:
                leg.heard_s += stalled_s
            try:
                leg.tick(now_s)
            except Exception:
                log.exception("leg failed", extra={"leg_id": leg.leg_id})
                leg.lose("transport_fault")

    def _second(self, parent_pid: int) -> bool:
        now_s = time.monotonic()
        for leg_id, at_s in list(self._lost_at_s.items()):
            if now_s - at_s > LOST_LEGS_KEPT_S:
                self._later(self._close(leg_id))
        orphaned = parent_pid > 1 and os.getppid() != parent_pid and self._attached is None
        return orphaned and now_s - self._attached_s > ORPHAN_GRACE_S

    async def close(self) -> None:
        """End every leg; browsers see the end at once."""
        for leg_id in list(self._legs):
            await self._close(leg_id)


class Control:
    """Serves the unix socket."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._writers: set[asyncio.StreamWriter] = set()
        self._handlers: dict[type[frames.Request], Any] = {
            frames.CreateLeg: worker.create_leg,
            frames.UpdateLeg: worker.update_leg,
            frames.AddCandidate: worker.add_candidate,
            frames.Bridge: worker.bridge,
            frames.Unbridge: worker.unbridge,
            frames.Play: worker.play,
            frames.CloseLeg: worker.close_leg,
            frames.GetStats: worker.stats,
            frames.ListLegs: worker.list_legs,
            frames.Ping: worker.ping,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, in order, until it ends."""
        if not _same_user(writer):
            writer.close()
            return
        self._writers.add(writer)
        try:
            while True:
                request = frames.decode_request(await frames.read_frame(reader))
                await self._one(request, writer)
        except (EOFError, ConnectionError, msgspec.MsgspecError):
            pass
        finally:
            self._writers.discard(writer)
            self._worker.gone(writer)
            writer.close()

    async def _one(self, request: frames.AnyRequest, writer: asyncio.StreamWriter) -> None:
        if isinstance(request, frames.Told):
            self._worker.told(request.seq)
            return
        if isinstance(request, frames.Attach):
            reply = frames.Reply(n=request.n, value=os.getpid())
            writer.write(frames.packed(reply))
            self._worker.attach(writer)
            return
        writer.write(frames.packed(await self._reply(request)))
        await writer.drain()

    async def _reply(self, request: frames.AnyRequest) -> frames.Reply:
        try:
            value = await self._handlers[type(request)](request)
        except WeccError as error:
            return frames.Reply(n=request.n, code=error.code, message=error.message)
        except Exception:
            log.exception("request failed", extra={"request": type(request).__name__})
            code = "bad_sdp" if isinstance(request, _NEGOTIATIONS) else "internal"
            return frames.Reply(n=request.n, code=code)
        return frames.Reply(n=request.n, value=value)

    def close(self) -> None:
        """Drop every connection."""
        for writer in list(self._writers):
            writer.close()


def _same_user(writer: asyncio.StreamWriter) -> bool:
    sock = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return bool(struct.unpack("3i", credentials)[1] == os.getuid())


def _claim(path: Path) -> None:
    """Make the private directory and remove a dead socket; refuse a directory others can enter."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = path.parent.stat()
    if mode.st_uid != os.getuid() or stat.S_IMODE(mode.st_mode) & 0o077:
        raise SystemExit(f"{path.parent} must belong to this user alone (chmod 700)")
    _release(path)


def _release(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


async def serve(path: Path, address: MediaAddress) -> None:
    """Run a worker until a signal ends it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.set_exception_handler(_LimitedLog())
    worker = Worker(address)
    parent_pid = os.getppid()
    await worker.prepare()
    control = Control(worker)
    _claim(path)
    server = await asyncio.start_unix_server(control.serve, path)
    log.info("media worker ready", extra={"pid": os.getpid()})
    try:
        await worker.run(stop, parent_pid)
    finally:
        server.close()
        await worker.close()
        control.close()
        _release(path)


class _LimitedLog:
    """Faults nobody awaits, at most one line per second: a hostile peer must not fill the disk."""

    def __init__(self) -> None:
        self._last_s = 0.0
        self._left_out = 0

    def __call__(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s < LOG_EVERY_S:
            self._left_out += 1
            return
        fault = context.get("exception")
        extra = {"fault": type(fault).__name__, "left_out": self._left_out}
        log.error("background fault", extra=extra)
        self._last_s, self._left_out = now_s, 0


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="gateway.voice.media.worker")
    parser.add_argument("--socket", required=True, type=Path)
    parser.add_argument("--address", default="127.0.0.1", help="what browsers are told")
    parser.add_argument("--bind", help="local address, if another one (behind NAT)")
    parser.add_argument("--udp-ports", default="40000-40999")
    parser.add_argument("--log-level", default="info")
    given = parser.parse_args(arguments)
    low, high = parse_ports(given.udp_ports)
    bound = given.bind or given.address
    for text in (given.address, bound):
        ipaddress.ip_address(text)
    configure_logging(given.log_level)
    for noisy in ("aioice", "aiortc", "libav"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    os.umask(0o077)
    uvloop.run(serve(given.socket, MediaAddress(given.address, bound, low, high)))


if __name__ == "__main__":
    main()
