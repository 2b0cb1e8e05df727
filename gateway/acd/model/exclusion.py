"""Why one agent did not get a piece of waiting work: every reason that held, the weightiest first.

Whoever has no reason against them fits and was free: then somebody else came before them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import KIND_NUMBER, KINDS, required
from gateway.acd.model.expression import LACKS, Needs, meets
from gateway.acd.model.idle import Seat
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State

Reason = Literal[
    "offline", "not_ready", "reconnecting", "for_another", "other_queue", "unskilled",
    "passed_over", "at_capacity", "label_full", "held_back", "next_declared", "by_hand",
]  # fmt: skip
REASONS: tuple[Reason, ...] = (
    "offline", "not_ready", "reconnecting", "for_another", "other_queue", "unskilled",
    "passed_over", "at_capacity", "label_full", "held_back", "next_declared", "by_hand",
)  # fmt: skip


class Lack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A skill asked for between two levels (low -1: may be without it), and the agent's level."""

    skill_id: str
    low: int
    high: int
    has: int | None = None


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What kept one agent from the work; no ``reasons`` when nothing did.

    ``held`` and ``limit`` are of the kind of work. ``state_reason`` is why they were not ready.
    ``lacks`` is the shortest list of skills that would have made them fit.
    """

    agent_id: str
    reasons: list[Reason]
    held: int = 0
    limit: int = 0
    state_reason: str = ""
    passed_over_until_ms: int | None = None
    lacks: list[Lack] = []


def exclusion(state: State, index: Index, item: Interaction, agent_id: str) -> Exclusion:
    """Say what keeps an agent from waiting work now."""
    seat = index.seats.get(agent_id)
    if seat is None:
        return Exclusion(agent_id=agent_id, reasons=["offline"])
    agent, kind = seat.agent, KIND_NUMBER[item.kind]
    found = {*_absent(agent), *_unfit(state, index, item, agent_id), *_full(seat, item)}
    return Exclusion(
        agent_id=agent_id,
        reasons=[reason for reason in REASONS if reason in found],
        held=agent.load[kind],
        limit=seat.limits[kind],
        state_reason=agent.reason if agent.state == "not_ready" else "",
        passed_over_until_ms=item.excluded.get(agent_id) if "passed_over" in found else None,
        lacks=_lacks(state, item, agent_id) if "unskilled" in found else [],
    )


def is_open(seat: Seat, item: Interaction) -> bool:
    """Tell whether work of this kind may be offered to the agent now."""
    return KIND_NUMBER[item.kind] in seat.open


def _absent(agent: Agent) -> list[Reason]:
    """Not at the desk, or not for new work."""
    if agent.state != "ready":
        return ["offline"] if agent.state == "offline" else ["not_ready"]
    found: list[Reason] = []
    if agent.away_until_ms is not None:
        found.append("reconnecting")
    if agent.next_state is not None:
        found.append("next_declared")
    return found


def _unfit(state: State, index: Index, item: Interaction, agent_id: str) -> list[Reason]:
    """Not the one it waits for, not of the queue, turned it down, or a queue given out by hand."""
    if item.direct_agent_id is not None:
        return [] if item.direct_agent_id == agent_id else ["for_another"]
    found: list[Reason] = []
    if not state.profile(agent_id).serves(item.queue_id):
        found.append("other_queue")
    if not meets(state.profile(agent_id).skills, _needed(state, item)):
        found.append("unskilled")
    if agent_id in item.excluded:
        found.append("passed_over")
    if index.backlog.is_manual(item):
        found.append("by_hand")
    return found


def _full(seat: Seat, item: Interaction) -> list[Reason]:
    """As many of this kind, or label, as allowed, or other work that it may not interrupt."""
    load, kind = seat.agent.load, KIND_NUMBER[item.kind]
    found: list[Reason] = []
    if load[kind] >= seat.limits[kind]:
        found.append("at_capacity")
    if item.queue_id in seat.closed:
        found.append("label_full")
    if any(load[held] and not seat.allows[held] >> kind & 1 for held in range(len(KINDS))):
        found.append("held_back")
    return found


def _needed(state: State, item: Interaction) -> Needs:
    return required(state.queues.get(item.queue_id), item.skills, item.step)


def _lacks(state: State, item: Interaction, agent_id: str) -> list[Lack]:
    """Return what the agent would need, by the alternative that asks for the least more.

    Nothing when what is asked for contradicts itself.
    """
    skills = state.profile(agent_id).skills
    ways = [
        [
            Lack(skill_id=skill, low=low, high=high, has=skills.get(skill))
            for skill, low, high in alternative
            if not low <= skills.get(skill, LACKS) <= high
        ]
        for alternative in _needed(state, item)
    ]
    return min(ways, key=len, default=[])
