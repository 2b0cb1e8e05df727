"""Rehearsals: what a change of a queue would have done with recorded work."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.acd.wire.queues import KindKey, QueueBody
from gateway.kernel.wire import Body, View


class RehearsalBody(Body):
    """A changed queue, and how much recorded work to try it on. The same seed repeats a run."""

    queue: QueueBody
    days: Annotated[int, Meta(ge=1, le=31)] = 7
    seed: Annotated[int, Meta(ge=0, le=4_294_967_295)] | None = None


class QueueFigures(View):
    """One queue and kind. Times are of answered contacts, null where nobody was.

    ``service_level``: of those answered or gone, the share answered within ``target_s``.
    ``overflowed`` went to another queue or were asked for a message.
    """

    queue_id: str
    queue_name: str
    kind: KindKey
    target_s: float
    offered: int
    answered: int
    abandoned: int
    overflowed: int
    unfinished: int
    service_level: float | None
    asa_s: float | None
    wait_p50_s: float | None
    wait_p90_s: float | None
    handling_s: float | None
    most_waiting: int


class RunFigures(View):
    """A whole run. ``fairness`` is Jain's index over the agents' occupancies, 1 when all equal.

    ``is_complete`` is false when the run was cut short: its figures are of its first part.
    """

    queues: list[QueueFigures]
    agents: int
    occupancy: float | None
    fairness: float | None
    is_complete: bool


class RehearsalView(View):
    """The recorded work under the present and the changed configuration, by the same people.

    ``recorded`` is what really happened: how near ``before`` comes to it tells how far ``after``
    can be trusted. With fewer than ``needed`` contacts of the queue answered the verdict is
    ``not_enough_work``, and when the runs took too long ``too_slow``: then there are no runs.
    """

    verdict: Literal["compared", "not_enough_work", "too_slow"]
    queue_id: str
    seed: int
    from_ms: int
    to_ms: int
    contacts: int
    answered: int
    needed: int
    recorded: list[QueueFigures]
    before: RunFigures | None
    after: RunFigures | None
