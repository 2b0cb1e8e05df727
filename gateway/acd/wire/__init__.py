"""Interactions, queues, agents and offers as browsers see them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.acd.wire.queues import QueueView
from gateway.acd.wire.steering import Code, KindName, Others
from gateway.engagement.wire import ConversationView
from gateway.kernel.wire import Body, ClientFrame, Id, Name, Sdp, ServerFrame, ShortText, View

InteractionKind = Literal["chat", "call", "message"]
InteractionState = Literal[
    "waiting", "offered", "active", "wrap_up", "closed", "abandoned", "overflowed"
]
AgentState = Literal["offline", "not_ready", "ready"]
Level = Annotated[int, Meta(ge=0, le=100)]


class InteractionView(View):
    """One unit of work. Its clock counts from the first enqueue and survives transfer.

    During wrap-up ``wrap_up`` says of which kind it is (``forced`` needs a disposition), and
    ``can_extend`` whether its time can be extended.
    """

    id: str
    kind: InteractionKind
    conversation_id: str
    call_id: str | None
    queue_id: str
    queue_name: str
    state: InteractionState
    priority: int
    required_skills: dict[str, int]
    agent_id: str | None
    agent_name: str
    created_at_ms: int
    enqueued_at_ms: int
    accepted_at_ms: int | None
    ended_at_ms: int | None
    wrap_up_until_ms: int | None
    disposition_id: str | None
    transfer_note: str
    is_robot: bool
    wrap_up: Literal["forced", "timed", "optional", "none"] = "none"
    can_extend: bool = False


class OfferView(View):
    """A proposal to one agent that rings until ``expires_at_ms``."""

    id: str
    interaction: InteractionView
    conversation: ConversationView
    offered_at_ms: int
    expires_at_ms: int


class AgentView(View):
    """An agent as routing sees them: ``load`` and ``capacity`` are counts per kind.

    The state may last until ``until_ms`` and is ``overdue`` after it. ``set_by_name`` is who set
    it when it was somebody else. ``next_state`` begins when the last work ends.
    """

    user_id: str
    name: str
    state: AgentState
    reason: str
    since_ms: int
    until_ms: int | None
    overdue: bool
    set_by_name: str
    next_state: AgentState | None
    next_reason: str
    load: dict[str, int]
    capacity: dict[str, int]


class WaitRange(View):
    """A wait from now on: half wait no longer than ``p50_ms``, nine of ten than ``p90_ms``."""

    p50_ms: int
    p90_ms: int


class QueueLive(View):
    """What waits in a queue now. ``longest_wait_since_ms`` is null when it is empty.

    ``waits`` has for each kind that waits what somebody who comes now would be told; a kind is
    missing while that is unknown.
    """

    queue_id: str
    name: str
    waiting: dict[str, int]
    longest_wait_since_ms: int | None
    ready_agents: int
    waits: dict[InteractionKind, WaitRange]


# ---- agent frames ------------------------------------------------------------------------


class AgentStateSet(ClientFrame, tag="agent.state.set"):
    """Go ready or not ready."""

    state: Literal["ready", "not_ready"]
    reason: Code | None = None


class OfferAccept(ClientFrame, tag="offer.accept"):
    """Take an offer. A call needs the agent's ``sdp_offer`` and is answered in the ack."""

    offer_id: Id
    sdp_offer: Sdp | None = None


class OfferReject(ClientFrame, tag="offer.reject"):
    """Turn an offer down; the interaction keeps its place and goes to somebody else."""

    offer_id: Id


class InteractionTransfer(ClientFrame, tag="interaction.transfer"):
    """Hand over to a queue or to one agent; exactly one of the two is set. The clock goes on."""

    interaction_id: Id
    to_queue_id: Id | None = None
    to_agent_id: Id | None = None
    note: ShortText = ""


class InteractionEnd(ClientFrame, tag="interaction.end"):
    """End the exchange with the contact and go to wrap-up."""

    interaction_id: Id


class InteractionWrapUp(ClientFrame, tag="interaction.wrap_up"):
    """Finish wrap-up with a disposition; gives the capacity back."""

    interaction_id: Id
    disposition_id: Id | None = None
    note: ShortText = ""


class InteractionTake(ClientFrame, tag="interaction.take"):
    """Take a waiting interaction of one's own queues by hand."""

    interaction_id: Id


class AgentChanged(ServerFrame, tag="agent.changed"):
    """An agent's state or load changed (one's own; all of them for supervisors)."""

    agent: AgentView


class OfferNew(ServerFrame, tag="offer.new"):
    """Ring. Repeated offers with the same id are one offer."""

    offer: OfferView


class OfferGone(ServerFrame, tag="offer.gone"):
    """Stop ringing. ``outcome`` says why."""

    offer_id: str
    outcome: Literal["accepted", "rejected", "expired", "withdrawn"]


class WaitingView(View):
    """A waiting interaction with its conversation, for taking it by hand: ``GET /waiting``."""

    interaction: InteractionView
    conversation: ConversationView


