"""What this room needs from outside: a file scanner, signed addresses."""

from __future__ import annotations

from typing import Literal, Protocol

from gateway.engagement.wire import AttachmentView

Verdict = Literal["clean", "blocked", "unavailable"]


class FileScanner(Protocol):
    """Looks for malware. While it is unavailable, files stay ``scanning``."""

    async def scan(self, name: str, media_type: str, body: bytes) -> Verdict:
        """Judge one file; never raises."""
        ...


class AddressSigner(Protocol):
    """Gives a file addresses that work for one audience and a few minutes."""

    def sign(self, view: AttachmentView, tenant_id: str, audience: str) -> AttachmentView:
        """Return ``view`` with ``url`` and ``preview_url``, where the file may be had."""
        ...
