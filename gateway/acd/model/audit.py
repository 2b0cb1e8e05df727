"""Looks at the state from outside: promises that must hold whatever happened (trust I1 to I11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from gateway.acd.model.configuration import KINDS
from gateway.acd.model.state import State

Broken = Literal["interaction_lost", "interaction_offered_twice", "agent_load_wrong"]


def broken(state: State, stored_live_ids: Iterable[str]) -> list[tuple[Broken, str]]:
    """Return broken promises with the id each is about; empty when all is well.

    ``stored_live_ids`` are the interactions whose rows say that they are not over.
    """
    found: list[tuple[Broken, str]] = [
        ("interaction_lost", row_id) for row_id in stored_live_ids if not state.knows(row_id)
    ]
    offered: dict[str, str] = {}
    for offer in state.offers.values():
        item = state.interactions.get(offer.interaction_id)
        is_second = offer.interaction_id in offered
        if item is None or item.offer_id != offer.id or is_second:
            found.append(("interaction_offered_twice", offer.interaction_id))
        offered[offer.interaction_id] = offer.id
    found.extend(("agent_load_wrong", agent_id) for agent_id in _miscounted(state))
    return found


def _miscounted(state: State) -> list[str]:
    """Return agents whose load is not what their offers, work, wrap-up and slots add up to."""
    counted: dict[str, list[int]] = {agent_id: [0, 0, 0] for agent_id in state.agents}
    for item in state.interactions.values():
        holder = item.agent_id
        if item.state == "offered" and item.offer_id in state.offers:
            holder = state.offers[item.offer_id].agent_id
        if item.state != "waiting" and holder in counted:
            counted[holder][KINDS.index(item.kind)] += item.weight
    for slot in state.slots.values():
        if slot.agent_id in counted:
            counted[slot.agent_id][KINDS.index(slot.kind)] += 1
    return [agent_id for agent_id, agent in state.agents.items() if agent.load != counted[agent_id]]
