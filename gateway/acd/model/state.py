"""Everything the journal decides, and nothing that can be derived from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import DEFAULT_PROFILE, Profile, QueueRule
from gateway.acd.model.interaction import Interaction, Offer, Slot
from gateway.acd.model.policy import DEFAULT_POLICY, Policy

_REMEMBERED = 4_096


@dataclass(slots=True, kw_only=True)
class State:
    """The fold of the journal up to ``position``.

    ``closed`` are the queues that are closed now, and why. ``turns`` is who had the last turn in
    queues that take turns; ``share_clock`` is the time of those that share by weight.

    Interactions that are over leave; their ids are remembered for a while (two generations), so
    that a late repeat of ``Enqueue`` does not queue them again.

    There is one of it, written with every entry: a plain class takes that faster than a ``Struct``.
    """

    position: int = 0
    at_ms: int = 0
    epoch: int = 0
    version: int = 0
    next_number: int = 1
    next_offer: int = 1
    next_rank: int = 1
    front_rank: int = 0
    queues: dict[str, QueueRule] = field(default_factory=dict)
    policy: Policy = DEFAULT_POLICY
    profiles: dict[str, Profile] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    turns: dict[str, str] = field(default_factory=dict)
    share_clock: int = 0
    recent: dict[str, int] = field(default_factory=dict)
    older: dict[str, int] = field(default_factory=dict)

    def profile(self, agent_id: str) -> Profile:
        """Return the agent's profile, or the one that serves every queue."""
        return self.profiles.get(agent_id, DEFAULT_PROFILE)

    def knows(self, interaction_id: str) -> bool:
        """Tell whether the interaction is here or was here lately."""
        return (
            interaction_id in self.interactions
            or interaction_id in self.recent
            or interaction_id in self.older
        )

    def forget(self, interaction: Interaction) -> None:
        """Let go of an interaction that is over."""
        del self.interactions[interaction.id]
        self.recent[interaction.id] = interaction.epoch
        if len(self.recent) >= _REMEMBERED:
            self.older, self.recent = self.recent, {}


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(State).decode


def dump(state: State) -> bytes:
    """Write the state so that equal states give equal bytes."""
    return _encode(state)


def load(data: bytes | str) -> State:
    """Read what ``dump`` wrote."""
    return _decode(data)
