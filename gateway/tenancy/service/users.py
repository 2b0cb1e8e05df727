"""Users of a tenant, and what each of them may see and change of themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.model import Login, normal_email, require_not_above
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.service.links import add_user
from gateway.tenancy.service.logins import Logins
from gateway.tenancy.store import tenants, users
from gateway.tenancy.wire import MeView, Role, UserPatch, UserView


class Users:
    """Lists, changes and makes users."""

    def __init__(self, ground: Ground, logins: Logins) -> None:
        self._ground = ground
        self._logins = logins

    async def list(self, actor: Actor) -> list[UserView]:
        """Return the users of the tenant."""
        authorize(actor, "user.read", Relation.TENANT)
        return await self._ground.database.read(actor.tenant_id, users.all_views)

    async def find(self, actor: Actor, user_id: str) -> UserView:
        """Return one user of the tenant."""
        authorize(actor, "user.read", Relation.TENANT)
        user = await self._ground.database.read(actor.tenant_id, lambda tx: users.find(tx, user_id))
        if user is None:
            raise not_found("user")
        return user

    async def create(
        self, actor: Actor, email: str, name: str, role: Role, password: str | None = None
    ) -> UserView:
        """Make a user; without a password they need a sign-in link. People are invited instead."""
        authorize(actor, "user.change", Relation.TENANT)
        require_not_above(actor, role)
        address, shown = normal_email(email), clean_line(name, field="name", required=True)
        encoded = None if password is None else await self._ground.passwords.hash(password)

        def work(tx: Tx) -> UserView:
            if users.find_by_email(tx, address) is not None:
                raise WeccError("already_exists", "Somebody has this address.", field="email")
            user_id = add_user(tx, address, shown, role)
            if encoded is not None:
                users.set_password_hash(tx, user_id, encoded)
            self._ground.audit.write(tx, actor, "user.make", user_id, {"role": role})
            return _user(tx, user_id)

        return await self._ground.database.write(actor.tenant_id, work)

    async def change(self, actor: Actor, user_id: str, patch: UserPatch) -> UserView:
        """Change name, role or ``active``; a new role or an end of ``active`` ends all logins."""
        authorize(actor, "user.change", Relation.TENANT)
        if patch.role is not None:
            require_not_above(actor, patch.role)
        values: dict[str, Any] = {}
        if patch.name is not None:
            values["name"] = clean_line(patch.name, field="name", required=True)
        if patch.role is not None:
            values["role"] = patch.role
        if patch.active is not None:
            values["is_active"] = patch.active
        return await self._ground.database.write(
            actor.tenant_id, lambda tx: self._change_in(tx, actor, user_id, values)
        )

    def _change_in(self, tx: Tx, actor: Actor, user_id: str, values: dict[str, Any]) -> UserView:
        old = _user(tx, user_id)
        require_not_above(actor, old.role)
        if not values:
            return old
        users.change(tx, user_id, values)
        new = _user(tx, user_id)
        if users.active_admins(tx) == 0:
            raise WeccError("wrong_state", "Somebody must stay who can administer this tenant.")
        if (old.role, old.active) != (new.role, new.active):
            self._logins.end_all_in(tx, user_id)
        details = {"fields": ",".join(sorted(values)), "role": new.role}
        self._ground.audit.write(tx, actor, "user.change", user_id, details)
        return new

    async def me(self, login: Login) -> MeView:
        """Return who is signed in."""
        authorize(login.actor, "me.read")

        def work(tx: Tx) -> MeView:
            tenant = tenants.find(tx)
            if tenant is None:
                raise not_found("tenant")
            return MeView(
                user=_user(tx, login.actor.id),
                tenant_id=tx.tenant_id,
                tenant_name=tenant["name"],
                is_demo=tenant["is_demo"],
                csrf=login.csrf,
                preferences=users.get_preferences(tx, login.actor.id),
            )

        return await self._ground.database.read(login.actor.tenant_id, work)

    async def set_preferences(self, actor: Actor, preferences: dict[str, str]) -> None:
        """Replace what the desk stores for this person."""
        authorize(actor, "me.change")
        if any(not 0 < len(name) <= 60 for name in preferences):
            message = "A preference's name has 1 to 60 characters."
            raise WeccError("bad_value", message, field="preferences")

        def work(tx: Tx) -> None:
            _user(tx, actor.id)
            users.set_preferences(tx, actor.id, msgspec.to_builtins(preferences))

        await self._ground.database.write(actor.tenant_id, work)


def _user(tx: Tx, user_id: str) -> UserView:
    user = users.find(tx, user_id)
    if user is None:
        raise not_found("user")
    return user
