"""Calls as browsers see them. A browser has one leg; ``sdp_offer``/``sdp_answer`` are JSEP's."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import ClientFrame, Id, Sdp, ServerFrame, View

CallState = Literal["queued", "ringing", "connected", "held", "ended"]
EndReason = Literal[
    "visitor_hung_up", "agent_hung_up", "abandoned", "leg_lost", "media_lost", "nobody_there"
]


class CallView(View):
    """A call and its state; ``held_by`` names the party that pressed hold, or is empty.

    ``camera`` and ``screen`` name the parties (``visitor``, ``agent``) that show theirs now.
    """

    id: str
    conversation_id: str
    interaction_id: str
    state: CallState
    held_by: str
    camera: list[str]
    screen: list[str]
    started_at_ms: int
    connected_at_ms: int | None
    ended_at_ms: int | None
    end_reason: str


class CallStart(ClientFrame, tag="call.start"):
    """Visitor: start a call. The ack carries ``sdp_answer``; music plays until it is answered.

    ``call_id`` and ``conversation_id`` are made by the sender; a repeat finds the same call.
    ``form`` is the pre-chat form when the conversation is new.
    """

    call_id: Id
    conversation_id: Id
    sdp_offer: Sdp
    form: dict[str, Annotated[str, Meta(max_length=2_000)]] = {}


class CallReconnect(ClientFrame, tag="call.reconnect"):
    """Either party: replace one's leg by a new one after a network change or a media restart."""

    call_id: Id
    sdp_offer: Sdp


class CallUpdate(ClientFrame, tag="call.update"):
    """Either party: negotiate one's leg anew on the connection it has (same ICE and DTLS).

    For a section added, a direction changed, or after ``call.update_wanted``. The answer comes in
    ``call.answer``; with ``bad_sdp`` the leg stays as it was.
    """

    call_id: Id
    sdp_offer: Sdp


class CallMedia(ClientFrame, tag="call.media"):
    """Tell the other side what one shows: the camera, the screen, or both."""

    call_id: Id
    camera: bool
    screen: bool


class CallCandidate(ClientFrame, tag="call.candidate"):
    """A trickled ICE candidate (RFC 8838); null ends the list."""

    call_id: Id
    candidate: Annotated[str, Meta(max_length=1_000)] | None
    sdp_mid: Annotated[str, Meta(max_length=32)] | None = None


class CallHold(ClientFrame, tag="call.hold"):
    """Hold or resume: the other side hears music while held."""

    call_id: Id
    on: bool


class CallMute(ClientFrame, tag="call.mute"):
    """Tell the other side that one's microphone is muted (muting itself is done locally)."""

    call_id: Id
    on: bool


class CallHangUp(ClientFrame, tag="call.hang_up"):
    """End the call, in any state."""

    call_id: Id


class CallChanged(ServerFrame, tag="call.changed"):
    """The state of a call one takes part in."""

    call: CallView
    muted: list[str]
    """Parties (``visitor``, ``agent``) whose microphone is muted."""


class CallLegLost(ServerFrame, tag="call.leg_lost"):
    """One's leg is gone on the server: send ``call.reconnect`` with a fresh ``sdp_offer``."""

    call_id: str


class CallUpdateWanted(ServerFrame, tag="call.update_wanted"):
    """The other side cannot decode what one sends: send ``call.update`` with a fresh
    ``sdp_offer``; its answer names only codecs that both can do.
    """

    call_id: str


class CallAnswer(ServerFrame, tag="call.answer"):
    """The server's side of a leg: answers whatever carried an ``sdp_offer``."""

    ref: str | None
    call_id: str
    sdp_answer: str
