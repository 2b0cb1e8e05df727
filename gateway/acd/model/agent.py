"""An agent as routing sees them."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.configuration import KINDS, Profile

State = Literal["offline", "not_ready", "ready"]


class Agent(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """State, load per kind (offers, work, wrap-up and slots), and the place in the idle order.

    ``rank`` orders agents of equal total load: it is renewed whenever the load changes, so the
    lowest rank is who went longest without getting or finishing anything. ``set_by`` is who set
    the state when it was somebody else. ``until_ms`` is when it is overdue. A ``next_state``
    is declared ahead and begins with the end of the last work. ``strikes`` counts offers missed
    in a row. ``got`` has, for queues with a fairness window, when the agent got work of them.
    """

    id: str
    state: State = "offline"
    reason: str = ""
    since_ms: int = 0
    away_until_ms: int | None = None
    rank: int = 0
    idle_since_ms: int = 0
    load: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    slots: int = 0
    set_by: str = ""
    until_ms: int | None = None
    is_overdue: bool = False
    next_state: State | None = None
    next_reason: str = ""
    next_max_s: int = 0
    strikes: int = 0
    got: dict[str, list[int]] = {}
    share_used: int = 0

    @property
    def total(self) -> int:
        """How many interactions the agent holds, of all kinds."""
        chat, call, message = self.load
        return chat + call + message


_OPEN = tuple(tuple(kind for kind in range(3) if bits >> kind & 1) for bits in range(8))
_NOTHING = _OPEN[0]


def open_kinds(agent: Agent, limits: tuple[int, ...], allows: tuple[int, ...]) -> tuple[int, ...]:
    """Numbers of the kinds that may be offered to the agent now.

    ``allows`` has for each kind in hand the kinds, as bits, that may still be offered.
    """
    if agent.state != "ready" or agent.away_until_ms is not None or agent.next_state is not None:
        return _NOTHING
    chat, call, message = agent.load
    chats, calls, messages = limits
    bits = 1 if chat < chats else 0
    if call < calls:
        bits |= 2
    if message < messages:
        bits |= 4
    if chat:
        bits &= allows[0]
    if call:
        bits &= allows[1]
    if message:
        bits &= allows[2]
    return _OPEN[bits]


def limits_of(profile: Profile) -> tuple[int, ...]:
    """Capacity per kind number."""
    return tuple(profile.limit(kind) for kind in KINDS)
