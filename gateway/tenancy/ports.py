"""What tenancy needs from outside: keys, and whether somebody serves a site now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from gateway.platform.database.port import Tx
from gateway.tenancy.model import LoginsEnded

Availability = Literal["online", "busy", "offline"]
SiteAvailability = Callable[[str, str], Awaitable[Availability]]
"""(tenant_id, site_id) -> what the widget shows before anything is clicked."""
CallsOffered = Callable[[], bool]
"""Whether a call could be carried now."""
LoginListener = Callable[[LoginsEnded], None]
TenantMade = Callable[[Tx], None]
"""Called in the commit that makes a tenant: other rooms add what it starts with."""
TenantDropped = Callable[[str], Awaitable[None]]
"""Called with the tenant's id before its rows go: destroys its keys and files; idempotent."""


class Sealer(Protocol):
    """Encrypts small secrets at rest and derives keys, all from the installation's master key."""

    def seal(self, tenant_id: str, purpose: str, secret: bytes) -> bytes:
        """Return ``secret`` encrypted for this tenant and purpose."""
        ...

    def unseal(self, tenant_id: str, purpose: str, sealed: bytes) -> bytes:
        """Return the secret again; raises ``ValueError`` when it was changed or moved."""
        ...

    def derive(self, purpose: str) -> bytes:
        """Return a 32-byte key for one purpose."""
        ...
