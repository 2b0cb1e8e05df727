"""Rows of the one route table, which feeds the server, OpenAPI, permissions and the docs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.actor import Actor

Origin = Literal["desk", "widget", "files"]
Access = Literal["public", "visitor", "user"]


@dataclass(frozen=True, slots=True)
class Call:
    """One checked request: who, what, and the decoded body."""

    actor: Actor | None
    request: Request
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    @property
    def user(self) -> Actor:
        """The actor, where the route's access guarantees there is one."""
        if self.actor is None:
            raise RuntimeError("a public route asked for its actor")
        return self.actor


Handler = Callable[[Call], Awaitable[msgspec.Struct | list[Any] | Response | None]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row. ``operation`` names the entry of the authorization table; without an entry
    the server does not start. The handler's docstring is the documentation.

    ``access``: ``user`` by desk cookie (writes need ``X-WECC-CSRF``) or API key; ``visitor`` by
    ``Authorization: Bearer`` visitor token; ``public`` by nobody. ``raw_limit_bytes`` lets the
    handler read the body itself (of ``raw_type``), up to that size, instead of decoding JSON.
    ``produces`` says what a handler answers that writes its ``Response`` itself, besides a
    ``response``: statuses and media types, none for an answer without a body.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
    path: str
    operation: str
    handler: Handler
    body: type[msgspec.Struct] | None = None
    response: Any = None
    status: int = 200
    origin: Origin = "desk"
    access: Access = "user"
    raw_limit_bytes: int = 0
    raw_type: str = "application/offset+octet-stream"
    rate: str = "default"
    query: Mapping[str, str] = field(default_factory=dict)
    produces: Mapping[int, Sequence[str]] = field(default_factory=dict)
