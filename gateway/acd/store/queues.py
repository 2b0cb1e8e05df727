"""Queues and their published versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.acd.store.tables import queue_closures, queue_versions, queues
from gateway.acd.wire.queues import QueueBody
from gateway.kernel.actor import Actor
from gateway.platform.database.port import Tx

Row = Mapping[str, Any]


def publish(
    tx: Tx, queue_id: str, body: QueueBody, by: Actor, of_version: int | None = None
) -> int:
    """Write a queue's next version and let it count; returns its number, from 1."""
    mine = (queues.c.tenant_id == tx.tenant_id, queues.c.id == queue_id)
    present = tx.one(sa.select(queues.c.version).where(*mine))
    version = 1 if present is None else int(present["version"]) + 1
    values = {**msgspec.to_builtins(body), "version": version}
    note = values.pop("note")
    if present is None:
        tx.execute(queues.insert().values(tenant_id=tx.tenant_id, id=queue_id, **values))
    else:
        tx.execute(queues.update().where(*mine).values(**values))
    tx.execute(
        queue_versions.insert().values(
            tenant_id=tx.tenant_id,
            queue_id=queue_id,
            version=version,
            at_ms=tx.now_ms,
            by_id=by.id,
            by_name=by.name,
            note=note,
            of_version=of_version,
            body=msgspec.to_builtins(body),
        )
    )
    return version


def versions(tx: Tx, queue_id: str) -> Sequence[Row]:
    """Return the newest versions of a queue, the newest first."""
    return tx.all(
        sa.select(queue_versions)
        .where(queue_versions.c.tenant_id == tx.tenant_id, queue_versions.c.queue_id == queue_id)
        .order_by(queue_versions.c.version.desc())
        .limit(200)
    )


def version(tx: Tx, queue_id: str, number: int) -> Row | None:
    """Return one version."""
    column = queue_versions.c
    return tx.one(
        sa.select(queue_versions).where(
            column.tenant_id == tx.tenant_id,
            column.queue_id == queue_id,
            column.version == number,
        )
    )


def close(tx: Tx, queue_id: str, reason: str, by: Actor) -> None:
    """Close a queue in an emergency; a repeat changes the reason."""
    reopen(tx, queue_id)
    tx.execute(
        queue_closures.insert().values(
            tenant_id=tx.tenant_id,
            queue_id=queue_id,
            reason=reason,
            by_id=by.id,
            by_name=by.name,
            at_ms=tx.now_ms,
        )
    )


def reopen(tx: Tx, queue_id: str) -> None:
    """End an emergency closure."""
    column = queue_closures.c
    mine = (column.tenant_id == tx.tenant_id, column.queue_id == queue_id)
    tx.execute(queue_closures.delete().where(*mine))


def closures(tx: Tx) -> Sequence[Row]:
    """Return the queues that are closed in an emergency."""
    mine = queue_closures.c.tenant_id == tx.tenant_id
    return tx.all(sa.select(queue_closures).where(mine))


def forget(tx: Tx, queue_id: str) -> None:
    """Remove what belongs to a queue that is being removed."""
    reopen(tx, queue_id)
    tx.execute(
        queue_versions.delete().where(
            queue_versions.c.tenant_id == tx.tenant_id, queue_versions.c.queue_id == queue_id
        )
    )
