"""Which row of the routing table decides: the first whose conditions all hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.rules.wire import Kind, RouteView


@dataclass(frozen=True, slots=True)
class RouteInput:
    """What is known of an interaction when it is routed."""

    site_id: str
    kind: Kind
    department: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Where it goes. ``route_id`` is the row that matched, None for the tenant's first queue;
    ``passed_over`` are rows above it whose conditions did not hold, with the first that failed.
    """

    queue_id: str
    skills: dict[str, int]
    priority: int
    route_id: str | None
    passed_over: tuple[tuple[str, str], ...] = ()


def mismatch(route: RouteView, known: RouteInput) -> str | None:
    """Return the first condition of ``route`` that does not hold, or None when all do."""
    if route.site_id is not None and route.site_id != known.site_id:
        return "site"
    if route.kinds and known.kind not in route.kinds:
        return "kind"
    if route.department and route.department.casefold() != known.department.casefold():
        return "department"
    if route.language and not speaks(known.language, route.language):
        return "language"
    return None


def speaks(language: str, wanted: str) -> bool:
    """Tell whether a language tag is ``wanted`` or a variety of it (RFC 4647 section 3.3.1)."""
    tag, prefix = language.casefold().replace("_", "-"), wanted.casefold().replace("_", "-")
    return tag == prefix or tag.startswith(f"{prefix}-")


def decide(routes: Sequence[RouteView], known: RouteInput) -> RouteDecision | None:
    """Return what the first matching row of ``routes`` (in order) says, or None."""
    passed_over: list[tuple[str, str]] = []
    for route in routes:
        reason = mismatch(route, known)
        if reason is None:
            return RouteDecision(
                route.queue_id, route.skills, route.priority, route.id, tuple(passed_over)
            )
        passed_over.append((route.id, reason))
    return None
