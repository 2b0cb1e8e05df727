"""The format of a sealed file: records that are only ever appended.

    record := kind(1) plain_length(4, big-endian) nonce(12) ciphertext(plain_length) tag(16)

``kind`` is 1 for content and 2 for the last record, which is empty. AES-256-GCM (NIST SP
800-38D) with a random nonce; the associated data hold the tenant, the file's id, the record's
number, the plain offset it starts at and its kind. So a record cannot be changed, moved,
repeated or taken to another file, and a file without its last record is not complete. Nothing
written is ever rewritten: a torn end after a crash is cut off and the upload goes on from there.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.platform.keys import NONCE_BYTES

PLAIN_BYTES = 64 * 1024
"""Most plain bytes in one record."""

_HEAD = struct.Struct(f">BI{NONCE_BYTES}s")
_TAG_BYTES = 16
_CONTENT = 1
_LAST = 2


class Damaged(Exception):
    """The file is not what was written."""


class Record(NamedTuple):
    """Where one record lies in the file, and which plain bytes it holds."""

    kind: int
    number: int
    position: int
    plain_offset: int
    plain_bytes: int
    nonce: bytes

    @property
    def end(self) -> int:
        """The position behind the record."""
        return self.position + _HEAD.size + self.plain_bytes + _TAG_BYTES


@dataclass(frozen=True, slots=True)
class Seal:
    """A data key and the file it is used for."""

    key: bytes
    tenant_id: str
    blob_id: str

    def bound(self, number: int, plain_offset: int, kind: int) -> bytes:
        """The associated data of a record."""
        place = struct.pack(">QQB", number, plain_offset, kind)
        return f"wecc-blob-1\0{self.tenant_id}\0{self.blob_id}\0".encode() + place


@dataclass(frozen=True, slots=True)
class End:
    """Where a file's sound records end."""

    position: int
    plain_bytes: int
    records: int
    is_complete: bool


START = End(0, 0, 0, False)


def records(descriptor: int) -> Iterator[Record]:
    """The records by their heads, up to the last one or to where the file stops making sense."""
    size = os.fstat(descriptor).st_size
    position = plain_offset = number = 0
    while position + _HEAD.size + _TAG_BYTES <= size:
        kind, plain_bytes, nonce = _HEAD.unpack(os.pread(descriptor, _HEAD.size, position))
        record = Record(kind, number, position, plain_offset, plain_bytes, nonce)
        is_sound = plain_bytes == 0 if kind == _LAST else 0 < plain_bytes <= PLAIN_BYTES
        if kind not in {_CONTENT, _LAST} or not is_sound or record.end > size:
            return
        yield record
        if kind == _LAST:
            return
        position, number = record.end, number + 1
        plain_offset += plain_bytes


def open_record(descriptor: int, seal: Seal, record: Record) -> bytes:
    """Return the record's plain bytes; raises ``Damaged``."""
    sealed = os.pread(descriptor, record.plain_bytes + _TAG_BYTES, record.position + _HEAD.size)
    bound = seal.bound(record.number, record.plain_offset, record.kind)
    try:
        return AESGCM(seal.key).decrypt(record.nonce, sealed, bound)
    except InvalidTag:
        raise Damaged(f"record {record.number}") from None


def sound_end(descriptor: int, seal: Seal) -> End:
    """Check every record and tell where the sound ones end."""
    end = START
    for record in records(descriptor):
        try:
            open_record(descriptor, seal, record)
        except Damaged:
            break
        end = _after(record)
    return end


def index(descriptor: int, seal: Seal) -> list[Record]:
    """The content records of a complete file; raises ``Damaged`` when it is cut or extended."""
    found = list(records(descriptor))
    if not found or found[-1].kind != _LAST:
        raise Damaged("the last record is missing")
    if found[-1].end != os.fstat(descriptor).st_size:
        raise Damaged("something follows the last record")
    open_record(descriptor, seal, found[-1])
    return found[:-1]


def append(descriptor: int, seal: Seal, end: End, data: bytes) -> End:
    """Write ``data`` behind ``end``; the caller syncs."""
    view = memoryview(data)
    for start in range(0, len(data), PLAIN_BYTES):
        end = _write(descriptor, seal, end, _CONTENT, bytes(view[start : start + PLAIN_BYTES]))
    return end


def complete(descriptor: int, seal: Seal, end: End) -> End:
    """Write the last record; the caller syncs."""
    return _write(descriptor, seal, end, _LAST, b"")


def digest(descriptor: int, seal: Seal) -> tuple[End, str]:
    """Check every record; return the sound end and the SHA-256 of the plain bytes before it."""
    total = hashlib.sha256()
    end = START
    for record in records(descriptor):
        try:
            total.update(open_record(descriptor, seal, record))
        except Damaged:
            break
        end = _after(record)
    return end, total.hexdigest()


def _after(record: Record) -> End:
    return End(
        record.end,
        record.plain_offset + record.plain_bytes,
        record.number + 1,
        record.kind == _LAST,
    )


def _write(descriptor: int, seal: Seal, end: End, kind: int, plain: bytes) -> End:
    nonce = secrets.token_bytes(NONCE_BYTES)
    bound = seal.bound(end.records, end.plain_bytes, kind)
    record = Record(kind, end.records, end.position, end.plain_bytes, len(plain), nonce)
    sealed = _HEAD.pack(kind, len(plain), nonce) + AESGCM(seal.key).encrypt(nonce, plain, bound)
    written = 0
    while written < len(sealed):
        written += os.pwrite(descriptor, memoryview(sealed)[written:], end.position + written)
    return _after(record)
