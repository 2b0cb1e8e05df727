"""How many slots could take a class of work: ready agents by profile, counted on demand."""

from __future__ import annotations

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import (
    DEFAULT_PROFILE,
    Profile,
    QueueRule,
    is_skilled,
    required,
)
from gateway.acd.model.state import State

ClassKey = tuple[str, str, tuple[tuple[str, int], ...]]
"""Queue, kind, and the work's own skills."""
_RECOUNT_MS = 1_000


class _Crew:
    """Agents with the same profile."""

    __slots__ = ("profile", "ready")

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.ready = 0


class _Count:
    """The crews that fit a class, and the slots they had when last counted."""

    __slots__ = ("at_ms", "crews", "known", "slots", "version")

    def __init__(self) -> None:
        self.crews: list[_Crew] = []
        self.known = self.slots = self.at_ms = 0
        self.version = -1


class Staffing:
    """Who is there, folded from the journal."""

    def __init__(self, state: State) -> None:
        self._queues = dict(state.queues)
        self._profiles = dict(state.profiles)
        self._crews: list[_Crew] = []
        self._crew_of: dict[bytes, _Crew] = {}
        self._ready: dict[str, _Crew] = {}
        self._up: set[str] = set()
        self._away: set[str] = set()
        self._going: set[str] = set()
        self._counts: dict[ClassKey, _Count] = {}
        self._version = 0
        for agent in state.agents.values():
            if agent.state == "ready":
                self._up.add(agent.id)
            if agent.away_until_ms is not None:
                self._away.add(agent.id)
            if agent.next_state is not None:
                self._going.add(agent.id)
            self._settle(agent.id)

    def fold(self, entry: e.Entry) -> None:
        """Take in an entry about agents or configuration; others change nothing."""
        match entry:
            case e.AgentSet() | e.AgentAway() | e.AgentBack() | e.NextDeclared():
                self._agent(entry)
            case e.ProfileSet():
                if entry.profile is None:
                    self._profiles.pop(entry.agent_id, None)
                else:
                    self._profiles[entry.agent_id] = entry.profile
                self._settle(entry.agent_id)
            case e.QueueSet():
                self._queues[entry.queue.queue_id] = entry.queue
                self._forget(entry.queue.queue_id)
            case e.QueueRemoved():
                self._queues.pop(entry.queue_id, None)
                self._forget(entry.queue_id)

    def _agent(self, entry: e.AgentSet | e.AgentAway | e.AgentBack | e.NextDeclared) -> None:
        agent_id = entry.agent_id
        match entry:
            case e.AgentSet():
                _mark(self._up, agent_id, entry.state == "ready")
                self._away.discard(agent_id)
                self._going.discard(agent_id)
            case e.NextDeclared():
                _mark(self._going, agent_id, entry.state is not None)
            case _:
                _mark(self._away, agent_id, isinstance(entry, e.AgentAway))
        self._settle(agent_id)

    def slots(self, key: ClassKey, now_ms: int) -> int:
        """Return the slots of ready agents who fit, counted at most once a second."""
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count()
        is_fresh = now_ms - count.at_ms < _RECOUNT_MS and count.version >= 0 and count.slots
        if count.version == self._version or is_fresh:
            return count.slots
        queue_id, kind, own = key
        queue = self._queues.get(queue_id)
        for crew in self._crews[count.known :]:
            if _fits(crew.profile, queue_id, queue, dict(own)):
                count.crews.append(crew)
        count.known, count.version, count.at_ms = len(self._crews), self._version, now_ms
        count.slots = sum(crew.ready * crew.profile.limit(kind) for crew in count.crews)
        return count.slots

    def _settle(self, agent_id: str) -> None:
        before = self._ready.pop(agent_id, None)
        if before is not None:
            before.ready -= 1
        if agent_id in self._up and agent_id not in self._away and agent_id not in self._going:
            crew = self._crew(self._profiles.get(agent_id, DEFAULT_PROFILE))
            crew.ready += 1
            self._ready[agent_id] = crew
        self._version += 1

    def _crew(self, profile: Profile) -> _Crew:
        key = msgspec.json.encode(profile, order="sorted")
        crew = self._crew_of.get(key)
        if crew is None:
            crew = self._crew_of[key] = _Crew(profile)
            self._crews.append(crew)
        return crew

    def _forget(self, queue_id: str) -> None:
        for key in [key for key in self._counts if key[0] == queue_id]:
            del self._counts[key]


def _fits(profile: Profile, queue_id: str, queue: QueueRule | None, own: dict[str, int]) -> bool:
    """Tell whether such agents serve the class, at once or in a later step."""
    steps = len(queue.steps) if queue is not None else 1
    return profile.serves(queue_id) and any(
        is_skilled(profile.skills, required(queue, own, step)) for step in range(steps)
    )


def _mark(agents: set[str], agent_id: str, holds: bool) -> None:
    (agents.add if holds else agents.discard)(agent_id)
