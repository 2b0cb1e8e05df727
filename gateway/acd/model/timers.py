"""What becomes due, earliest first. Derived from the state: stale entries are skipped."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Literal

from gateway.acd.model.agent import Agent
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State

TimerKind = Literal[
    "away", "direct", "offer", "overdue", "overflow", "quiet", "readmit", "reply", "reply_warn",
    "step", "wrap_up",
]  # fmt: skip
Timer = tuple[int, TimerKind, str, str]


def _offer(state: State, key: str, _: str) -> int | None:
    offer = state.offers.get(key)
    return None if offer is None else offer.expires_at_ms


def _away(state: State, key: str, _: str) -> int | None:
    agent = state.agents.get(key)
    return None if agent is None else agent.away_until_ms


def _overdue(state: State, key: str, _: str) -> int | None:
    agent = state.agents.get(key)
    return None if agent is None or agent.is_overdue else agent.until_ms


def _wrap_up(state: State, key: str, _: str) -> int | None:
    interaction = state.interactions.get(key)
    return None if interaction is None else interaction.wrap_up_until_ms


def _direct(state: State, key: str, _: str) -> int | None:
    interaction = state.interactions.get(key)
    if interaction is None or interaction.state != "waiting":
        return None
    return interaction.direct_until_ms


def _readmit(state: State, key: str, agent_id: str) -> int | None:
    interaction = state.interactions.get(key)
    return None if interaction is None else interaction.excluded.get(agent_id)


def _reply(state: State, key: str, _: str) -> int | None:
    interaction = state.interactions.get(key)
    return None if interaction is None else interaction.reply_due_ms


def _reply_warn(state: State, key: str, _: str) -> int | None:
    interaction = state.interactions.get(key)
    return None if interaction is None else interaction.reply_warn_ms


def _quiet(state: State, key: str, _: str) -> int | None:
    item = state.interactions.get(key)
    quiet_ms = state.policy.quiet_ms
    if item is None or not quiet_ms or item.state != "active" or not item.weight:
        return None
    return item.heard_ms + quiet_ms if item.kind == "chat" else None


def _step(state: State, key: str, _: str) -> int | None:
    interaction = state.interactions.get(key)
    return None if interaction is None else interaction.step_until_ms


def _overflow(state: State, key: str, _: str) -> int | None:
    interaction = state.interactions.get(key)
    if interaction is None or interaction.state != "waiting":
        return None
    return interaction.overflow_at_ms


_DUE: dict[TimerKind, Callable[[State, str, str], int | None]] = {
    "offer": _offer,
    "away": _away,
    "overdue": _overdue,
    "wrap_up": _wrap_up,
    "direct": _direct,
    "readmit": _readmit,
    "reply": _reply,
    "reply_warn": _reply_warn,
    "quiet": _quiet,
    "step": _step,
    "overflow": _overflow,
}


class Timers:
    """A heap with lazy deletion."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []

    def add(self, due_ms: int, kind: TimerKind, key: str, agent_id: str = "") -> None:
        """Remember something that becomes due."""
        heappush(self._heap, (due_ms, kind, key, agent_id))

    def first(self, state: State) -> Timer | None:
        """Return the earliest that still holds."""
        heap = self._heap
        while heap:
            due_ms, kind, key, agent_id = heap[0]
            if _DUE[kind](state, key, agent_id) == due_ms:
                return heap[0]
            heappop(heap)
        return None

    def load(self, state: State) -> None:
        """Fill an empty heap from a state."""
        for offer in state.offers.values():
            self.add(offer.expires_at_ms, "offer", offer.id)
        for agent in state.agents.values():
            self._load_agent(agent)
        for item in state.interactions.values():
            self._load_interaction(item)
            due_ms = _quiet(state, item.id, "")
            if due_ms is not None:
                self.add(due_ms, "quiet", item.id)

    def _load_agent(self, agent: Agent) -> None:
        if agent.away_until_ms is not None:
            self.add(agent.away_until_ms, "away", agent.id)
        if agent.until_ms is not None and not agent.is_overdue:
            self.add(agent.until_ms, "overdue", agent.id)

    def _load_interaction(self, item: Interaction) -> None:
        if item.wrap_up_until_ms is not None:
            self.add(item.wrap_up_until_ms, "wrap_up", item.id)
        if item.step_until_ms is not None:
            self.add(item.step_until_ms, "step", item.id)
        if item.overflow_at_ms is not None:
            self.add(item.overflow_at_ms, "overflow", item.id)
        if item.direct_until_ms is not None:
            self.add(item.direct_until_ms, "direct", item.id)
        if item.reply_due_ms is not None:
            self.add(item.reply_due_ms, "reply", item.id)
        if item.reply_warn_ms is not None:
            self.add(item.reply_warn_ms, "reply_warn", item.id)
        for agent_id, until_ms in item.excluded.items():
            self.add(until_ms, "readmit", item.id, agent_id)
