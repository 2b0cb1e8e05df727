"""What every part of tenancy stands on."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.kernel.clock import Clock
from gateway.platform.database.port import Database
from gateway.platform.http.limiter import Limiter
from gateway.tenancy.model import Addresses, SiteLimits
from gateway.tenancy.passwords import Passwords
from gateway.tenancy.ports import Sealer
from gateway.tenancy.service.audit import AuditLog


@dataclass(frozen=True, slots=True)
class Ground:
    """The ports and settings of tenancy, and the audit log all of it writes to."""

    database: Database
    clock: Clock
    sealer: Sealer
    passwords: Passwords
    limiter: Limiter
    addresses: Addresses
    site_limits: SiteLimits
    audit: AuditLog
