"""Everything a person can do with tenants, sites, users and sign-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.platform.database.port import Database, Tx
from gateway.platform.http.limiter import Limiter
from gateway.tenancy.model import Addresses, Login, SiteLimits
from gateway.tenancy.passwords import Passwords
from gateway.tenancy.ports import CallsOffered, LoginListener, Sealer, SiteAvailability
from gateway.tenancy.service.answers import KeptAnswers
from gateway.tenancy.service.api_keys import ApiKeys
from gateway.tenancy.service.audit import AuditLog
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.service.links import Links
from gateway.tenancy.service.logins import Logins, SignedIn
from gateway.tenancy.service.sites import Sites
from gateway.tenancy.service.tenants import NewTenant, SetUp, Tenants
from gateway.tenancy.service.users import Users
from gateway.tenancy.service.visitors import VerifiedVisitor, Visitors
from gateway.tenancy.store import users
from gateway.tenancy.wire import SiteView, UserView

__all__ = ["NewTenant", "SignedIn", "TenancyService", "VerifiedVisitor"]


class TenancyService:
    """The room's parts by noun, and the few functions every other room asks for."""

    def __init__(  # noqa: PLR0913 - the ports and settings of a whole room, by keyword
        self,
        *,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        limiter: Limiter,
        addresses: Addresses,
        site_limits: SiteLimits,
        passwords: Passwords,
        availability: SiteAvailability,
        has_calls: CallsOffered,
    ) -> None:
        self.audit_log = AuditLog(database, sealer)
        ground = Ground(
            database=database,
            clock=clock,
            sealer=sealer,
            passwords=passwords,
            limiter=limiter,
            addresses=addresses,
            site_limits=site_limits,
            audit=self.audit_log,
        )
        self.addresses = addresses
        self.answers = KeptAnswers(ground)
        self.logins = Logins(ground)
        self.links = Links(ground, self.logins)
        self.users = Users(ground, self.logins)
        self.api_keys = ApiKeys(ground)
        self.sites = Sites(ground, availability, has_calls)
        self.visitors = Visitors(ground, self.sites)
        self.tenants = Tenants(ground, self.logins)
        self.set_up = SetUp(ground, self.tenants, self.logins)

    async def login_for_token(self, token: str) -> Login | None:
        """Return the living login of a cookie."""
        return await self.logins.find(token)

    async def actor_for_login(self, token: str) -> Actor | None:
        """Return who is signed in by a cookie."""
        login = await self.logins.find(token)
        return login.actor if login else None

    async def actor_for_api_key(self, secret: str) -> Actor | None:
        """Return whom an API key acts as."""
        return await self.api_keys.actor_for(secret)

    async def visitor_for_token(self, token: str) -> Actor | None:
        """Return the visitor of a token."""
        return await self.visitors.for_token(token)

    async def new_visitor(
        self, tenant_id: str, site_id: str, *, is_robot: bool = False
    ) -> tuple[str, Actor]:
        """Make an anonymous visitor; returns the token and who it is."""
        return await self.visitors.create(tenant_id, site_id, is_robot=is_robot)

    async def site_for_key(self, key: str) -> tuple[str, SiteView] | None:
        """Return tenant and site of a public key."""
        return await self.sites.for_key(key)

    async def is_set_up(self) -> bool:
        """Tell whether there is a tenant; before that every address but set-up answers 503."""
        return await self.tenants.is_any()

    async def create_tenant(
        self,
        name: str,
        *,
        admin_email: str,
        admin_name: str,
        admin_password: str | None = None,
        is_demo: bool = False,
    ) -> NewTenant:
        """Make a tenant with its administrator."""
        return await self.tenants.create(
            name,
            admin_email=admin_email,
            admin_name=admin_name,
            admin_password=admin_password,
            is_demo=is_demo,
        )

    async def drop_tenant(self, tenant_id: str) -> int:
        """Remove a tenant with its rows, keys and files; returns the number of rows."""
        return await self.tenants.drop(tenant_id)

    def on_logins_ended(self, listener: LoginListener) -> Callable[[], None]:
        """Call ``listener`` when logins end, so that sockets can be closed at once."""
        return self.logins.on_ended(listener)

    def people(self, tx: Tx) -> Sequence[UserView]:
        """Return the users of a tenant, in the caller's unit of work."""
        return users.all_views(tx)

    def audit(
        self,
        tx: Tx,
        actor: Actor,
        operation: str,
        object_id: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Write to the audit log in the caller's commit: ids, codes and field names only."""
        self.audit_log.write(tx, actor, operation, object_id, details)
