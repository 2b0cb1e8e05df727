"""The story of a wait follows from the journal alone, and its reasons are the true ones."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.configuration import KINDS, Profile, QueueRule, Step, required
from gateway.acd.model.engine import Engine
from gateway.acd.model.exclusion import REASONS, Exclusion, exclusion
from gateway.acd.model.expression import meets
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.story import Story
from gateway.acd.model.teller import Teller
from gateway.acd.model.telling import Question, tell
from tests.acd import oracle
from tests.acd.test_oracle import arrival, floor

FRENCH = ((("sk_french", 50, 100),),)


class Day:
    """An engine with its journal and a clock."""

    def __init__(self) -> None:
        self.engine, self.now_ms, self.lines = Engine(), 1_000_000, list[bytes]()

    def do(self, command: c.Command, after_s: float = 0) -> list[e.Entry]:
        self.now_ms += int(after_s * 1000)
        out = list(self.engine.handle(command, self.now_ms))
        self.lines += [e.encode(entry) for entry in out]
        return out

    def pass_s(self, seconds: int) -> None:
        for _ in range(seconds):
            self.do(c.Tick(), 1)

    def agent(self, agent_id: str, *, ready: bool = True, **profile: object) -> None:
        self.do(c.SetProfile(agent_id=agent_id, profile=Profile(**profile)))  # type: ignore[arg-type]
        self.do(c.Connect(agent_id=agent_id))
        self.do(c.SetState(agent_id=agent_id, ready=ready, reason="" if ready else "meal"))

    def arrives(self, key: str, *, priority: int = 0) -> None:
        self.do(
            c.Enqueue(
                interaction_id=key,
                kind="chat",
                conversation_id=f"cv_{key}",
                queue_id="qu_1",
                created_at_ms=self.now_ms,
                priority=priority,
            )
        )

    def offer(self) -> tuple[str, str]:
        (offer,) = self.engine.state.offers.values()
        return offer.id, offer.agent_id

    def story(self, key: str, agent_id: str | None = None) -> Story:
        question = Question(
            interaction_id=key,
            agent_id=agent_id,
            snapshot=None,
            pieces=[b"\n".join(self.lines)],
            now_ms=self.now_ms,
        )
        told = tell(question)
        assert told is not None
        return told


def two_steps() -> QueueRule:
    steps = (Step(needs=FRENCH, after_s=60), Step(priority=2))
    return QueueRule(queue_id="qu_1", steps=steps, offer_timeout_s={"chat": 20})


def test_a_wait_is_told_from_the_first_to_the_last_moment() -> None:
    day = Day()
    day.do(c.SetQueue(queue=two_steps()))
    day.arrives("in_1")
    day.pass_s(10)
    day.agent("us_plain")  # no French: not suited before the next step
    day.pass_s(50)  # the step relaxes: it rings at them, who do not answer
    assert day.offer()[1] == "us_plain"
    day.pass_s(25)
    day.agent("us_other")
    offer_id, agent_id = day.offer()
    assert agent_id == "us_other"
    day.do(c.Accept(offer_id=offer_id, agent_id=agent_id), 3)
    told = day.story("in_1", "us_plain")
    assert [one.cause for one in told.stretches] == [
        "nobody_on_duty", "nobody_suited_on_duty", "ringing", "nobody_ready", "ringing", "in_hand",
    ]  # fmt: skip
    assert [one.agent_id for one in told.stretches if one.cause == "ringing"] == [
        "us_plain", "us_other",
    ]  # fmt: skip
    spans = [(one.from_ms, one.to_ms) for one in told.stretches]
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert told.waited_ms == day.now_ms - 1_000_000 == 88_000
    assert [turn.what for turn in told.turns] == ["queued", "relaxed", "accepted"]
    relaxed = told.turns[1]
    assert (relaxed.step, relaxed.reason) == (1, "expired")
    assert (relaxed.ready_before, relaxed.ready_after) == (0, 1)
    assert (relaxed.priority_before, relaxed.priority) == (0, 2)
    assert [offer.outcome for offer in told.offers] == ["expired", "accepted"]
    assert told.offers[1].counts == {"not_ready": 1}
    assert told.agent is not None
    assert [one.verdict for one in told.agent.stretches] == [
        "kept", "kept", "rang_here", "kept", "rang_elsewhere",
    ]  # fmt: skip
    lacking = told.agent.stretches[1].exclusion
    assert lacking is not None
    assert lacking.reasons == ["unskilled"]
    assert [(lack.skill_id, lack.low, lack.has) for lack in lacking.lacks] == [
        ("sk_french", 50, None)
    ]
    assert told.agent.offers[0].rank == 1
    assert told.agent.offers[1].exclusion is not None
    assert told.agent.offers[1].exclusion.state_reason == "no_answer"


def test_who_came_before_and_what_hands_did() -> None:
    day = Day()
    day.do(c.SetQueue(queue=QueueRule(queue_id="qu_1")))
    day.do(c.SetQueue(queue=QueueRule(queue_id="qu_2")))
    day.agent("us_1", capacity={"chat": 1})
    for key in ("in_1", "in_2", "in_3"):
        day.arrives(key)
    offer_id, _ = day.offer()
    day.do(c.Accept(offer_id=offer_id, agent_id="us_1"), 1)
    day.do(c.Prioritize(interaction_id="in_3", priority=5, by="us_lead"), 30)
    day.do(c.Move(interaction_id="in_3", to_queue_id="qu_2", by="us_lead"), 30)
    day.pass_s(5)
    told = day.story("in_3", "us_1")
    assert [one.cause for one in told.stretches] == ["others_ahead", "all_busy", "all_busy"]
    assert [point.place for point in told.points] == [2, 1, 1]
    by_hand = [(turn.what, turn.by, turn.to_queue_id) for turn in told.turns if turn.by]
    assert by_hand == [("prioritized", "us_lead", None), ("moved", "us_lead", "qu_2")]
    assert told.agent is not None
    (kept,) = told.agent.stretches
    assert kept.exclusion is not None
    assert (kept.exclusion.reasons, kept.exclusion.held, kept.exclusion.limit) == (
        ["at_capacity"], 1, 1,
    )  # fmt: skip
    assert told.over_at_ms is None
    assert told.stretches[-1].to_ms is None


def test_what_the_journal_does_not_hold_is_not_told() -> None:
    day = Day()
    day.do(c.SetQueue(queue=QueueRule(queue_id="qu_1")))
    day.arrives("in_1")
    snapshot = states.dump(day.engine.state).decode()
    for held, key in ((snapshot, "in_1"), (None, "in_9")):
        question = Question(
            interaction_id=key, agent_id=None, snapshot=held, pieces=[], now_ms=day.now_ms
        )
        assert tell(question) is None


@pytest.mark.parametrize("block", range(4))
def test_reasons_equal_those_of_brute_force(block: int) -> None:
    """On every floor an agent has a reason against them exactly when naive rules refuse them."""
    seen: set[str] = set()
    for seed in range(block * 250, (block + 1) * 250):
        rng = random.Random(seed)
        engine = floor(rng)
        command = arrival(rng, 9_000, engine.state.at_ms + 1)
        engine.handle(command, engine.state.at_ms + 1)
        for item in engine.state.interactions.values():
            if item.state == "waiting":
                for agent_id in engine.state.agents:
                    found = exclusion(engine.state, engine.index, item, agent_id)
                    assert set(found.reasons) == naive(engine, item, agent_id), f"seed {seed}"
                    seen.update(found.reasons)
                    check_lacks(engine, item, found)
    assert seen >= {
        "not_ready",
        "other_queue",
        "unskilled",
        "passed_over",
        "at_capacity",
        "by_hand",
    }
    assert seen <= set(REASONS)


def naive(engine: Engine, item: Interaction, agent_id: str) -> set[str]:
    """The same question asked of the slow rules, one by one."""
    state, agent = engine.state, engine.state.agents[agent_id]
    profile, queue = state.profiles.get(agent_id), state.queues[item.queue_id]
    load = dict(zip(KINDS, agent.load, strict=True))
    is_direct = item.direct_agent_id is not None
    serves = profile is None or profile.queue_ids is None or item.queue_id in profile.queue_ids
    everywhere = Profile(skills=profile.skills if profile else {})
    shadow = states.load(states.dump(state))
    shadow.profiles[agent_id] = everywhere
    truths = {
        "offline": agent.state == "offline",
        "not_ready": agent.state == "not_ready",
        "reconnecting": agent.state == "ready" and agent.away_until_ms is not None,
        "next_declared": agent.state == "ready" and agent.next_state is not None,
        "for_another": is_direct and item.direct_agent_id != agent_id,
        "other_queue": not is_direct and not serves,
        "unskilled": not is_direct and not oracle.is_qualified(shadow, agent, item),
        "passed_over": not is_direct and agent_id in item.excluded,
        "by_hand": not is_direct and queue.order == "manual",
        "at_capacity": load[item.kind] >= oracle.limit(state, agent, item.kind),
        "label_full": oracle.is_labelled_full(state, agent, item.queue_id),
        "held_back": any(
            load[held]
            and held != item.kind
            and item.kind not in oracle.may_interrupt(state, agent, held)
            for held in KINDS
        ),
    }
    found = {reason for reason, holds in truths.items() if holds}
    assert bool(found) != oracle.may_get(state, agent, item), "no reason is the same as may get it"
    return found


def check_lacks(engine: Engine, item: Interaction, found: Exclusion) -> None:
    """With what they lack the agent would be skilled."""
    skills = dict(engine.state.profile(found.agent_id).skills)
    for lack in found.lacks:
        if lack.high < 0:
            skills.pop(lack.skill_id, None)
        else:
            skills[lack.skill_id] = max(lack.low, 0)
    if found.lacks:
        queue = engine.state.queues[item.queue_id]
        assert meets(skills, required(queue, item.skills, item.step))


def test_teller_changes_nothing_of_what_it_folds() -> None:
    """Its state after the journal is the engine's own."""
    for seed in range(50):
        rng = random.Random(seed)
        day = Day()
        day.do(c.SetQueue(queue=two_steps()))
        for number in range(20):
            if rng.random() < 0.4:
                day.agent(f"us_{rng.randrange(3)}", ready=rng.random() < 0.8)
            day.arrives(f"in_{number}", priority=rng.randrange(3))
            for offer in list(day.engine.state.offers.values()):
                what = rng.choice([c.Accept, c.Reject])
                if rng.random() < 0.5:
                    day.do(what(offer_id=offer.id, agent_id=offer.agent_id))
            day.pass_s(rng.randrange(8))
        for key in ("in_0", "in_7", "in_19"):
            teller = Teller(None, key, "us_1")
            for line in day.lines:
                teller.fold(e.decode(line))
            if not teller.is_over:
                assert states.dump(teller.engine.state) == states.dump(day.engine.state)
            told = teller.finish(day.now_ms)
            assert told.queued_at_ms is not None
            ends = [one.to_ms or told.until_ms for one in told.stretches]
            total = sum(end - one.from_ms for one, end in zip(told.stretches, ends, strict=True))
            assert total == told.until_ms - told.queued_at_ms, "no moment is left out or told twice"
