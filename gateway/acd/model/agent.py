"""An agent as routing sees them."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.configuration import CALL, KINDS, Profile

State = Literal["offline", "not_ready", "ready"]


class Agent(msgspec.Struct, kw_only=True, gc=False):
    """State, load per kind (offers, work and wrap-up), and the place in the idle order.

    ``rank`` orders agents of equal total load: it is renewed whenever the load changes, so the
    lowest rank is who went longest without getting or finishing anything.
    """

    id: str
    state: State = "offline"
    reason: str = ""
    since_ms: int = 0
    away_until_ms: int | None = None
    rank: int = 0
    idle_since_ms: int = 0
    load: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])

    @property
    def total(self) -> int:
        """How many interactions the agent holds, of all kinds."""
        chat, call, message = self.load
        return chat + call + message


_OPEN = tuple(tuple(kind for kind in range(3) if bits >> kind & 1) for bits in range(8))
_ONLY_CALL = _OPEN[1 << CALL]
_NOTHING = _OPEN[0]


def open_kinds(agent: Agent, limits: tuple[int, ...]) -> tuple[int, ...]:
    """Numbers of the kinds that may be offered to the agent now.

    A call interrupts: whoever rings, talks or wraps up a call gets no new offer of another
    kind. Chats and messages do not keep a call away.
    """
    if agent.state != "ready" or agent.away_until_ms is not None:
        return _NOTHING
    load = agent.load
    if load[CALL]:
        return _ONLY_CALL if load[CALL] < limits[CALL] else _NOTHING
    chat, call, message = load[0] < limits[0], load[1] < limits[1], load[2] < limits[2]
    return _OPEN[chat + 2 * call + 4 * message]


def limits_of(profile: Profile) -> tuple[int, ...]:
    """Capacity per kind number."""
    return tuple(profile.limit(kind) for kind in KINDS)
