"""Why this agent and not that one: over random event orders brute force gives the same answers."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from gateway.acd.model import entries as e
from gateway.acd.model.engine import Engine
from gateway.acd.model.exclusion import REASONS, exclusion
from gateway.acd.model.story import AgentAtOffer
from gateway.acd.model.teller import Teller
from tests.acd import oracle
from tests.acd.agent_rules import AGENTS
from tests.acd.test_machine import Floor
from tests.acd.test_teller import check_lacks, naive

SEEN: Counter[str] = Counter()
EXAMPLES = 120


class Asked(Floor):
    """The machine of ``test_machine``, asked for reasons on the way and for stories at the end."""

    @precondition(lambda self: self.any("waiting"))
    @rule(number=st.integers(min_value=0, max_value=50))
    def why_not(self, number: int) -> None:
        """Every agent has exactly the reasons against them that slow rules find."""
        engine = self.engine
        item = engine.state.interactions[str(self.some("waiting", number))]
        for agent_id in engine.state.agents:
            found = exclusion(engine.state, engine.index, item, agent_id)
            assert set(found.reasons) == naive(engine, item, agent_id)
            assert found.reasons == [one for one in REASONS if one in found.reasons]
            check_lacks(engine, item, found)
            SEEN.update(found.reasons)

    def teardown(self) -> None:
        super().teardown()
        offers = [e.decode(body) for body in self.journal]
        times = Counter(one.interaction_id for one in offers if isinstance(one, e.Offered))
        for interaction_id, _ in times.most_common(2):
            for agent_id in AGENTS[:3]:
                self.check_story(interaction_id, agent_id)

    def check_story(self, interaction_id: str, agent_id: str) -> None:
        """The story told of an agent at each offer follows from the state just before it."""
        expected: list[AgentAtOffer] = []
        teller, shadow = Teller(None, interaction_id, agent_id), Engine()
        for body in self.journal:
            entry = e.decode(body)
            if isinstance(entry, e.Offered) and entry.interaction_id == interaction_id:
                expected.append(brute_force(shadow, entry, agent_id))
            teller.fold(entry)
            shadow.apply(entry)
        agent = teller.finish(self.now_ms).agent
        assert agent is not None
        assert len(agent.offers) == len(expected)
        for told, wanted in zip(agent.offers, expected, strict=True):
            assert (told.offer_id, told.at_ms, told.rank) == (
                wanted.offer_id, wanted.at_ms, wanted.rank,
            )  # fmt: skip
            assert (told.exclusion is None) == (wanted.exclusion is None)
            SEEN[f"rank {told.rank}"] += 1


def brute_force(shadow: Engine, entry: e.Offered, agent_id: str) -> AgentAtOffer:
    """Say by the slow rules where an agent stood when somebody got an offer."""
    state, item = shadow.state, shadow.state.interactions[entry.interaction_id]
    order = oracle.agents_for(state, item)
    rank = order.index(agent_id) + 1 if agent_id in order else None
    if entry.found_by == "work":
        assert order[0] == entry.agent_id, "who got it stood first"
    elif entry.found_by == "agent":
        assert entry.agent_id in order
    reasons = naive(shadow, item, agent_id) if agent_id in state.agents else {"offline"}
    assert bool(reasons) == (rank is None), "a place in the order, or a reason why there is none"
    against = None
    if reasons:
        against = exclusion(state, shadow.index, item, agent_id)
        assert set(against.reasons) == reasons
    return AgentAtOffer(offer_id=entry.offer_id, at_ms=entry.at_ms, rank=rank, exclusion=against)


def test_reasons_and_ranks_equal_those_of_brute_force() -> None:
    rules = settings(
        max_examples=EXAMPLES,
        stateful_step_count=40,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(20_261)(Asked), settings=rules)
    wanted = {"not_ready", "unskilled", "passed_over", "rank 1", "rank 2", "rank None"}
    assert not wanted - set(SEEN), SEEN
