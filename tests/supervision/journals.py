"""Journals for tests: written by hand, or made by the real engine out of random commands."""

from __future__ import annotations

import random
from collections.abc import Sequence

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.configuration import QueueRule, TargetRule, WrapUpRule
from gateway.acd.model.engine import Engine
from gateway.kernel.errors import WeccError
from gateway.supervision.model.ledger import Changes, Ledger
from gateway.supervision.model.tally import Counts, Key, add
from gateway.supervision.service.check import join

NOON = 1_700_006_400_000 - 1_700_006_400_000 % 86_400_000 + 43_200_000
QUEUES = ("qu_first00001", "qu_second0001")
WRAP_UP = {kind: WrapUpRule(seconds=30) for kind in ("chat", "call", "message")}
AGENTS = ("us_agent0001", "us_agent0002", "us_agent0003")


def fold(entries: Sequence[e.Entry], portions: Sequence[int] = ()) -> tuple[Ledger, Changes]:
    """Fold a journal in portions of these lengths, then the rest; return everything it changed."""
    ledger, whole = Ledger(), Changes()
    lengths = iter(portions)
    left = next(lengths, 0)
    for position, entry in enumerate(entries, 1):
        ledger.fold(position, entry)
        left -= 1
        if left == 0:
            join(whole, ledger.take())
            left = next(lengths, 0)
    join(whole, ledger.take())
    return ledger, whole


def counts_by(changes: Changes, **wanted: object) -> Counts:
    """Add up the counters of all keys that match."""
    found: Counts = {}
    for key, counts in changes.counts.items():
        if all(getattr(key, name) == value for name, value in wanted.items()):
            add(found, counts)
    return found


def keys(changes: Changes) -> list[Key]:
    return sorted(changes.counts)


class Day:
    """A short journal written by hand; times are seconds after noon, UTC."""

    def __init__(self) -> None:
        self.entries: list[e.Entry] = []

    def at(self, second: float) -> int:
        return NOON + round(second * 1000)

    def agent(self, second: float, state: str, agent: str = AGENTS[0]) -> Day:
        self.entries.append(e.AgentSet(at_ms=self.at(second), agent_id=agent, state=state))  # type: ignore[arg-type]
        return self

    def target(self, second: float, queue: str, kind: str, within_s: int) -> Day:
        targets = {kind: TargetRule(percent=80, within_s=within_s)}
        rule = QueueRule(queue_id=queue, service_target=targets)
        self.entries.append(e.QueueSet(at_ms=self.at(second), queue=rule))
        return self

    def arrives(
        self,
        second: float,
        number: int,
        kind: str = "call",
        queue: str = QUEUES[0],
        *,
        robot: bool = False,
    ) -> Day:
        at_ms = self.at(second)
        self.entries.append(
            e.Enqueued(
                at_ms=at_ms,
                interaction_id=f"in_{number:06d}",
                interaction_kind=kind,  # type: ignore[arg-type]
                conversation_id=f"cv_{number:06d}",
                queue_id=queue,
                created_at_ms=at_ms,
                score=at_ms,
                is_robot=robot,
            )
        )
        return self

    def rings(self, second: float, number: int, agent: str = AGENTS[0]) -> Day:
        self.entries.append(
            e.Offered(
                at_ms=self.at(second),
                offer_id=f"of_{number}",
                interaction_id=f"in_{number:06d}",
                agent_id=agent,
                expires_at_ms=self.at(second + 20),
                place=1,
                found_by="work",
            )
        )
        return self

    def missed(self, second: float, number: int, outcome: str, agent: str = AGENTS[0]) -> Day:
        self.entries.append(
            e.OfferEnded(
                at_ms=self.at(second),
                offer_id=f"of_{number}",
                interaction_id=f"in_{number:06d}",
                agent_id=agent,
                outcome=outcome,  # type: ignore[arg-type]
            )
        )
        return self

    def answered(self, second: float, number: int, agent: str = AGENTS[0]) -> Day:
        self.entries.append(
            e.Accepted(
                at_ms=self.at(second),
                offer_id=f"of_{number}",
                interaction_id=f"in_{number:06d}",
                agent_id=agent,
            )
        )
        return self

    def transferred(
        self, second: float, number: int, queue: str = QUEUES[1], agent: str = AGENTS[0]
    ) -> Day:
        self.entries.append(
            e.Transferred(
                at_ms=self.at(second),
                interaction_id=f"in_{number:06d}",
                agent_id=agent,
                queue_id=queue,
                excluded_until_ms=0,
            )
        )
        return self

    def released(self, second: float, number: int, agent: str = AGENTS[0]) -> Day:
        self.entries.append(
            e.Released(at_ms=self.at(second), interaction_id=f"in_{number:06d}", agent_id=agent)
        )
        return self

    def moved(self, second: float, number: int, queue: str = QUEUES[1]) -> Day:
        self.entries.append(
            e.Moved(
                at_ms=self.at(second),
                interaction_id=f"in_{number:06d}",
                queue_id=queue,
                by="us_lead00001",
            )
        )
        return self

    def ended(self, second: float, number: int, wrap_up_s: int = 0, agent: str = AGENTS[0]) -> Day:
        self.entries.append(
            e.Ended(
                at_ms=self.at(second),
                interaction_id=f"in_{number:06d}",
                agent_id=agent,
                by="agent",
                wrap_up="timed" if wrap_up_s else "none",
                wrap_up_until_ms=self.at(second + wrap_up_s) if wrap_up_s else None,
            )
        )
        return self

    def replied(self, second: float, number: int) -> Day:
        entry = e.ReplyGiven(at_ms=self.at(second), interaction_id=f"in_{number:06d}")
        self.entries.append(entry)
        return self

    def wrapped(self, second: float, number: int, agent: str = AGENTS[0]) -> Day:
        self.entries.append(
            e.Wrapped(at_ms=self.at(second), interaction_id=f"in_{number:06d}", agent_id=agent)
        )
        return self

    def left(self, second: float, number: int) -> Day:
        self.entries.append(e.Abandoned(at_ms=self.at(second), interaction_id=f"in_{number:06d}"))
        return self


