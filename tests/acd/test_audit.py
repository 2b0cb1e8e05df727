"""The audit finds what must never be, and says nothing of what is well."""

from __future__ import annotations

from gateway.acd.model.agent import Agent
from gateway.acd.model.audit import broken
from gateway.acd.model.interaction import Interaction, Offer
from gateway.acd.model.state import State


def work(number: int, **fields: object) -> Interaction:
    known: dict[str, object] = {
        "kind": "chat",
        "call_id": None,
        "queue_id": "qu_1",
        "skills": {},
        "priority": 0,
    }
    times = {"created_at_ms": 1, "enqueued_at_ms": 1, "score": 1, "number": number}
    conversation = {"id": f"in_{number}", "conversation_id": f"cv_{number}", "is_robot": False}
    return Interaction(**{**known, **times, **conversation, **fields})  # type: ignore[arg-type]


def test_a_sound_state_has_nothing_to_tell() -> None:
    item = work(1, state="offered", offer_id="of_1")
    offer = Offer(
        id="of_1", interaction_id="in_1", agent_id="us_1", offered_at_ms=1, expires_at_ms=2
    )
    state = State(
        interactions={"in_1": item, "in_2": work(2)},
        offers={"of_1": offer},
        agents={"us_1": Agent(id="us_1", load=[1, 0, 0])},
    )
    assert broken(state, ["in_1", "in_2"]) == []


def test_what_only_the_disk_knows_is_lost() -> None:
    assert broken(State(), ["in_9"]) == [("interaction_lost", "in_9")]


def test_two_offers_of_one_interaction_are_found() -> None:
    item = work(1, state="offered", offer_id="of_1")
    offers = {
        name: Offer(
            id=name, interaction_id="in_1", agent_id="us_1", offered_at_ms=1, expires_at_ms=2
        )
        for name in ("of_1", "of_2")
    }
    state = State(interactions={"in_1": item}, offers=offers)
    assert ("interaction_offered_twice", "in_1") in broken(state, ["in_1"])


def test_a_wrong_load_is_found() -> None:
    state = State(agents={"us_1": Agent(id="us_1", load=[2, 0, 0])})
    assert broken(state, []) == [("agent_load_wrong", "us_1")]
