"""The journal for rooms above that derive something from it, such as figures."""

from __future__ import annotations

from gateway.acd.model import entries as e
from gateway.acd.store import configuration, interactions, journal
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx


def entries_after(tx: Tx, position: int, limit: int) -> list[tuple[int, e.Entry]]:
    """Return up to ``limit`` entries after ``position`` with their positions, in order.

    Raises ``internal`` naming the position when an entry cannot be read.
    """
    found: list[tuple[int, e.Entry]] = []
    for at, body in journal.rows_after(tx, position, limit):
        try:
            found.append((at, e.decode(body)))
        except ValueError:
            raise WeccError(
                "internal", f"The journal's entry {at} cannot be read; `wecc fsck` says more."
            ) from None
    return found


def end(tx: Tx) -> int:
    """Return the position of the newest entry."""
    return journal.end(tx)


def first(tx: Tx) -> int:
    """Return the position of the oldest entry that is kept: 1 while nothing was removed."""
    return journal.first(tx)


def live_counts(tx: Tx) -> dict[tuple[str, str, str, str], int]:
    """Return how much work that is not over there is, by queue, kind, state and agent."""
    return interactions.live_counts(tx)


def queue_names(tx: Tx) -> dict[str, str]:
    """Return the names of the queues there are."""
    return {row["id"]: row["name"] for row in configuration.all_of(tx, "queue")}
