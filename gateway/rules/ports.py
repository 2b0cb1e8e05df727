"""What the routing table asks the rooms it points into, within its own unit of work."""

from __future__ import annotations

from typing import Protocol

from gateway.platform.database.port import Tx


class Destinations(Protocol):
    """Queues and skills as the routing table sees them."""

    def queue_exists(self, tx: Tx, queue_id: str) -> bool:
        """Tell whether the tenant has that queue."""
        ...

    def skill_exists(self, tx: Tx, skill_id: str) -> bool:
        """Tell whether the tenant has that skill."""
        ...

    def first_queue(self, tx: Tx) -> str | None:
        """Return the queue for what no row matches: the tenant's oldest, if it has any."""
        ...
