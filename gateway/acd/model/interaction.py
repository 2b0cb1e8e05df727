"""One unit of work: waiting -> offered -> active -> wrap_up -> closed, or abandoned."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.configuration import WrapUpMode

State = Literal["waiting", "offered", "active", "wrap_up", "closed", "abandoned", "overflowed"]
Kind = Literal["chat", "call", "message"]
SlotCause = Literal["consult", "conference", "call"]


class Interaction(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What the engine holds of an interaction until it is over.

    ``score`` orders waiting work (lowest first): enqueue time less a minute per unit of
    priority. ``number`` breaks ties. ``epoch`` rises with every change of state.
    ``excluded`` maps agents who are passed over to the time until when. ``weight`` is what it
    takes of its agent's capacity: 0 during an optional wrap-up and for a quiet chat.
    ``reply_due_ms`` is when a chat without a first reply goes to somebody else; its agent is
    warned at ``reply_warn_ms``. ``is_replied`` tells that the agent who has it wrote once.

    ``step`` is where it stands among its queue's steps, until ``step_until_ms``; while an offer
    is out the rest is kept in ``step_left_ms``. ``queued_at_ms`` is when it began to wait in
    this queue, ``overflow_at_ms`` when it waited too long there, ``left_queues`` where it
    overflowed from: it does not go back there by itself.
    """

    id: str
    kind: Kind
    conversation_id: str
    call_id: str | None
    queue_id: str
    skills: dict[str, int]
    priority: int
    created_at_ms: int
    enqueued_at_ms: int
    score: int
    number: int
    is_robot: bool
    state: State = "waiting"
    epoch: int = 1
    offer_id: str | None = None
    agent_id: str | None = None
    direct_agent_id: str | None = None
    direct_until_ms: int | None = None
    is_sticky: bool = False
    excluded: dict[str, int] = {}
    step: int = 0
    step_until_ms: int | None = None
    step_left_ms: int | None = None
    queued_at_ms: int = 0
    overflow_at_ms: int | None = None
    left_queues: tuple[str, ...] = ()
    accepted_at_ms: int | None = None
    ended_at_ms: int | None = None
    wrap_up: WrapUpMode = "none"
    wrap_up_until_ms: int | None = None
    is_extended: bool = False
    weight: int = 1
    reply_due_ms: int | None = None
    reply_warn_ms: int | None = None
    is_replied: bool = False
    heard_ms: int = 0
    disposition_id: str | None = None


class Offer(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A live proposal; the agent's capacity is taken from its first moment."""

    id: str
    interaction_id: str
    agent_id: str
    offered_at_ms: int
    expires_at_ms: int


class Slot(msgspec.Struct, kw_only=True, gc=False):
    """Capacity taken by work that no queue holds: a consult, a conference, a call of one's own."""

    id: str
    agent_id: str
    kind: Kind
    cause: SlotCause
