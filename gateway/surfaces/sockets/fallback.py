"""When WebSocket does not get through: server-sent events, or long poll, plus POST.

``POST channel`` with the hello frame opens a channel and returns its unguessable id. Frames to
the browser come as events of ``GET stream?channel=`` or in the answers of
``GET poll?channel=&after=``; frames to the server go as a JSON array to
``POST frames?channel=``. A channel keeps what was not fetched yet, within the same bound as a
slow socket, and ends when nobody has fetched for a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.kernel.ids import new_id, new_secret
from gateway.settings import LimitSettings
from gateway.surfaces.sockets.connection import Audience, Bucket, Connection, Connections
from gateway.surfaces.sockets.websocket import Enter

log = logging.getLogger("wecc.sockets")

POLL_HOLD_S = 20.0
STREAM_COMMENT_S = 15.0
FRAMES_PER_POST = 100
MAX_CHANNELS = 20_000

_frames = msgspec.json.Decoder(list[msgspec.Raw])


class _Lane:
    """One channel: its connection, its audience and the numbered frames not yet fetched."""

    __slots__ = (
        "audience",
        "base",
        "closed",
        "connection",
        "frames",
        "leave",
        "limit_bytes",
        "stored",
        "turn",
        "wake",
    )

    def __init__(self, limit_bytes: int, leave: Callable[[], None]) -> None:
        self.limit_bytes, self.leave = limit_bytes, leave
        self.frames: deque[bytes] = deque()
        self.base = 0
        self.stored = 0
        self.closed = False
        self.turn = asyncio.Lock()
        """Held while a frame is handled: one after the other, and nobody leaves in between."""
        self.wake = asyncio.Event()
        self.connection: Connection | None = None
        self.audience: Audience | None = None

    async def write(self, data: bytes) -> None:
        self.frames.append(data)
        self.stored += len(data)
        # nobody fetches: the browser opens a new channel later and resumes from its cursor
        self.closed = self.closed or self.stored > self.limit_bytes
        self.wake.set()

    async def close(self, status: int, reason: str) -> None:
        self.closed = True
        self.wake.set()
        log.info("channel closed", extra={"code": reason, "status": status})

    def forget(self, after: int) -> None:
        """Drop frames the browser has: everything up to number ``after``."""
        while self.frames and self.base < after:
            self.stored -= len(self.frames.popleft())
            self.base += 1


class Fallback:
    """The channels of one audience in this process."""

    def __init__(
        self, enter: Enter, connections: Connections, limits: LimitSettings, clock: Clock
    ) -> None:
        self._enter, self._connections = enter, connections
        self._limits, self._clock = limits, clock
        self._lanes: dict[str, _Lane] = {}

    async def open(
        self, make_audience: Callable[[Connection], Audience], hello: bytes, scope: Scope
    ) -> Response:
        """Open a channel and pass its hello frame on; it counts as one of its address's sockets."""
        if len(self._lanes) >= MAX_CHANNELS:
            raise WeccError("rate_limited", retry_after_s=30)
        lane = _Lane(self._limits.slow_client_bytes, self._enter(scope))
        now_ms = self._clock.monotonic_ms()
        connection = Connection(
            new_id("pr", self._clock.now_ms()),
            lane.write,
            lane.close,
            now_ms=now_ms,
            limit_bytes=self._limits.slow_client_bytes,
            bucket=Bucket(self._limits.frames_per_s, self._limits.frames_burst, now_ms),
        )
        lane.connection, lane.audience = connection, make_audience(connection)
        channel = new_secret()
        self._lanes[channel] = lane
        self._connections.add(connection)
        async with lane.turn:
            await lane.audience.frame(hello)
        return _json({"channel": channel})

    async def frames(self, channel: str, body: bytes) -> Response:
        """Handle the frames of one POST in order; at most ``FRAMES_PER_POST``."""
        lane = self._lane(channel)
        try:
            frames = _frames.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise WeccError("bad_frame", "Send a JSON array of frames.") from None
        if len(frames) > FRAMES_PER_POST:
            raise WeccError("too_large", f"At most {FRAMES_PER_POST} frames in one request.")
        async with lane.turn:
            for raw in frames:
                await self._one(lane, bytes(raw))
        return Response(status_code=202)

    async def _one(self, lane: _Lane, raw: bytes) -> None:
        wait_s = self._heard(lane)
        if wait_s:
            await asyncio.sleep(wait_s)
        if lane.audience is None or lane.connection is None or lane.connection.is_ending:
            raise WeccError("gone", "The channel has ended; open a new one.")
        await lane.audience.frame(raw)

    async def poll(self, channel: str, after: int) -> Response:
        """Answer with frames numbered after ``after``, waiting up to 20 s for the first."""
        lane = self._lane(channel)
        self._heard(lane)
        lane.forget(after)
        if not lane.frames and not lane.closed:
            lane.wake.clear()
            try:
                await asyncio.wait_for(lane.wake.wait(), POLL_HOLD_S)
            except TimeoutError:
                pass
        self._heard(lane)
        body = b",".join(lane.frames)
        number = lane.base + len(lane.frames)
        if lane.closed:
            await self._end(channel)
        return Response(
            b'{"frames":[' + body + b'],"next":%d}' % number,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def stream(self, channel: str, seen: int) -> Response:
        """Answer with an event stream; each event's id is the frame's number."""
        lane = self._lane(channel)
        if seen < lane.base:
            raise WeccError("gone", "Frames were missed; open a new channel and resume.")
        lane.forget(seen)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._events(channel, lane), media_type="text/event-stream", headers=headers
        )

    async def _events(self, channel: str, lane: _Lane) -> AsyncIterator[bytes]:
        sent = lane.base
        yield b"retry: 1000\n\n"
        while True:
            lane.wake.clear()
            lane.forget(sent)
            for frame in list(lane.frames):
                sent += 1
                yield b"id: %d\ndata: " % sent + frame + b"\n\n"
            self._heard(lane)
            if lane.closed:
                await self._end(channel)
                return
            try:
                await asyncio.wait_for(lane.wake.wait(), STREAM_COMMENT_S)
            except TimeoutError:
                yield b": still here\n\n"

    def _lane(self, channel: str) -> _Lane:
        lane = self._lanes.get(channel)
        if lane is None:
            raise WeccError("gone", "The channel has ended; open a new one.")
        return lane

    def _heard(self, lane: _Lane) -> int:
        """Note a sign of life; return the seconds to wait before the next frame."""
        connection = lane.connection
        if connection is None:
            return 0
        connection.heard_ms = self._clock.monotonic_ms()
        return connection.bucket.take(connection.heard_ms)

    async def _end(self, channel: str) -> None:
        lane = self._lanes.pop(channel, None)
        if lane is None or lane.connection is None or lane.audience is None:
            return
        lane.leave()
        self._connections.remove(lane.connection)
        async with lane.turn:
            await lane.audience.gone()

    async def sweep(self) -> None:
        """Forget channels whose connection was ended; called by the owner now and then."""
        for channel, lane in list(self._lanes.items()):
            if lane.closed and not lane.turn.locked():  # the next sweep comes soon
                await self._end(channel)


def _json(body: object) -> Response:
    return Response(
        msgspec.json.encode(body),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
