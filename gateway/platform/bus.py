"""Fan-out to screens. The bus may lose and feeds screens only; what must happen is a port call
or a durable cursor on events.

Topics: ``agent/{tenant}/{user}``, ``visitor/{tenant}/{visitor}``, ``conversation/{tenant}/{id}``
(agents who watch it), ``floor/{tenant}`` (every desk: queues), ``staff/{tenant}`` (supervisors:
agents; apart from the floor, for with each change of an agent it would reach every other),
``tenant/{tenant}`` (availability and configuration changed).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

_logger = logging.getLogger("wecc.bus")
Deliver = Callable[[object], None]


def agent_topic(tenant_id: str, user_id: str) -> str:
    """Frames for one agent's sockets."""
    return f"agent/{tenant_id}/{user_id}"


def visitor_topic(tenant_id: str, visitor_id: str) -> str:
    """Frames for one visitor's sockets (all tabs)."""
    return f"visitor/{tenant_id}/{visitor_id}"


def conversation_topic(tenant_id: str, conversation_id: str) -> str:
    """Frames of one conversation for the agents who see it; notes included."""
    return f"conversation/{tenant_id}/{conversation_id}"


def floor_topic(tenant_id: str) -> str:
    """How queues stand, for every desk."""
    return f"floor/{tenant_id}"


def staff_topic(tenant_id: str) -> str:
    """How every agent stands, for supervisors."""
    return f"staff/{tenant_id}"


def tenant_topic(tenant_id: str) -> str:
    """Something about the tenant changed: availability, configuration."""
    return f"tenant/{tenant_id}"


def blocks_topic(tenant_id: str) -> str:
    """Somebody is kept out from now on: for the visitors' sockets that are open."""
    return f"blocks/{tenant_id}"


class Bus(Protocol):
    """Publish and subscribe by topic, in order per topic and publisher."""

    def publish(self, topic: str, frame: object) -> None:
        """Hand ``frame`` to everyone subscribed now. Never blocks and never raises."""
        ...

    def subscribe(self, topic: str, deliver: Deliver) -> Callable[[], None]:
        """Call ``deliver`` for each frame; returns a function that ends it. Deliver is quick."""
        ...


class LocalBus:
    """The bus of one process."""

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[int, Deliver]] = {}
        self._next = 0

    def publish(self, topic: str, frame: object) -> None:
        for deliver in list(self._subscribers.get(topic, {}).values()):
            try:
                deliver(frame)
            except Exception:
                _logger.exception("a frame was not delivered")  # the others get theirs

    def subscribe(self, topic: str, deliver: Deliver) -> Callable[[], None]:
        self._next += 1
        number = self._next
        self._subscribers.setdefault(topic, {})[number] = deliver

        def end() -> None:
            topic_subscribers = self._subscribers.get(topic, {})
            topic_subscribers.pop(number, None)
            if not topic_subscribers:
                self._subscribers.pop(topic, None)

        return end
