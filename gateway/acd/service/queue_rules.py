"""From a queue as people write it to a queue as routing reads it, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gateway.acd.model.advice import Advice
from gateway.acd.model.configuration import (
    DEFAULT_TARGETS,
    Overflow,
    QueueRule,
    Step,
    TargetRule,
    WrapUpRule,
)
from gateway.acd.model.expression import compiled, named, rewritten
from gateway.acd.wire.queues import (
    KindKey,
    QueueBody,
    QueueStep,
    QueueView,
    QueueWarning,
    ServiceTarget,
    WrapUpTime,
)
from gateway.kernel.errors import WeccError
from gateway.kernel.text import clean_line

_KINDS: tuple[KindKey, ...] = ("chat", "call", "message")
_AT_MOST = 8
_WORDS = {
    "nobody_qualifies": "No agent of this queue has what this step asks for.",
    "contradiction": "What this step asks for contradicts itself: nobody can ever have it.",
    "never_reached": "This step never begins: work overflows before.",
    "overflow_cycle": "Overflow leads back to this queue; work goes round only once.",
    "overflow_first": "Work overflows before this step's time is over.",
    "sticky_too_long": "Work overflows before the wait for the last agent is over.",
}


def checked(body: QueueBody, skills: Mapping[str, str]) -> QueueBody:
    """Return the queue in the form in which it is stored: complete, skills by their ids.

    ``skills`` maps ids to names. Says what is wrong otherwise, and in which field.
    """
    steps = list(body.steps) or [QueueStep()]
    for field, given in (("steps", body.steps), ("overflow", body.overflow)):
        if len(given) > _AT_MOST:
            raise _wrong(field, f"A queue has at most {_AT_MOST} of these.")
    _check_steps(steps)
    _check_overflow(body)
    if body.order == "manual" and body.pull_oldest == 0:
        raise _wrong("pull_oldest", "Nobody could ever get this work: allow some to be taken.")
    wrap_up = {kind: body.wrap_up.get(kind, WrapUpTime()) for kind in _KINDS}
    for kind, rule in wrap_up.items():
        wrap_up[kind] = _checked_wrap_up(kind, rule)
    resolve = resolver(skills)
    return msgspec.structs.replace(
        body,
        name=clean_line(body.name, field="name", max_chars=120, required=True),
        note=clean_line(body.note, field="note", max_chars=500) if body.note else "",
        steps=[_by_id(number, step, resolve) for number, step in enumerate(steps)],
        wrap_up=wrap_up,
        service_target={kind: body.service_target.get(kind) or _target(kind) for kind in _KINDS},
    )


def _wrong(field: str, message: str) -> WeccError:
    return WeccError("bad_value", message, field=field)


def _check_steps(steps: list[QueueStep]) -> None:
    last = len(steps) - 1
    if steps[0].priority:
        raise _wrong("steps.0.priority", "The first step begins at the queue's own priority.")
    for number, step in enumerate(steps):
        if number < last and step.after_s is None:
            raise _wrong(f"steps.{number}.after_s", "Say after how many seconds the next begins.")
    if steps[last].after_s is not None:
        raise _wrong(f"steps.{last}.after_s", "The last step lasts until somebody answers.")
    if steps[last].skip_if != "none":
        raise _wrong(f"steps.{last}.skip_if", "Nothing comes after the last step.")


def _check_overflow(body: QueueBody) -> None:
    for number, overflow in enumerate(body.overflow):
        field = f"overflow.{number}.limit"
        if overflow.when == "wait" and not overflow.limit:
            raise _wrong(field, "Say after how many seconds of waiting.")
        if overflow.when in ("nobody_on_duty", "closed") and overflow.limit:
            raise _wrong(field, "This overflow knows no limit; leave it 0.")


def _checked_wrap_up(kind: str, rule: WrapUpTime) -> WrapUpTime:
    if rule.mode in ("timed", "optional") and not rule.seconds:
        raise _wrong(f"wrap_up.{kind}.seconds", "Say for how many seconds, or choose none.")
    if rule.mode == "none":
        return WrapUpTime(mode="none", seconds=0, extension_s=0)
    return rule


def _target(kind: str) -> ServiceTarget:
    rule = DEFAULT_TARGETS[kind]
    return ServiceTarget(percent=rule.percent, within_s=rule.within_s)


def resolver(skills: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return what finds a skill's id by its name, in any case where that is clear, or its id."""
    exact = {name: skill_id for skill_id, name in skills.items()}
    folded: dict[str, list[str]] = {}
    for skill_id, name in skills.items():
        folded.setdefault(name.casefold(), []).append(skill_id)

    def resolve(name: str) -> str | None:
        if name in exact:
            return exact[name]
        alike = folded.get(name.casefold(), [])
        if len(alike) == 1:
            return alike[0]
        return name if name in skills else None

    return resolve