def random_journal(seed: int, steps: int) -> list[e.Entry]:
    """Have the real engine decide over random commands; the gaps cross many intervals."""
    dice, engine, now_ms = random.Random(seed), Engine(), NOON
    entries: list[e.Entry] = engine.handle(c.Start(epoch=1), now_ms)
    for queue_id in QUEUES:
        rule = QueueRule(queue_id=queue_id, wrap_up=WRAP_UP)
        entries += engine.handle(c.SetQueue(queue=rule), now_ms)
    made = 0
    for _ in range(steps):
        now_ms += dice.choice((0, 700, 4_000, 21_000, 90_000, 400_000))
        made += 1
        for command in (c.Tick(), _command(dice, engine, now_ms, made)):
            try:
                entries += engine.handle(command, now_ms)
            except WeccError:
                continue
    return entries


def _command(dice: random.Random, engine: Engine, now_ms: int, made: int) -> c.Command:
    agent = dice.choice(AGENTS)
    items, offers = list(engine.state.interactions.values()), list(engine.state.offers.values())
    roll = dice.random()
    if offers and roll < 0.35:
        offer = dice.choice(offers)
        kind = dice.choice((c.Accept, c.Accept, c.Accept, c.Reject))
        return kind(offer_id=offer.id, agent_id=offer.agent_id)
    if items and roll < 0.7:
        return _about(dice, dice.choice(items).id, agent)
    if roll < 0.8:
        commands: list[c.Command] = [
            c.Connect(agent_id=agent),
            c.SetState(agent_id=agent, ready=True),
            c.SetState(agent_id=agent, ready=True),
            c.SetState(agent_id=agent, ready=False, reason="meal"),
            c.Drop(agent_id=agent),
        ]
        return dice.choice(commands)
    return c.Enqueue(
        interaction_id=f"in_{made:06d}",
        kind=dice.choice(("chat", "call", "message")),
        conversation_id=f"cv_{made:06d}",
        queue_id=dice.choice(QUEUES),
        created_at_ms=now_ms - dice.choice((0, 0, 1_500)),
        is_robot=dice.random() < 0.1,
    )


def _about(dice: random.Random, interaction_id: str, agent: str) -> c.Command:
    queue = dice.choice(QUEUES)
    commands: list[c.Command] = [
        c.Abandon(interaction_id=interaction_id),
        c.Take(interaction_id=interaction_id, agent_id=agent),
        c.End(interaction_id=interaction_id),
        c.End(interaction_id=interaction_id),
        c.WrapUp(interaction_id=interaction_id),
        c.Transfer(interaction_id=interaction_id, to_queue_id=queue),
        c.Transfer(interaction_id=interaction_id, to_agent_id=agent),
        c.Move(interaction_id=interaction_id, to_queue_id=queue, by="us_lead00001"),
    ]
    return dice.choice(commands)
