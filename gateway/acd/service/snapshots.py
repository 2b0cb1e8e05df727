"""When a snapshot is due, and which one a restart begins at."""

from __future__ import annotations

import logging
from functools import partial

from gateway.acd.model.engine import Engine
from gateway.acd.model.state import State
from gateway.acd.service.folding import Refused, folded
from gateway.acd.store.journal import Tail, read_tail
from gateway.platform.database.port import Database

_logger = logging.getLogger("wecc.acd")
EVERY = 10_000
_AT_MOST = 30_000


def is_due(state: State, since: int) -> bool:
    """Tell whether ``since`` entries after the last snapshot are enough for another.

    Rarer when the state is large, for a snapshot takes a moment, but often enough that a restart
    folds what came after in a fraction of a second.
    """
    size = 2 * (len(state.agents) + len(state.interactions))
    return since >= max(EVERY, min(size, _AT_MOST))


async def restored(database: Database, tenant_id: str, tail: Tail) -> tuple[Engine, int]:
    """Return the engine that ``tail`` leads to, and the position of the snapshot it began at.

    A snapshot that cannot be read is passed over: the one before it, or at last the journal's
    first entry, leads to the same state and only takes longer. Raises ``Refused`` with what was
    met first when the journal itself is not sound, or does not reach back far enough.
    """
    newest: Refused | None = None
    while True:
        try:
            return folded(tail), tail.position
        except Refused as refused:
            newest = newest or refused
            if refused.reason != "snapshot":
                raise newest from refused
            broken = tail.position
        tail = await database.read(tenant_id, partial(read_tail, before=broken))
        facts = {"tenant_id": tenant_id, "position": broken, "folded_from": tail.position}
        _logger.error("a routing snapshot cannot be read; an older one is used", extra=facts)
