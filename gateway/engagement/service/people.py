"""Who goes first and who is kept out: what leads say about contacts, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from gateway.engagement.model.blocks import LONGEST_MS, Barred, Comer, normal, normal_email
from gateway.engagement.store import blocks as store
from gateway.engagement.store import contacts, conversations
from gateway.engagement.wire.people import BlockBody, BlockView, VipBody, VipView
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import new_id
from gateway.kernel.redaction import redact
from gateway.kernel.text import clean_line
from gateway.platform.bus import Bus, blocks_topic
from gateway.platform.database.port import Database, Tx
from gateway.tenancy.authorization import Relation, authorize

_SHOWN = 500
_MOST_NETWORKS = 500
"""Each is compared with whoever comes, so there is an end to them."""
_WHY_CHARS = 500
QueueExists = Callable[[Tx, str], bool]


class Audit(Protocol):
    """The audit log of ``tenancy.service``."""

    def __call__(
        self,
        tx: Tx,
        actor: Actor,
        operation: str,
        object_id: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Append an entry in this commit."""
        ...


class People:
    """Use cases of leads, and the question every door asks."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        audit: Audit,
        queue_exists: QueueExists,
    ) -> None:
        self._database, self._bus, self._clock = database, bus, clock
        self._audit, self._queue_exists = audit, queue_exists

    # ---- blocks

    async def blocks(self, actor: Actor, *, active_only: bool = True) -> list[BlockView]:
        """Return the blocks, the newest first: those that hold, or all there ever were."""
        authorize(actor, "block.read", Relation.TENANT)

        def work(tx: Tx) -> list[BlockView]:
            rows = store.newest(tx, _SHOWN, active_only=active_only)
            return _views(tx, rows)

        return await self._database.read(actor.tenant_id, work)

    async def block(self, actor: Actor, body: BlockBody) -> BlockView:
        """Keep somebody out from now on. What they wrote before stays, and stays with its agent."""
        authorize(actor, "block.change", Relation.TENANT)
        value, now_ms = normal(body.kind, body.value), self._clock.now_ms()
        if body.until_ms is not None and not now_ms < body.until_ms <= now_ms + LONGEST_MS:
            raise WeccError("bad_value", "Choose a time ahead, within ten years.", field="until_ms")
        block_id = new_id("bl", now_ms)
        row: dict[str, Any] = {
            "id": block_id,
            "kind": body.kind,
            "value": value,
            "why": _why(body.why),
            "by_id": actor.id,
            "by_name": actor.name,
            "at_ms": now_ms,
            "until_ms": body.until_ms,
            "lifted_at_ms": None,
            "lifted_by_id": "",
            "lifted_by_name": "",
        }

        def work(tx: Tx) -> BlockView:
            _check_new(tx, body.kind, value)
            store.insert(tx, row)
            self._audit(tx, actor, "block.make", block_id, {"kind": body.kind})
            tx.record("block.made", block_id=block_id, block_kind=body.kind)
            return _views(tx, [row])[0]

        view = await self._database.write(actor.tenant_id, work)
        self._bus.publish(blocks_topic(actor.tenant_id), Barred(body.kind, value))
        return view

    async def lift(self, actor: Actor, block_id: str) -> None:
        """Let somebody in again; lifting twice is harmless."""
        authorize(actor, "block.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            row = store.find(tx, block_id)
            if row is None:
                raise not_found("block")
            if row["lifted_at_ms"] is None:
                store.lift(tx, block_id, actor.id, actor.name)
                self._audit(tx, actor, "block.lift", block_id, {"kind": row["kind"]})
                tx.record("block.lifted", block_id=block_id, block_kind=row["kind"])

        await self._database.write(actor.tenant_id, work)

    async def admit(self, tenant_id: str, comer: Comer) -> None:
        """Raise ``blocked`` unless they may come in and begin something."""
        await self._database.read(tenant_id, lambda tx: refuse_blocked(tx, comer))

    # ---- who goes first

    async def vips(self, actor: Actor) -> list[VipView]:
        """Return the contacts who go first, the highest priority before."""
        authorize(actor, "vip.read", Relation.TENANT)

        def work(tx: Tx) -> list[VipView]:
            return [_vip(row) for row in store.vips(tx, _SHOWN)]

        return await self._database.read(actor.tenant_id, work)

    async def put_vip(self, actor: Actor, contact_id: str, body: VipBody) -> VipView:
        """Let a contact go first: in new work, not in what waits already."""
        authorize(actor, "vip.change", Relation.TENANT)
        queue_ids = sorted(set(body.queue_ids))
        mark = {
            "queue_ids": queue_ids,
            "why": _why(body.why),
            "by_id": actor.id,
            "by_name": actor.name,
            "at_ms": self._clock.now_ms(),
        }

        def work(tx: Tx) -> VipView:
            if contacts.by_id(tx, contact_id) is None:
                raise not_found("contact")
            if not all(self._queue_exists(tx, queue_id) for queue_id in queue_ids):
                raise WeccError("bad_value", "There is no such queue.", field="queue_ids")
            contacts.update(tx, contact_id, {"vip": body.priority, "vip_mark": mark})
            details = {"priority": str(body.priority)}
            self._audit(tx, actor, "vip.change", contact_id, details)
            row = contacts.by_id(tx, contact_id)
            if row is None:
                raise not_found("contact")
            return _vip(row)

        return await self._database.write(actor.tenant_id, work)

    async def remove_vip(self, actor: Actor, contact_id: str) -> None:
        """Let a contact wait like everybody else."""
        authorize(actor, "vip.change", Relation.TENANT)

        def work(tx: Tx) -> None:
            row = contacts.by_id(tx, contact_id)
            if row is None:
                raise not_found("contact")
            if row["vip"]:
                contacts.update(tx, contact_id, {"vip": 0, "vip_mark": {}})
                self._audit(tx, actor, "vip.remove", contact_id)

        await self._database.write(actor.tenant_id, work)


def refuse_blocked(tx: Tx, comer: Comer) -> None:
    """Raise ``blocked`` when a block holds for who comes, by their own or their contact's data."""
    contact = contacts.by_id(tx, comer.contact_id) if comer.contact_id else None
    emails = {normal_email(comer.email), normal_email(contact["email"]) if contact else ""} - {""}
    for email in sorted(emails) or [""]:
        who = Comer(comer.contact_id, email, comer.network)
        for row in store.met_by(tx, comer.contact_id, email):
            if Barred(row["kind"], row["value"]).meets(who):
                raise _refusal(row["until_ms"], tx.now_ms)


