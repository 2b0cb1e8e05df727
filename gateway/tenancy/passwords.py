"""Argon2id (RFC 9106) off the event loop, a few at a time, in the same time for everybody."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateway.kernel.errors import WeccError

_MAX_WAITING = 64


class Passwords:
    """Hashes and checks passwords. ``memory_kib`` times ``at_once`` is the memory it may use."""

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65_536, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._slots = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._nobody = self._hasher.hash("a password that nobody has")
        self.evaluated = 0

    async def hash(self, password: str) -> str:
        """Return the encoded hash of ``password``."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password: str, encoded: str | None) -> bool:
        """Tell whether ``password`` fits; no hash (nobody by that name) costs the same time."""
        if self._waiting >= _MAX_WAITING:
            raise WeccError("rate_limited", "Too many people sign in; try again.", retry_after_s=2)
        self._waiting += 1
        try:
            async with self._slots:
                self.evaluated += 1
                fits = await asyncio.to_thread(self._fits, password, encoded or self._nobody)
        finally:
            self._waiting -= 1
        return fits and encoded is not None

    def _fits(self, password: str, encoded: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (Argon2Error, InvalidHashError):
            return False