def _by_id(number: int, step: QueueStep, resolve: Callable[[str], str | None]) -> QueueStep:
    texts = {}
    for name in ("expression", "preferred"):
        text = " ".join(getattr(step, name).split()) if getattr(step, name).strip() else ""
        try:
            compiled(text, resolve)
        except WeccError as error:
            field = f"steps.{number}.{name}"
            raise WeccError(error.code, error.message, field=field) from None
        texts[name] = rewritten(text, lambda known: resolve(known) or known) if text else ""
    return msgspec.structs.replace(step, **texts)


# ---- to routing, and back to people ----------------------------------------------------------


def rule_of(view: QueueView) -> QueueRule:
    """Return a stored queue as routing sees it."""
    return QueueRule(
        queue_id=view.id,
        version=view.version,
        steps=tuple(_step(step) for step in view.steps),
        priority=view.priority,
        order=view.order,
        overflow=tuple(
            Overflow(when=one.when, limit=one.limit, to_queue_id=one.to_queue_id)
            for one in view.overflow
        ),
        offer_timeout_s=view.offer_timeout_s,
        wrap_up={
            kind: WrapUpRule(mode=rule.mode, seconds=rule.seconds, extension_s=rule.extension_s)
            for kind, rule in view.wrap_up.items()
        },
        no_answer_strikes=view.no_answer_strikes,
        reply_timeout_s=view.reply_timeout_s,
        sticky_s=view.sticky_s,
        pull_oldest=view.pull_oldest,
        service_target={
            kind: TargetRule(percent=target.percent, within_s=target.within_s)
            for kind, target in view.service_target.items()
        },
        fairness_window_s=view.fairness_window_s,
    )


def _itself(name: str) -> str:
    return name


def _step(step: QueueStep) -> Step:
    return Step(
        needs=compiled(step.expression, _itself),
        preferred=compiled(step.preferred, _itself) if step.preferred else None,
        after_s=step.after_s,
        priority=step.priority,
        skip_if=step.skip_if,
        drops_own=step.drops_own,
    )


def stored_view(row: Mapping[str, Any]) -> QueueView:
    """Return a stored queue, its skills still by id."""
    names = set(QueueView.__struct_fields__) - {"warnings", "closed", "closure"}
    return msgspec.convert({name: row[name] for name in names} | {"warnings": []}, QueueView)


def shown(
    view: QueueView, skills: Mapping[str, str], found: list[Advice] | None = None
) -> QueueView:
    """Return a queue as people read it: skills by name, with what they should know of it."""
    return msgspec.structs.replace(
        view,
        steps=[
            msgspec.structs.replace(
                step,
                expression=rewritten(step.expression, lambda key: skills.get(key, key)),
                preferred=rewritten(step.preferred, lambda key: skills.get(key, key)),
            )
            for step in view.steps
        ],
        warnings=[
            QueueWarning(code=one.code, step=one.step, message=_WORDS[one.code])
            for one in found or []
        ],
    )


def skills_named(steps: list[dict[str, Any]]) -> set[str]:
    """Return the skills that stored steps speak of."""
    texts = [str(step[name]) for step in steps for name in ("expression", "preferred")]
    return set[str]().union(*map(named, texts))
