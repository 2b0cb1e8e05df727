"""Sites: where the widget may appear, how it looks, and the key that signs identities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id, new_secret
from gateway.platform.database.port import PLATFORM, Tx
from gateway.tenancy import model
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.ports import CallsOffered, SiteAvailability
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.store import directory, sites
from gateway.tenancy.wire import IdentityKey, SiteBody, SiteConfig, SiteView

_PURPOSE = "identity key"


class Sites:
    """CRUD of sites, and what the widget asks before anybody is known."""

    def __init__(
        self, ground: Ground, availability: SiteAvailability, has_calls: CallsOffered
    ) -> None:
        self._ground = ground
        self._availability, self._has_calls = availability, has_calls

    async def list(self, actor: Actor) -> list[SiteView]:
        """Return the sites of the tenant."""
        authorize(actor, "site.read", Relation.TENANT)
        rows = await self._ground.database.read(actor.tenant_id, sites.all_rows)
        return [self._view(row) for row in rows]

    async def create(self, actor: Actor, body: SiteBody) -> SiteView:
        """Add a site; its key is made here."""
        authorize(actor, "site.change", Relation.TENANT)
        checked = _checked(body)

        def work(tx: Tx) -> SiteView:
            site_id = new_id("si", tx.now_ms)
            sites.insert(tx, site_id, new_id("pk", tx.now_ms), checked)
            self._ground.audit.write(tx, actor, "site.make", site_id)
            return self._view(_row(tx, site_id))

        return await self._ground.database.write(actor.tenant_id, work)

    async def change(self, actor: Actor, site_id: str, body: SiteBody) -> SiteView:
        """Replace a site's settings; its key stays."""
        authorize(actor, "site.change", Relation.TENANT)
        checked = _checked(body)

        def work(tx: Tx) -> SiteView:
            _row(tx, site_id)
            sites.change(tx, site_id, checked)
            self._ground.audit.write(tx, actor, "site.change", site_id)
            return self._view(_row(tx, site_id))

        return await self._ground.database.write(actor.tenant_id, work)

    async def remove(self, actor: Actor, site_id: str) -> None:
        """Delete a site; the widget stops loading there."""
        authorize(actor, "site.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            _row(tx, site_id)
            sites.remove(tx, site_id)
            self._ground.audit.write(tx, actor, "site.remove", site_id)

        await self._ground.database.write(actor.tenant_id, work)

    async def new_identity_key(self, actor: Actor, site_id: str) -> IdentityKey:
        """Give the site a new key for signing identities, shown once; an older one dies."""
        authorize(actor, "site.change", Relation.TENANT)
        secret = new_secret()
        purpose = f"{_PURPOSE} {site_id}"
        sealed = self._ground.sealer.seal(actor.tenant_id, purpose, secret.encode())

        def work(tx: Tx) -> IdentityKey:
            _row(tx, site_id)
            sites.set_identity_key(tx, site_id, sealed)
            self._ground.audit.write(tx, actor, "site.identity_key", site_id)
            return IdentityKey(secret=secret)

        return await self._ground.database.write(actor.tenant_id, work)

    async def for_key(self, key: str) -> tuple[str, SiteView] | None:
        """Return tenant and site of a public key."""
        if not 8 <= len(key) <= 64:
            return None
        database = self._ground.database
        found = await database.read(PLATFORM, lambda tx: directory.find(tx, sites.KIND, key))
        if not found:
            return None
        place = found[0]
        row = await database.read(place.tenant_id, lambda tx: sites.find(tx, place.object_id))
        return (place.tenant_id, self._view(row)) if row else None

    async def find(self, tenant_id: str, site_id: str) -> SiteView | None:
        """Return a site of the tenant, for other rooms."""
        row = await self._ground.database.read(tenant_id, lambda tx: sites.find(tx, site_id))
        return self._view(row) if row else None

    def exists(self, tx: Tx, site_id: str) -> bool:
        """Tell, in the caller's unit of work, whether the tenant has that site."""
        return sites.find(tx, site_id) is not None

    async def identity_secret(self, tenant_id: str, site_id: str) -> tuple[str, bytes] | None:
        """Return the site's public key and its identity key, if it has one."""
        row = await self._ground.database.read(tenant_id, lambda tx: sites.find(tx, site_id))
        if row is None or row["identity_key"] is None:
            return None
        purpose = f"{_PURPOSE} {site_id}"
        return row["key"], self._ground.sealer.unseal(tenant_id, purpose, row["identity_key"])

    async def config(self, key: str, origin: str | None) -> SiteConfig:
        """Return what the loader needs. A browser on an unlisted web site gets nothing."""
        found = await self.for_key(key)
        if found is None:
            raise not_found("site")
        tenant_id, site = found
        if origin is not None and not model.is_origin_allowed(site, origin):
            raise origin_refused()
        addresses, limits = self._ground.addresses, self._ground.site_limits
        return SiteConfig(
            key=site.key,
            languages=site.languages,
            form=site.form,
            accent=site.accent,
            position=site.position,
            title=site.title,
            greeting=site.greeting,
            calls=site.calls and self._has_calls(),
            files=site.files,
            privacy_url=site.privacy_url,
            state=await self._availability(tenant_id, site.id),
            socket_url=f"{addresses.widget_socket_url}/v1/socket?site={site.key}",
            api_url=f"{addresses.widget_url}/v1",
            max_file_bytes=limits.max_file_bytes,
            max_text_chars=limits.max_text_chars,
        )

    def _view(self, row: Mapping[str, Any]) -> SiteView:
        body = msgspec.convert(row["body"], SiteBody)
        addresses = self._ground.addresses
        return SiteView(
            id=row["id"],
            key=row["key"],
            has_identity_key=row["identity_key"] is not None,
            snippet=model.snippet(addresses, row["key"]),
            csp=model.csp_lines(addresses),
            **msgspec.structs.asdict(body),
        )


def origin_refused() -> WeccError:
    """Return the error for a web site that is not on the list."""
    message = "This web site may not use the widget: add its origin to the site in the desk."
    return WeccError("origin_refused", message)


def _checked(body: SiteBody) -> SiteBody:
    origins = list(dict.fromkeys(model.normal_origin(origin) for origin in body.origins))
    names = [field.name for field in body.form]
    if len(set(names)) != len(names):
        raise WeccError("bad_value", "Two form fields have one name.", field="form")
    if body.privacy_url and not body.privacy_url.startswith(("https://", "http://")):
        message = "Write a web address that begins with https://."
        raise WeccError("bad_value", message, field="privacy_url")
    return msgspec.structs.replace(body, origins=origins)


def _row(tx: Tx, site_id: str) -> Mapping[str, Any]:
    row = sites.find(tx, site_id)
    if row is None:
        raise not_found("site")
    return row
