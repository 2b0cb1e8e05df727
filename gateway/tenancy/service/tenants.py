"""Tenants: made at first start or by the operator, dropped as a whole; and the first start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.kernel import actor as actors
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id, new_secret
from gateway.kernel.text import clean_line
from gateway.platform.database.port import PLATFORM, Tx
from gateway.tenancy.model import (
    SET_UP_TOKEN_MS,
    SET_UP_TRIES,
    normal_email,
)
from gateway.tenancy.ports import TenantDropped, TenantMade
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.service.links import add_user
from gateway.tenancy.service.logins import Logins, SignedIn
from gateway.tenancy.store import answers, directory, links, logins, tenants, users, visitors
from gateway.tenancy.wire import SetUpBody

SET_UP = "set_up"


@dataclass(frozen=True, slots=True)
class NewTenant:
    """The ids of a tenant and of its first administrator."""

    tenant_id: str
    admin_id: str


class Tenants:
    """Makes and drops tenants."""

    def __init__(self, ground: Ground, logins: Logins) -> None:
        self._ground = ground
        self._logins = logins
        self._hooks: list[TenantDropped] = []
        self._defaults: list[TenantMade] = []
        self._is_any = False

    def on_dropped(self, hook: TenantDropped) -> None:
        """Have ``hook`` destroy what a tenant has outside the database, when it is dropped."""
        self._hooks.append(hook)

    def on_made(self, hook: TenantMade) -> None:
        """Have ``hook`` write what a new tenant starts with, in the commit that makes it."""
        self._defaults.append(hook)

    async def all(self) -> Sequence[Mapping[str, Any]]:
        """Return every tenant (id, name, is_demo, created_at_ms); for the operator only."""
        return await self._ground.database.read(PLATFORM, tenants.all_rows)

    async def is_any(self) -> bool:
        """Tell whether there is a tenant at all; before that, only set-up is served."""
        self._is_any = self._is_any or bool(await self.all())
        return self._is_any

    async def is_demo(self, tenant_id: str) -> bool:
        """Tell whether robots may enter this tenant."""
        row = await self._ground.database.read(tenant_id, tenants.find)
        return row is not None and bool(row["is_demo"])

    async def create(
        self,
        name: str,
        *,
        admin_email: str,
        admin_name: str,
        admin_password: str | None,
        is_demo: bool = False,
    ) -> NewTenant:
        """Make a tenant and its administrator in one commit."""
        shown = clean_line(name, field="tenant_name", required=True)
        person = clean_line(admin_name, field="name", required=True)
        passwords = self._ground.passwords
        encoded = None if admin_password is None else await passwords.hash(admin_password)
        tenant_id = new_id("tn", self._ground.clock.now_ms())

        def work(tx: Tx) -> NewTenant:
            tenants.insert(tx, shown, is_demo)
            admin_id = add_user(tx, normal_email(admin_email), person, "admin")
            if encoded is not None:
                users.set_password_hash(tx, admin_id, encoded)
            self._ground.audit.write(tx, actors.system(tenant_id), "tenant.make", tenant_id)
            for hook in self._defaults:
                hook(tx)
            return NewTenant(tenant_id, admin_id)

        made = await self._ground.database.write(tenant_id, work)
        self._is_any = True
        return made

    async def drop(self, tenant_id: str) -> int:
        """Remove a tenant with everything it has; returns the number of rows deleted.

        Keys and files go first: if we are cut off in between, calling again finishes the work.
        """
        database = self._ground.database
        if await database.read(tenant_id, tenants.find) is None:
            raise not_found("tenant")
        await database.write(tenant_id, self._end_everything)
        for hook in self._hooks:
            await hook(tenant_id)
        deleted = await database.write(tenant_id, tenants.drop)
        self._is_any = False
        return deleted

    async def sweep(self, tenant_id: str) -> None:
        """Forget what has expired: logins, links, visitor tokens, and the ways to them."""

        def work(tx: Tx) -> None:
            logins.remove_expired(tx)
            links.remove_expired(tx)
            visitors.remove_expired(tx)
            directory.remove_expired(tx)
            answers.remove_expired(tx)

        await self._ground.database.write(tenant_id, work)

    def _end_everything(self, tx: Tx) -> None:
        """Let nobody in any more: neither by login nor by link, key or token."""
        for person in users.all_views(tx):
            self._logins.end_all_in(tx, person.id)
        directory.remove_tenant(tx)


class SetUp:
    """The first start: a token on the operator's terminal makes the first tenant, once."""

    def __init__(self, ground: Ground, tenants: Tenants, logins: Logins) -> None:
        self._ground = ground
        self._tenants = tenants
        self._logins = logins
        self._wrong = 0
        self._paused_until_ms = 0

    async def is_open(self) -> bool:
        """Tell whether the first real tenant is still to be made (a demo does not count)."""
        return all(row["is_demo"] for row in await self._tenants.all())

    async def new_token(self) -> str:
        """Return a fresh token, good for 15 minutes; an older one dies.

        Only its hash is stored, so any process of the installation may make one.
        """
        token = new_secret()
        expires_at_ms = self._ground.clock.now_ms() + SET_UP_TOKEN_MS
        await self._ground.database.write(PLATFORM, lambda tx: _let_in(tx, token, expires_at_ms))
        return token

    def url(self, token: str) -> str:
        """Return the address to open; the token is in its fragment."""
        return f"{self._ground.addresses.desk_url}/set-up#token={token}"

    async def run(self, body: SetUpBody) -> SignedIn:
        """Make the first tenant and sign its administrator in."""
        await self._check(body.token)
        if not await self.is_open():
            raise WeccError("gone", "This installation is set up already; sign in.")
        expires_at_ms = self._ground.clock.now_ms() + SET_UP_TOKEN_MS
        await self._ground.database.write(PLATFORM, _spend)
        try:
            made = await self._tenants.create(
                body.tenant_name,
                admin_email=body.email,
                admin_name=body.name,
                admin_password=body.password,
            )
        except BaseException:
            await self._ground.database.write(
                PLATFORM, lambda tx: _let_in(tx, body.token, expires_at_ms)
            )
            raise
        return await self._logins.start(made.tenant_id, made.admin_id, "set_up")

    async def _check(self, token: str) -> None:
        now_ms = self._ground.clock.now_ms()
        if now_ms < self._paused_until_ms:
            wait_s = (self._paused_until_ms - now_ms + 999) // 1000
            message = f"Too many wrong tokens; wait {wait_s} s."
            raise WeccError("rate_limited", message, retry_after_s=wait_s)
        database = self._ground.database
        if await database.read(PLATFORM, lambda tx: directory.find(tx, SET_UP, token)):
            self._wrong = 0
            return
        self._wrong += 1
        if self._wrong >= SET_UP_TRIES:
            self._wrong = 0
            self._paused_until_ms = now_ms + SET_UP_TOKEN_MS
        message = "The set-up token is wrong or has expired; the gateway prints a new one at start."
        raise WeccError("bad_credentials", message, field="token")


def _let_in(tx: Tx, token: str, expires_at_ms: int) -> None:
    _spend(tx)
    directory.put(tx, SET_UP, token, SET_UP, expires_at_ms)


def _spend(tx: Tx) -> None:
    directory.remove_object(tx, SET_UP, SET_UP)
