"""The one pure table: operation -> who may do it, in which relation to the object.

Every transport (REST, sockets, event stream, long poll) calls ``authorize`` with the same
operation names: a socket frame's ``type`` or a route's ``operation``. An operation without an
entry cannot be served: ``require_entries`` is called before the server starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from gateway.kernel.actor import Actor, ActorRole
from gateway.kernel.errors import WeccError


class Relation(IntEnum):
    """How an actor is related to an object, from far to near; nearer includes farther."""

    FOREIGN = 0
    TENANT = 1
    QUEUE = 2
    PARTICIPANT = 3
    SELF = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """The nearest relation each role must have; a role that is absent may not do it at all."""

    need: dict[ActorRole, Relation]


def _rule(**need: Relation) -> Rule:
    return Rule({**need, "system": Relation.FOREIGN})  # type: ignore[dict-item]


_T, _Q, _P, _S = Relation.TENANT, Relation.QUEUE, Relation.PARTICIPANT, Relation.SELF
_ADMIN = _rule(admin=_T)
_LEAD = _rule(supervisor=_T, admin=_T)
_STAFF = _rule(agent=_T, supervisor=_T, admin=_T)
_OWN = _rule(agent=_S, supervisor=_S, admin=_S)
_TALK = _rule(visitor=_P, agent=_P, supervisor=_T, admin=_T)
_SEE = _rule(visitor=_P, agent=_Q, supervisor=_T, admin=_T)
_STAFF_SEE = _rule(agent=_Q, supervisor=_T, admin=_T)
_WORK = _rule(agent=_P, supervisor=_T, admin=_T)
_VISITOR = _rule(visitor=_S)

TABLE: dict[str, Rule] = {
    # sockets, both audiences
    "message.post": _TALK,
    "message.note": _WORK,
    "typing.set": _TALK,
    # Who only looks on has not read it for the visitor.
    "receipt.set": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "history.get": _SEE,
    "call.reconnect": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "call.candidate": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "call.update": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "call.media": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "call.hold": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "call.mute": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    "call.hang_up": _rule(visitor=_P, agent=_P, supervisor=_P, admin=_P),
    # visitors
    "conversation.start": _VISITOR,
    "conversation.end": _rule(visitor=_P),
    "conversation.rate": _rule(visitor=_P),
    "page.set": _VISITOR,
    "identity.set": _VISITOR,
    "call.start": _VISITOR,
    "upload.write": _TALK,
    "attachment.read": _SEE,
    "transcript.read": _SEE,
    # agents
    "conversation.watch": _STAFF_SEE,
    "conversation.read": _STAFF_SEE,
    "conversation.list": _STAFF,
    "contact.change": _WORK,
    "vip.read": _LEAD,
    "vip.change": _LEAD,
    "block.read": _LEAD,
    "block.change": _LEAD,
    "agent.state.set": _OWN,
    "offer.accept": _OWN,
    "offer.reject": _OWN,
    "interaction.transfer": _WORK,
    "interaction.end": _WORK,
    "interaction.wrap_up": _WORK,
    "interaction.take": _rule(agent=_Q, supervisor=_T, admin=_T),
    "agent.next.set": _OWN,
    "agent.set": _LEAD,
    "agent.sign_out": _LEAD,
    "intervention.undo": _LEAD,
    "interaction.move": _LEAD,
    "interaction.prioritize": _LEAD,
    "interaction.assign": _LEAD,
    "interaction.over_capacity": _LEAD,
    "interaction.wrap_up.extend": _WORK,
    "intervention.read": _LEAD,
    "explanation.read": _WORK,
    "explanation.list": _LEAD,
    "directory.read": _STAFF,
    "live.read": _LEAD,
    "live.watch": _LEAD,
    "alarm.read": _LEAD,
    "alarm_rule.read": _LEAD,
    "alarm_rule.change": _LEAD,
    "report.read": _rule(agent=_S, supervisor=_T, admin=_T),
    "metric.read": _STAFF,
    # administration
    "canned.read": _STAFF,
    "canned.change": _LEAD,
    "skill.read": _STAFF,
    "skill.change": _ADMIN,
    "queue.read": _STAFF,
    "queue.change": _LEAD,
    "queue.remove": _ADMIN,
    "queue.close": _LEAD,
    "agent_profile.read": _LEAD,
    "agent_profile.change": _LEAD,
    "hours.read": _STAFF,
    "hours.change": _LEAD,
    "hours.remove": _ADMIN,
    "disposition.read": _STAFF,
    "disposition.change": _ADMIN,
    "not_ready_reason.read": _STAFF,
    "not_ready_reason.change": _LEAD,
    "capacity_policy.read": _LEAD,
    "capacity_policy.change": _LEAD,
    "route.read": _LEAD,
    "route.change": _ADMIN,
    "site.read": _LEAD,
    "site.change": _ADMIN,
    "user.read": _LEAD,
    "user.change": _ADMIN,
    "invitation.read": _ADMIN,
    "invitation.change": _ADMIN,
    "api_key.read": _ADMIN,
    "api_key.change": _ADMIN,
    "audit.read": _ADMIN,
    # oneself
    "me.read": _OWN,
    "me.change": _OWN,
}
PUBLIC: frozenset[str] = frozenset(
    {
        "channel.open",
        "channel.use",
        "file.read",
        "health",
        "hello",
        "metrics",
        "ping",
        "set_up",
        "sign_in",
        "sign_in.link",
        "site.config",
    }
)
"""Operations that check who is there by themselves, or are for everybody."""


def authorize(actor: Actor, operation: str, relation: Relation = Relation.SELF) -> None:
    """Return if ``actor`` may do ``operation`` to an object it has ``relation`` to.

    Raises ``forbidden`` when the role may never do it, and ``not_found`` when it may but not
    with this object, so that foreign and unknown look the same.
    """
    rule = TABLE[operation]
    needed = rule.need.get(actor.role)
    if needed is None:
        raise WeccError("forbidden")
    if relation < needed:
        raise WeccError("not_found", "It does not exist, or it is not yours to see.")


def require_entries(operations: Iterable[str]) -> None:
    """Refuse to start when an operation is neither in the table nor public."""
    missing = sorted({name for name in operations if name not in TABLE and name not in PUBLIC})
    if missing:
        raise RuntimeError(f"operations without an authorization entry: {', '.join(missing)}")
