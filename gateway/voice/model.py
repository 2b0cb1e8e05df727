"""A call: its state machine and what its media should be. Pure.

```
            offered            accepted              hold
  queued ────────────► ringing ────────► connected ◄──────► held
    ▲ ▲   accept failed   │                  │               │
    │ └───────────────────┘     released     │               │
    └────────────────────────────────────────┴───────────────┘
  any ── hang up, closed, leg not back in time ──► ended
```

Every function takes a call and returns the next one; a repeat returns the same call.
``media_plan`` says what the media engine must be doing for a call as it stands. The engine is
idempotent, so the plan is simply carried out after every change and after every restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gateway.kernel.errors import WeccError
from gateway.voice.wire import CallState, CallView, EndReason

Party = Literal["visitor", "agent"]

VISITOR_GRACE_MS = 20_000
"""How long a visitor whose leg is lost may take to reconnect."""
AGENT_GRACE_MS = 30_000
"""The same for an agent: longer, so that the ACD gives the call to somebody else before."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A party's media path. ``lost_at_ms`` is set while it waits for ``call.reconnect``."""

    id: str
    lost_at_ms: int | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The leg of an agent who pressed accept, until the journal says whether it is theirs."""

    agent_id: str
    leg_id: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one visitor, with at most one agent."""

    id: str
    conversation_id: str
    interaction_id: str
    visitor_id: str
    state: CallState
    visitor_leg: Leg
    started_at_ms: int
    agent_id: str = ""
    agent_leg: Leg | None = None
    prepared: Prepared | None = None
    held_by: str = ""
    muted: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    screen: tuple[str, ...] = ()
    connected_at_ms: int | None = None
    ended_at_ms: int | None = None
    end_reason: str = ""


# ---- what can happen -----------------------------------------------------------------------


def offered(call: Call) -> Call:
    """An agent's desk rings."""
    return replace(call, state="ringing") if call.state == "queued" else call


def prepare(call: Call, agent_id: str, leg_id: str) -> Call:
    """An agent pressed accept and has a leg."""
    require_alive(call)
    if call.state not in ("queued", "ringing"):
        raise WeccError("offer_gone")
    return replace(call, prepared=Prepared(agent_id, leg_id))


def unprepare(call: Call, agent_id: str) -> Call:
    """The agent did not get it; it waits as before."""
    if call.prepared is None or call.prepared.agent_id != agent_id:
        return call
    state: CallState = "queued" if call.state == "ringing" else call.state
    return replace(call, prepared=None, state=state)


def accepted(call: Call, agent_id: str, now_ms: int) -> Call:
    """The call is the agent's. Without a prepared leg theirs counts as lost from now on."""
    if call.state == "ended" or (call.agent_id == agent_id and call.agent_leg is not None):
        return call
    mine = call.prepared is not None and call.prepared.agent_id == agent_id
    leg_id = call.prepared.leg_id if mine and call.prepared is not None else ""
    return replace(
        call,
        state="connected",
        agent_id=agent_id,
        agent_leg=Leg(leg_id) if leg_id else Leg("", now_ms, "not_prepared"),
        prepared=None,
        held_by="",
        muted=without(call.muted, "agent"),
        camera=without(call.camera, "agent"),
        screen=without(call.screen, "agent"),
        connected_at_ms=call.connected_at_ms or now_ms,
    )


def released(call: Call, agent_id: str) -> Call:
    """The agent has it no longer; the visitor waits with music."""
    if call.state == "ended" or call.agent_id != agent_id:
        return call
    return replace(
        call,
        state="queued",
        agent_id="",
        agent_leg=None,
        held_by="",
        muted=without(call.muted, "agent"),
        camera=without(call.camera, "agent"),
        screen=without(call.screen, "agent"),
    )


def hold(call: Call, party: Party, *, on: bool) -> Call:
    """A party holds or resumes; only who holds may resume."""
    require_alive(call)
    if call.state not in ("connected", "held"):
        raise WeccError("wrong_state", "Only an answered call can be held.")
    if call.held_by not in ("", party):
        raise WeccError("wrong_state", "The other side holds the call.")
    if on:
        return replace(call, state="held", held_by=party)
    return replace(call, state="connected", held_by="")


def mute(call: Call, party: Party, *, on: bool) -> Call:
    """A party's microphone is muted or not (told to the other side, done by the browser)."""
    require_alive(call)
    return replace(call, muted=_with(call.muted, party, on=on))


def show(call: Call, party: Party, *, camera: bool, screen: bool) -> Call:
    """A party shows its camera or screen, or no longer (told to the other side, done by the
    browser).
    """
    require_alive(call)
    return replace(
        call,
        camera=_with(call.camera, party, on=camera),
        screen=_with(call.screen, party, on=screen),
    )


def reconnect(call: Call, party: Party, leg_id: str) -> Call:
    """A party comes back with a new leg."""
    require_alive(call)
    if party == "visitor":
        return replace(call, visitor_leg=Leg(leg_id))
    return replace(call, agent_leg=Leg(leg_id))


