"""The steps of one interaction from its arrival to the queue, as a pure state machine.

``received -> analysed -> ruled -> enqueued``. Each step is on disk before the next begins, so a
process that dies between two of them continues where it stopped. ``closed`` ends an intake whose
contact left before it was queued. The steps carry ids and codes only.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.kernel.errors import WeccError

StepState = Literal["received", "analysed", "ruled", "enqueued", "closed"]
Kind = Literal["chat", "call", "message"]
ORDER: tuple[StepState, ...] = ("received", "analysed", "ruled", "enqueued")


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction on its way to the queue; ``id`` is the interaction's id."""

    id: str
    conversation_id: str
    kind: Kind
    state: StepState
    message_id: str | None = None
    call_id: str | None = None
    site_id: str
    department: str = ""
    hint: str = ""
    language: str = ""
    language_reason: str = ""
    route_id: str | None = None
    queue_id: str | None = None
    skills: dict[str, int] = {}
    priority: int = 0
    is_robot: bool = False
    announced: str = ""
    created_at_ms: int
    updated_at_ms: int

    @property
    def is_done(self) -> bool:
        """Nothing is left to do."""
        return self.state in ("enqueued", "closed")


def analysed(intake: Intake, language: str, reason: str, now_ms: int) -> Intake:
    """The language is known, or known to be unknown."""
    _expect(intake, "received")
    return msgspec.structs.replace(
        intake, state="analysed", language=language, language_reason=reason, updated_at_ms=now_ms
    )


def ruled(
    intake: Intake,
    route_id: str | None,
    queue_id: str,
    skills: dict[str, int],
    priority: int,
    now_ms: int,
) -> Intake:
    """The routing table has chosen a queue."""
    _expect(intake, "analysed")
    return msgspec.structs.replace(
        intake,
        state="ruled",
        route_id=route_id,
        queue_id=queue_id,
        skills=skills,
        priority=priority,
        updated_at_ms=now_ms,
    )


def unruled(intake: Intake, now_ms: int) -> Intake:
    """The chosen queue was removed meanwhile; the routing table is asked again."""
    _expect(intake, "ruled")
    return msgspec.structs.replace(intake, state="analysed", queue_id=None, updated_at_ms=now_ms)


def enqueued(intake: Intake, now_ms: int) -> Intake:
    """The queue holds it."""
    _expect(intake, "ruled")
    return msgspec.structs.replace(intake, state="enqueued", updated_at_ms=now_ms)


def left_message(intake: Intake, new_id: str, queue_id: str) -> Intake:
    """Nobody could help in time: the same work as a message that was left, for the same queue."""
    return msgspec.structs.replace(
        intake,
        id=new_id,
        kind="message",
        state="ruled",
        call_id=None,
        queue_id=queue_id,
        announced="",
    )


def closed(intake: Intake, now_ms: int) -> Intake:
    """The contact left before the queue had it; a no-op once it is done."""
    if intake.is_done:
        return intake
    return msgspec.structs.replace(intake, state="closed", updated_at_ms=now_ms)


def _expect(intake: Intake, state: StepState) -> None:
    if intake.state != state:
        raise WeccError("wrong_state", f"The intake is {intake.state}, not {state}.")