def refuse_blocked_visitor(tx: Tx, actor: Actor) -> None:
    """The same for a visitor token: whoever is blocked cannot use theirs."""
    refuse_blocked(tx, Comer(actor.contact_id))


def vip_priority(tx: Tx, conversation_id: str, queue_id: str) -> int:
    """Return how much sooner this conversation's contact is served in a queue."""
    row = conversations.by_id(tx, conversation_id)
    contact = contacts.by_id(tx, row["contact_id"]) if row is not None else None
    if contact is None or not contact["vip"]:
        return 0
    queue_ids = contact["vip_mark"].get("queue_ids", [])
    return int(contact["vip"]) if not queue_ids or queue_id in queue_ids else 0


# ---- pieces ------------------------------------------------------------------------------


def _why(text: str) -> str:
    return redact(clean_line(text, field="why", max_chars=_WHY_CHARS, required=True)).text


def _check_new(tx: Tx, kind: str, value: str) -> None:
    if kind == "contact" and contacts.by_id(tx, value) is None:
        raise not_found("contact")
    if store.active_on(tx, kind, value) is not None:
        raise WeccError("already_exists", "This is blocked already; lift that block first.")
    if kind == "network" and store.networks(tx) >= _MOST_NETWORKS:
        text = f"There can be {_MOST_NETWORKS} blocks of networks; lift some first."
        raise WeccError("quota_exceeded", text)


def _refusal(until_ms: int | None, now_ms: int) -> WeccError:
    text = "You cannot write or call here at present. What we received from you before is kept."
    wait_s = None if until_ms is None else -(-(until_ms - now_ms) // 1000)
    return WeccError("blocked", text, retry_after_s=wait_s)


def _views(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[BlockView]:
    ids = sorted({row["value"] for row in rows if row["kind"] == "contact"})
    names = {key: row["name"] for key, row in contacts.by_ids(tx, ids).items()}
    return [
        BlockView(
            id=row["id"],
            kind=row["kind"],
            value=row["value"],
            name=names.get(row["value"], ""),
            why=row["why"],
            by_id=row["by_id"],
            by_name=row["by_name"],
            at_ms=row["at_ms"],
            until_ms=row["until_ms"],
            lifted_at_ms=row["lifted_at_ms"],
            lifted_by_name=row["lifted_by_name"],
            is_active=row["lifted_at_ms"] is None and not _is_past(row["until_ms"], tx.now_ms),
        )
        for row in rows
    ]


def _is_past(until_ms: int | None, now_ms: int) -> bool:
    return until_ms is not None and until_ms <= now_ms


def _vip(row: Mapping[str, Any]) -> VipView:
    mark = row["vip_mark"]
    return VipView(
        contact_id=row["id"],
        name=row["name"],
        email=row["email"],
        priority=row["vip"],
        queue_ids=mark["queue_ids"],
        why=mark["why"],
        by_id=mark["by_id"],
        by_name=mark["by_name"],
        at_ms=mark["at_ms"],
    )
