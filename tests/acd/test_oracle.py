"""The engine's pick equals a brute-force pick on ten thousand small random floors."""

from __future__ import annotations

import random

import pytest

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.configuration import AgentOrder, Profile, QueueRule, Step
from gateway.acd.model.engine import Engine
from gateway.acd.model.expression import ANYBODY
from gateway.acd.model.interaction import Kind
from tests.acd import oracle

KINDS: list[Kind] = ["chat", "call", "message"]
ORDERS: list[AgentOrder] = [
    "longest_idle", "longest_idle", "least_loaded", "best_skill", "round_robin", "weighted",
    "manual",
]  # fmt: skip
QUEUES = ["qu_1", "qu_2", "qu_3"]
SKILLS = ["sk_1", "sk_2", "sk_3"]


def floor(rng: random.Random) -> Engine:
    """Make a small floor with a history, so that loads, ranks and exclusions differ."""
    engine = Engine()
    now_ms = 0
    for queue_id in QUEUES:
        needs = tuple(
            tuple((skill, rng.randrange(-1, 80), 100) for skill in rng.sample(SKILLS, 1))
            for _ in range(rng.randrange(3))
        )
        liked = ((rng.choice(SKILLS), rng.randrange(-1, 80), 100),) if rng.random() < 0.3 else None
        steps = (Step(needs=needs or ANYBODY, preferred=(liked,) if liked else None),)
        rule = QueueRule(
            queue_id=queue_id,
            steps=steps,
            order=rng.choice(ORDERS),
            fairness_window_s=rng.choice([0, 0, 30]),
        )
        engine.handle(c.SetQueue(queue=rule), now_ms)
    agents = [f"us_{number}" for number in range(rng.randint(1, 6))]
    for agent in agents:
        queues = None if rng.random() < 0.3 else tuple(rng.sample(QUEUES, rng.randint(1, 3)))
        skills = {skill: rng.randrange(101) for skill in rng.sample(SKILLS, rng.randint(0, 3))}
        capacity: dict[str, int] = {
            kind: rng.randrange(4) for kind in rng.sample(KINDS, rng.randrange(3))
        }
        weight = rng.choice([50, 100, 300])
        profile = Profile(queue_ids=queues, skills=skills, capacity=capacity, weight=weight)
        engine.handle(c.SetProfile(agent_id=agent, profile=profile), now_ms)
        engine.handle(c.Connect(agent_id=agent), now_ms)
    for number in range(rng.randint(3, 14)):
        now_ms += rng.randrange(9_000)
        engine.handle(c.Tick(), now_ms)
        happen(engine, rng, agents, number, now_ms)
    return engine


def happen(engine: Engine, rng: random.Random, agents: list[str], number: int, now_ms: int) -> None:
    offers = list(engine.state.offers.values())
    what = rng.randrange(4)
    if what == 0 and offers:
        offer = rng.choice(offers)
        kind = rng.choice([c.Accept, c.Reject])
        engine.handle(kind(offer_id=offer.id, agent_id=offer.agent_id), now_ms)
    elif what == 1:
        ready = rng.random() < 0.7
        engine.handle(c.SetState(agent_id=rng.choice(agents), ready=ready), now_ms)
    else:
        engine.handle(arrival(rng, number, now_ms), now_ms)


def arrival(rng: random.Random, number: int, now_ms: int) -> c.Enqueue:
    return c.Enqueue(
        interaction_id=f"in_{number:04d}",
        kind=rng.choice(KINDS),
        conversation_id=f"cv_{number:04d}",
        queue_id=rng.choice(QUEUES),
        created_at_ms=now_ms - rng.randrange(3) * 1_000,
        skills={rng.choice(SKILLS): rng.randrange(101)} if rng.random() < 0.4 else {},
        priority=rng.randrange(3),
    )


@pytest.mark.parametrize("block", range(4))
def test_engine_picks_what_brute_force_picks(block: int) -> None:
    picks = 0
    for seed in range(block * 2_500, (block + 1) * 2_500):
        rng = random.Random(seed)
        engine = floor(rng)
        now_ms = engine.state.at_ms + 1
        command = arrival(rng, 9_000, now_ms)
        expected = expected_for(engine, command, now_ms)
        out = engine.handle(command, now_ms)
        chosen = [entry.agent_id for entry in out if isinstance(entry, e.Offered)]
        assert chosen == expected, f"seed {seed}"
        picks += pick_for_agents(engine, rng, now_ms, seed)
    assert picks > 2_000


def expected_for(engine: Engine, command: c.Enqueue, now_ms: int) -> list[str]:
    """Apply the arrival alone to a copy and ask the naive rules."""
    shadow = Engine(states_copy(engine))
    queue = shadow.state.queues[command.queue_id]
    priority = queue.priority + command.priority
    began_ms = min(command.created_at_ms, now_ms)
    shadow.apply(
        e.Enqueued(
            at_ms=now_ms,
            interaction_id=command.interaction_id,
            interaction_kind=command.kind,
            conversation_id=command.conversation_id,
            queue_id=command.queue_id,
            created_at_ms=command.created_at_ms,
            score=began_ms - 60_000 * priority,
            skills=command.skills,
            priority=priority,
        )
    )
    item = shadow.state.interactions[command.interaction_id]
    return oracle.agents_for(shadow.state, item)[:1]


def states_copy(engine: Engine) -> states.State:
    return states.load(states.dump(engine.state))


def pick_for_agents(engine: Engine, rng: random.Random, now_ms: int, seed: int) -> int:
    """Every agent goes ready in turn; each offer must be what the naive rules choose then."""
    checked = 0
    for agent_id in rng.sample(sorted(engine.state.agents), len(engine.state.agents)):
        shadow = Engine(states_copy(engine))
        for entry in engine.handle(c.SetState(agent_id=agent_id, ready=True), now_ms):
            oracle.check_choice(shadow.state, entry)
            shadow.apply(entry)
            checked += 1
        oracle.check_work_conserving(engine)
    return checked
