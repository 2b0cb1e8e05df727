"""One-time links: to sign in (also after a lost password) and to accept an invitation.

A link works once; only its hash is stored. The address in it comes from the settings, never from
the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id, new_secret
from gateway.kernel.text import clean_line
from gateway.platform.database.port import PLATFORM, Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.model import INVITATION_MS, LINK_MS, RANK, normal_email, require_not_above
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.service.logins import Logins, SignedIn
from gateway.tenancy.store import directory, links, users
from gateway.tenancy.wire import InvitationBody, InvitationView


class Links:
    """Makes and redeems links."""

    def __init__(self, ground: Ground, logins: Logins) -> None:
        self._ground = ground
        self._logins = logins

    async def sign_in_link(self, actor: Actor, user_id: str, life_ms: int = LINK_MS) -> str:
        """Return a link that signs ``user_id`` in once."""
        authorize(actor, "user.change", Relation.TENANT)
        token = new_secret()

        def work(tx: Tx) -> None:
            user = users.find(tx, user_id)
            if user is None:
                raise not_found("user")
            require_not_above(actor, user.role)
            values = _values(tx, actor, links.SIGN_IN, life_ms)
            values |= {"user_id": user_id, "email": user.email, "name": "", "role": user.role}
            links.insert(tx, token, values)
            self._ground.audit.write(tx, actor, "user.link", user_id)

        await self._ground.database.write(actor.tenant_id, work)
        return self._url(token)

    async def invite(self, actor: Actor, body: InvitationBody) -> InvitationView:
        """Invite a person; the link in the answer is shown this once."""
        authorize(actor, "invitation.change", Relation.TENANT)
        require_not_above(actor, body.role)
        token, email = new_secret(), normal_email(body.email)
        name = clean_line(body.name, field="name", required=True)

        def work(tx: Tx) -> InvitationView:
            if users.find_by_email(tx, email) is not None:
                raise WeccError("already_exists", "Somebody has this address.", field="email")
            values = _values(tx, actor, links.INVITATION, INVITATION_MS)
            values |= {"user_id": None, "email": email, "name": name, "role": body.role}
            links.insert(tx, token, values)
            self._ground.audit.write(
                tx, actor, "invitation.make", values["id"], {"role": body.role}
            )
            return _view({**values, "used_at_ms": None}, self._url(token))

        return await self._ground.database.write(actor.tenant_id, work)

    async def invitations(self, actor: Actor) -> list[InvitationView]:
        """Return the invitations of the tenant, without their links."""
        authorize(actor, "invitation.read", Relation.TENANT)
        rows = await self._ground.database.read(actor.tenant_id, links.invitations)
        return [_view(row, None) for row in rows]

    async def withdraw(self, actor: Actor, invitation_id: str) -> None:
        """Make an invitation worthless and forget it."""
        authorize(actor, "invitation.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            row = links.find(tx, invitation_id)
            if row is None or row["kind"] != links.INVITATION:
                raise not_found("invitation")
            links.remove(tx, invitation_id)
            self._ground.audit.write(tx, actor, "invitation.withdraw", invitation_id)

        await self._ground.database.write(actor.tenant_id, work)

    async def redeem(self, token: str, password: str | None) -> SignedIn:
        """Use a link up and sign its person in; an invitation needs a password to begin with."""
        database = self._ground.database
        found = await database.read(PLATFORM, lambda tx: directory.find(tx, links.KIND, token))
        if not found:
            raise _gone()
        place = found[0]
        row = await database.read(place.tenant_id, lambda tx: links.find(tx, place.object_id))
        if row is None:
            raise _gone()
        if row["kind"] == links.INVITATION and password is None:
            raise WeccError("bad_value", "Choose a password to begin with.", field="password")
        encoded = None if password is None else await self._ground.passwords.hash(password)
        return await database.write(
            place.tenant_id, lambda tx: self._redeem_in(tx, place.object_id, encoded)
        )

    def _redeem_in(self, tx: Tx, link_id: str, encoded: str | None) -> SignedIn:
        row = links.find(tx, link_id)
        if row is None or not links.use(tx, link_id):
            raise _gone()
        user_id = row["user_id"] or self._join(tx, row)
        if encoded is not None:
            return self._logins.set_password_in(tx, user_id, encoded)
        return self._logins.start_in(tx, user_id, "sign_in.link")

    def _join(self, tx: Tx, row: Mapping[str, Any]) -> str:
        """Make the invited person a user, if whoever invited them still may."""
        inviter = users.find(tx, row["made_by"])
        rank = RANK[inviter.role] if inviter and inviter.active else 0
        if row["made_by"] != "system" and rank < RANK[row["role"]]:
            raise _gone()
        if users.find_by_email(tx, row["email"]) is not None:
            raise WeccError("already_exists", "Somebody has this address; sign in instead.")
        return add_user(tx, row["email"], row["name"], row["role"])

    def _url(self, token: str) -> str:
        return f"{self._ground.addresses.desk_url}/link/{token}"


def add_user(tx: Tx, email: str, name: str, role: str) -> str:
    """Add a user whose address leads to them, in the caller's commit; returns the id."""
    user_id = new_id("us", tx.now_ms)
    users.insert(tx, user_id, email, name, role)
    directory.put(tx, "email", email, user_id)
    return user_id


def _values(tx: Tx, actor: Actor, kind: str, life_ms: int) -> dict[str, Any]:
    return {
        "id": new_id("lk", tx.now_ms),
        "kind": kind,
        "made_by": actor.id,
        "expires_at_ms": tx.now_ms + life_ms,
    }


def _view(row: Mapping[str, Any], link: str | None) -> InvitationView:
    return InvitationView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        link=link,
        expires_at_ms=row["expires_at_ms"],
        accepted_at_ms=row["used_at_ms"],
    )


def _gone() -> WeccError:
    return WeccError("gone", "This link was used or has expired. Ask for a new one.")
