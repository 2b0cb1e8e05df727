"""What the outside asks of the engine."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.configuration import Profile, QueueRule
from gateway.acd.model.interaction import Kind, SlotCause
from gateway.acd.model.policy import Policy


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all commands."""


class Start(Command, frozen=True):
    """A writer takes over with its epoch."""

    epoch: int


class SetQueue(Command, frozen=True):
    queue: QueueRule


class SetOpen(Command, frozen=True):
    """A queue is open, or closed by its hours or in an emergency."""

    queue_id: str
    closed: Literal["", "hours", "emergency"] = ""


class RemoveQueue(Command, frozen=True):
    queue_id: str


class SetProfile(Command, frozen=True):
    agent_id: str
    profile: Profile | None


class Connect(Command, frozen=True):
    """The agent's first socket is there."""

    agent_id: str


class Drop(Command, frozen=True):
    """The agent's last socket is gone."""

    agent_id: str


class SetState(Command, frozen=True):
    """Go ready or not ready. ``max_s`` 0 means for as long as it takes; ``by`` is somebody else."""

    agent_id: str
    ready: bool
    reason: str = ""
    max_s: int = 0
    by: str = ""


class DeclareNext(Command, frozen=True):
    """Say which state begins when the last work ends; ``ready`` None takes it back."""

    agent_id: str
    ready: bool | None
    reason: str = ""
    max_s: int = 0


class SetPolicy(Command, frozen=True):
    policy: Policy


class HoldSlot(Command, frozen=True):
    """Take capacity for work that no queue holds; repeating the id does nothing."""

    slot_id: str
    agent_id: str
    kind: Kind
    cause: SlotCause
    over_capacity: bool = False


class ReleaseSlot(Command, frozen=True):
    """Give it back; an unknown id does nothing."""

    slot_id: str


class Enqueue(Command, frozen=True):
    """Put work into a queue; repeating the id does nothing.

    ``for_agent_id`` waits for one agent first: when ``is_sticky`` for as long as the queue says,
    and only if they could serve it. ``since_ms`` is the clock of work that the contact left
    unanswered, ``returned_to``: who comes back waits at that place.
    """

    interaction_id: str
    kind: Kind
    conversation_id: str
    queue_id: str
    created_at_ms: int
    call_id: str | None = None
    skills: dict[str, int] = {}
    priority: int = 0
    is_robot: bool = False
    for_agent_id: str | None = None
    is_sticky: bool = False
    since_ms: int | None = None
    returned_to: str | None = None


class Abandon(Command, frozen=True):
    """The contact left. Work that an agent already has ends instead."""

    interaction_id: str


class Answer(Command, frozen=True):
    """The agent pressed accept; keep the offer while media is prepared."""

    offer_id: str
    agent_id: str


class Accept(Command, frozen=True):
    offer_id: str
    agent_id: str


class Reject(Command, frozen=True):
    offer_id: str
    agent_id: str


class Transfer(Command, frozen=True):
    """Exactly one of the two targets is set."""

    interaction_id: str
    to_queue_id: str | None = None
    to_agent_id: str | None = None


class End(Command, frozen=True):
    """The agent ends the exchange."""

    interaction_id: str


class WrapUp(Command, frozen=True):
    interaction_id: str
    disposition_id: str | None = None


class Take(Command, frozen=True):
    """Take waiting work by hand: of the oldest the queue offers, or ``any_place`` by leads."""

    interaction_id: str
    agent_id: str
    any_place: bool = False


class ExtendWrapUp(Command, frozen=True):
    """Give a wrap-up more time, once."""

    interaction_id: str


class Reply(Command, frozen=True):
    """The agent wrote to the contact; only the first time does something."""

    interaction_id: str
    agent_id: str


class Hear(Command, frozen=True):
    """The contact wrote. Does nothing while every chat counts, and little otherwise."""

    interaction_id: str


class Move(Command, frozen=True):
    """A lead moves waiting or ringing work to another queue; its clock goes on."""

    interaction_id: str
    to_queue_id: str
    by: str


class Prioritize(Command, frozen=True):
    """A lead changes the priority of work that nobody has yet."""

    interaction_id: str
    priority: int
    by: str


class Assign(Command, frozen=True):
    """A lead has waiting or ringing work ring at one agent; above capacity only when said."""

    interaction_id: str
    agent_id: str
    by: str
    over_capacity: bool = False


class Recall(Command, frozen=True):
    """A lead takes back what rings at an agent."""

    interaction_id: str
    agent_id: str


class SignOut(Command, frozen=True):
    """A lead signs an agent out: offline at once, without the grace of a lost connection."""

    agent_id: str
    by: str


class Tick(Command, frozen=True):
    """Time passed: do whatever is due."""
