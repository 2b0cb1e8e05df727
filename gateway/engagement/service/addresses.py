"""Signed addresses of files on the files origin.

An address is bound to one file, one version of it, one audience and the moment it was made; it
dies after five minutes, and earlier when the conversation closes or changes hands.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import msgspec

from gateway.engagement.wire import AttachmentView
from gateway.kernel.clock import Clock
from gateway.kernel.errors import not_found

LIFE_MS = 300_000
Version = Literal["full", "preview"]
_NAMES = ("t", "a", "v", "i")
_MAX_VALUE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid address says."""

    attachment_id: str
    tenant_id: str
    audience: str
    version: str
    issued_at_ms: int


class FileAddresses:
    """Makes and checks addresses. ``key`` is 32 secret bytes, ``base_url`` the files origin."""

    def __init__(self, *, key: bytes, base_url: str, clock: Clock) -> None:
        if len(key) < 32:
            raise ValueError("the key for file addresses needs 32 bytes")
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def sign(self, view: AttachmentView, tenant_id: str, audience: str) -> AttachmentView:
        """Return ``view`` with addresses; none while the file is not known to be clean."""
        if view.state != "clean":
            return view
        preview = None
        if view.width_px is not None:
            preview = self._address(view.id, tenant_id, audience, "preview")
        return msgspec.structs.replace(
            view, url=self._address(view.id, tenant_id, audience, "full"), preview_url=preview
        )

    def check(self, attachment_id: str, query: Mapping[str, str]) -> Grant:
        """Return what the address grants; ``not_found`` for anything wrong or too old."""
        values = {name: query.get(name, "") for name in (*_NAMES, "s")}
        if any(not value or len(value) > _MAX_VALUE_CHARS for value in values.values()):
            raise not_found("file")
        expected = self._signature(attachment_id, values)
        if not hmac.compare_digest(expected.encode(), values["s"].encode()):
            raise not_found("file")
        issued_at_ms = int(values["i"])
        if not 0 <= self._clock.now_ms() - issued_at_ms <= LIFE_MS:
            raise not_found("file")
        return Grant(attachment_id, values["t"], values["a"], values["v"], issued_at_ms)

    def _address(self, attachment_id: str, tenant_id: str, audience: str, version: Version) -> str:
        values = {"t": tenant_id, "a": audience, "v": version, "i": str(self._clock.now_ms())}
        values["s"] = self._signature(attachment_id, values)
        return f"{self._base_url}/f/{attachment_id}?{urlencode(values)}"

    def _signature(self, attachment_id: str, values: Mapping[str, str]) -> str:
        text = "\n".join([attachment_id, *(values[name] for name in _NAMES)])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
