"""Agents as a lead's desk sees them: those on its screen, each at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from gateway.acd.wire import AgentChanged

EVERY_S = 1.0


class ShownAgents:
    """Passes on how agents change; the newest of a second, and only those the desk shows.

    Until the desk says whom it shows, that is everybody.
    """

    __slots__ = ("_later", "_pace", "_send", "_shown")

    def __init__(self, send: Callable[[AgentChanged], None]) -> None:
        self._send = send
        self._shown: frozenset[str] | None = None
        self._later: dict[str, AgentChanged] = {}
        self._pace: asyncio.TimerHandle | None = None

    def show(self, agent_ids: Sequence[str]) -> None:
        """Pass on these from now on, and nobody else."""
        self._shown = frozenset(agent_ids)
        self._later = {key: each for key, each in self._later.items() if key in self._shown}

    def changed(self, frame: AgentChanged) -> None:
        """An agent changed: tell now, or when a second has passed since the last time."""
        agent_id = frame.agent.user_id
        if self._shown is not None and agent_id not in self._shown:
            return
        if self._pace is None:
            self._send(frame)
            self._wait()
        else:
            self._later[agent_id] = frame

    def stop(self) -> None:
        """The desk is gone."""
        self._later = {}
        if self._pace is not None:
            self._pace.cancel()
            self._pace = None

    def _wait(self) -> None:
        self._pace = asyncio.get_running_loop().call_later(EVERY_S, self._due)

    def _due(self) -> None:
        self._pace, later, self._later = None, self._later, {}
        for frame in later.values():
            self._send(frame)
        if later:
            self._wait()
