"""The unions of the two sockets, and the frames that belong to the socket itself.

Four unions, one per audience and direction; ``wecc wire`` generates ``widget/src/wire.ts`` and
``web/src/wire.ts`` from them. docs/protocol.md explains them for people who write a client.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.acd import wire as acd
from gateway.acd.wire import steering
from gateway.engagement import wire as engagement
from gateway.kernel.wire import ClientFrame, Id, LongText, ServerFrame, ShortText, View
from gateway.supervision import wire as supervision
from gateway.tenancy import wire as tenancy
from gateway.voice import wire as voice

Url = Annotated[str, Meta(max_length=2_000)]
FormValues = dict[str, Annotated[str, Meta(max_length=2_000)]]
Availability = Literal["online", "busy", "offline"]


class PageInfo(View):
    """The page the visitor is on."""

    url: Url = ""
    title: ShortText = ""
    referrer: Url = ""


# ---- the socket itself ---------------------------------------------------------------------


class VisitorHello(ClientFrame, tag="hello"):
    """First frame of a visitor's socket, within 10 s. No ``token`` makes a new visitor."""

    v: int
    site: Annotated[str, Meta(min_length=1, max_length=80)]
    token: Annotated[str, Meta(max_length=200)] | None = None
    language: Annotated[str, Meta(max_length=35)] = "en"
    page: PageInfo = msgspec.field(default_factory=PageInfo)
    resume: Annotated[list[engagement.Resume], Meta(max_length=20)] = []


class AgentHello(ClientFrame, tag="hello"):
    """First frame of an agent's socket. The cookie has already said who it is."""

    v: int
    resume: Annotated[list[engagement.Resume], Meta(max_length=200)] = []


class Ping(ClientFrame, tag="ping"):
    """Sent every ``heartbeat_ms``; the server answers ``pong`` and drops silent sockets."""


class Pong(ServerFrame, tag="pong"):
    at_ms: int


class Ack(ServerFrame, tag="ack"):
    """The request with this ``ref`` is durable. ``id``, ``seq``, ``at_ms`` are a message's."""

    ref: str
    id: str | None = None
    seq: int | None = None
    at_ms: int | None = None


class ErrorFrame(ServerFrame, tag="error"):
    """What was wrong and what to do; codes are in docs/reference/errors.md."""

    ref: str | None
    code: str
    message: str
    retry_after_s: int | None


class Goodbye(ServerFrame, tag="goodbye"):
    """The server closes the socket: ``again`` tells whether to reconnect, and when."""

    code: str
    again: bool
    after_ms: int


# ---- visitor -------------------------------------------------------------------------------


class VisitorConversation(View):
    """A conversation as its visitor sees it. ``interaction`` is null when nothing is open."""

    id: str
    state: Literal["open", "closed"]
    created_at_ms: int
    last_seq: int
    receipts: list[engagement.ReceiptView]
    rating: int | None
    agent_name: str


class VisitorWelcome(ServerFrame, tag="welcome"):
    """Keep ``token`` (in localStorage): it is the only way back to this visitor."""

    v: int
    visitor_id: str
    token: str
    name: str
    verified: bool
    availability: Availability
    heartbeat_ms: int
    server_at_ms: int
    conversations: list[VisitorConversation]
    places: list[acd.QueuePlace]
    calls: list[voice.CallView]


class AvailabilityChanged(ServerFrame, tag="availability.changed"):
    """``offline``: nobody is there, only messages can be left. ``busy``: one will wait.

    Follows ``welcome``, and comes whenever either field changes. ``calls`` is false where the
    site offers none, and while no media worker answers.
    """

    availability: Availability
    calls: bool


class VisitorConversationChanged(ServerFrame, tag="conversation.changed"):
    conversation: VisitorConversation


class ConversationStart(ClientFrame, tag="conversation.start", kw_only=True):
    """Open a conversation with the pre-chat form and, mostly, a first message.

    ``mode`` ``chat`` queues a chat; ``message`` leaves a message that is answered later.
    Both ids are made by the sender; a repeat is a no-op. Ack carries the first message's seq.
    """

    conversation_id: Id
    mode: Literal["chat", "message"] = "chat"
    form: FormValues = {}
    message_id: Id
    text: LongText


class ConversationEnd(ClientFrame, tag="conversation.end"):
    """The visitor is done."""

    conversation_id: Id


class ConversationRate(ClientFrame, tag="conversation.rate"):
    """1 to 5 stars, once; may be changed for an hour."""

    conversation_id: Id
    rating: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=2_000)] = ""


class PageSet(ClientFrame, tag="page.set"):
    """The visitor moved to another page, or the site's own ``setContext`` was called."""

    page: PageInfo
    context: dict[Annotated[str, Meta(max_length=60)], Annotated[str, Meta(max_length=500)]] = {}


