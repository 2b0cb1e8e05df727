"""What leads say about contacts: who goes first, and who may not come in."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import Body, Id, View

Why = Annotated[str, Meta(min_length=1, max_length=500, description="Why; kept and shown.")]
BlockKind = Literal["contact", "email", "network"]


class VipBody(Body):
    """Work of this contact gets ``priority`` more: one unit is worth a minute of waiting.

    Without ``queue_ids`` it counts in every queue.
    """

    priority: Annotated[int, Meta(ge=1, le=100)]
    why: Why
    queue_ids: Annotated[list[Id], Meta(max_length=100)] = []


class VipView(View):
    """A contact who goes first, since when, by whom and why."""

    contact_id: str
    name: str
    email: str
    priority: int
    queue_ids: list[str]
    why: str
    by_id: str
    by_name: str
    at_ms: int


class BlockBody(Body):
    """Keep somebody out: a contact by id, an e-mail address, or a network such as
    ``203.0.113.0/24`` or one address. Until ``until_ms``, or until it is lifted.
    """

    kind: BlockKind
    value: Annotated[str, Meta(min_length=1, max_length=320)]
    why: Why
    until_ms: Annotated[int, Meta(ge=0)] | None = None


class BlockView(View):
    """A block. ``name`` is the contact's; ``is_active`` tells whether it holds now."""

    id: str
    kind: BlockKind
    value: str
    name: str
    why: str
    by_id: str
    by_name: str
    at_ms: int
    until_ms: int | None
    lifted_at_ms: int | None
    lifted_by_name: str
    is_active: bool
