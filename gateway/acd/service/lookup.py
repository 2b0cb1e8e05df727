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
        self._asked: set[tuple[str, str]] = set()
        self._next: asyncio.Task[Found] | None = None

    async def row(self, interaction_id: str, conversation_id: str) -> Row | None:
        """Return the interaction's row, or None when it is new.

        Raises ``not_found`` when it is new and its conversation is not there.
        """
        self._asked.add((interaction_id, conversation_id))
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        known, present = await asyncio.shield(self._next)
        if interaction_id in known:
            return known[interaction_id]
        if conversation_id not in present:
            raise not_found("conversation")
        return None

    async def _read(self) -> Found:
        await asyncio.sleep(0)  # the others of this turn of the loop come along
        asked, self._asked, self._next = self._asked, set(), None

        def work(tx: Tx) -> Found:
            known = interactions.known(tx, sorted({key for key, _ in asked}))
            return known, conversations.present(tx, sorted({key for _, key in asked}))

        return await self._database.read(self._tenant_id, work)
