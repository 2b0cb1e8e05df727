"""Looks up whether work is known on disk: what is asked at the same time is read together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.acd.store import interactions
from gateway.engagement.service import conversations
from gateway.kernel.errors import not_found
from gateway.platform.database.port import Database, Tx

Row = Mapping[str, Any]
Found = tuple[dict[str, Row], set[str]]


class Lookup:
    """One tenant's questions of the form "is this work known, and is its conversation there?"."""

    def __init__(self, database: Database, tenant_id: str) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._asked: list[tuple[str, str, asyncio.Future[Row | None]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def row(self, interaction_id: str, conversation_id: str) -> Row | None:
        """Return the interaction's row, or None when it is new.

        Raises ``not_found`` when it is new and its conversation is not there.
        """
        future: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        if not self._asked:
            reading = asyncio.create_task(self._read())
            self._running.add(reading)
            reading.add_done_callback(self._running.discard)
        self._asked.append((interaction_id, conversation_id, future))
        return await future

    async def _read(self) -> None:
        await asyncio.sleep(0)  # the others of this turn of the loop come along
        asked, self._asked = self._asked, []
        waiting = [question for question in asked if not question[2].done()]

        def work(tx: Tx) -> Found:
            known = interactions.known(tx, sorted({key for key, _, _ in waiting}))
            return known, conversations.present(tx, sorted({key for _, key, _ in waiting}))

        try:
            known, present = await self._database.read(self._tenant_id, work)
        except Exception as error:
            for _, _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for interaction_id, conversation_id, future in waiting:
            if future.done():
                continue
            if interaction_id in known or conversation_id in present:
                future.set_result(known.get(interaction_id))
            else:
                future.set_exception(not_found("conversation"))
