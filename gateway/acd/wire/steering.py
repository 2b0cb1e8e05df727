"""What leads do to work and agents by hand, and what agents say ahead, as it crosses the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import Body, ClientFrame, Id, Name, ServerFrame, View

Code = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}$(?!\n)", description="Code of a reason.")]
Why = Annotated[str, Meta(min_length=1, max_length=500, description="Why; kept and shown.")]
Priority = Annotated[int, Meta(ge=-100, le=100)]
ChosenState = Literal["ready", "not_ready"]
KindName = Literal["chat", "call", "message"]

# ---- agent frames ------------------------------------------------------------------------


class AgentNextSet(ClientFrame, tag="agent.next.set"):
    """Say which state begins when my last work ends; no new offers until then.

    ``state`` null takes it back. Without work in hand the state begins at once.
    """

    state: ChosenState | None
    reason: Code | None = None


class AgentSet(ClientFrame, tag="agent.set", kw_only=True):
    """A lead sets another agent's state; the agent is told by whom."""

    agent_id: Id
    state: ChosenState
    reason: Code | None = None
    why: Why


class InteractionMove(ClientFrame, tag="interaction.move"):
    """A lead moves waiting or ringing work to another queue. The clock goes on."""

    interaction_id: Id
    to_queue_id: Id
    why: Why


class InteractionPrioritize(ClientFrame, tag="interaction.prioritize"):
    """A lead changes the priority of work that nobody has yet: one unit is a minute of waiting."""

    interaction_id: Id
    priority: Priority
    why: Why


class InteractionAssign(ClientFrame, tag="interaction.assign", kw_only=True):
    """A lead has waiting or ringing work ring at one agent, ready or not.

    Above the agent's capacity it is refused unless ``over_capacity`` says so.
    """

    interaction_id: Id
    agent_id: Id
    over_capacity: bool = False
    why: Why


class AgentSignOut(ClientFrame, tag="agent.sign_out"):
    """A lead signs an agent out of every desk: offline at once, the work waits again."""

    agent_id: Id
    why: Why


class InterventionUndo(ClientFrame, tag="intervention.undo"):
    """A lead takes back what a lead did, as long as nothing has come after it."""

    intervention_id: Id
    why: Why


class AgentSignedOut(ServerFrame, tag="agent.signed_out"):
    """A lead signed this agent out; ``goodbye`` follows."""

    by_name: str
    why: str


class WrapUpExtend(ClientFrame, tag="interaction.wrap_up.extend"):
    """Give a timed wrap-up more time, once."""

    interaction_id: Id


class ReplyDue(ServerFrame, tag="reply.due"):
    """The contact still waits for my first reply; at ``due_at_ms`` somebody else gets the chat."""

    interaction_id: str
    due_at_ms: int


# ---- REST --------------------------------------------------------------------------------


class AgentStateBody(Body, kw_only=True):
    """Set an agent's state: ``reason`` is a code, ``why`` is kept with who did it."""

    state: ChosenState
    reason: Code | None = None
    why: Why


class WhyBody(Body):
    why: Why


class MoveBody(Body):
    to_queue_id: Id
    why: Why


class PriorityBody(Body):
    priority: Priority
    why: Why


class AssignBody(Body, kw_only=True):
    agent_id: Id
    over_capacity: bool = False
    why: Why


class InterventionView(View):
    """What a lead did by hand, and why. ``details`` holds ids and codes.

    ``undoes`` is what it takes back, ``undone_by`` what took it back, and ``can_undo`` tells
    whether nothing has come after it. ``object_name`` is the agent's or the queue's name.
    """

    id: str
    at_ms: int
    actor_id: str
    actor_name: str
    operation: str
    object_id: str
    object_name: str
    details: dict[str, str]
    why: str
    undoes: str | None
    undone_by: str | None
    can_undo: bool


class NotReadyReasonBody(Body):
    """A reason to be not ready. After ``max_s`` seconds, unless 0, leads see it overdue."""

    name: Name
    code: Code
    max_s: Annotated[int, Meta(ge=0, le=86_400)] = 0


class NotReadyReasonView(View):
    id: str
    name: str
    code: str
    max_s: int


class CapacityLabel(View):
    """A second limit, after the one of the kind: over all work of these queues together."""

    name: Name
    queue_ids: Annotated[list[Id], Meta(min_length=1, max_length=1000)]
    limit: Annotated[int, Meta(ge=0, le=100)]


Others = Annotated[list[KindName], Meta(max_length=3)]


class CapacityPolicyBody(Body):
    """What may interrupt what, and what counts, for all agents.

    ``interrupted_by``: kind in hand to the other kinds that may still be offered; a kind left
    out keeps its default (a call: none; a chat or message: all). ``quiet_chat_s``: a chat whose
    contact is silent for so long takes no capacity (0: every chat counts). ``personal_limit``:
    so many interactions may wait for one agent alone. ``sticky_waits``: work for the contact's
    last agent also waits while that agent is not ready.
    """

    interrupted_by: dict[KindName, Others] = {}
    quiet_chat_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    labels: Annotated[list[CapacityLabel], Meta(max_length=20)] = []
    personal_limit: Annotated[int, Meta(ge=0, le=100)] = 10
    sticky_waits: bool = False


class CapacityPolicyView(View):
    interrupted_by: dict[str, list[str]]
    quiet_chat_s: int
    labels: list[CapacityLabel]
    personal_limit: int
    sticky_waits: bool
