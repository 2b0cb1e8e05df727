"""Robot customers: they chat, send a file and call, through the same doors as anybody.

They carry a mark that only demo tenants let in, keep to a script of known length, and leave.
One person can try the desk alone with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import http.client
import io
import itertools
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import websockets
from PIL import Image, ImageDraw

from gateway.kernel.errors import WeccError

Frame = dict[str, Any]
MAX_ROBOTS = 50
PATIENCE_S = 180.0
CALL_S = 20.0
SCRIPTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("chat", ("Hello, does the Heron floor lamp come in black?", "And how tall is it?", "Thanks!")),
    ("file", ("Hi, my lamp arrived like this. I attach a picture.", "Can I send it back?")),
    ("call", ()),
    ("chat", ("你好,我的订单什么时候能到?", "好的,谢谢。")),
    ("chat", ("Good evening, is the Ember pendant dimmable?", "Great, I take two.")),
)


def address_of(url: str) -> tuple[str, int]:
    """Return where to connect for a URL; ``*.localhost`` is this machine (RFC 6761 6.3)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return ("127.0.0.1" if host.endswith("localhost") else host), port


def site_key_of(shop_url: str) -> str:
    """Read the site's public key out of the shop page, as any visitor's browser does."""
    host, port = address_of(shop_url)
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": urlsplit(shop_url).netloc})
        page = connection.getresponse().read(200_000).decode("utf-8", "replace")
    except OSError as error:
        raise WeccError("not_ready", f"The shop does not answer: {error}.") from None
    finally:
        connection.close()
    found = re.search(r'data-wecc-site="([^"]+)"', page)
    if found is None:
        raise WeccError("not_found", "The shop page has no widget; start `wecc run --demo`.")
    return found.group(1)


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the robots go."""

    widget_url: str
    shop_url: str
    site_key: str


class Robot:
    """One customer on one socket."""

    def __init__(self, shop: Shop, number: int, say: Callable[[str], None]) -> None:
        self._shop, self._number, self._say = shop, number, say
        self._conversation = str(uuid.uuid4())
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._socket: Any = None
        self.token = ""

    async def visit(self, kind: str, lines: tuple[str, ...]) -> str:
        """Follow a script; returns what came of it in a word."""
        async with self._connected():
            if kind == "call":
                return await self._call()
            return await self._chat(lines, with_file=kind == "file")

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        host, port = address_of(self._shop.widget_url)
        netloc = urlsplit(self._shop.widget_url).netloc
        async with websockets.connect(
            f"ws://{netloc}/v1/socket?site={self._shop.site_key}",
            host=host,
            port=port,
            origin=self._shop.shop_url,  # type: ignore[arg-type]
            additional_headers={"X-WECC-Robot": "1"},
        ) as socket:
            self._socket = socket
            reader = asyncio.create_task(self._read())
            try:
                page = {"url": f"{self._shop.shop_url}/lamp/heron", "title": "Heron, floor lamp"}
                await self._send(
                    {
                        "type": "hello",
                        "v": 1,
                        "site": self._shop.site_key,
                        "language": "en",
                        "page": page,
                    }
                )
                self.token = (await self._wait(lambda f: f["type"] == "welcome", 20))["token"]
                yield
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def _read(self) -> None:
        async for raw in self._socket:
            await self._frames.put(json.loads(raw))

    async def _send(self, frame: Frame) -> None:
        await self._socket.send(json.dumps(frame))

    async def _wait(self, wanted: Callable[[Frame], bool], limit_s: float) -> Frame:
        async with asyncio.timeout(limit_s):
            while True:
                frame = await self._frames.get()
                if frame["type"] == "error":
                    raise WeccError(frame["code"], frame["message"])
                if wanted(frame):
                    return frame

    # ---- scripts ---------------------------------------------------------------------------

    async def _chat(self, lines: tuple[str, ...], *, with_file: bool) -> str:
        form = {"name": f"Robot {self._number}", "department": "Sales"}
        await self._send(
            {
                "type": "conversation.start",
                "conversation_id": self._conversation,
                "form": form,
                "message_id": str(uuid.uuid4()),
                "text": lines[0],
            }
        )
        self._say(f"robot {self._number} writes and waits")
        if with_file:
            attachment_id = await asyncio.to_thread(self._upload)
            await self._post(attachment_id=attachment_id)
        for line in (*lines[1:], ""):
            try:
                await self._wait(_is_answer, PATIENCE_S)
            except TimeoutError:
                await self._end()
                return "nobody answered"
            if line:
                await self._send(
                    {"type": "typing.set", "conversation_id": self._conversation, "on": True}
                )
                await asyncio.sleep(1.5)
                await self._post(text=line)
        await self._end()
        return "served"

    async def _post(self, **content: str) -> None:
        await self._send(
            {
                "type": "message.post",
                "id": str(uuid.uuid4()),
                "conversation_id": self._conversation,
                **content,
            }
        )

    async def _end(self) -> None:
        await self._send({"type": "conversation.end", "conversation_id": self._conversation})
        await asyncio.sleep(0.5)

    def _upload(self) -> str:
        """Send a picture over the upload API; returns the attachment's id."""
        body = _picture(self._number)
        upload_id = str(uuid.uuid4())
        created = {
            "id": upload_id,
            "conversation_id": self._conversation,
            "name": f"lamp-{self._number}.png",
            "size_bytes": len(body),
        }
        self._http("POST", "/v1/uploads", json.dumps(created).encode(), "application/json")
        answer = self._http(
            "PATCH", f"/v1/uploads/{upload_id}", body, "application/offset+octet-stream"
        )
        return str(answer["attachment"]["id"])

    def _http(self, method: str, path: str, body: bytes, media_type: str) -> Frame:
        host, port = address_of(self._shop.widget_url)
        connection = http.client.HTTPConnection(host, port, timeout=20)
        headers = {
            "Host": urlsplit(self._shop.widget_url).netloc,
            "Content-Type": media_type,
            "Origin": self._shop.shop_url,
            "Authorization": f"Bearer {self.token}",
            "Upload-Offset": "0",
        }
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            error = json.loads(text)["error"]
            raise WeccError(error["code"], error["message"])
        result: Frame = json.loads(text)
        return result

    async def _call(self) -> str:
        import aiortc

        peer = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        call_id = str(uuid.uuid4())
        peer.addTrack(_melody(self._number))
        try:
            await peer.setLocalDescription(await peer.createOffer())
            await self._send(
                {
                    "type": "call.start",
                    "ref": "call",
                    "call_id": call_id,
                    "conversation_id": self._conversation,
                    "form": {"name": f"Robot {self._number}"},
                    "sdp_offer": peer.localDescription.sdp,
                }
            )
            answer = await self._wait(lambda f: f["type"] == "call.answer", 20)
            await peer.setRemoteDescription(
                aiortc.RTCSessionDescription(sdp=answer["sdp_answer"], type="answer")
            )
            self._say(f"robot {self._number} calls and hears music")
            try:
                await self._wait(_in_state("connected"), PATIENCE_S)
            except TimeoutError:
                return "nobody answered"
            self._say(f"robot {self._number} talks")
            with contextlib.suppress(TimeoutError):
                await self._wait(_in_state("ended"), CALL_S)
                return "served"
            return "served"
        finally:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._send({"type": "call.hang_up", "call_id": call_id})
            await peer.close()


