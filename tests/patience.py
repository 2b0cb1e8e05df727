"""Waiting for what a slow machine shows late: a condition, a value, a page that has come to rest.

Pages with a policy allow no waiting inside of themselves, so it is done from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")
LIMIT_S = 60.0
LOOK_S = 0.05
REST_S = 0.5


async def until(check: Callable[[], Awaitable[bool]], what: str, limit_s: float = LIMIT_S) -> None:
    """Wait until ``check`` holds."""
    deadline_s = asyncio.get_running_loop().time() + limit_s
    while not await check():
        if asyncio.get_running_loop().time() > deadline_s:
            raise AssertionError(f"{what} did not happen within {limit_s} s")
        await asyncio.sleep(LOOK_S)


async def becomes(
    read: Callable[[], Awaitable[Value]], wanted: Value, limit_s: float = LIMIT_S
) -> None:
    """Wait until what is read is what is wanted; what it was at the end is told."""
    deadline_s = asyncio.get_running_loop().time() + limit_s
    while (found := await read()) != wanted:
        if asyncio.get_running_loop().time() > deadline_s:
            raise AssertionError(f"after {limit_s} s it is {found!r}, not {wanted!r}")
        await asyncio.sleep(LOOK_S)


async def at_rest(read: Callable[[], Awaitable[Value]], limit_s: float = LIMIT_S) -> Value:
    """Return what is read once it reads the same for half a second."""
    deadline_s = asyncio.get_running_loop().time() + limit_s
    found = await read()
    while True:
        await asyncio.sleep(REST_S)
        before, found = found, await read()
        if before == found:
            return found
        if asyncio.get_running_loop().time() > deadline_s:
            raise AssertionError(f"it never came to rest; last was {found!r}")


async def turns() -> None:
    """Let everything go on that waits for nothing but its turn."""
    for _ in range(200):
        await asyncio.sleep(0)
