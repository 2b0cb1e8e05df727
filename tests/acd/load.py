"""The engine alone at the size of the largest tenant: ``python -m tests.acd.load [profiles]``."""

from __future__ import annotations

import gc
import random
import resource
import sys
import time

from gateway.acd.model import commands as c
from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.engine import Engine
from gateway.acd.model.entries import Offered
from gateway.acd.model.interaction import Kind

AGENTS, CLASSES, WAITING, QUEUES, SKILLS = 20_000, 1_000, 100_000, 50, 60
KINDS: tuple[Kind, ...] = ("chat", "call", "message")

Work = tuple[Kind, str, dict[str, int]]


def percentile(values: list[int], share: float) -> float:
    """Return a percentile in microseconds."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] / 1000


def build(rng: random.Random, profiles: int) -> tuple[Engine, list[Work]]:
    """Make agents, queues and the kinds of work."""
    engine = Engine()
    for number in range(QUEUES):
        engine.handle(c.SetQueue(queue=QueueRule(queue_id=f"queue{number:03d}")), 0)
    queues = [f"queue{number:03d}" for number in range(QUEUES)]
    pool = []
    for _ in range(profiles):
        skills = {f"skill{k:02d}": rng.randint(1, 100) for k in rng.sample(range(SKILLS), 12)}
        pool.append(Profile(queue_ids=tuple(rng.sample(queues, 20)), skills=skills))
    for number in range(AGENTS):
        agent = f"agent{number:05d}"
        engine.handle(c.SetProfile(agent_id=agent, profile=pool[number % profiles]), 0)
        engine.handle(c.Connect(agent_id=agent), 0)
    classes: set[tuple[Kind, str, tuple[tuple[str, int], ...]]] = set()
    while len(classes) < CLASSES:
        skills = {f"skill{k:02d}": rng.randint(1, 60) for k in rng.sample(range(SKILLS), 1)}
        classes.add((KINDS[len(classes) % 3], rng.choice(queues), tuple(skills.items())))
    return engine, [(kind, queue, dict(skills)) for kind, queue, skills in sorted(classes)]


def backlog(profiles: int, seed: int) -> None:
    """Freed agents take from 100,000 waiting, with one arrival each."""
    rng = random.Random(seed)
    engine, classes = build(rng, profiles)
    number = 0

    def made(now_ms: int) -> c.Enqueue:
        nonlocal number
        kind, queue, skills = classes[rng.randrange(CLASSES)]
        number += 1
        return c.Enqueue(
            interaction_id=f"in_{number:08d}", kind=kind, conversation_id=f"cv_{number:08d}",
            queue_id=queue, skills=skills, created_at_ms=now_ms, priority=rng.randrange(3),
        )  # fmt: skip

    for at in range(WAITING):
        engine.handle(made(at), at)
    now, active = WAITING, []
    for at in range(AGENTS):
        for entry in engine.handle(c.SetState(agent_id=f"agent{at:05d}", ready=True), now):
            if type(entry) is Offered:
                engine.handle(c.Accept(offer_id=entry.offer_id, agent_id=entry.agent_id), now)
                active.append(entry.interaction_id)
    while sum(line.order.count for line in engine.index.backlog.lines.values()) < WAITING:
        engine.handle(made(now), now)
    rng.shuffle(active)
    rounds = min(30_000, len(active)) // 2
    commands = [made(now + 1 + at) for at in range(2 * rounds)]
    gc.collect()
    gc.freeze()
    assigned, began = 0, time.process_time()
    for at in range(rounds):
        now += 1
        engine.handle(commands[at], now)
        for entry in engine.handle(c.End(interaction_id=active[at]), now):
            if type(entry) is Offered:
                engine.handle(c.Accept(offer_id=entry.offer_id, agent_id=entry.agent_id), now)
                assigned += 1
    spent = time.process_time() - began
    freed: list[int] = []
    arrivals: list[int] = []
    for at in range(rounds, 2 * rounds):
        now += 1
        t0 = time.thread_time_ns()
        engine.handle(commands[at], now)
        t1 = time.thread_time_ns()
        engine.handle(c.End(interaction_id=active[at]), now)
        t2 = time.thread_time_ns()
        arrivals.append(t1 - t0)
        freed.append(t2 - t1)
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(  # noqa: T201
        f"profiles {profiles}: {assigned / spent:,.0f} assignments/CPU-s"
        f" ({rounds} arrivals, {assigned} offers and accepts, {rounds} ends), freed p50"
        f" {percentile(freed, 0.5):.1f} p99 {percentile(freed, 0.99):.1f} us, arrival p99"
        f" {percentile(arrivals, 0.99):.1f} us, rss {rss} MB"
    )


def idle(profiles: int, seed: int) -> None:
    """Arrivals onto free agents: everybody is ready, nothing waits."""
    rng = random.Random(seed)
    engine, classes = build(rng, profiles)
    for at in range(AGENTS):
        engine.handle(c.SetState(agent_id=f"agent{at:05d}", ready=True), 0)
    times: list[int] = []
    live: list[str] = []
    gc.collect()
    gc.freeze()
    for number in range(25_000):
        kind, queue, skills = classes[rng.randrange(CLASSES)]
        command = c.Enqueue(
            interaction_id=f"in_{number:08d}",
            kind=kind,
            conversation_id=f"cv_{number:08d}",
            queue_id=queue,
            skills=skills,
            created_at_ms=number,
        )
        t0 = time.thread_time_ns()
        out = engine.handle(command, number)
        t1 = time.thread_time_ns()
        if number >= 5_000:
            times.append(t1 - t0)
        for entry in out:
            if type(entry) is Offered:
                engine.handle(c.Accept(offer_id=entry.offer_id, agent_id=entry.agent_id), number)
                live.append(entry.interaction_id)
        if len(live) > 4_000:
            engine.handle(c.End(interaction_id=live.pop(rng.randrange(len(live)))), number)
    print(  # noqa: T201
        f"profiles {profiles}: arrival onto free agents p50 {percentile(times, 0.5):.1f}"
        f" p99 {percentile(times, 0.99):.1f} us"
    )


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [500, 20_000]:
        backlog(size, seed=1)
        idle(size, seed=2)