def _is_answer(frame: Frame) -> bool:
    return bool(frame["type"] == "message.new" and frame["message"]["author"]["kind"] == "agent")


def _in_state(state: str) -> Callable[[Frame], bool]:
    return lambda frame: bool(frame["type"] == "call.changed" and frame["call"]["state"] == state)


def _picture(number: int) -> bytes:
    """Draw a small lamp."""
    image = Image.new("RGB", (640, 420), (43, 54, 66))
    draw = ImageDraw.Draw(image)
    draw.polygon([(230, 230), (410, 230), (370, 90), (270, 90)], fill=(242, 200, 121))
    draw.rectangle([314, 230, 326, 350], fill=(201, 139, 75))
    draw.rectangle([240, 350, 400, 362], fill=(201, 139, 75))
    draw.line([(300 + number * 5, 100), (330, 220)], fill=(60, 40, 20), width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _melody(number: int) -> Any:
    """Return an audio track with a soft tone that comes and goes; each robot has its own."""
    import av
    from aiortc.mediastreams import MediaStreamTrack

    rate_hz, samples = 48_000, 960

    class Melody(MediaStreamTrack):  # type: ignore[misc]
        kind = "audio"
        _frames = itertools.count()
        _began_s = 0.0

        async def recv(self) -> Any:
            place = next(self._frames) * samples
            now_s = asyncio.get_running_loop().time()
            self._began_s = self._began_s or now_s
            await asyncio.sleep(max(0.0, self._began_s + place / rate_hz - now_s))
            at_s = (np.arange(samples) + place) / rate_hz
            wave = np.sin(2 * np.pi * (330 + 22 * number) * at_s) * np.sin(np.pi * at_s) ** 2
            sound = (5_000 * wave).astype(np.int16)[None, :]
            frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate_hz, place
            frame.time_base = fractions.Fraction(1, rate_hz)
            return frame

    return Melody()


async def visit(widget_url: str, shop_url: str, count: int) -> int:
    """Send ``count`` robots, a few seconds apart; returns the exit code."""
    if not 1 <= count <= MAX_ROBOTS:
        raise WeccError("bad_value", f"Between 1 and {MAX_ROBOTS} robots.")
    if not shop_url:
        raise WeccError("robot_refused", "No demo runs here; start `wecc run --demo`.")
    shop = Shop(widget_url, shop_url, site_key_of(shop_url))

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - the command's output

    async def one(number: int) -> str:
        await asyncio.sleep(number * 2)
        kind, lines = SCRIPTS[number % len(SCRIPTS)]
        try:
            outcome = await Robot(shop, number + 1, say).visit(kind, lines)
        except (WeccError, OSError, TimeoutError, websockets.WebSocketException) as error:
            outcome = f"failed: {error}"
        say(f"robot {number + 1} ({kind}): {outcome}")
        return outcome

    outcomes = await asyncio.gather(*(one(number) for number in range(count)))
    return 1 if any(outcome.startswith("failed") for outcome in outcomes) else 0
