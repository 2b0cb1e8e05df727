"""A complete visitor client in 100 lines: python client.py WIDGET_URL SITE_KEY SITE_ORIGIN TEXT

It keeps what it wrote until it is acknowledged, reconnects with growing random pauses, resumes
from its last sequence number and shows each message once. Needs only the `websockets` package.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import websockets

Frame = dict[str, Any]


class Visitor:
    def __init__(self, widget_url: str, site: str, origin: str, show: Callable[[Frame], None]):
        scheme = "wss" if widget_url.startswith("https") else "ws"
        self.address = f"{scheme}://{urlsplit(widget_url).netloc}/v1/socket?site={site}"
        self.site, self.origin, self.show = site, origin, show
        self.token: str | None = None
        self.conversation = str(uuid.uuid4())
        self.started, self.last_seq = False, 0
        self.shown: set[str] = set()
        self.outbox: dict[str, Frame] = {}  # ref -> frame, until its ack
        self.socket: Any = None

    async def write(self, text: str) -> None:
        message = str(uuid.uuid4())
        frame = {"type": "message.post", "id": message, "text": text}
        if not self.started:
            self.started = True
            frame = {"type": "conversation.start", "message_id": message, "text": text}
        frame |= {"ref": message, "conversation_id": self.conversation}
        self.outbox[message] = frame
        await self.send(frame)

    async def send(self, frame: Frame) -> None:
        if self.socket is not None:
            with suppress(websockets.ConnectionClosed):  # sent again after the next welcome
                await self.socket.send(json.dumps(frame))

    async def run(self) -> None:
        pause_s = 0.2
        while True:
            with suppress(OSError, websockets.WebSocketException):
                async with websockets.connect(self.address, origin=self.origin) as socket:
                    self.socket = socket
                    await self.send(self.hello())
                    async for raw in socket:
                        pause_s = 0.2
                        await self.receive(json.loads(raw))
            self.socket = None
            await asyncio.sleep(pause_s * (0.5 + random.random()))
            pause_s = min(15, pause_s * 2)

    def hello(self) -> Frame:
        resume = [{"conversation_id": self.conversation, "after_seq": self.last_seq}]
        frame: Frame = {"type": "hello", "v": 1, "site": self.site, "token": self.token}
        return frame | {"resume": resume if self.last_seq else []}

    async def receive(self, frame: Frame) -> None:
        if frame["type"] == "welcome":
            self.token = frame["token"]
            for waiting in list(self.outbox.values()):
                await self.send(waiting)
        elif frame["type"] == "ack":
            self.outbox.pop(frame["ref"], None)
        elif frame["type"] == "message.new":
            self.display(frame["message"])
        elif frame["type"] == "history.page":
            for message in frame["page"]["items"]:
                self.display(message)
        elif frame["type"] == "error":
            print("error:", frame["code"], frame["message"], file=sys.stderr)

    def display(self, message: Frame) -> None:
        if message["conversation_id"] == self.conversation and message["id"] not in self.shown:
            self.shown.add(message["id"])
            self.last_seq = max(self.last_seq, message["seq"])
            self.show(message)


async def main(widget_url: str, site: str, origin: str, text: str) -> None:
    visitor = Visitor(widget_url, site, origin, lambda m: print(m["seq"], m["kind"], m["text"]))
    await visitor.write(text)
    await visitor.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
