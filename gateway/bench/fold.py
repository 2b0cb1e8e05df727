"""Audits a bench's run from the committed journal alone."""

from __future__ import annotations

from collections.abc import Callable, Set

from gateway.acd.model import entries as e
from gateway.acd.model.engine import Engine
from gateway.acd.store import journal
from gateway.platform.database.port import Database, Tx

_AT_ONCE = 20_000


class Verdict:
    """What folding found: how often each promise was broken."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.entries = 0
        self.over_capacity = 0
        self.double = 0
        self._arrived: set[str] = set()
        self._over: set[str] = set()

    def fold(self, entry: e.Entry) -> None:
        """Look at one entry, then let it change the state."""
        self.entries += 1
        state = self.engine.state
        if isinstance(entry, e.Offered):
            item = state.interactions.get(entry.interaction_id)
            if item is None or item.state != "waiting":
                self.double += 1
            seat = self.engine.index.seats[entry.agent_id]
            if seat.agent.load[0] >= seat.limits[0]:
                self.over_capacity += 1
        elif isinstance(entry, e.Enqueued):
            self.double += entry.interaction_id in self._arrived
            self._arrived.add(entry.interaction_id)
        elif isinstance(entry, e.Ended):
            self.double += entry.interaction_id in self._over
            self._over.add(entry.interaction_id)
        self.engine.apply(entry)

    def lost(self, acknowledged: Set[str]) -> int:
        """Count what was acknowledged and is neither here nor over."""
        here = self.engine.state.interactions
        return sum(key not in self._over and key not in here for key in acknowledged)


async def folded(database: Database, tenant_id: str) -> Verdict:
    """Fold a tenant's whole journal."""
    verdict, position = Verdict(), 0
    while rows := await database.read(tenant_id, _after(position)):
        for _, body in rows:
            verdict.fold(e.decode(body))
        position = rows[-1][0]
    return verdict


def _after(position: int) -> Callable[[Tx], list[tuple[int, str]]]:
    return lambda tx: journal.rows_after(tx, position, _AT_ONCE)
