"""Long shifts: the machine's own rules in a busy mix, so that deep states are met every time."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.configuration import KINDS, QueueRule, WrapUpRule
from gateway.acd.model.policy import Label, Policy
from tests.acd.agent_rules import AGENTS, QUEUES, SLOTS
from tests.acd.test_machine import Floor

WRAP_UPS: tuple[dict[str, WrapUpRule], ...] = (
    {"chat": WrapUpRule(mode="forced", seconds=0), "call": WrapUpRule(seconds=10, extension_s=9)},
    {kind: WrapUpRule(mode="optional", seconds=20, extension_s=5) for kind in KINDS},
    {},
)


class Shift:
    """One floor, driven by one random source; counts what happened."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.floor = Floor()
        self.seen: Counter[str] = Counter()
        observe = self.floor.observe

        def seeing(entry: e.Entry) -> None:
            self.seen[e.kind_of(entry)] += 1
            if isinstance(entry, e.Released):
                self.seen[entry.cause] += 1
            if isinstance(entry, e.Ended):
                self.seen[f"wrap_up {entry.wrap_up}"] += 1
            if isinstance(entry, e.Offered) and entry.over_capacity:
                self.seen["over_capacity"] += 1
            if isinstance(entry, e.Enqueued) and entry.is_sticky:
                self.seen["sticky"] += 1
            observe(entry)

        self.floor.observe = seeing  # type: ignore[method-assign]
        for queue_id, wrap_up in zip(QUEUES, WRAP_UPS, strict=True):
            rule = QueueRule(
                queue_id=queue_id,
                wrap_up=wrap_up,
                reply_timeout_s=self.rng.choice([0, 12]),
                sticky_s=self.rng.choice([0, 20]),
                fairness_window_s=self.rng.choice([0, 15]),
                no_answer_strikes=self.rng.choice([1, 2, 3]),
                pull_oldest=self.rng.choice([0, 2, 100]),
            )
            self.floor.do(c.SetQueue(queue=rule))
        policy = Policy(
            quiet_chat_s=self.rng.choice([0, 4]),
            personal_limit=self.rng.choice([1, 10]),
            labels=self.rng.choice(
                [(), (Label(name="two", queue_ids=(QUEUES[0], QUEUES[1]), limit=2),)]
            ),
            sticky_waits=self.rng.random() < 0.5,
            interrupted_by=self.rng.choice([{}, {"call": ("chat",)}, {"message": ()}]),
        )
        self.floor.do(c.SetPolicy(policy=policy))
        for agent in AGENTS:
            self.floor.comes_or_goes(agent=agent, comes=True)
            self.floor.changes_state(agent=agent, ready=True)

    def step(self) -> None:
        """Do one thing; work is more frequent than anything else."""
        rng, floor = self.rng, self.floor
        agent, number, coin = rng.choice(AGENTS), rng.randrange(1_000), rng.random() < 0.5
        happenings: list[tuple[int, Any]] = [
            (8, lambda: self.arrive()),
            (8, lambda: floor.engine.state.offers and floor.everybody_accepts(ends=coin)),
            (4, lambda: floor.engine.state.offers
                and floor.answers(number=number, accept=coin, twice=coin)),
            (1, lambda: floor.engine.state.offers
                and floor.lead_takes_back(number=number, agent=agent, signs_out=number < 200)),
            (1, lambda: floor.engine.state.offers
                and floor.answers_too_late(number=number, kind=rng.choice([c.Accept, c.Answer]))),
            (8, lambda: floor.time_passes(by_ms=rng.choice([1, 900, 3_000, 6_000]))),
            (4, lambda: floor.engine.next_due_ms() is not None and floor.next_timer_fires()),
            (5, lambda: floor.ends(number=number, by_contact=coin)),
            (4, lambda: floor.wraps_up_or_extends(number=number, chosen=coin)),
            (4, lambda: floor.somebody_writes(
                number=number, agent=agent, who=rng.choice(["agent", "contact"]))),
            (2, lambda: floor.transfers(number=number, to_agent=agent if coin else None)),
            (3, lambda: floor.lead_steers(
                number=number,
                state=rng.choice(["waiting", "offered"]),
                agent=agent,
                what=rng.choice(["move", "prioritize", "assign", "assign"]))),
            (2, lambda: floor.takes_by_hand(number=number, agent=agent)),
            (2, lambda: floor.declares_next(
                agent=agent, ready=rng.choice([True, False, None]), max_s=rng.choice([0, 5]))),
            (2, lambda: floor.slots(
                slot=rng.choice(SLOTS), agent=agent, kind="call", over=coin, hold=coin)),
            (3, lambda: floor.changes_state(agent=agent, ready=rng.random() < 0.9)),
            (1, lambda: floor.comes_or_goes(agent=agent, comes=coin)),
            (1, lambda: floor.abandons(number=number, state="waiting")),
            (1, lambda: floor.is_set_by_lead(agent=agent, ready=coin, max_s=5)),
        ]  # fmt: skip
        weights = [weight for weight, _ in happenings]
        rng.choices([what for _, what in happenings], weights)[0]()
        floor.holds()

    def arrive(self) -> None:
        self.floor.arrives(
            kind=self.rng.choice(["chat", "chat", "call", "message"]),
            queue_id=self.rng.choice(QUEUES),
            skills={},
            priority=self.rng.randrange(-2, 5),
            repeat=self.rng.random() < 0.3,
        )


@pytest.mark.parametrize("block", range(4))
def test_long_shifts_keep_every_promise(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(25 * block, 25 * block + 25):
        shift = Shift(seed)
        for _ in range(250):
            shift.step()
        shift.floor.teardown()
        seen += shift.seen
    wanted = (
        "accepted", "taken", "transferred", "moved", "prioritized", "over_capacity", "slot_held",
        "slot_released", "next_declared", "agent_overdue", "reply_given", "reply_warned",
        "no_reply", "agent_lost", "heard", "quieted", "wrap_up forced", "wrap_up optional",
        "wrap_up timed", "wrap_up_extended", "sticky", "opened",
    )  # fmt: skip
    assert not [what for what in wanted if not seen[what]], "a shift that meets everything"
