"""Which waits a number counts, so that every such number opens as a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from gateway.supervision.model.ledger import Cause, Outcome, Stay
from gateway.supervision.wire import StayView

At = Literal["began_ms", "settled_ms", "over_ms"]


class Drill(msgspec.Struct, frozen=True):
    """Stays whose time ``at`` is in the interval and that meet what is given."""

    at: At = "began_ms"
    outcome: Outcome | None = None
    causes: tuple[Cause, ...] = ()
    ended_as: str | None = None
    waited: Literal["within", "short"] | None = None
    replied: bool = False


DRILLS: dict[str, Drill] = {
    "offered": Drill(),
    "transferred_in": Drill(causes=("transfer", "move")),
    "returned": Drill(causes=("return",)),
    "answered": Drill(outcome="answered"),
    "answered_within": Drill(outcome="answered", waited="within"),
    "abandoned": Drill(outcome="abandoned"),
    "abandoned_within": Drill(outcome="abandoned", waited="within"),
    "abandoned_short": Drill(outcome="abandoned", waited="short"),
    "moved_out": Drill(outcome="moved"),
    "waiting": Drill(outcome=""),
    "replied": Drill(outcome="answered", replied=True),
    "accepted": Drill(at="settled_ms", outcome="answered"),
    "transfers_accepted": Drill(at="settled_ms", outcome="answered", causes=("transfer",)),
    "handled": Drill(at="over_ms", outcome="answered"),
    "transferred_out": Drill(at="over_ms", outcome="answered", ended_as="transferred"),
}


def stay_view(stay: Stay, queues: Mapping[str, str], people: Mapping[str, str]) -> StayView:
    """Return a wait as browsers see it; what has not happened yet is null."""
    talked = stay.outcome == "answered" and stay.talk_ended_ms
    return StayView(
        interaction_id=stay.interaction_id,
        conversation_id=stay.conversation_id,
        kind=stay.kind,
        queue_id=stay.queue_id,
        queue_name=queues.get(stay.queue_id, ""),
        agent_id=stay.agent_id,
        agent_name=people.get(stay.agent_id, ""),
        cause=stay.cause,
        began_at_ms=stay.began_ms,
        outcome=stay.outcome or "waiting",
        wait_ms=stay.wait_ms if stay.outcome else None,
        within_target=stay.wait_ms <= stay.within_ms if stay.outcome else None,
        talk_ms=stay.talk_ended_ms - stay.settled_ms if talked else None,
        wrap_up_ms=stay.over_ms - stay.talk_ended_ms if talked and stay.over_ms else None,
        first_reply_ms=stay.replied_ms - stay.began_ms if stay.replied_ms else None,
        is_robot=stay.is_robot,
    )


def cursor_of(stay: Stay, drill: Drill) -> str:
    """Return where a list goes on after a stay."""
    return f"{getattr(stay, drill.at)}~{stay.number}~{stay.interaction_id}"


def read_cursor(text: str) -> tuple[int, int, str] | None:
    """Return what ``cursor_of`` wrote; None for what it did not."""
    at, _, rest = text.partition("~")
    number, _, interaction_id = rest.partition("~")
    if not (at.isascii() and at.isdigit() and len(at) <= 15 and number.isdigit()):
        return None
    return int(at), int(number[:6]), interaction_id[:64]
