"""Journal entries: everything that ever changes the state, inputs and decisions alike.

They hold ids, codes and times, never what a person wrote. The tag is the row's ``kind``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.agent import State as AgentState
from gateway.acd.model.configuration import OverflowWhen, Profile, QueueRule, WrapUpMode
from gateway.acd.model.interaction import Kind, SlotCause
from gateway.acd.model.policy import Policy


class Entry(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True, gc=False
):
    """One row of the journal."""

    at_ms: int


class Started(Entry, frozen=True, tag="started"):
    """A writer began: its engine version and epoch."""

    version: int
    epoch: int


class QueueSet(Entry, frozen=True, tag="queue_set"):
    queue: QueueRule


class QueueRemoved(Entry, frozen=True, tag="queue_removed"):
    queue_id: str


class ProfileSet(Entry, frozen=True, tag="profile_set"):
    """``profile`` None returns the agent to the default profile."""

    agent_id: str
    profile: Profile | None


class AgentSet(Entry, frozen=True, tag="agent_set"):
    """An agent's state changed, by hand, by an unanswered offer or by loss."""

    agent_id: str
    state: AgentState
    reason: str = ""
    until_ms: int | None = None
    by: str = ""


class AgentOverdue(Entry, frozen=True, tag="agent_overdue"):
    """The state lasts longer than its reason allows; nothing else happens."""

    agent_id: str


class NextDeclared(Entry, frozen=True, tag="next_declared"):
    """What begins when the agent's last work ends; ``state`` None takes it back."""

    agent_id: str
    state: AgentState | None
    reason: str = ""
    max_s: int = 0


class PolicySet(Entry, frozen=True, tag="policy_set"):
    policy: Policy


class SlotHeld(Entry, frozen=True, tag="slot_held"):
    """Work that no queue holds takes capacity."""

    slot_id: str
    agent_id: str
    interaction_kind: Kind
    cause: SlotCause
    over_capacity: bool = False


class SlotReleased(Entry, frozen=True, tag="slot_released"):
    slot_id: str
    agent_id: str


class AgentAway(Entry, frozen=True, tag="agent_away"):
    """The last socket is gone; the work stays until ``until_ms``."""

    agent_id: str
    until_ms: int


class AgentBack(Entry, frozen=True, tag="agent_back"):
    agent_id: str


class Enqueued(Entry, frozen=True, tag="enqueued"):
    """New work. ``returned_to`` is earlier work of the contact whose clock or agent it gets."""

    interaction_id: str
    interaction_kind: Kind
    conversation_id: str
    queue_id: str
    created_at_ms: int
    score: int
    call_id: str | None = None
    skills: dict[str, int] = {}
    priority: int = 0
    is_robot: bool = False
    direct_agent_id: str | None = None
    direct_until_ms: int | None = None
    is_sticky: bool = False
    returned_to: str | None = None


class Relaxed(Entry, frozen=True, tag="relaxed"):
    """The next step of the queue begins: the one before expired, or was skipped and why."""

    interaction_id: str
    step: int
    reason: Literal["expired", "nobody_ready", "nobody_on_duty"]
    priority: int
    score: int


class Overflowed(Entry, frozen=True, tag="overflowed"):
    """Its queue could not help: it waits in another with the same clock, or (None) is over for
    routing and the contact is asked for a message.
    """

    interaction_id: str
    queue_id: str
    to_queue_id: str | None
    reason: OverflowWhen


class OverflowPassed(Entry, frozen=True, tag="overflow_passed"):
    """It waited too long, but there is nowhere to go: it stays, until the next limit if any."""

    interaction_id: str
    next_ms: int | None = None


class QueueOpen(Entry, frozen=True, tag="queue_open"):
    """A queue opened, or closed and why: ``hours``, or ``emergency``. An input."""

    queue_id: str
    closed: Literal["", "hours", "emergency"] = ""


class Offered(Entry, frozen=True, tag="offered"):
    """The engine's choice and why: ``place`` in the queue, who came next, who was left out.

    ``found_by`` tells whether the interaction looked for an agent (``work``), the agent for
    work (``agent``), or a person chose (``hand``): the agent, or ``by`` when it was a lead.
    """

    offer_id: str
    interaction_id: str
    agent_id: str
    expires_at_ms: int
    place: int
    found_by: Literal["work", "agent", "hand"]
    runners_up: list[str] = []
    left_out: dict[str, int] = {}
    by: str = ""
    over_capacity: bool = False


class OfferHeld(Entry, frozen=True, tag="offer_held"):
    """Accept was pressed; the offer waits for media until ``expires_at_ms``."""

    offer_id: str
    expires_at_ms: int


