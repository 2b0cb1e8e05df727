"""Who is doing something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["visitor", "user", "system"]
ActorRole = Literal["visitor", "agent", "supervisor", "admin", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A visitor, a signed-in user (also an API key's) or the gateway itself, in one tenant."""

    kind: ActorKind
    id: str
    tenant_id: str
    role: ActorRole
    name: str = ""
    site_id: str = ""
    contact_id: str = ""
    is_robot: bool = False


def system(tenant_id: str) -> Actor:
    """The gateway acting by itself in a tenant: timers, resumed steps, clean-up."""
    return Actor(kind="system", id="system", tenant_id=tenant_id, role="system", name="")
