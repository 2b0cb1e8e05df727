"""Who a visitor is: a random token in their browser, and perhaps an identity their site signed.

A token is low-privilege (a page's scripts can read it) and rotates when an anonymous visitor
becomes a verified one, so a token planted beforehand sees nothing of the verified person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.kernel.ids import new_id, new_secret
from gateway.kernel.text import clean_line
from gateway.platform.database.port import PLATFORM, Tx
from gateway.tenancy import identity as signed
from gateway.tenancy.authorization import authorize
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.service.sites import Sites
from gateway.tenancy.store import directory, sites, tenants, visitors

TOKENS_OF_ONE_VISITOR = 20
"""Devices of one verified person; a site that verifies on every page makes a token each time."""


@dataclass(frozen=True, slots=True)
class VerifiedVisitor:
    """A visitor after verification. ``actor`` may be another visitor than ``previous``: the one
    this person was on another device. ``is_rotated`` tells that every token of ``previous`` is
    worthless now, so whoever else holds one must be shown out.
    """

    token: str
    actor: Actor
    previous: Actor
    subject: str
    name: str
    email: str
    is_rotated: bool


class Visitors:
    """Makes, recognises and verifies visitors."""

    def __init__(self, ground: Ground, sites: Sites) -> None:
        self._ground = ground
        self._sites = sites
        self.guards: list[Callable[[Tx, Actor], None]] = []
        """Each may refuse a visitor whose token is sound, by raising."""

    async def create(
        self, tenant_id: str, site_id: str, *, is_robot: bool = False
    ) -> tuple[str, Actor]:
        """Make an anonymous visitor of a site; returns the token and who it is."""
        return await self._ground.database.write(
            tenant_id, lambda tx: self.create_in(tx, site_id, is_robot=is_robot)
        )

    def create_in(self, tx: Tx, site_id: str, *, is_robot: bool = False) -> tuple[str, Actor]:
        """Make an anonymous visitor in the caller's commit."""
        tenant = tenants.find(tx)
        if tenant is None or sites.find(tx, site_id) is None:
            raise WeccError("not_found", "There is no such site.")
        if is_robot and not tenant["is_demo"]:
            raise WeccError("robot_refused")
        values = {
            "visitor_id": new_id("vi", tx.now_ms),
            "contact_id": new_id("ct", tx.now_ms),
            "site_id": site_id,
            "subject": None,
            "name": "",
            "is_robot": is_robot,
        }
        return _issue(tx, values)

    async def for_token(self, token: str) -> Actor | None:
        """Return the visitor a token belongs to; a guard may refuse them with an error."""
        if not 16 <= len(token) <= 200:
            return None
        database = self._ground.database
        found = await database.read(PLATFORM, lambda tx: directory.find(tx, visitors.KIND, token))
        if not found:
            return None
        place = found[0]

        def work(tx: Tx) -> Actor | None:
            row = visitors.find(tx, place.object_id)
            actor = _actor(row, tx.tenant_id) if row else None
            if actor is not None:
                for guard in self.guards:
                    guard(tx, actor)
            return actor

        return await database.read(place.tenant_id, work)

    async def verify(
        self,
        actor: Actor,
        jwt: str,
        bring_along: Callable[[Tx, VerifiedVisitor], None] | None = None,
    ) -> VerifiedVisitor:
        """Check an identity the site signed, then replace the visitor's token.

        ``bring_along`` writes in the same commit what else changes with who the visitor is.
        """
        authorize(actor, "identity.set")
        found = await self._sites.identity_secret(actor.tenant_id, actor.site_id)
        if found is None:
            raise WeccError("bad_identity", "This site has no identity key; make one in the desk.")
        key, secret = found
        claims = signed.verify(jwt, secret, key, self._ground.clock.now_ms())

        def work(tx: Tx) -> VerifiedVisitor:
            verified = _verify_in(tx, actor, claims)
            if bring_along is not None:
                bring_along(tx, verified)
            return verified

        return await self._ground.database.write(actor.tenant_id, work)

    async def subject(self, actor: Actor) -> str | None:
        """Return the verified subject of a visitor, or None while anonymous."""
        return await self._ground.database.read(
            actor.tenant_id, lambda tx: visitors.subject_of(tx, actor.id)
        )

    def end_in(self, tx: Tx, visitor_id: str) -> int:
        """Make every token of a visitor worthless (erased, blocked), in the caller's commit."""
        return visitors.remove_all(tx, visitor_id)


def _verify_in(tx: Tx, actor: Actor, claims: signed.Identity) -> VerifiedVisitor:
    if not visitors.use_identity(tx, actor.site_id, claims.jti, claims.expires_at_ms):
        raise WeccError("bad_identity", "The signed identity was used before; sign a new one.")
    known = visitors.find_verified(tx, actor.site_id, claims.subject)
    bound = visitors.subject_of(tx, actor.id)
    if known is not None:
        visitor_id, contact_id = known["visitor_id"], known["contact_id"]
    elif bound is None:
        visitor_id, contact_id = actor.id, actor.contact_id
    else:
        visitor_id, contact_id = new_id("vi", tx.now_ms), new_id("ct", tx.now_ms)
    if known is None:
        visitors.bind(tx, actor.site_id, claims.subject, visitor_id, contact_id)
    if bound is None:
        visitors.remove_all(tx, actor.id)
    values = {
        "visitor_id": visitor_id,
        "contact_id": contact_id,
        "site_id": actor.site_id,
        "subject": claims.subject,
        "name": clean_line(claims.name, field="name") if claims.name else "",
        "is_robot": actor.is_robot,
    }
    token, verified = _issue(tx, values)
    tx.record("visitor.verified", visitor_id=visitor_id, site_id=actor.site_id)
    return VerifiedVisitor(
        token=token,
        actor=verified,
        previous=actor,
        subject=claims.subject,
        name=values["name"],
        email=claims.email,
        is_rotated=bound is None,
    )


def _issue(tx: Tx, values: Mapping[str, Any]) -> tuple[str, Actor]:
    token = new_secret()
    row = {"id": new_id("vt", tx.now_ms), **values}
    visitors.insert(tx, token, row)
    visitors.keep_newest(tx, row["visitor_id"], TOKENS_OF_ONE_VISITOR)
    return token, _actor(row, tx.tenant_id)


def _actor(row: Mapping[str, Any], tenant_id: str) -> Actor:
    return Actor(
        kind="visitor",
        id=row["visitor_id"],
        tenant_id=tenant_id,
        role="visitor",
        name=row["name"],
        site_id=row["site_id"],
        contact_id=row["contact_id"],
        is_robot=row["is_robot"],
    )
