"""Folds a stored journal into an engine, or says at which position it is not sound."""

from __future__ import annotations

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.store.journal import Tail
from gateway.kernel.errors import WeccError


class Refused(WeccError):
    """The tenant's routing cannot be taken up from its journal."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(
            "journal_refused",
            f"The routing journal is not sound at position {position} ({reason}). Run `wecc fsck`"
            " for what is wrong, and restore a backup from before.",
        )
        self.position = position
        self.reason = reason


def folded(tail: Tail) -> Engine:
    """Return the engine that the journal leads to; raises ``Refused`` at the first bad entry."""
    engine = _begun(tail)
    for number, body in enumerate(tail.entries, tail.position + 1):
        try:
            entry = e.decode(body)
        except ValueError:
            raise Refused(number, "unreadable") from None
        try:
            engine.apply(entry)
        except Exception as error:
            raise Refused(number, "impossible") from error
    if engine.state.position != tail.end:
        raise Refused(engine.state.position, "hole")
    return engine


def _begun(tail: Tail) -> Engine:
    """Return the engine of the snapshot, which must be of the position it is kept at."""
    if tail.snapshot is None:
        return Engine()
    try:
        engine = Engine(states.load(tail.snapshot))
    except (ValueError, LookupError) as error:
        raise Refused(tail.position, "snapshot") from error
    if engine.state.position != tail.position:
        raise Refused(tail.position, "snapshot")
    return engine