class IdentitySet(ClientFrame, tag="identity.set"):
    """Signed identity (JWT, HS256 with the site's identity key): ``sub``, ``aud`` = site key,
    ``exp`` at most 10 minutes ahead, ``jti`` used once, optional ``name`` and ``email``.

    Answered with a fresh ``welcome``, whose token replaces the old one.
    """

    jwt: Annotated[str, Meta(max_length=4_096)]


VisitorClient = (
    VisitorHello
    | Ping
    | ConversationStart
    | ConversationEnd
    | ConversationRate
    | PageSet
    | IdentitySet
    | engagement.MessagePost
    | engagement.TypingSet
    | engagement.ReceiptSet
    | engagement.HistoryGet
    | voice.CallStart
    | voice.CallReconnect
    | voice.CallCandidate
    | voice.CallUpdate
    | voice.CallMedia
    | voice.CallHold
    | voice.CallMute
    | voice.CallHangUp
)
VisitorServer = (
    VisitorWelcome
    | Pong
    | Ack
    | ErrorFrame
    | Goodbye
    | AvailabilityChanged
    | VisitorConversationChanged
    | acd.QueuePlace
    | engagement.MessageNew
    | engagement.MessageChanged
    | engagement.ReceiptChanged
    | engagement.TypingChanged
    | engagement.HistoryPage
    | voice.CallChanged
    | voice.CallAnswer
    | voice.CallLegLost
    | voice.CallUpdateWanted
)

# ---- agent ---------------------------------------------------------------------------------


class AgentWelcome(ServerFrame, tag="welcome"):
    """Everything live that concerns this agent; replaces what the desk knew.

    Messages missed since ``hello.resume`` follow as ``history.page`` frames.
    """

    v: int
    user: tenancy.UserView
    agent: acd.AgentView
    offers: list[acd.OfferView]
    assignments: list[acd.AssignmentChanged]
    calls: list[voice.CallView]
    queues: list[acd.QueueLive]
    heartbeat_ms: int
    server_at_ms: int


class ConversationWatch(ClientFrame, tag="conversation.watch"):
    """Receive (or stop receiving) the frames of a conversation that is not assigned to me."""

    conversation_id: Id
    on: bool


class LiveWatch(ClientFrame, tag="live.watch"):
    """A lead's desk says which agents it shows: ``agent.changed`` comes for them only, at most
    once a second each. Until it is said, it comes for everybody; no ids: for nobody.
    """

    agent_ids: Annotated[list[Id], Meta(max_length=500)]


AgentClient = (
    AgentHello
    | Ping
    | ConversationWatch
    | LiveWatch
    | acd.AgentStateSet
    | acd.OfferAccept
    | acd.OfferReject
    | acd.InteractionTransfer
    | acd.InteractionEnd
    | acd.InteractionWrapUp
    | acd.InteractionTake
    | steering.AgentNextSet
    | steering.AgentSet
    | steering.AgentSignOut
    | steering.InterventionUndo
    | steering.WrapUpExtend
    | steering.InteractionMove
    | steering.InteractionPrioritize
    | steering.InteractionAssign
    | engagement.MessagePost
    | engagement.TypingSet
    | engagement.ReceiptSet
    | engagement.HistoryGet
    | voice.CallReconnect
    | voice.CallCandidate
    | voice.CallUpdate
    | voice.CallMedia
    | voice.CallHold
    | voice.CallMute
    | voice.CallHangUp
)
AgentServer = (
    AgentWelcome
    | Pong
    | Ack
    | ErrorFrame
    | Goodbye
    | acd.AgentChanged
    | acd.OfferNew
    | acd.OfferGone
    | acd.AssignmentChanged
    | acd.QueueChanged
    | steering.ReplyDue
    | steering.AgentSignedOut
    | supervision.AlarmChanged
    | engagement.MessageNew
    | engagement.MessageChanged
    | engagement.ReceiptChanged
    | engagement.TypingChanged
    | engagement.HistoryPage
    | engagement.ConversationChanged
    | voice.CallChanged
    | voice.CallAnswer
    | voice.CallLegLost
    | voice.CallUpdateWanted
)

decode_visitor = msgspec.json.Decoder(VisitorClient).decode
decode_agent = msgspec.json.Decoder(AgentClient).decode
encode = msgspec.json.Encoder().encode


class _Once:
    """Encodes a frame for the first of its receivers; the next ones get the same bytes.

    The bus hands one frame to all its receivers in a row, so remembering the last is enough.
    """

    def __init__(self) -> None:
        self._frame: object = None
        self._data = b""

    def __call__(self, frame: object) -> bytes:
        if frame is not self._frame:
            self._frame, self._data = frame, encode(frame)
        return self._data


encode_once = _Once()
"""Returns the bytes of a frame that goes to many; the frame does not change any more."""
