"""Canned replies. In the text ``{name}``, ``{agent}``, ``{site}`` are filled in by the desk."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gateway.kernel.wire import Body, Name, View


class CannedReplyBody(Body):
    """``shortcut`` is what an agent types after ``/``; ``language`` empty means any."""

    shortcut: Annotated[str, Meta(pattern=r"^[\w-]{1,40}$")]
    title: Name
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    language: Annotated[str, Meta(max_length=16)] = ""


class CannedReplyView(View):
    id: str
    shortcut: str
    title: str
    text: str
    language: str
