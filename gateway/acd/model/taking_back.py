"""Decisions of leads that take something back: an offer they made, an agent's place at the desk."""

from __future__ import annotations

from gateway.acd.model import commands as c
from gateway.acd.model.clockwork import let_go
from gateway.acd.model.matching import Matching
from gateway.acd.model.offering import end_offer, item_of
from gateway.acd.model.staffing import on_duty
from gateway.kernel.errors import WeccError


def recall(engine: Matching, command: c.Recall) -> None:
    """Take back what rings at an agent: it waits again, at its old place."""
    item = item_of(engine, command.interaction_id)
    offer = engine.state.offers.get(item.offer_id or "")
    if item.state != "offered" or offer is None or offer.agent_id != command.agent_id:
        raise WeccError("conflict", "It does not ring at this agent any more.")
    agent = engine.state.agents[offer.agent_id]
    end_offer(engine, offer, "withdrawn")
    engine.fill_up_to(agent, item)
    engine.match(item)
    engine.fill(agent)


def sign_out(engine: Matching, command: c.SignOut) -> None:
    """The agent is offline at once: what they held waits again at its old place."""
    let_go(engine, on_duty(engine, command.agent_id), command.by)
