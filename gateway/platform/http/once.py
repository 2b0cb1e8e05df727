"""A request that creates something may be repeated: ``Idempotency-Key`` on POST.

A client that did not get its answer sends the same request again under the same key (any text
of its own choice) and gets the first answer instead of a second object. The key belongs to one
tenant and one actor. What marks a key as used is written in the commit that creates the object,
so not even a crash makes two of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.platform.database.rider import riding
from gateway.platform.http.route import Route

HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"
KEPT_MS = 24 * 3600 * 1000
"""How long the answer to a key is kept."""
MAX_KEY_CHARS = 200
_KEY = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")
_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One use of a key: by whom, which key (hashed), and for what request (hashed)."""

    tenant_id: str
    key_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a key: the request it was used for, and the answer if that is known."""

    fingerprint: str
    answer: bytes | None


class Answers(Protocol):
    """Where answers are kept."""

    async def find(self, use: KeyUse) -> Kept | None:
        """Return what is known of the key; None when it was never used, or too long ago."""
        ...

    def mark(self, use: KeyUse, tx: Tx) -> None:
        """In the commit that creates: the key is used. Raises ``conflict`` when it was before."""
        ...

    async def keep(self, use: KeyUse, answer: bytes) -> None:
        """Remember the answer."""
        ...


def takes_key(route: Route) -> bool:
    """Tell whether a route creates something for a signed-in user or an API key."""
    return route.method == "POST" and route.status == 201 and route.access == "user"


class Once:
    """Does what a key asks for once, and answers every repeat alike."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._under_way: dict[tuple[str, str], asyncio.Event] = {}

    async def answer(
        self, request: Request, actor: Actor, raw: bytes, act: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return the answer of ``act``, or the one it gave before under the same key."""
        key = request.headers.get(HEADER)
        if key is None:
            return await act()
        use = _use(request, actor, key, raw)
        place = (use.tenant_id, use.key_id)
        while (earlier := self._under_way.get(place)) is not None:
            await _patiently(earlier)
        mine = self._under_way[place] = asyncio.Event()
        try:
            return await self._answer(use, act)
        finally:
            del self._under_way[place]
            mine.set()

    async def _answer(self, use: KeyUse, act: Callable[[], Awaitable[Response]]) -> Response:
        kept = await self._answers.find(use)
        if kept is not None:
            return _again(use, kept)
        with riding(use.tenant_id, lambda tx: self._answers.mark(use, tx)):
            response = await act()
        await self._answers.keep(use, bytes(response.body))
        return response


async def _patiently(earlier: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(earlier.wait(), _WAIT_S)
    except TimeoutError:
        text = "The same request is under way; ask again in a moment."
        raise WeccError("conflict", text, field="Idempotency-Key", retry_after_s=1) from None


def _again(use: KeyUse, kept: Kept) -> Response:
    if kept.fingerprint != use.fingerprint:
        raise WeccError(
            "key_reused",
            "This Idempotency-Key was used for another request; take a new one for a new request.",
            field="Idempotency-Key",
        )
    if kept.answer is None:
        raise WeccError(
            "conflict",
            "A request with this Idempotency-Key was begun, but its answer is lost; look whether"
            " the object is there, and use a new key to try again.",
            field="Idempotency-Key",
        )
    headers = {"cache-control": "no-store", REPLAYED: "true"}
    return Response(kept.answer, 201, headers, media_type="application/json")


def _use(request: Request, actor: Actor, key: str, raw: bytes) -> KeyUse:
    if _KEY.fullmatch(key) is None:
        raise WeccError(
            "bad_value",
            f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} printable ASCII characters.",
            field="Idempotency-Key",
        )
    key_id = hashlib.sha256(f"{actor.kind}\n{actor.id}\n{key}".encode()).hexdigest()
    what = f"{request.scope['method']} {request.scope['path']}\n".encode() + raw
    return KeyUse(actor.tenant_id, key_id, hashlib.sha256(what).hexdigest())
