"""What a queue's rules will hardly do as meant: told at publication, never a reason to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from gateway.acd.model.configuration import Profile, QueueRule, is_skilled

Code = Literal[
    "nobody_qualifies",
    "contradiction",
    "never_reached",
    "overflow_cycle",
    "overflow_first",
    "sticky_too_long",
]


class Advice(NamedTuple):
    """One finding; ``step`` counts from 0."""

    code: Code
    step: int | None


def advice(
    rule: QueueRule, profiles: Iterable[Profile], rules: Mapping[str, QueueRule]
) -> list[Advice]:
    """Look at a rule among the agents' profiles and the tenant's other queues."""
    serving = [profile for profile in profiles if profile.serves(rule.queue_id)]
    found = [*_steps(rule, serving), *_times(rule)]
    if _comes_back(rule, rules):
        found.append(Advice("overflow_cycle", None))
    return found


def _steps(rule: QueueRule, serving: list[Profile]) -> Iterable[Advice]:
    for number, step in enumerate(rule.steps):
        if not step.needs or step.preferred == ():
            yield Advice("contradiction", number)
        elif not any(is_skilled(profile.skills, step.needs) for profile in serving):
            yield Advice("nobody_qualifies", number)


def _times(rule: QueueRule) -> Iterable[Advice]:
    limits = [overflow.limit for overflow in rule.overflow if overflow.when == "wait"]
    if not limits:
        return
    limit_s, begins_s = min(limits), 0
    for number, step in enumerate(rule.steps):
        if begins_s >= limit_s:
            yield Advice("never_reached", number)
        elif step.after_s is not None and begins_s + step.after_s > limit_s:
            yield Advice("overflow_first", number)
        begins_s += step.after_s or 0
    if rule.sticky_s >= limit_s:
        yield Advice("sticky_too_long", None)


def _comes_back(rule: QueueRule, rules: Mapping[str, QueueRule]) -> bool:
    """Tell whether following overflow from queue to queue can lead back to this one."""
    todo, seen = [rule], {rule.queue_id}
    while todo:
        for overflow in todo.pop().overflow:
            target = overflow.to_queue_id
            if target == rule.queue_id:
                return True
            if target is not None and target not in seen and target in rules:
                seen.add(target)
                todo.append(rules[target])
    return False
