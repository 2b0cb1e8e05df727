"""What routing needs to know of queues and agents, and the defaults that need no set-up."""

from __future__ import annotations

import msgspec

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


class QueueRule(msgspec.Struct, frozen=True, kw_only=True):
    """A queue as routing sees it."""

    queue_id: str
    skills: dict[str, int] = {}
    priority: int = 0
    offer_timeout_s: dict[str, int] = {}
    wrap_up_s: int = 0

    def timeout_ms(self, kind: str) -> int:
        """How long an offer of this kind rings."""
        return 1000 * self.offer_timeout_s.get(kind, DEFAULT_OFFER_TIMEOUT_S[kind])


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent can do. ``queue_ids`` None means every queue, also later ones.

    ``interrupted_by`` says for some kinds in hand what else may be offered; the tenant's policy
    says it for the others.
    """

    queue_ids: tuple[str, ...] | None = None
    skills: dict[str, int] = {}
    capacity: dict[str, int] = {}
    interrupted_by: dict[str, tuple[str, ...]] = {}

    def serves(self, queue_id: str) -> bool:
        """Tell whether the agent belongs to the queue."""
        return self.queue_ids is None or queue_id in self.queue_ids

    def limit(self, kind: str) -> int:
        """How many interactions of ``kind`` the agent may hold at once."""
        return self.capacity.get(kind, DEFAULT_CAPACITY[kind])


DEFAULT_PROFILE = Profile()


def required(queue: QueueRule | None, own: dict[str, int]) -> dict[str, int]:
    """Join the queue's and the interaction's own skill needs; the higher level counts."""
    needed = dict(queue.skills) if queue is not None else {}
    for skill, level in own.items():
        needed[skill] = max(level, needed.get(skill, 0))
    return needed


def is_skilled(skills: dict[str, int], needed: dict[str, int]) -> bool:
    """Tell whether every needed skill is held at its level; level 0 still needs the skill."""
    return all(skills.get(skill, -1) >= level for skill, level in needed.items())
