"""What agents and leads do, as rules of the machine in ``test_machine``."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.model.policy import Policy

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
)
agents = st.sampled_from(AGENTS)
pick = st.integers(min_value=0, max_value=1_000)


class AgentRules(RuleBasedStateMachine):
    """Rules about agents; the machine brings the engine and the journal."""

    engine: Engine
    now_ms: int

    def do(self, command: c.Command) -> list[e.Entry]:
        raise NotImplementedError

    def some(self, state: str, number: int) -> str | None:
        raise NotImplementedError

    def dump(self) -> bytes:
        return states.dump(self.engine.state)

    @rule(agent=agents, ready=st.sampled_from([True, False, None]), max_s=st.sampled_from([0, 5]))
    def declares_next(self, agent: str, ready: bool | None, max_s: int) -> None:
        self.do(c.Connect(agent_id=agent))
        before = self.engine.state.agents[agent]
        is_busy = any(before.load) or before.slots
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

    @rule(policy=POLICIES)
    def policy_changes(self, policy: Policy) -> None:
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
