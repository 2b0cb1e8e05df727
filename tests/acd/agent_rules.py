"""What agents and leads do, as rules of the machine in ``test_machine``."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.model.policy import Label, Policy

AGENTS = [f"us_agent{number}" for number in range(4)]
QUEUES = ["qu_one00", "qu_two00", "qu_three"]
LEAD = "us_lead00"
SLOTS = [f"sl_{number:06d}" for number in range(6)]
POLICIES = st.builds(
    Policy,
    interrupted_by=st.sampled_from(
        [
            {},
            {"call": ("chat", "message")},
            {"chat": (), "message": ("call",)},
            {"call": ("message",), "message": ()},
        ]
    ),
    quiet_chat_s=st.sampled_from([0, 4, 4]),
    labels=st.sampled_from(
        [
            (),
            (Label(name="rare", queue_ids=(QUEUES[0], QUEUES[2]), limit=1),),
            (
                Label(name="rare", queue_ids=(QUEUES[0],), limit=2),
                Label(name="never", queue_ids=(QUEUES[1], QUEUES[0]), limit=0),
            ),
        ]
    ),
    personal_limit=st.sampled_from([10, 1, 0]),
    sticky_waits=st.booleans(),
)
agents = st.sampled_from(AGENTS)
pick = st.integers(min_value=0, max_value=1_000)


class AgentRules(RuleBasedStateMachine):
    """Rules about agents; the machine brings the engine and the journal."""

    engine: Engine
    now_ms: int
    policies = 0

    def do(self, command: c.Command) -> list[e.Entry]:
        raise AssertionError("the machine brings this")

    def some(self, state: str, number: int) -> str | None:
        raise AssertionError("the machine brings this")

    def any(self, state: str) -> bool:
        raise AssertionError("the machine brings this")

    def dump(self) -> bytes:
        return states.dump(self.engine.state)

    @rule(agent=agents, ready=st.sampled_from([True, False, None]), max_s=st.sampled_from([0, 5]))
    def declares_next(self, agent: str, ready: bool | None, max_s: int) -> None:
        self.do(c.Connect(agent_id=agent))
        before = self.engine.state.agents[agent]
        is_busy = not self.engine.is_empty_handed(before)
        was = before.state, before.reason
        self.do(c.DeclareNext(agent_id=agent, ready=ready, reason="meal", max_s=max_s))
        after = self.engine.state.agents[agent]
        if is_busy:
            assert (after.state, after.reason) == was, "work in hand: nothing changes yet"
        elif ready is not None and before.away_until_ms is None:
            assert after.state == ("ready" if ready else "not_ready")

    @rule(agent=agents, ready=st.booleans(), max_s=st.sampled_from([0, 5]))
    def is_set_by_lead(self, agent: str, ready: bool, max_s: int) -> None:
        command = c.SetState(agent_id=agent, ready=ready, reason="meeting", max_s=max_s, by=LEAD)
        if any(isinstance(entry, e.AgentSet) for entry in self.do(command)):
            now = self.engine.state.agents[agent]
            assert now.set_by in (LEAD, ""), "who set it is told until the next change"

    @precondition(lambda self: self.policies < 2)
    @rule(policy=POLICIES)
    def policy_changes(self, policy: Policy) -> None:
        self.policies += 1
        self.do(c.SetPolicy(policy=policy))
        assert self.do(c.SetPolicy(policy=policy)) == []

    @rule(
        slot=st.sampled_from(SLOTS),
        agent=agents,
        kind=st.sampled_from(["call", "call", "chat"]),
        over=st.booleans(),
        hold=st.sampled_from([True, True, False]),
    )
    def slots(self, slot: str, agent: str, kind: Any, over: bool, hold: bool) -> None:
        command: c.Command = c.ReleaseSlot(slot_id=slot)
        if hold:
            command = c.HoldSlot(
                slot_id=slot, agent_id=agent, kind=kind, cause="consult", over_capacity=over
            )
        self.do(command)
        if hold is (slot in self.engine.state.slots):
            before = self.dump()
            assert self.do(command) == [], "a repeat does nothing"
            assert self.dump() == before

    @precondition(lambda self: self.any("waiting") or self.any("offered"))
    @rule(
        number=pick,
        state=st.sampled_from(["waiting", "offered", "active"]),
        agent=agents,
        what=st.sampled_from(["move", "prioritize", "assign", "assign"]),
    )
    def lead_steers(self, number: int, state: str, agent: str, what: str) -> None:
        item_id = self.some(state, number)
        if item_id is None:
            return
        item = self.engine.state.interactions[item_id]
        clock, queue_id = item.enqueued_at_ms, QUEUES[number % 3]
        commands: dict[str, c.Command] = {
            "move": c.Move(interaction_id=item_id, to_queue_id=queue_id, by=LEAD),
            "prioritize": c.Prioritize(interaction_id=item_id, priority=number % 7 - 3, by=LEAD),
            "assign": c.Assign(
                interaction_id=item_id, agent_id=agent, by=LEAD, over_capacity=number % 2 == 0
            ),
        }
        out = self.do(commands[what])
        assert not (out and state == "active"), "what an agent has is handed over, not steered"
        assert item.enqueued_at_ms == clock, "I9: the clock goes on"

    @precondition(lambda self: self.engine.state.offers)
    @rule(number=pick, agent=agents, signs_out=st.sampled_from([False, False, True]))
    def lead_takes_back(self, number: int, agent: str, signs_out: bool) -> None:
        if signs_out:
            if self.do(c.SignOut(agent_id=agent, by=LEAD)):
                assert self.engine.state.agents[agent].state == "offline"
            return
        offers = list(self.engine.state.offers.values())
        offer = offers[number % len(offers)]
        command = c.Recall(interaction_id=offer.interaction_id, agent_id=offer.agent_id)
        assert self.do(command)
        assert offer.id not in self.engine.state.offers
        self.do(command)

    @precondition(lambda self: self.any("active"))
    @rule(number=pick, agent=agents, who=st.sampled_from(["agent", "contact", "contact"]))
    def somebody_writes(self, number: int, agent: str, who: str) -> None:
        item_id = self.some("active", number)
        if item_id is None:
            return
        item = self.engine.state.interactions[item_id]
        if who == "contact":
            self.do(c.Hear(interaction_id=item_id))
            assert item.weight == 1, "whose contact writes counts"
            assert self.do(c.Hear(interaction_id=item_id)) == [], "told once in a while"
            return
        is_first = item.kind != "call" and not item.is_replied
        out = self.do(c.Reply(interaction_id=item_id, agent_id=agent))
        assert bool(out) == (is_first and item.agent_id == agent), "only the first reply counts"
        assert self.do(c.Reply(interaction_id=item_id, agent_id=agent)) == []

    @precondition(lambda self: self.any("wrap_up"))
    @rule(number=pick, chosen=st.booleans())
    def wraps_up_or_extends(self, number: int, chosen: bool) -> None:
        item_id = self.some("wrap_up", number)
        if item_id is None:
            return
        item = self.engine.state.interactions[item_id]
        if number % 2:
            until_ms, was_extended = item.wrap_up_until_ms, item.is_extended
            if self.do(c.ExtendWrapUp(interaction_id=item_id)):
                assert not was_extended, "extended once"
                assert until_ms is not None
                assert item.wrap_up_until_ms is not None
                assert item.wrap_up_until_ms > until_ms
            return
        disposition = "di_done0" if chosen else None
        out = self.do(c.WrapUp(interaction_id=item_id, disposition_id=disposition))
        assert bool(out) == (chosen or item.wrap_up != "forced"), "forced needs an outcome"

    @precondition(lambda self: self.engine.state.offers)
    @rule(number=pick, kind=st.sampled_from([c.Accept, c.Reject, c.Answer]))
    def answers_too_late(self, number: int, kind: Any) -> None:
        """The answer comes in the moment after its time, before anybody noticed."""
        offers = list(self.engine.state.offers.values())
        offer = offers[number % len(offers)]
        self.now_ms = max(self.now_ms, offer.expires_at_ms + number % 2)
        assert self.do(kind(offer_id=offer.id, agent_id=offer.agent_id)) == []
        self.do(c.Tick())

    @precondition(lambda self: self.engine.state.offers)
    @rule(ends=st.booleans())
    def everybody_accepts(self, ends: bool) -> None:
        for offer in list(self.engine.state.offers.values()):
            self.do(c.Accept(offer_id=offer.id, agent_id=offer.agent_id))
        while ends and (item_id := self.some("active", 0)) is not None:
            self.do(c.End(interaction_id=item_id))
