"""Bench ``routing``: the shipped engine alone, at the size of the largest tenant.

Commands go in, entries with the base of their explanation come out; nothing is stored and nothing
is sent. Measured is CPU time of this process, with the garbage collector as the gateway runs it.

- ``assignments_per_cpu_s``: 20,000 agents, 1,000 requirement classes, 100,000 waiting. Each round
  is one arrival, one end of work, the offers that follow from it, and their acceptance.
- ``freed_agent_cpu_us_p99``: one end of work and every offer that follows, on the same floor.
- ``arrival_cpu_us_p99``: one arrival, with everybody ready and 20,000 distinct skill profiles.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.acd.model import commands as c
from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.engine import Engine
from gateway.acd.model.entries import Entry, Offered
from gateway.acd.model.interaction import Kind
from gateway.platform import memory

AGENTS, CLASSES, WAITING, QUEUES, SKILLS = 20_000, 1_000, 100_000, 50, 60
FEW_PROFILES = 500
ROUNDS = 15_000
ARRIVALS = 25_000
WARM_UP = 5_000
BUSY = 4_000
KINDS: tuple[Kind, ...] = ("chat", "call", "message")

Class = tuple[Kind, str, dict[str, int]]


def run() -> dict[str, Any]:
    """Return ``assignments_per_cpu_s``, the two percentiles and ``rss_mb``."""
    floor = Floor(random.Random(1), FEW_PROFILES)
    per_s, freed_us = _backlog(floor)
    arrival_us = _free_agents(Floor(random.Random(2), AGENTS))
    return {
        "assignments_per_cpu_s": round(per_s),
        "freed_agent_cpu_us_p99": round(_percentile(freed_us, 0.99), 1),
        "arrival_cpu_us_p99": round(_percentile(arrival_us, 0.99), 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


@dataclass
class Floor:
    """Agents, queues and classes of work, drawn from ``rng``."""

    rng: random.Random
    profiles: int
    engine: Engine = field(default_factory=Engine)
    classes: list[Class] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        rng, handle = self.rng, self.engine.handle
        queues = [f"queue{number:03d}" for number in range(QUEUES)]
        for queue in queues:
            handle(c.SetQueue(queue=QueueRule(queue_id=queue)), 0)
        pool = []
        for _ in range(self.profiles):
            skills = {f"skill{k:02d}": rng.randint(1, 100) for k in rng.sample(range(SKILLS), 12)}
            pool.append(Profile(queue_ids=tuple(rng.sample(queues, 20)), skills=skills))
        for number in range(AGENTS):
            agent = f"agent{number:05d}"
            handle(c.SetProfile(agent_id=agent, profile=pool[number % self.profiles]), 0)
            handle(c.Connect(agent_id=agent), 0)
        known: set[tuple[Kind, str, str, int]] = set()
        while len(known) < CLASSES:
            skill = f"skill{rng.randrange(SKILLS):02d}"
            known.add((KINDS[len(known) % 3], rng.choice(queues), skill, rng.randint(1, 60)))
        self.classes = [
            (kind, queue, {skill: level}) for kind, queue, skill, level in sorted(known)
        ]

    def arrival(self, now_ms: int) -> c.Enqueue:
        """Return the next piece of work."""
        kind, queue, skills = self.classes[self.rng.randrange(CLASSES)]
        self.made += 1
        return c.Enqueue(
            interaction_id=f"in_{self.made:08d}",
            kind=kind,
            conversation_id=f"cv_{self.made:08d}",
            queue_id=queue,
            skills=skills,
            created_at_ms=now_ms,
            priority=self.rng.randrange(3),
        )

    def accept(self, entries: list[Entry], now_ms: int) -> list[str]:
        """Accept what was offered; return the interactions."""
        taken = []
        for entry in entries:
            if type(entry) is Offered:
                command = c.Accept(offer_id=entry.offer_id, agent_id=entry.agent_id)
                self.engine.handle(command, now_ms)
                taken.append(entry.interaction_id)
        return taken

    def waiting(self) -> int:
        """Return how much waits."""
        return len(self.engine.index.backlog.placed)


def _backlog(floor: Floor) -> tuple[float, list[int]]:
    """Return assignments per CPU second, and nanoseconds per end of work."""
    handle = floor.engine.handle
    now_ms, active = _fill(floor)
    floor.rng.shuffle(active)
    rounds = [
        (floor.arrival(now_ms + 1 + at), c.End(interaction_id=active[at]))
        for at in range(2 * ROUNDS)
    ]
    memory.settle()
    assigned, began_s = 0, time.process_time()
    for arrival, end in rounds[:ROUNDS]:
        now_ms += 1
        handle(arrival, now_ms)
        assigned += len(floor.accept(handle(end, now_ms), now_ms))
    spent_s = time.process_time() - began_s
    freed_ns = _apart(floor, rounds[ROUNDS:], now_ms)
    _say(f"{ROUNDS} rounds, {assigned} assignments in {spent_s:.2f} s of CPU")
    return assigned / spent_s, freed_ns


def _fill(floor: Floor) -> tuple[int, list[str]]:
    """Let everybody be busy and the full number wait; return the time and the work in hand."""
    handle = floor.engine.handle
    for at_ms in range(WAITING):
        handle(floor.arrival(at_ms), at_ms)
    now_ms = WAITING
    active: list[str] = []
    for number in range(AGENTS):
        ready = c.SetState(agent_id=f"agent{number:05d}", ready=True)
        active += floor.accept(handle(ready, now_ms), now_ms)
    while floor.waiting() < WAITING:
        handle(floor.arrival(now_ms), now_ms)
    return now_ms, active


def _apart(floor: Floor, rounds: list[tuple[c.Enqueue, c.End]], now_ms: int) -> list[int]:
    """Return nanoseconds per end of work with its offers, and tell what each part costs."""
    handle, clock = floor.engine.handle, time.thread_time_ns
    shares = [0, 0, 0]
    freed_ns: list[int] = []
    for arrival, end in rounds:
        now_ms += 1
        times = [clock()]
        handle(arrival, now_ms)
        times.append(clock())
        entries = handle(end, now_ms)
        times.append(clock())
        floor.accept(entries, now_ms)
        times.append(clock())
        for part in range(3):
            shares[part] += times[part + 1] - times[part]
        freed_ns.append(times[2] - times[1])
    names = ("arrival", "end and offers", "accept")
    told = [f"{n} {s / len(rounds) / 1000:.1f}" for n, s in zip(names, shares, strict=True)]
    _say(f"microseconds of CPU per round: {', '.join(told)}")
    _say(f"freed agent p50 {_percentile(freed_ns, 0.5):.1f} us")
    return freed_ns


def _free_agents(floor: Floor) -> list[int]:
    """Return nanoseconds per arrival when everybody is ready and little waits."""
    handle, rng = floor.engine.handle, floor.rng
    for number in range(AGENTS):
        handle(c.SetState(agent_id=f"agent{number:05d}", ready=True), 0)
    memory.settle()
    arrival_ns: list[int] = []
    live: list[str] = []
    clock: Callable[[], int] = time.thread_time_ns
    for now_ms in range(ARRIVALS):
        command = floor.arrival(now_ms)
        began_ns = clock()
        entries = handle(command, now_ms)
        spent_ns = clock() - began_ns
        if now_ms >= WARM_UP:
            arrival_ns.append(spent_ns)
        live += floor.accept(entries, now_ms)
        if len(live) > BUSY:
            place = rng.randrange(len(live))
            live[place], live[-1] = live[-1], live[place]
            handle(c.End(interaction_id=live.pop()), now_ms)
    _say(f"arrival onto free agents p50 {_percentile(arrival_ns, 0.5):.1f} us")
    return arrival_ns


def _percentile(values_ns: list[int], share: float) -> float:
    """Return a percentile in microseconds."""
    return sorted(values_ns)[min(len(values_ns) - 1, int(share * len(values_ns)))] / 1000


def _say(line: str) -> None:
    print(f"routing: {line}", file=sys.stderr)
