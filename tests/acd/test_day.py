"""A whole virtual day at 20,000 seats through the engine alone, audited on the way."""

from __future__ import annotations

import heapq
import random
import resource
from pathlib import Path

import pytest

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.audit import broken
from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.engine import Engine
from gateway.acd.model.interaction import Kind
from gateway.kernel.errors import WeccError

SEATS, QUEUES, SKILLS, CLASSES = 20_000, 40, 30, 400
DAY_MS = 86_400_000
BY_HOUR = (
    4, 3, 2, 2, 3, 6, 15, 40, 80, 100, 110, 110, 95, 100, 105, 100, 90, 70, 45, 30, 20, 12, 8, 5,
)  # fmt: skip
AUDIT_EVERY = 200_000
Due = tuple[int, int, str, str, str]


class Day:
    """Arrivals by the hour; people who leave, agents who decline, miss, pass on, end and pause."""

    def __init__(self, seed: int, seats: int, share: float = 1.0) -> None:
        self.rng = random.Random(seed)
        self.engine = Engine()
        self.seats, self.share = seats, share
        self.now_ms = 0
        self.made = self.steps = self.ended = self.abandoned = 0
        self._next = 0
        self._due: list[Due] = []
        rng = self.rng
        queues = [f"qu_{number}" for number in range(QUEUES)]
        for queue in queues:
            self.do(c.SetQueue(queue=QueueRule(queue_id=queue)))
        pool = [
            Profile(
                queue_ids=tuple(rng.sample(queues, 12)),
                skills={f"sk_{k}": rng.randint(1, 100) for k in rng.sample(range(SKILLS), 8)},
            )
            for _ in range(min(600, seats))
        ]
        for number in range(seats):
            agent = f"us_{number}"
            self.do(c.SetProfile(agent_id=agent, profile=rng.choice(pool)))
            self.do(c.Connect(agent_id=agent))
            self.do(c.SetState(agent_id=agent, ready=True))
        kinds: tuple[Kind, ...] = ("chat", "chat", "call", "message")
        self.classes = [
            (
                rng.choice(kinds),
                rng.choice(queues),
                {f"sk_{rng.randrange(SKILLS)}": rng.randint(1, 50)} if rng.random() < 0.5 else {},
            )
            for _ in range(CLASSES)
        ]

    def later(self, in_ms: float, what: str, key: str, agent: str = "") -> None:
        self._next += 1
        heapq.heappush(self._due, (self.now_ms + int(in_ms), self._next, what, key, agent))

    def do(self, command: c.Command) -> None:
        """Hand a command over; what has meanwhile become impossible is refused, as in life."""
        self.steps += 1
        try:
            entries = self.engine.handle(command, self.now_ms)
        except WeccError:
            return
        for entry in entries:
            if isinstance(entry, e.Offered):
                what = "miss" if self.rng.random() < 0.005 else "answer"
                self.later(self.rng.expovariate(1 / 3_000), what, entry.offer_id, entry.agent_id)
            elif isinstance(entry, e.Accepted):
                handled_ms = self.rng.lognormvariate(12.0, 0.6)
                self.later(handled_ms, "end", entry.interaction_id, entry.agent_id)
            elif isinstance(entry, e.Ended):
                self.ended += 1
            elif isinstance(entry, e.Abandoned):
                self.abandoned += 1

    def run(self, until_ms: int) -> None:
        """Go on until a time, timers and all."""
        while self.now_ms < until_ms:
            rate = self.share * BY_HOUR[self.now_ms // 3_600_000 % 24] / 1000
            self.now_ms += max(1, int(self.rng.expovariate(rate)))
            while self._due and self._due[0][0] <= self.now_ms:
                self.happen(*heapq.heappop(self._due)[2:])
            timer_ms = self.engine.next_due_ms()
            if timer_ms is not None and timer_ms <= self.now_ms:
                self.do(c.Tick())
            self.arrive()
            if self.steps % AUDIT_EVERY < 4:
                self.audit()

    def happen(self, what: str, key: str, agent: str) -> None:
        """Somebody does something."""
        chance = self.rng.random()
        if what == "answer":
            kind = c.Reject if chance < 0.01 else c.Accept
            self.do(kind(offer_id=key, agent_id=agent))
        elif what == "end" and chance < 0.02:
            self.do(c.Transfer(interaction_id=key, to_queue_id=self.rng.choice(self.classes)[1]))
        elif what == "end":
            self.do(c.End(interaction_id=key))
            if chance > 0.99:
                self.do(c.SetState(agent_id=agent, ready=False))
        elif what == "leave":
            item = self.engine.state.interactions.get(key)
            if item is not None and item.state in ("waiting", "offered"):
                self.do(c.Abandon(interaction_id=key))

    def arrive(self) -> None:
        kind, queue, skills = self.rng.choice(self.classes)
        self.made += 1
        key = f"in_{self.made}"
        self.do(
            c.Enqueue(
                interaction_id=key,
                kind=kind,
                conversation_id=f"cv_{self.made}",
                queue_id=queue,
                skills=skills,
                created_at_ms=self.now_ms,
            )
        )
        item = self.engine.state.interactions.get(key)
        if item is not None and item.state == "waiting":
            self.later(self.rng.expovariate(1 / 120_000), "leave", key)
        back = f"us_{self.rng.randrange(self.seats)}"
        if self.engine.state.agents[back].state == "not_ready":
            self.do(c.SetState(agent_id=back, ready=True))

    def audit(self) -> None:
        state = self.engine.state
        assert broken(state, list(state.interactions)) == []
        for seat in self.engine.index.seats.values():
            for load, limit in zip(seat.agent.load, seat.limits, strict=True):
                assert load <= limit, "nobody is above capacity"
        here = sum(item.state != "wrap_up" for item in state.interactions.values())
        assert here + self.ended + self.abandoned == self.made, "nothing is lost"
        assert len(state.interactions) < 10 * self.seats, "what is over leaves"


def rss_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() >> 20


def test_an_hour_of_a_small_floor() -> None:
    day = Day(seed=1, seats=60, share=0.02)
    day.now_ms = 9 * 3_600_000
    day.run(9 * 3_600_000 + 1_800_000)
    day.audit()
    assert day.ended > 500


@pytest.mark.soak
def test_a_day_at_twenty_thousand_seats() -> None:
    """About four million conversations; memory at night is what it was in the morning."""
    day = Day(seed=random.randrange(1 << 30), seats=SEATS)
    sizes = []
    for hour in range(1, 25):
        day.run(hour * DAY_MS // 24)
        day.audit()
        sizes.append(rss_mb())
    assert day.ended > 3_500_000
    assert sizes[-1] <= 1.2 * max(sizes[:13]), sizes
