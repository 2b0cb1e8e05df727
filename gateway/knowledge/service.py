"""Canned replies: texts that agents insert by a shortcut."""

from __future__ import annotations

import msgspec

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.text import clean, clean_line
from gateway.knowledge import store
from gateway.knowledge.wire import CannedReplyBody, CannedReplyView
from gateway.platform.database.port import Database, Tx
from gateway.tenancy.authorization import Relation, authorize
from gateway.tenancy.service import TenancyService

_MAX_CHARS = 10_000


class KnowledgeService:
    """CRUD of canned replies."""

    def __init__(self, *, database: Database, tenancy: TenancyService) -> None:
        self._database = database
        self._tenancy = tenancy

    async def list(self, actor: Actor) -> list[CannedReplyView]:
        """Return the replies of the tenant."""
        authorize(actor, "canned.read", Relation.TENANT)
        return await self._database.read(actor.tenant_id, store.all_views)

    async def create(self, actor: Actor, body: CannedReplyBody) -> CannedReplyView:
        """Add a reply."""
        authorize(actor, "canned.change", Relation.TENANT)
        checked = _cleaned(body)

        def work(tx: Tx) -> CannedReplyView:
            reply_id = new_id("cr", tx.now_ms)
            _refuse_taken(tx, checked, reply_id)
            store.insert(tx, reply_id, checked)
            self._tenancy.audit(tx, actor, "canned.make", reply_id)
            return _row(tx, reply_id)

        return await self._database.write(actor.tenant_id, work)

    async def change(self, actor: Actor, reply_id: str, body: CannedReplyBody) -> CannedReplyView:
        """Replace a reply."""
        authorize(actor, "canned.change", Relation.TENANT)
        checked = _cleaned(body)

        def work(tx: Tx) -> CannedReplyView:
            _row(tx, reply_id)
            _refuse_taken(tx, checked, reply_id)
            store.change(tx, reply_id, checked)
            self._tenancy.audit(tx, actor, "canned.change", reply_id)
            return _row(tx, reply_id)

        return await self._database.write(actor.tenant_id, work)

    async def remove(self, actor: Actor, reply_id: str) -> None:
        """Delete a reply."""
        authorize(actor, "canned.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            _row(tx, reply_id)
            store.remove(tx, reply_id)
            self._tenancy.audit(tx, actor, "canned.remove", reply_id)

        await self._database.write(actor.tenant_id, work)


def _cleaned(body: CannedReplyBody) -> CannedReplyBody:
    return msgspec.structs.replace(
        body,
        title=clean_line(body.title, field="title", required=True),
        text=clean(body.text, field="text", max_chars=_MAX_CHARS, required=True),
        language=body.language.strip(),
    )


def _refuse_taken(tx: Tx, body: CannedReplyBody, reply_id: str) -> None:
    taken_by = store.taken_by(tx, body.shortcut, body.language)
    if taken_by not in (None, reply_id):
        message = "Another reply has this shortcut in this language."
        raise WeccError("already_exists", message, field="shortcut")


def _row(tx: Tx, reply_id: str) -> CannedReplyView:
    row = store.find(tx, reply_id)
    if row is None:
        raise not_found("canned reply")
    return row
