"""The routing table: first row that matches decides queue, extra skills and priority."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import Body, Id, Name, View

Kind = Literal["chat", "call", "message"]


class RouteBody(Body, kw_only=True):
    """One row. Empty condition fields match everything; rows are tried by ``position``."""

    name: Name
    position: Annotated[int, Meta(ge=0, le=10_000)] = 100
    site_id: Id | None = None
    kinds: list[Kind] = []
    department: Annotated[str, Meta(max_length=120)] = ""
    language: Annotated[str, Meta(max_length=16)] = ""
    queue_id: Id
    skills: dict[Id, Annotated[int, Meta(ge=0, le=100)]] = {}
    priority: Annotated[int, Meta(ge=-100, le=100)] = 0


class RouteView(View):
    id: str
    name: str
    position: int
    site_id: str | None
    kinds: list[Kind]
    department: str
    language: str
    queue_id: str
    skills: dict[str, int]
    priority: int