class AssignmentChanged(ServerFrame, tag="assignment.changed"):
    """An interaction that is (or was until now) mine; ``gone`` when it left me."""

    interaction: InteractionView
    conversation: ConversationView
    gone: bool


class QueueChanged(ServerFrame, tag="queue.changed"):
    """Live figures of a queue, at most one per second and queue."""

    queue: QueueLive


class FloorChanged(ServerFrame, tag="floor.changed"):
    """Inside the gateway only: availability may differ now; ask again. Never sent to a browser."""


# ---- visitor frames ----------------------------------------------------------------------


class QueuePlace(ServerFrame, tag="queue.place"):
    """Where the visitor's interaction stands. ``position`` counts from 1 while waiting.

    ``wait`` is null while it is unknown, and when nobody waits any more.
    """

    conversation_id: str
    interaction_id: str
    kind: InteractionKind
    state: InteractionState
    position: int | None
    agent_name: str
    wait: WaitRange | None


# ---- REST: administration ----------------------------------------------------------------


class SkillBody(Body):
    name: Name
    description: ShortText = ""


class SkillView(View):
    id: str
    name: str
    description: str


class AgentProfileBody(Body):
    """What an agent can do: skill id to level, queues served, capacity per kind.

    ``weight`` is the share of the work in queues that share by weight. ``interrupted_by``: kind in
    hand to the other kinds that may still be offered, for this agent; a kind left out is as the
    capacity policy says.
    """

    skills: dict[Id, Level] = {}
    queue_ids: list[Id] = []
    weight: Annotated[int, Meta(ge=1, le=1000)] = 100
    capacity: dict[Literal["chat", "call", "message"], Annotated[int, Meta(ge=0, le=25)]] = {}
    interrupted_by: dict[KindName, Others] = {}


class AgentProfileView(View):
    user_id: str
    name: str
    skills: dict[str, int]
    queue_ids: list[str]
    weight: int
    capacity: dict[str, int]
    interrupted_by: dict[str, list[str]]


class OpenWindow(View):
    """Open from ``from_minute`` to ``to_minute`` of a weekday (0 = Monday), local time."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    from_minute: Annotated[int, Meta(ge=0, le=1440)]
    to_minute: Annotated[int, Meta(ge=0, le=1440)]


class HoursBody(Body):
    """Business hours in an IANA time zone; ``closed_dates`` are ``YYYY-MM-DD``."""

    name: Name
    time_zone: Annotated[str, Meta(max_length=64)]
    windows: Annotated[list[OpenWindow], Meta(max_length=200)]
    closed_dates: Annotated[
        list[Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]], Meta(max_length=1000)
    ] = []


class Holiday(View):
    """A day, and what the file calls it; empty when it does not say."""

    date: str
    name: str


class HolidaysFound(View):
    """What a calendar file holds, in order. ``skipped`` events were not understood: those with a
    time of day, and repetitions other than every year.
    """

    days: list[Holiday]
    skipped: int


class HolidaysView(View):
    """What a calendar file brought. ``skipped`` events were not understood: those with a time of
    day, and repetitions other than every year. ``removed`` are the dates that it no longer holds,
    where it stands for all that is to come.
    """

    hours: HoursView
    added: int
    skipped: int
    removed: list[str]


class HoursView(View):
    id: str
    name: str
    time_zone: str
    windows: list[OpenWindow]
    closed_dates: list[str]
    open_now: bool


class DispositionBody(Body):
    name: Name
    code: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}$")]


class DispositionView(View):
    id: str
    name: str
    code: str


class LiveView(View):
    """Queues and agents at this moment, for supervisors.

    ``agents`` are the first 500: who is there before who is not, by name. ``agent_counts`` counts
    all of them by state (``away``: no connection for a moment), ``in_hand`` what they hold.
    """

    queues: list[QueueLive]
    agents: list[AgentView]
    agent_counts: dict[str, int]
    in_hand: int
    waiting: list[InteractionView]


class PromiseView(View):
    """Ranges told to contacts with as many ahead, and how they held.

    ``coverage`` is the share of waits that were no longer than the upper end, lately;
    ``factor`` is what upper ends are multiplied by to make it 0.9.
    """

    ahead_from: int
    checked: int
    coverage: float
    factor: float


class EstimateView(View):
    """What the wait estimate of a queue and kind goes by; null while it is unknown.

    ``share`` is how much of the eligible slots works for it while somebody waits.
    """

    queue_id: str
    queue_name: str
    kind: InteractionKind
    waiting: int
    slots: int
    mean_handling_ms: int | None
    mean_patience_ms: int | None
    share: float
    wait: WaitRange | None
    promises: list[PromiseView]


class DirectoryView(View):
    """Whom work can be handed to: agents who are there, the first 50, and queues.

    ``more`` agents fit too: a search by name finds them.
    """

    agents: list[AgentView]
    more: int
    queues: list[QueueView]
