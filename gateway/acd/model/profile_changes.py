"""What is different between two profiles of an agent, in ids and figures: for the audit log."""

from __future__ import annotations

from collections.abc import Collection

from gateway.acd.model.configuration import KINDS, Profile

_NAMED = 4
"""So many ids fit a field of the log; the rest is counted."""


def changes(before: Profile, after: Profile) -> dict[str, str]:
    """Return the fields that changed: queues ``joined`` and ``left``, ``skills`` as id:level, the
    limits as kind:count, ``weight``, and ``interrupted_by`` by kind in hand. Before a first
    profile an agent serves every queue, which ``joined`` and ``left`` do not list.
    """
    was = before.queue_ids if before.queue_ids is not None else after.queue_ids or ()
    now = after.queue_ids if after.queue_ids is not None else was
    skills = sorted({**before.skills, **after.skills})
    found = {
        "joined": _named([one for one in now if one not in was]),
        "left": _named([one for one in was if one not in now]),
        "skills": _named(
            [
                f"{one}:{after.skills.get(one, 'gone')}"
                for one in skills
                if before.skills.get(one) != after.skills.get(one)
            ]
        ),
        "capacity": _named(
            [f"{k}:{after.limit(k)}" for k in KINDS if before.limit(k) != after.limit(k)]
        ),
        "weight": str(after.weight) if after.weight != before.weight else "",
        "interrupted_by": _named(
            [
                f"{kind}:{'.'.join(after.interrupted_by[kind]) or 'none'}"
                if kind in after.interrupted_by
                else f"{kind}:policy"
                for kind in KINDS
                if before.interrupted_by.get(kind) != after.interrupted_by.get(kind)
            ]
        ),
    }
    return {name: text for name, text in found.items() if text}


def _named(ids: Collection[str]) -> str:
    named = ",".join(sorted(ids)[:_NAMED])
    rest = len(ids) - _NAMED
    return f"{named} and {rest} more" if rest > 0 else named
