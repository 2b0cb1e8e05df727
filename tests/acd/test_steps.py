"""Steps, orders of agents and overflow, one example each; random orders are in the machine."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.configuration import Overflow, Profile, QueueRule, Step
from gateway.acd.model.engine import Engine
from gateway.acd.model.interaction import Interaction
from tests.acd import oracle

BERLIN = (("sk_es", 60, 100),)
EXPERT = Step(needs=(BERLIN,), after_s=30)
SOMEBODY = Step(needs=((("sk_es", 0, 100),),), after_s=60, priority=2)
ANYONE = Step()


class Floor:
    """An engine with a journal that is replayed at the end."""

    def __init__(self, *rules: QueueRule) -> None:
        self.engine, self.now_ms, self.journal = Engine(), 1_000_000, list[bytes]()
        for rule in rules:
            self.do(c.SetQueue(queue=rule))

    def do(self, command: c.Command, after_s: float = 0) -> list[e.Entry]:
        self.now_ms += int(1000 * after_s)
        out = self.engine.handle(command, self.now_ms)
        self.journal += map(e.encode, out)
        oracle.check(self.engine)
        return out

    def tick(self, after_s: float) -> list[e.Entry]:
        return self.do(c.Tick(), after_s)

    def agent(self, name: str, *, ready: bool = True, **fields: Any) -> None:
        self.do(c.SetProfile(agent_id=name, profile=Profile(**fields)))
        self.do(c.Connect(agent_id=name))
        self.do(c.SetState(agent_id=name, ready=ready))

    def arrive(self, name: str, queue_id: str = "qu_1", **fields: Any) -> list[e.Entry]:
        known: dict[str, Any] = {"kind": "chat", **fields}
        return self.do(
            c.Enqueue(
                interaction_id=name,
                conversation_id=f"cv_{name}",
                queue_id=queue_id,
                created_at_ms=self.now_ms,
                **known,
            )
        )

    def item(self, name: str) -> Interaction:
        return self.engine.state.interactions[name]

    def rings_at(self, name: str) -> str | None:
        offers = self.engine.state.offers.values()
        return next((one.agent_id for one in offers if one.interaction_id == name), None)

    def replayed(self) -> None:
        """The journal gives the same state, bit for bit."""
        other = Engine()
        for body in self.journal:
            entry = e.decode(body)
            oracle.check_choice(other.state, entry)
            other.apply(entry)
        assert states.dump(other.state) == states.dump(self.engine.state)
        oracle.check_rebuilt(self.engine)


def queue(*steps: Step, **fields: Any) -> QueueRule:
    return QueueRule(queue_id="qu_1", **{"steps": steps or (ANYONE,), **fields})


# ---- steps -----------------------------------------------------------------------------------


def test_the_demand_relaxes_with_time_and_the_clock_goes_on() -> None:
    floor = Floor(queue(EXPERT, SOMEBODY, ANYONE))
    floor.agent("us_novice", skills={"sk_es": 10})
    floor.arrive("in_1")
    before = replace(floor.item("in_1"))
    assert floor.tick(29.9) == []
    out = floor.tick(0.1)
    assert [type(entry) for entry in out] == [e.Relaxed, e.Offered]
    relaxed = out[0]
    assert isinstance(relaxed, e.Relaxed)
    assert (relaxed.step, relaxed.reason, relaxed.priority) == (1, "expired", 2)
    after = floor.item("in_1")
    assert (after.enqueued_at_ms, after.score) == (before.enqueued_at_ms, before.score - 120_000)
    floor.replayed()


def test_expiry_pauses_while_an_offer_is_out() -> None:
    floor = Floor(queue(EXPERT, ANYONE))
    floor.agent("us_expert", skills={"sk_es": 90})
    floor.agent("us_other")
    floor.do(c.SetState(agent_id="us_expert", ready=False))
    floor.arrive("in_1")
    floor.tick(20)
    floor.do(c.SetState(agent_id="us_expert", ready=True))
    assert floor.rings_at("in_1") == "us_expert"
    floor.tick(25)
    assert floor.item("in_1").step == 0, "20 s passed before it rang; 10 s are left"
    offer = next(iter(floor.engine.state.offers.values()))
    floor.do(c.Reject(offer_id=offer.id, agent_id="us_expert"))
    floor.do(c.SetState(agent_id="us_expert", ready=False))
    floor.tick(9.9)
    assert floor.rings_at("in_1") is None
    floor.tick(0.1)
    assert floor.rings_at("in_1") == "us_other"
    floor.replayed()


def test_what_an_agent_had_goes_on_in_its_step_when_the_agent_is_lost() -> None:
    floor = Floor(queue(EXPERT, ANYONE, overflow=(Overflow(when="wait", limit=300),)))
    floor.arrive("in_1")
    floor.tick(10)
    floor.agent("us_expert", skills={"sk_es": 90})
    offer = next(iter(floor.engine.state.offers.values()))
    floor.do(c.Accept(offer_id=offer.id, agent_id="us_expert"))
    floor.do(c.Drop(agent_id="us_expert"), after_s=1_000)
    out = floor.tick(20)
    assert any(isinstance(entry, e.Released) for entry in out)
    assert floor.item("in_1").step == 0
    assert floor.engine.next_due_ms() == floor.now_ms + 20_000
    floor.tick(299)
    assert floor.item("in_1").state == "waiting", "the limit began anew"
    floor.replayed()


@pytest.mark.parametrize("nobody", ["nobody_ready", "nobody_on_duty"])
def test_a_step_is_passed_over_when_nobody_is_there_for_it(nobody: Any) -> None:
    floor = Floor(queue(replace(EXPERT, skip_if=nobody), replace(SOMEBODY, skip_if=nobody), ANYONE))
    floor.agent("us_other")
    out = floor.arrive("in_1")
    assert [getattr(entry, "reason", None) for entry in out] == [None, nobody, nobody, None]
    assert floor.rings_at("in_1") == "us_other"
    assert floor.item("in_1").priority == 2, "a step that is passed over changes it all the same"
    floor.agent("us_expert", skills={"sk_es": 90}, ready=False)
    floor.arrive("in_2")
    is_passed = nobody == "nobody_ready"
    assert (floor.rings_at("in_2") == "us_other") == is_passed, "on duty, but not ready"
    floor.replayed()


def test_a_change_of_rules_keeps_who_is_past_the_last_step_there() -> None:
    floor = Floor(queue(EXPERT, SOMEBODY, ANYONE))
    floor.arrive("in_1")
    floor.tick(90)
    assert floor.item("in_1").step == 2
    floor.do(c.SetQueue(queue=queue(EXPERT, SOMEBODY)))
    floor.tick(1_000)
    assert floor.item("in_1").step == 2
    floor.agent("us_novice", skills={"sk_es": 10})
    assert floor.rings_at("in_1") == "us_novice", "the last step that there is"
    floor.replayed()


def test_a_step_that_became_one_among_others_gets_its_time() -> None:
    floor = Floor(queue(replace(EXPERT, after_s=None)))
    floor.agent("us_other")
    floor.arrive("in_1")
    floor.tick(500)
    floor.do(c.SetQueue(queue=queue(EXPERT, ANYONE)))
    floor.tick(30)
    assert floor.rings_at("in_1") == "us_other"
    floor.replayed()


def test_own_skills_are_dropped_only_by_a_step_that_says_so() -> None:
    floor = Floor(queue(Step(after_s=10), Step(after_s=10, drops_own=True), ANYONE))
    floor.agent("us_other")
    floor.arrive("in_1", skills={"sk_fr": 50})
    floor.tick(9)
    assert floor.rings_at("in_1") is None
    floor.tick(1)
    assert floor.rings_at("in_1") == "us_other"
    floor.replayed()


def test_a_transfer_begins_at_the_first_step() -> None:
    floor = Floor(queue(Step(after_s=5), ANYONE), replace(queue(EXPERT, ANYONE), queue_id="qu_2"))
    floor.arrive("in_1")
    floor.tick(5)
    floor.agent("us_1")
    offer = next(iter(floor.engine.state.offers.values()))
    floor.do(c.Accept(offer_id=offer.id, agent_id="us_1"))
    floor.do(c.Transfer(interaction_id="in_1", to_queue_id="qu_2"))
    assert (floor.item("in_1").step, floor.rings_at("in_1")) == (0, None)
    floor.tick(30)
    assert floor.item("in_1").step == 1
    floor.replayed()


def test_an_unservable_head_blocks_nobody() -> None:
    impossible, unknown = Step(needs=()), Step(needs=((("sk_nobody", 1, 100),),))
    floor = Floor(
        queue(impossible), replace(queue(unknown), queue_id="qu_2"), QueueRule(queue_id="qu_3")
    )
    floor.arrive("in_1", priority=50)
    floor.arrive("in_2", "qu_2", priority=50)
    floor.arrive("in_3", "qu_3", skills={"sk_nobody": 1}, priority=50)
    floor.arrive("in_4", "qu_3")
    floor.agent("us_1", capacity={"chat": 9})
    assert [floor.rings_at(f"in_{n}") for n in (1, 2, 3, 4)] == [None, None, None, "us_1"]
    floor.do(c.SetQueue(queue=queue()))
    assert floor.rings_at("in_1") == "us_1", "as soon as it can be served, it is"
    floor.replayed()


# ---- orders of agents ------------------------------------------------------------------------


def given(order: Any, count: int, *names: str, **rule: Any) -> list[str | None]:
    """Let work arrive that is answered and ended at once; return who got it."""
    floor = Floor(queue(order=order, **rule))
    found = []
    for name in names:
        number = len(floor.engine.state.agents)
        floor.agent(name, capacity={"chat": 2 + 2 * number}, skills={"sk_es": 30 * number},
                    weight=100 * (1 + number))  # fmt: skip
    for number in range(count):
        work = f"in_{number:04d}"
        floor.arrive(work)
        found.append(floor.rings_at(work))
        offer = next(iter(floor.engine.state.offers.values()))
        floor.do(c.Accept(offer_id=offer.id, agent_id=offer.agent_id), after_s=1)
        floor.do(c.End(interaction_id=work), after_s=1)
    floor.replayed()
    return found


def test_orders_of_agents() -> None:
    three = ("us_a", "us_b", "us_c")
    assert given("longest_idle", 4, *three) == ["us_a", "us_b", "us_c", "us_a"]
    assert given("round_robin", 4, "us_c", "us_a", "us_b") == ["us_a", "us_b", "us_c", "us_a"]
    needs = Step(needs=((("sk_es", 0, 100),),))
    assert given("best_skill", 3, *three, steps=(needs,)) == ["us_c"] * 3
    shares = given("weighted", 60, *three)
    assert [shares.count(name) for name in three] == [10, 20, 30], "weights 100, 200 and 300"
    liked = Step(preferred=((("sk_es", 30, 30),),))
    assert given("longest_idle", 2, *three, steps=(liked,)) == ["us_b", "us_b"]


def test_least_loaded_goes_by_the_share_of_the_capacity() -> None:
    floor = Floor(queue(order="least_loaded"))
    floor.agent("us_small", capacity={"chat": 2})
    floor.agent("us_large", capacity={"chat": 10})
    got = []
    for number in range(8):
        floor.arrive(f"in_{number}")
        got.append(floor.rings_at(f"in_{number}"))
    assert got.count("us_small") == 2
    assert got[:4] == ["us_small", "us_large", "us_large", "us_large"]
    floor.replayed()


def test_a_manual_queue_offers_nothing_and_lets_agents_take() -> None:
    floor = Floor(queue(order="manual"), QueueRule(queue_id="qu_2"))
    floor.agent("us_1", capacity={"chat": 1})
    assert len(floor.arrive("in_1")) == 1
    floor.do(c.SetState(agent_id="us_1", ready=False))
    floor.do(c.SetState(agent_id="us_1", ready=True))
    floor.arrive("in_2", "qu_2")
    assert floor.rings_at("in_2") == "us_1", "what waits for a hand blocks nobody"
    floor.do(c.Abandon(interaction_id="in_2"))
    floor.do(c.Take(interaction_id="in_1", agent_id="us_1"))
    assert floor.item("in_1").agent_id == "us_1"
    floor.arrive("in_3")
    floor.agent("us_2")
    floor.do(c.SetQueue(queue=queue()))
    assert floor.rings_at("in_3") == "us_2", "the order changed: it is offered"
    floor.arrive("in_4", skills={"sk_nobody": 1})
    floor.do(c.SetQueue(queue=queue(order="manual")))
    floor.do(c.Take(interaction_id="in_4", agent_id="us_2"))
    floor.replayed()


# ---- overflow --------------------------------------------------------------------------------


def test_too_long_goes_on_with_the_same_clock() -> None:
    out_of = queue(overflow=(Overflow(when="wait", limit=60, to_queue_id="qu_2"),))
    floor = Floor(out_of, QueueRule(queue_id="qu_2"))
    floor.agent("us_1", queue_ids=("qu_2",))
    floor.arrive("in_1")
    before = replace(floor.item("in_1"))
    assert floor.tick(59.9) == []
    out = floor.tick(0.1)
    assert [type(entry) for entry in out] == [e.Overflowed, e.Offered]
    after = floor.item("in_1")
    assert (after.queue_id, after.score) == ("qu_2", before.score)
    assert after.enqueued_at_ms == before.enqueued_at_ms
    floor.replayed()


def test_overflow_round_and_round_ends() -> None:
    rules = [
        QueueRule(
            queue_id=f"qu_{number}",
            overflow=(Overflow(when="size", limit=0, to_queue_id=f"qu_{number % 3 + 1}"),),
        )
        for number in (1, 2, 3)
    ]
    floor = Floor(*rules)
    out = floor.arrive("in_1")
    ways = [entry.to_queue_id for entry in out if isinstance(entry, e.Overflowed)]
    assert ways == ["qu_2", "qu_3"], "every queue once"
    assert floor.item("in_1").state == "waiting"
    floor.replayed()


def test_too_many_goes_on_only_if_it_would_wait() -> None:
    floor = Floor(queue(overflow=(Overflow(when="size", limit=1),)))
    floor.agent("us_1", capacity={"chat": 1})
    floor.arrive("in_1")
    floor.arrive("in_2")
    assert (floor.rings_at("in_1"), floor.item("in_2").state) == ("us_1", "waiting")
    out = floor.arrive("in_3")
    assert isinstance(out[-1], e.Overflowed)
    assert out[-1].to_queue_id is None
    assert "in_3" not in floor.engine.state.interactions, "over for routing"
    assert floor.arrive("in_3") == [], "a late repeat does not queue it again"
    floor.replayed()


def test_nobody_on_duty_at_arrival_and_when_the_last_one_leaves() -> None:
    skilled = Step(needs=((("sk_es", 0, 100),),))
    floor = Floor(queue(skilled, overflow=(Overflow(when="nobody_on_duty"),)))
    floor.agent("us_other")
    assert isinstance(floor.arrive("in_1")[-1], e.Overflowed), "on duty, but without the skill"
    floor.agent("us_1", skills={"sk_es": 1}, ready=False)
    floor.arrive("in_2")
    assert floor.item("in_2").state == "waiting"
    floor.do(c.Drop(agent_id="us_1"))
    assert floor.tick(19) == [], "still in the grace to come back"
    out = floor.tick(1)
    assert isinstance(out[-1], e.Overflowed)
    assert out[-1].reason == "nobody_on_duty"
    floor.agent("us_1", skills={"sk_es": 1}, ready=False)
    floor.arrive("in_3")
    out = floor.do(c.SetProfile(agent_id="us_1", profile=Profile()))
    assert isinstance(out[-1], e.Overflowed), "nobody has the skill any more"
    floor.arrive("in_4", kind="message")
    assert floor.item("in_4").state == "waiting", "a message is never asked for a message"
    floor.replayed()


def test_closed_sends_on_who_comes_and_an_emergency_who_waits() -> None:
    floor = Floor(queue(overflow=(Overflow(when="closed", to_queue_id="qu_2"),)),
                  QueueRule(queue_id="qu_2"))  # fmt: skip
    floor.arrive("in_1")
    floor.do(c.SetOpen(queue_id="qu_1", closed="hours"))
    assert floor.do(c.SetOpen(queue_id="qu_1", closed="hours")) == [], "known"
    assert floor.item("in_1").queue_id == "qu_1", "who waits is still served"
    floor.arrive("in_2")
    assert floor.item("in_2").queue_id == "qu_2"
    floor.do(c.SetOpen(queue_id="qu_1", closed="emergency"))
    assert floor.item("in_1").queue_id == "qu_2"
    floor.do(c.SetOpen(queue_id="qu_1"))
    floor.arrive("in_3")
    assert floor.item("in_3").queue_id == "qu_1"
    floor.replayed()


def test_limits_follow_a_change_of_rules() -> None:
    floor = Floor(queue(overflow=(Overflow(when="wait", limit=600),)))
    floor.arrive("in_1")
    floor.tick(100)
    floor.do(c.SetQueue(queue=queue(overflow=(Overflow(when="wait", limit=60, to_queue_id="qu_9"),
                                              Overflow(when="wait", limit=200)))))  # fmt: skip
    out = floor.tick(0)
    assert [type(entry) for entry in out] == [e.OverflowPassed], "qu_9 is not there (any more)"
    out = floor.tick(100)
    assert isinstance(out[-1], e.Overflowed)
    assert out[-1].to_queue_id is None
    floor.replayed()


def test_who_waits_for_one_agent_does_so_before_the_steps() -> None:
    rule = queue(EXPERT, ANYONE)
    floor = Floor(rule)
    floor.agent("us_1")
    floor.agent("us_2", capacity={"chat": 0})
    floor.arrive("in_0")
    floor.tick(30)
    offer = next(iter(floor.engine.state.offers.values()))
    floor.do(c.Accept(offer_id=offer.id, agent_id="us_1"))
    floor.do(c.SetProfile(agent_id="us_2", profile=Profile(capacity={"chat": 1})))
    floor.do(c.SetState(agent_id="us_2", ready=True))
    floor.do(c.Transfer(interaction_id="in_0", to_agent_id="us_2"))
    assert floor.rings_at("in_0") == "us_2"
    offer = next(iter(floor.engine.state.offers.values()))
    floor.do(c.Reject(offer_id=offer.id, agent_id="us_2"))
    assert floor.item("in_0").step_until_ms == floor.now_ms + 30_000
    floor.replayed()
