"""A unit of work on its way to the disk, and how its caller learns the outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from gateway.platform.database.log import Fact
from gateway.platform.database.port import Tx
from gateway.platform.database.rider import board

Observe = Callable[[int, float], None]
"""Called with (units of work, seconds) of each commit, on the thread that made it."""

_logger = logging.getLogger("wecc.database")


class Unit:
    """What somebody asked to be stored, and what came of it."""

    __slots__ = ("error", "facts", "future", "result", "tenant_id", "tx", "work")

    def __init__(
        self, tenant_id: str, work: Callable[[Tx], Any], future: asyncio.Future[Any]
    ) -> None:
        self.tenant_id = tenant_id
        self.work = board(tenant_id, work)
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self.tx: Tx | None = None
        self.facts: list[Fact] = []

    def run(self, tx: Tx) -> None:
        """Do the work on ``tx``; a repeat forgets the outcome of the run before."""
        self.tx = tx
        self.error = None
        self.facts = []
        self.result = self.work(tx)

    def fail(self, error: BaseException) -> None:
        """Keep the unit's own error for its caller."""
        # A future cannot carry StopIteration.
        self.error = RuntimeError(str(error)) if isinstance(error, StopIteration) else error


def resolve(batch: list[Unit]) -> None:
    """On the loop: run the callbacks of what was stored, then wake its callers, in order."""
    for unit in batch:
        if unit.error is None and unit.tx is not None:
            for callback in unit.tx.callbacks:
                try:
                    callback()
                except Exception:
                    _logger.exception("a callback after a commit failed")
        if unit.future.done():
            continue
        if unit.error is not None:
            unit.future.set_exception(unit.error)
        else:
            unit.future.set_result(unit.result)
