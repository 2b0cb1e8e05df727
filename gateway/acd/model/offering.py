"""Decisions about offers."""

from __future__ import annotations

from typing import Literal

from gateway.acd.model import commands as c
from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.capacity import has_room
from gateway.acd.model.configuration import ANSWERING_MS, KIND_NUMBER, REOFFER_AFTER_MS
from gateway.acd.model.interaction import Interaction, Offer
from gateway.acd.model.matching import Matching
from gateway.acd.model.queueing import open_up
from gateway.kernel.errors import WeccError, not_found

Outcome = Literal["rejected", "expired", "withdrawn"]


def answer(engine: Matching, command: c.Answer) -> None:
    """The agent pressed accept on a call: keep the offer while media is prepared."""
    if has_accepted(engine, command.offer_id, command.agent_id):
        return
    offer = live_offer(engine, command.offer_id, command.agent_id)
    until_ms = engine.now_ms + ANSWERING_MS
    if until_ms > offer.expires_at_ms:
        engine.emit(e.OfferHeld(at_ms=engine.now_ms, offer_id=offer.id, expires_at_ms=until_ms))


def accept(engine: Matching, command: c.Accept) -> None:
    """The agent takes the offer; repeating it is harmless."""
    offer = engine.state.offers.get(command.offer_id)
    if offer is None and has_accepted(engine, command.offer_id, command.agent_id):
        return
    offer = checked(engine, offer, command.agent_id)
    due_ms, warn_ms = reply_times(engine, engine.state.interactions[offer.interaction_id])
    engine.emit(
        e.Accepted(
            at_ms=engine.now_ms,
            offer_id=offer.id,
            interaction_id=offer.interaction_id,
            agent_id=offer.agent_id,
            reply_due_ms=due_ms,
            reply_warn_ms=warn_ms,
        )
    )


def reject(engine: Matching, command: c.Reject) -> None:
    """The agent turns the offer down: the work keeps its place and passes the agent over once."""
    offer = live_offer(engine, command.offer_id, command.agent_id)
    agent = engine.state.agents[offer.agent_id]
    engine.match(end_offer(engine, offer, "rejected"))
    engine.fill(agent)


def take(engine: Matching, command: c.Take) -> None:
    """The agent takes waiting work by hand; a call rings at once instead."""
    item = item_of(engine, command.interaction_id)
    if item.agent_id == command.agent_id and item.state == "active":
        return
    agent = engine.state.agents.get(command.agent_id)
    if item.state != "waiting":
        raise WeccError("conflict", "It no longer waits: somebody has it or it is ringing.")
    if agent is None or agent.state == "offline":
        raise WeccError("wrong_state", "You are offline. Open the desk first.")
    check_pull(engine, item, command)
    seat = engine.index.seats[agent.id]
    kind = KIND_NUMBER[item.kind]
    if not has_room(engine, agent, kind, item.queue_id):
        raise WeccError("wrong_state", "You hold as many of this kind as you may.")
    if item.kind == "call":
        engine.offer(item, [seat], "hand")
    else:
        due_ms, warn_ms = reply_times(engine, item)
        taken = e.Taken(
            at_ms=engine.now_ms,
            interaction_id=item.id,
            agent_id=agent.id,
            reply_due_ms=due_ms,
            reply_warn_ms=warn_ms,
        )
        engine.emit(taken)


def check_pull(engine: Matching, item: Interaction, command: c.Take) -> None:
    """Refuse to take by hand what is not among the oldest that the queue lets agents choose."""
    if command.any_place or item.direct_agent_id == command.agent_id:
        return
    queue = engine.state.queues.get(item.queue_id)
    oldest = queue.pull_oldest if queue is not None else 0
    if engine.index.place(item) > oldest:
        raise WeccError(
            "wrong_state",
            f"Only the oldest {oldest} of this queue may be taken by hand."
            if oldest
            else "This queue gives its work out itself; nothing is taken by hand.",
        )


def reply_times(engine: Matching, item: Interaction) -> tuple[int | None, int | None]:
    """Return until when a chat must be replied to, and when its agent is reminded."""
    queue = engine.state.queues.get(item.queue_id)
    if item.kind != "chat" or queue is None or not queue.reply_timeout_s:
        return None, None
    wait_ms = 1000 * queue.reply_timeout_s
    return engine.now_ms + wait_ms, engine.now_ms + wait_ms * 2 // 3


def end_offer(engine: Matching, offer: Offer, outcome: Outcome) -> Interaction:
    """End a live offer that was not accepted; direct work opens to its queue."""
    until_ms = None if outcome == "withdrawn" else engine.now_ms + REOFFER_AFTER_MS
    engine.emit(
        e.OfferEnded(
            at_ms=engine.now_ms,
            offer_id=offer.id,
            interaction_id=offer.interaction_id,
            agent_id=offer.agent_id,
            outcome=outcome,
            excluded_until_ms=until_ms,
        )
    )
    item = engine.state.interactions[offer.interaction_id]
    if item.direct_agent_id is not None:
        open_up(engine, item)
    return item


def withdraw(engine: Matching, item: Interaction) -> Agent | None:
    """Take back a live offer; return the agent it rang at."""
    if item.offer_id is None or item.state != "offered":
        return None
    offer = engine.state.offers[item.offer_id]
    end_offer(engine, offer, "withdrawn")
    return engine.state.agents[offer.agent_id]


def withdraw_all(engine: Matching, agent: Agent) -> list[Interaction]:
    """Take back everything that rings at the agent."""
    work = list(engine.index.work_of.get(agent.id, ()))
    ringing = [engine.state.interactions[interaction_id] for interaction_id in work]
    ringing = [item for item in ringing if item.state == "offered"]
    for item in sorted(ringing, key=lambda item: item.number):
        withdraw(engine, item)
    return ringing


def live_offer(engine: Matching, offer_id: str, agent_id: str) -> Offer:
    """Return the offer if it is this agent's and still rings."""
    return checked(engine, engine.state.offers.get(offer_id), agent_id)


def checked(engine: Matching, offer: Offer | None, agent_id: str) -> Offer:
    """Return the offer; refuse one that is gone, somebody else's or over."""
    if offer is None or offer.agent_id != agent_id or offer.expires_at_ms <= engine.now_ms:
        raise WeccError("offer_gone")
    return offer


def has_accepted(engine: Matching, offer_id: str, agent_id: str) -> bool:
    """Tell whether this agent already holds what the offer was for."""
    work = engine.index.work_of.get(agent_id, {})
    items = (engine.state.interactions[interaction_id] for interaction_id in work)
    return any(item.offer_id == offer_id and item.state != "offered" for item in items)


def item_of(engine: Matching, interaction_id: str) -> Interaction:
    """Return an interaction that is not over."""
    item = engine.state.interactions.get(interaction_id)
    if item is None:
        raise not_found("interaction")
    return item
