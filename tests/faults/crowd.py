"""Visitors and agents who go on with their work whatever dies under them, as front ends do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator
from typing import Any

import websockets

from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Visitor

LINES = 8
BROKEN = (AssertionError, OSError, websockets.WebSocketException, TimeoutError)
"""What a cut or a dying server looks like to the program on the other end."""


class Ledger:
    """What was acknowledged, by conversation, in the order it was sent."""

    def __init__(self) -> None:
        self.by_visitors: dict[str, list[str]] = {}
        self.by_agents: dict[str, list[str]] = {}
        self.refused: list[str] = []

    @property
    def count(self) -> int:
        """How many messages were acknowledged."""
        ledgers = (*self.by_visitors.values(), *self.by_agents.values())
        return sum(len(ids) for ids in ledgers)


class Writer:
    """A visitor: one conversation after the other, each line sent until it is acknowledged."""

    def __init__(self, product: Product, site: dict[str, Any], ledger: Ledger) -> None:
        self._wire = Visitor(product, site)
        self._ledger = ledger

    async def work(self, stop: asyncio.Event) -> None:
        """Write until told to stop; the conversation under way is finished first."""
        await self._back()
        while not stop.is_set():
            self._wire.conversation = str(uuid.uuid4())
            await self._converse(stop)
        await self._wire.close()

    async def _converse(self, stop: asyncio.Event) -> None:
        key, acked = self._wire.conversation, []
        for number in range(LINES):
            if stop.is_set() and number:
                break
            message_id = str(uuid.uuid4())
            frame = {"type": "message.post", "id": message_id, "conversation_id": key}
            if not number:
                frame = {
                    "type": "conversation.start",
                    "conversation_id": key,
                    "message_id": message_id,
                }
            await self._until_acked(frame | {"text": f"line {number}"})
            acked.append(message_id)
            self._ledger.by_visitors[key] = acked
            await asyncio.sleep(random.uniform(0.0, 0.15))
        await self._until_acked({"type": "conversation.end", "conversation_id": key})

    async def _until_acked(self, frame: dict[str, Any]) -> None:
        while True:
            try:
                answer = await self._wire.ask(frame, 15)
            except BROKEN:
                await self._back()
                continue
            if answer["type"] == "ack":
                return
            self._ledger.refused.append(answer["code"])
            await asyncio.sleep(0.1)

    async def _back(self) -> None:
        await comes_back(self._wire)


class Desk:
    """An agent: takes what rings, answers once, wraps up what is over."""

    def __init__(self, product: Product, staff: Staff, ledger: Ledger) -> None:
        self._wire = Agent(product, staff)
        self._ledger = ledger

    async def work(self, stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        seen = 0
        await self._back()
        while not stop.is_set():
            if self._wire.closed.is_set():
                await self._back()
            frames, seen = self._wire.frames[seen:], len(self._wire.frames)
            for frame in frames:
                with contextlib.suppress(*BROKEN):
                    await self._handle(frame)
            await asyncio.sleep(0.02)
        await self._wire.close()

    async def _back(self) -> None:
        await comes_back(self._wire)
        with contextlib.suppress(*BROKEN):
            await self._wire.ready()

    async def _handle(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            for offer in frame["offers"]:
                await self._take(offer)
            for held in frame["assignments"]:
                await self._handle(held)
        elif frame["type"] == "offer.new":
            await self._take(frame["offer"])
        elif frame["type"] == "agent.changed" and frame["agent"]["state"] == "not_ready":
            await self._wire.ask({"type": "agent.state.set", "state": "ready"}, 15)
        elif frame["type"] == "assignment.changed":
            interaction = frame["interaction"]
            if interaction["state"] == "wrap_up" and not frame["gone"]:
                request = {"type": "interaction.wrap_up", "interaction_id": interaction["id"]}
                await self._wire.ask(request, 15)

    async def _take(self, offer: dict[str, Any]) -> None:
        request = {"type": "offer.accept", "offer_id": offer["id"]}
        if (await self._wire.ask(request, 15))["type"] != "ack":
            return
        key, message_id = offer["conversation"]["id"], str(uuid.uuid4())
        frame = {"type": "message.post", "id": message_id, "conversation_id": key, "text": "Hello"}
        if (await self._wire.ask(frame, 15))["type"] == "ack":
            self._ledger.by_agents.setdefault(key, []).append(message_id)


async def comes_back(wire: Visitor | Agent, limit_s: float = 60) -> None:
    """Reconnect with short pauses."""
    deadline_s = asyncio.get_running_loop().time() + limit_s
    while asyncio.get_running_loop().time() < deadline_s:
        with contextlib.suppress(*BROKEN):
            await wire.close()
        with contextlib.suppress(*BROKEN):
            await wire.hello()
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came back")


@contextlib.asynccontextmanager
async def at_work(*people: Writer | Desk) -> AsyncIterator[None]:
    """Everybody works for the length of the block, then finishes."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(person.work(stop))
        try:
            yield
        finally:
            stop.set()
