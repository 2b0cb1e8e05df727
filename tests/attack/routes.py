"""The whole URL map, as the product serves it, and requests that fit its rows."""

from __future__ import annotations

import functools
import re
from typing import Any

from gateway.platform.http.peer import Peers
from gateway.platform.http.route import Route
from gateway.settings import LimitSettings
from gateway.surfaces.http import ChannelRoutes, upkeep_routes
from gateway.surfaces.reference import all_routes
from gateway.surfaces.sockets.fallback import Fallback

WRITES = ("POST", "PUT", "PATCH", "DELETE")


async def _admit(_scope: Any) -> Any:
    raise AssertionError("described, never called")


async def _state() -> dict[str, str]:
    raise AssertionError("described, never called")


@functools.cache
def routes() -> tuple[Route, ...]:
    """Every row of the route table."""
    limits, fallback = LimitSettings(), object.__new__(Fallback)
    return (
        *all_routes(),
        *ChannelRoutes(fallback, _admit, "/v1", "widget").rows(limits),
        *ChannelRoutes(fallback, _admit, "/api/v1", "desk").rows(limits),
        *upkeep_routes(_state, bytes, Peers()),
    )


def desk_rows(*methods: str) -> list[Route]:
    """Rows of the desk that need somebody, by method."""
    found = [row for row in routes() if row.origin == "desk" and row.access == "user"]
    return [row for row in found if not methods or row.method in methods]


def path_of(row: Route, object_id: str = "unknown-0000") -> str:
    """The address of a row with its ids filled in."""
    return re.sub(r"\{\w+\}", object_id, row.path)


def name_of(row: Route) -> str:
    """How a row is called in the name of a test."""
    return f"{row.method} {row.path}"
