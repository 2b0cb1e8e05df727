"""A few rows that go into the same commit as the next unit of work of this asyncio task.

What stands above the use cases (a request that may be repeated) can so mark what was done, in
the very commit that did it, without every use case knowing about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gateway.platform.database.port import Tx


class Rider:
    """What rides along, once, and only with work of the task that took it on."""

    def __init__(self, tenant_id: str, write: Callable[[Tx], None]) -> None:
        self.tenant_id = tenant_id
        self.write = write
        self.task = asyncio.current_task()
        self.is_aboard = False


_RIDER: ContextVar[Rider | None] = ContextVar("rider", default=None)


@contextmanager
def riding(tenant_id: str, write: Callable[[Tx], None]) -> Iterator[None]:
    """Let ``write`` join the first unit of work of ``tenant_id`` inside the block."""
    token = _RIDER.set(Rider(tenant_id, write))
    try:
        yield
    finally:
        _RIDER.reset(token)


def board(tenant_id: str, work: Callable[[Tx], Any]) -> Callable[[Tx], Any]:
    """Return ``work``, joined by this task's rider when one waits for this tenant."""
    rider = _RIDER.get()
    if rider is None or rider.is_aboard or rider.tenant_id != tenant_id:
        return work
    if rider.task is not asyncio.current_task():  # a task that was started inside the block
        return work
    rider.is_aboard = True
    write = rider.write

    def both(tx: Tx) -> Any:
        result = work(tx)
        write(tx)
        return result

    return both
