"""Tells a story in a child process: bytes in, bytes out."""

from __future__ import annotations

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.story import Story
from gateway.acd.model.teller import Teller


class Question(msgspec.Struct, kw_only=True):
    """Which work, told from which snapshot and entries (lines of JSON) up to ``now_ms``.

    ``agent_id`` also asks for one agent's side.
    """

    interaction_id: str
    agent_id: str | None
    snapshot: str | None
    pieces: list[bytes]
    now_ms: int


class Answer(msgspec.Struct, kw_only=True):
    """``story`` is None when the work's beginning is not among the entries."""

    story: Story | None


def tell(question: Question) -> Story | None:
    """Tell the story of one piece of work, or None when the journal does not hold it."""
    start = states.load(question.snapshot) if question.snapshot is not None else None
    if start is not None and start.knows(question.interaction_id):
        return None
    teller = Teller(start, question.interaction_id, question.agent_id)
    for piece in question.pieces:
        for line in piece.split(b"\n"):
            teller.fold(e.decode(line))
            if teller.is_over:
                return teller.finish(question.now_ms)
    return teller.finish(question.now_ms) if teller.story.queued_at_ms is not None else None


def tell_bytes(payload: bytes) -> bytes:
    """Answer a question in msgpack; the answer is in msgpack."""
    question = msgspec.msgpack.decode(payload, type=Question)
    return msgspec.msgpack.encode(Answer(story=tell(question)))
