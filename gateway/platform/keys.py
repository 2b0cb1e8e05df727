"""Keys for content at rest: master key (a file) > tenant key > one data key per contact.

Keys are 256 bits and wrapped by AES-256-GCM (NIST SP 800-38D) with a random nonce, bound to the
tenant and the contact they belong to. Deleting a contact's row makes the contact's files
unreadable wherever copies of them lie; deleting the tenant's row does so for the tenant. Nothing
is cached, so a deleted key is gone for the next reader.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.kernel.errors import WeccError, not_found
from gateway.platform.database.port import PLATFORM, Database, Tx
from gateway.platform.database.schema import insert, metadata, tenant_table
from gateway.platform.disk import make_directory, sync_directory

KEY_BYTES = 32
NONCE_BYTES = 12
_TENANT_OWNER = ""

data_keys = tenant_table(
    "data_keys",
    sa.Column("contact_id", sa.String(64), nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    key=("contact_id",),
)
master_keys = sa.Table(
    "master_keys",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
)

_ADD = insert(data_keys).on_conflict_do_nothing()
_FIND = sa.select(data_keys.c.contact_id, data_keys.c.wrapped).where(
    data_keys.c.tenant_id == sa.bindparam("tenant_id"),
    data_keys.c.contact_id.in_([_TENANT_OWNER, sa.bindparam("contact_id")]),
)


class Keys:
    """Data keys of contacts, unwrapped on demand. Made by ``open_keys``."""

    def __init__(self, database: Database, master: bytes) -> None:
        self._database = database
        self._master = master

    async def existing(self, tenant_id: str, contact_id: str) -> bytes:
        """Return the contact's key; ``not_found`` when it was never made, or was erased."""
        key = await self._database.read(tenant_id, lambda tx: self._find(tx, contact_id))
        if key is None:
            raise not_found("file")
        return key

    async def of(self, tenant_id: str, contact_id: str) -> bytes:
        """Return the contact's key, made now if need be and durable when returned."""
        if not contact_id:
            raise ValueError("a data key belongs to a contact")
        key = await self._database.read(tenant_id, lambda tx: self._find(tx, contact_id))
        if key is None:
            key = await self._database.write(tenant_id, lambda tx: self._make(tx, contact_id))
        return key

    async def erase(self, tenant_id: str, contact_id: str) -> None:
        """Destroy the contact's key, and with it every file of the contact."""
        await self._database.write(tenant_id, lambda tx: _delete(tx, contact_id))

    async def erase_tenant(self, tenant_id: str) -> None:
        """Destroy all keys of the tenant."""
        await self._database.write(tenant_id, lambda tx: _delete(tx, None))

    def _find(self, tx: Tx, contact_id: str) -> bytes | None:
        rows = tx.all(_FIND, {"tenant_id": tx.tenant_id, "contact_id": contact_id})
        wrapped = {row["contact_id"]: row["wrapped"] for row in rows}
        if _TENANT_OWNER not in wrapped or contact_id not in wrapped:
            return None
        tenant_key = _unwrap(self._master, wrapped[_TENANT_OWNER], tx.tenant_id, _TENANT_OWNER)
        return _unwrap(tenant_key, wrapped[contact_id], tx.tenant_id, contact_id)

    def _make(self, tx: Tx, contact_id: str) -> bytes:
        rows = tx.all(_FIND, {"tenant_id": tx.tenant_id, "contact_id": contact_id})
        wrapped = {row["contact_id"]: row["wrapped"] for row in rows}
        tenant_key = (
            _unwrap(self._master, wrapped[_TENANT_OWNER], tx.tenant_id, _TENANT_OWNER)
            if _TENANT_OWNER in wrapped
            else _add(tx, self._master, _TENANT_OWNER)
        )
        if contact_id in wrapped:
            return _unwrap(tenant_key, wrapped[contact_id], tx.tenant_id, contact_id)
        return _add(tx, tenant_key, contact_id)


async def open_keys(database: Database, path: Path) -> Keys:
    """Load the master key, or make it at the very first start.

    Refuses a file others may read, and a file that is not the one this database knows.
    """
    known = await database.read(PLATFORM, _fingerprints)
    if known and not await asyncio.to_thread(path.exists):
        raise _refused(f"the master key {path.name} is missing; restore it from the backup")
    master = await asyncio.to_thread(load_master_key, path)
    fingerprint = fingerprint_of(master)
    if not known:
        known = await database.write(PLATFORM, lambda tx: _introduce(tx, fingerprint))
    if fingerprint not in known:
        raise _refused(f"{path.name} is not the master key of this database")
    return Keys(database, master)


def fingerprint_of(master: bytes) -> str:
    """What the database keeps of the master key, to know it again."""
    return hmac.new(master, b"wecc master key", hashlib.sha256).hexdigest()


def load_master_key(path: Path) -> bytes:
    """Read the key file, creating it (mode 0600) where there is none."""
    if not path.exists():
        _create(path, secrets.token_bytes(KEY_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise _refused(f"others may read {path.name}; run chmod 600 on it")
    try:
        master = base64.b64decode(path.read_bytes().strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != KEY_BYTES:
        raise _refused(f"{path.name} does not hold a master key")
    return master


def _create(path: Path, master: bytes) -> None:
    make_directory(path.parent)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(master) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(scratch, path)  # never over a file somebody else made meanwhile
    except FileExistsError:
        pass
    scratch.unlink()
    sync_directory(path.parent)


def _fingerprints(tx: Tx) -> set[str]:
    return {row["fingerprint"] for row in tx.all(sa.select(master_keys.c.fingerprint))}


def _introduce(tx: Tx, fingerprint: str) -> set[str]:
    known = _fingerprints(tx)
    if not known:
        tx.execute(sa.insert(master_keys), {"fingerprint": fingerprint})
    return known or {fingerprint}


def _add(tx: Tx, wrapping_key: bytes, contact_id: str) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    nonce = secrets.token_bytes(NONCE_BYTES)
    wrapped = nonce + AESGCM(wrapping_key).encrypt(nonce, key, _bound(tx.tenant_id, contact_id))
    values = {
        "tenant_id": tx.tenant_id,
        "contact_id": contact_id,
        "wrapped": wrapped,
        "created_at_ms": tx.now_ms,
    }
    if tx.execute(_ADD, values).rowcount != 1:
        raise WeccError("conflict", "Somebody else made this key just now; try again.")
    return key


def _unwrap(wrapping_key: bytes, wrapped: bytes, tenant_id: str, contact_id: str) -> bytes:
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        return AESGCM(wrapping_key).decrypt(nonce, sealed, _bound(tenant_id, contact_id))
    except InvalidTag:
        raise WeccError("internal", "A stored key does not fit its owner.") from None


def _bound(tenant_id: str, contact_id: str) -> bytes:
    return f"wecc-key-1\0{tenant_id}\0{contact_id}".encode()


def _delete(tx: Tx, contact_id: str | None) -> None:
    statement = sa.delete(data_keys).where(data_keys.c.tenant_id == tx.tenant_id)
    if contact_id is not None:
        statement = statement.where(data_keys.c.contact_id == contact_id)
    tx.execute(statement)


def _refused(why: str) -> WeccError:
    return WeccError("unsafe_configuration", f"Refused to start: {why}.")