class OfferEnded(Entry, frozen=True, tag="offer_ended"):
    """Not accepted: the interaction waits again, at its old place."""

    offer_id: str
    interaction_id: str
    agent_id: str
    outcome: Literal["rejected", "expired", "withdrawn"]
    excluded_until_ms: int | None = None


class Accepted(Entry, frozen=True, tag="accepted"):
    """The agent has it; a chat may have to be replied to until ``reply_due_ms``."""

    offer_id: str
    interaction_id: str
    agent_id: str
    reply_due_ms: int | None = None
    reply_warn_ms: int | None = None


class Taken(Entry, frozen=True, tag="taken"):
    """An agent took waiting work by hand."""

    interaction_id: str
    agent_id: str
    reply_due_ms: int | None = None
    reply_warn_ms: int | None = None


class ReplyGiven(Entry, frozen=True, tag="reply_given"):
    """The agent wrote for the first time since they have it; nothing is due any more."""

    interaction_id: str


class ReplyWarned(Entry, frozen=True, tag="reply_warned"):
    """The agent is told that the contact still waits for a first reply."""

    interaction_id: str
    agent_id: str
    due_ms: int


class Heard(Entry, frozen=True, tag="heard"):
    """The contact of a chat wrote; told now and then, and whenever the chat was quiet."""

    interaction_id: str
    agent_id: str


class Quieted(Entry, frozen=True, tag="quieted"):
    """The contact was silent for long. The chat takes no capacity, unless it still ``counts``
    because the agent holds as many quiet ones as others.
    """

    interaction_id: str
    agent_id: str
    counts: bool = False


class Readmitted(Entry, frozen=True, tag="readmitted"):
    """An agent who was passed over may be offered the interaction again."""

    interaction_id: str
    agent_id: str


class Opened(Entry, frozen=True, tag="opened"):
    """Work directed to one agent is open to its whole queue from now on."""

    interaction_id: str


class Moved(Entry, frozen=True, tag="moved"):
    """A lead moved waiting work to another queue; score and clock stay."""

    interaction_id: str
    queue_id: str
    by: str
    from_queue_id: str = ""


class Prioritized(Entry, frozen=True, tag="prioritized"):
    """A lead changed the priority, and with it the place."""

    interaction_id: str
    priority: int
    score: int
    by: str


class Transferred(Entry, frozen=True, tag="transferred"):
    """From the agent straight back to waiting, in one step; score and clock stay."""

    interaction_id: str
    agent_id: str
    queue_id: str
    excluded_until_ms: int
    to_agent_id: str | None = None
    direct_until_ms: int | None = None


class Released(Entry, frozen=True, tag="released"):
    """The agent is lost or never replied; the work waits again at its old place."""

    interaction_id: str
    agent_id: str
    cause: Literal["agent_lost", "no_reply"] = "agent_lost"
    excluded_until_ms: int | None = None


class Ended(Entry, frozen=True, tag="ended"):
    """Over for the contact. Wrap-up ``none`` closes it at once, ``optional`` gives the capacity
    back at once, and without ``wrap_up_until_ms`` it lasts until the agent finishes it.
    """

    interaction_id: str
    agent_id: str
    by: Literal["agent", "contact"]
    wrap_up: WrapUpMode = "none"
    wrap_up_until_ms: int | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether no wrap-up follows."""
        return self.wrap_up == "none"


class WrapUpExtended(Entry, frozen=True, tag="wrap_up_extended"):
    interaction_id: str
    agent_id: str
    until_ms: int


class Wrapped(Entry, frozen=True, tag="wrapped"):
    interaction_id: str
    agent_id: str
    disposition_id: str | None = None
    by_timer: bool = False


class Abandoned(Entry, frozen=True, tag="abandoned"):
    interaction_id: str


AnyEntry = (
    Started
    | QueueSet
    | QueueRemoved
    | ProfileSet
    | AgentSet
    | AgentOverdue
    | NextDeclared
    | PolicySet
    | SlotHeld
    | SlotReleased
    | AgentAway
    | AgentBack
    | Enqueued
    | Relaxed
    | Overflowed
    | OverflowPassed
    | QueueOpen
    | Offered
    | OfferHeld
    | OfferEnded
    | Accepted
    | Taken
    | Readmitted
    | Opened
    | Moved
    | Prioritized
    | Transferred
    | Released
    | Ended
    | WrapUpExtended
    | Wrapped
    | ReplyGiven
    | ReplyWarned
    | Heard
    | Quieted
    | Abandoned
)

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(AnyEntry).decode


def kind_of(entry: Entry) -> str:
    """Return the entry's tag."""
    return str(entry.__struct_config__.tag)