def lose_leg(call: Call, leg_id: str, cause: str, now_ms: int) -> Call:
    """A leg is gone; its party has a while to come back."""
    party = party_of_leg(call, leg_id)
    leg = leg_of(call, party) if party else None
    if call.state == "ended" or leg is None or leg.lost_at_ms is not None:
        return call
    lost = Leg(leg.id, now_ms, cause)
    return replace(call, visitor_leg=lost) if party == "visitor" else replace(call, agent_leg=lost)


def end(call: Call, reason: EndReason, now_ms: int) -> Call:
    """It is over."""
    if call.state == "ended":
        return call
    return replace(
        call, state="ended", ended_at_ms=now_ms, end_reason=reason, held_by="", prepared=None
    )


# ---- what follows from it ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bridge:
    """Connect two legs."""

    leg_a: str
    leg_b: str


@dataclass(frozen=True, slots=True)
class Unbridge:
    """Connect this leg with nobody."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class Play:
    """Let a leg hear a piece of music, or nothing."""

    leg_id: str
    source: str | None


MediaAction = Bridge | Unbridge | Play


def media_plan(call: Call) -> list[MediaAction]:
    """Return what the media engine must be doing for this call."""
    if call.state == "ended":
        return []
    visitor, agent = _living(call.visitor_leg), _living(call.agent_leg)
    if call.state == "connected" and visitor and agent:
        return [Bridge(visitor, agent)]
    plan: list[MediaAction] = [Unbridge(leg) for leg in (visitor, agent) if leg]
    if visitor:
        plan.append(Play(visitor, _heard_by(call, "visitor")))
    if agent:
        plan.append(Play(agent, _heard_by(call, "agent")))
    return plan


def _heard_by(call: Call, party: Party) -> str | None:
    if call.state in ("queued", "ringing"):
        return "queue"
    return None if call.held_by == party else "hold"


def _living(leg: Leg | None) -> str:
    return leg.id if leg is not None and leg.lost_at_ms is None else ""


def leg_ids(call: Call) -> set[str]:
    """Every leg the call has in the engine, or had until it was lost."""
    found = {call.visitor_leg.id}
    if call.agent_leg is not None:
        found.add(call.agent_leg.id)
    if call.prepared is not None:
        found.add(call.prepared.leg_id)
    return found - {""}


def leg_of(call: Call, party: Party) -> Leg | None:
    """A party's leg."""
    return call.visitor_leg if party == "visitor" else call.agent_leg


def partner_leg(call: Call, party: Party) -> str | None:
    """The leg the party's own is or will be bridged to, if it lives."""
    return _living(leg_of(call, "agent" if party == "visitor" else "visitor")) or None


def party_of_leg(call: Call, leg_id: str) -> Party | None:
    """Whose leg it is now."""
    if call.visitor_leg.id == leg_id:
        return "visitor"
    if call.agent_leg is not None and call.agent_leg.id == leg_id:
        return "agent"
    return None


def overdue(call: Call, now_ms: int) -> EndReason | None:
    """Why the call must end now: a lost leg did not come back in time."""
    if call.state == "ended":
        return None
    for leg, grace_ms in ((call.visitor_leg, VISITOR_GRACE_MS), (call.agent_leg, AGENT_GRACE_MS)):
        if leg is None or leg.lost_at_ms is None:
            continue
        if now_ms - leg.lost_at_ms >= grace_ms:
            return "media_lost" if leg.cause == "media_lost" else "leg_lost"
    return None


def lost_parties(call: Call) -> list[Party]:
    """Who has to reconnect."""
    if call.state == "ended":
        return []
    legs: tuple[tuple[Party, Leg | None], ...] = (
        ("visitor", call.visitor_leg),
        ("agent", call.agent_leg),
    )
    return [party for party, leg in legs if leg is not None and leg.lost_at_ms is not None]


def require_alive(call: Call) -> None:
    """Raise ``closed`` when the call is over."""
    if call.state == "ended":
        raise WeccError("closed", "The call is over.")


def _with(parties: tuple[str, ...], party: Party, *, on: bool) -> tuple[str, ...]:
    rest = without(parties, party)
    return tuple(sorted({*rest, party})) if on else rest


def without(parties: tuple[str, ...], party: Party) -> tuple[str, ...]:
    """Return the others."""
    return tuple(name for name in parties if name != party)


def view(call: Call) -> CallView:
    """Return the call as browsers see it."""
    return CallView(
        id=call.id,
        conversation_id=call.conversation_id,
        interaction_id=call.interaction_id,
        state=call.state,
        held_by=call.held_by,
        camera=list(call.camera),
        screen=list(call.screen),
        started_at_ms=call.started_at_ms,
        connected_at_ms=call.connected_at_ms,
        ended_at_ms=call.ended_at_ms,
        end_reason=call.end_reason,
    )
