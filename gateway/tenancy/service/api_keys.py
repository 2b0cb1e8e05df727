"""API keys: what programs sign in with. The secret is shown once and stored hashed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.kernel.actor import Actor
from gateway.kernel.errors import not_found
from gateway.kernel.ids import new_id, new_secret
from gateway.kernel.text import clean_line
from gateway.platform.database.port import PLATFORM, Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.model import require_not_above
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.store import api_keys, directory
from gateway.tenancy.wire import ApiKeyBody, ApiKeyView

_PREFIX = "wecc_"
_TOUCH_MS = 60_000


class ApiKeys:
    """Makes, lists, removes and recognises keys."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def list(self, actor: Actor) -> list[ApiKeyView]:
        """Return the keys of the tenant, without their secrets."""
        authorize(actor, "api_key.read", Relation.TENANT)
        rows = await self._ground.database.read(actor.tenant_id, api_keys.all_rows)
        return [_view(row, None) for row in rows]

    async def create(self, actor: Actor, body: ApiKeyBody) -> ApiKeyView:
        """Make a key; the answer is the only place that shows its secret."""
        authorize(actor, "api_key.change", Relation.TENANT)
        require_not_above(actor, body.role)
        secret = _PREFIX + new_secret()
        name = clean_line(body.name, field="name", required=True)

        def work(tx: Tx) -> ApiKeyView:
            key_id = new_id("ak", tx.now_ms)
            api_keys.insert(tx, key_id, secret, name, body.role)
            self._ground.audit.write(tx, actor, "api_key.make", key_id, {"role": body.role})
            row = api_keys.find(tx, key_id)
            if row is None:
                raise not_found("API key")
            return _view(row, secret)

        return await self._ground.database.write(actor.tenant_id, work)

    async def remove(self, actor: Actor, key_id: str) -> None:
        """Delete a key; it opens nothing from then on."""
        authorize(actor, "api_key.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            if api_keys.find(tx, key_id) is None:
                raise not_found("API key")
            api_keys.remove(tx, key_id)
            self._ground.audit.write(tx, actor, "api_key.remove", key_id)

        await self._ground.database.write(actor.tenant_id, work)

    async def actor_for(self, secret: str) -> Actor | None:
        """Return whom a key acts as, and remember its use at most once a minute."""
        if not secret.startswith(_PREFIX) or len(secret) > 200:
            return None
        database = self._ground.database
        found = await database.read(PLATFORM, lambda tx: directory.find(tx, api_keys.KIND, secret))
        if not found:
            return None
        place = found[0]
        row = await database.read(place.tenant_id, lambda tx: api_keys.find(tx, place.object_id))
        if row is None:
            return None
        if self._ground.clock.now_ms() - (row["last_used_at_ms"] or 0) > _TOUCH_MS:
            await database.write(place.tenant_id, lambda tx: api_keys.touch(tx, row["id"]))
        return Actor(
            kind="user",
            id=row["id"],
            tenant_id=place.tenant_id,
            role=row["role"],
            name=row["name"],
        )


def _view(row: Mapping[str, Any], secret: str | None) -> ApiKeyView:
    return ApiKeyView(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        secret=secret,
        created_at_ms=row["created_at_ms"],
        last_used_at_ms=row["last_used_at_ms"],
    )
