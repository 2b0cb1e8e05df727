"""What a tenant lets its agents do: which work may interrupt which, what counts, how much waits."""

from __future__ import annotations

import msgspec

from gateway.acd.model.configuration import KIND_NUMBER, KINDS, Profile

DEFAULT_INTERRUPTS: dict[str, tuple[str, ...]] = {
    "chat": ("call", "message"),
    "call": (),
    "message": ("chat", "call"),
}
"""Kind in hand -> other kinds that may still be offered: a call interrupts everything, and
nothing interrupts a call."""
PERSONAL_LIMIT = 10
"""So many interactions may wait for one agent alone."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A second limit, after the one of the kind: over all work of some queues together."""

    name: str
    queue_ids: tuple[str, ...]
    limit: int


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of capacity that hold for every agent of the tenant.

    ``quiet_chat_s``: a chat whose contact wrote nothing for so long takes no capacity until
    they write again; 0 counts every chat. ``sticky_waits``: work for the contact's last agent
    also waits while that agent is not ready.
    """

    interrupted_by: dict[str, tuple[str, ...]] = {}
    quiet_chat_s: int = 0
    labels: tuple[Label, ...] = ()
    personal_limit: int = PERSONAL_LIMIT
    sticky_waits: bool = False

    @property
    def quiet_ms(self) -> int:
        """How long after what was last heard of a contact the chat is quiet; 0 for never.

        What is heard is written down at most four times in the span, hence the quarter more.
        """
        return 1_250 * self.quiet_chat_s

    def others(self, kind: str) -> tuple[str, ...]:
        """Other kinds that may be offered to whoever holds ``kind``."""
        return self.interrupted_by.get(kind, DEFAULT_INTERRUPTS[kind])


DEFAULT_POLICY = Policy()


def allowed(profile: Profile, policy: Policy) -> tuple[int, ...]:
    """Per kind in hand, the kinds that may still be offered, as bits; its own kind always."""
    own = profile.interrupted_by
    return tuple(
        sum(1 << KIND_NUMBER[other] for other in {kind, *own.get(kind, policy.others(kind))})
        for kind in KINDS
    )
