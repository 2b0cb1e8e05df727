"""What routing needs to know of queues and agents, and the defaults that need no set-up."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.acd.model.expression import ANYBODY, Needs, both, meets

KINDS = ("chat", "call", "message")
KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
CHAT, CALL, MESSAGE = range(3)

DEFAULT_CAPACITY = {"chat": 4, "call": 1, "message": 6}
DEFAULT_OFFER_TIMEOUT_S = {"chat": 30, "call": 20, "message": 120}
AGEING_MS_PER_PRIORITY = 60_000
"""One unit of priority is worth a minute of waiting."""
REOFFER_AFTER_MS = 10_000
"""An agent who declined, missed or gave away an interaction is passed over for this long."""
GRACE_MS = 20_000
"""An agent without any socket keeps the work for this long, but gets no new offers."""
DIRECT_WAIT_MS = 120_000
"""A transfer to one agent waits for that agent this long, then opens to the whole queue."""
ANSWERING_MS = 10_000
"""Pressing accept on a call keeps the offer alive this long while media is prepared."""
ENGINE_VERSION = 1


SkipIf = Literal["none", "nobody_ready", "nobody_on_duty"]
AgentOrder = Literal[
    "longest_idle", "least_loaded", "best_skill", "round_robin", "weighted", "manual"
]
OverflowWhen = Literal["wait", "size", "nobody_on_duty", "closed"]
WrapUpMode = Literal["forced", "timed", "optional", "none"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What an interaction asks of agents for a while. ``after_s`` None: for as long as it waits.

    ``preferred`` puts the agents who meet it before the others. The interaction's own skills
    count too, unless ``drops_own``. ``priority`` is added when the step starts.
    """

    needs: Needs = ANYBODY
    preferred: Needs | None = None
    after_s: int | None = None
    priority: int = 0
    skip_if: SkipIf = "none"
    drops_own: bool = False


class Overflow(msgspec.Struct, frozen=True, kw_only=True):
    """Where work goes that this queue cannot help: another queue, or None: leave a message."""

    when: OverflowWhen
    limit: int = 0
    to_queue_id: str | None = None


class WrapUpRule(msgspec.Struct, frozen=True, kw_only=True):
    """Time after the exchange. ``extension_s`` is what an agent may add to it, once."""

    mode: WrapUpMode = "timed"
    seconds: int = 60
    extension_s: int = 0


class TargetRule(msgspec.Struct, frozen=True, kw_only=True):
    """The service target: this share of the contacts answered within this time."""

    percent: int
    within_s: int


DEFAULT_TARGETS = {
    "chat": TargetRule(percent=80, within_s=60),
    "call": TargetRule(percent=80, within_s=20),
    "message": TargetRule(percent=80, within_s=14_400),
}


_ANY_STEP = Step()
_WRAP_UP = WrapUpRule(mode="none", seconds=0)


class QueueRule(msgspec.Struct, frozen=True, kw_only=True):
    """A queue as routing sees it, in one published ``version``."""

    queue_id: str
    version: int = 0
    steps: tuple[Step, ...] = (_ANY_STEP,)
    priority: int = 0
    order: AgentOrder = "longest_idle"
    overflow: tuple[Overflow, ...] = ()
    offer_timeout_s: dict[str, int] = {}
    wrap_up: dict[str, WrapUpRule] = {}
    no_answer_strikes: int = 1
    reply_timeout_s: int = 0
    sticky_s: int = 0
    pull_oldest: int = 100
    service_target: dict[str, TargetRule] = {}
    fairness_window_s: int = 0

    def timeout_ms(self, kind: str) -> int:
        """How long an offer of this kind rings."""
        return 1000 * self.offer_timeout_s.get(kind, DEFAULT_OFFER_TIMEOUT_S[kind])

    def wrap_up_of(self, kind: str) -> WrapUpRule:
        """What comes after an interaction of this kind; nothing where nothing is said."""
        return self.wrap_up.get(kind, _WRAP_UP)

    def step(self, number: int) -> Step:
        """Return a step; who is past the last stays in it."""
        return self.steps[min(number, len(self.steps) - 1)]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent can do. ``queue_ids`` None means every queue, also later ones.

    ``interrupted_by`` says for some kinds in hand what else may be offered; the tenant's policy
    says it for the others. ``weight`` is the share of the work in queues that share by weight.
    """

    queue_ids: tuple[str, ...] | None = None
    skills: dict[str, int] = {}
    capacity: dict[str, int] = {}
    interrupted_by: dict[str, tuple[str, ...]] = {}
    weight: int = 100

    def serves(self, queue_id: str) -> bool:
        """Tell whether the agent belongs to the queue."""
        return self.queue_ids is None or queue_id in self.queue_ids

    def limit(self, kind: str) -> int:
        """How many interactions of ``kind`` the agent may hold at once."""
        return self.capacity.get(kind, DEFAULT_CAPACITY[kind])


DEFAULT_PROFILE = Profile()


def required(queue: QueueRule | None, own: dict[str, int], step: int = 0) -> Needs:
    """Join a step's and the interaction's own skill needs."""
    at = queue.step(step) if queue is not None else _ANY_STEP
    return at.needs if at.drops_own else both(at.needs, own)


def is_skilled(skills: dict[str, int], needed: Needs) -> bool:
    """Tell whether an agent with these skills may do what is needed."""
    return meets(skills, needed)
