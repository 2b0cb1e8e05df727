"""Files people send, and recordings: sealed at rest, resumable while they arrive.

A blob belongs to a contact, whose data key seals it. Bytes arrive in any number of appends;
each is on disk when ``append`` returns and may be repeated. ``finish`` makes the blob readable.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import threading
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.ids import is_id
from gateway.platform import sealed
from gateway.platform.database import faults
from gateway.platform.disk import make_directory, sync_directory
from gateway.platform.keys import Keys
from gateway.platform.sealed import End, Record, Seal

T = TypeVar("T")

_THREADS = 4
_KNOWN_ENDS = 4096


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Which blob: its tenant, the contact whose key seals it, and its own id."""

    tenant_id: str
    contact_id: str
    blob_id: str


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What a finished blob holds: plain bytes and their SHA-256 (hex)."""

    size_bytes: int
    sha256: str


class Blobs(Protocol):
    """Where content too large for rows lives."""

    async def length(self, ref: BlobRef) -> int:
        """Bytes stored so far; 0 for a blob that has not begun."""
        ...

    async def append(self, ref: BlobRef, offset: int, data: bytes) -> int:
        """Store ``data`` at ``offset`` and return the new length once it is on disk.

        Bytes that are there already are accepted again if they are the same. Raises
        ``upload_offset`` when ``offset`` is not where the blob ends, ``wrong_state`` after
        ``finish``, ``disk_full`` or ``store_unavailable`` with nothing changed.
        """
        ...

    async def finish(self, ref: BlobRef, size_bytes: int) -> BlobInfo:
        """Check all bytes and close the blob; from now on it can be read. May be repeated.

        Raises ``upload_offset`` when what is stored is not ``size_bytes`` long.
        """
        ...

    async def write(self, ref: BlobRef, data: bytes) -> BlobInfo:
        """Store a whole blob at once."""
        ...

    async def read(self, ref: BlobRef, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes ``start`` to ``end`` (exclusive) of a finished blob."""
        ...

    def stream(self, ref: BlobRef, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same in pieces, checked one by one."""
        ...

    async def delete(self, ref: BlobRef) -> None:
        """Remove the blob; also when it is not there."""
        ...

    async def erase(self, tenant_id: str, contact_id: str) -> None:
        """Destroy the contact's key: none of the contact's blobs can be read again."""
        ...

    async def drop_tenant(self, tenant_id: str) -> None:
        """Destroy the tenant's keys and remove its blobs."""
        ...


class DiskBlobs:
    """``Blobs`` in a directory. File names are hashes of ids, never something a person chose."""

    def __init__(self, directory: Path, keys: Keys) -> None:
        self._directory = directory
        self._keys = keys
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="wecc-blob")
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
        # Ends this process itself synced; any other file is checked whole before it grows.
        self._ends: OrderedDict[Path, End] = OrderedDict()

    async def length(self, ref: BlobRef) -> int:
        path = self._path(ref)
        async with self._lock(path):
            if not path.exists():
                return 0
            seal = await self._seal(ref)
            return (await self._run(self._end, path, seal)).plain_bytes

    async def append(self, ref: BlobRef, offset: int, data: bytes) -> int:
        path = self._path(ref)
        seal = Seal(await self._keys.of(ref.tenant_id, ref.contact_id), ref.tenant_id, ref.blob_id)
        async with self._lock(path):
            return await self._run(self._append, path, seal, offset, data)

    async def finish(self, ref: BlobRef, size_bytes: int) -> BlobInfo:
        path = self._path(ref)
        seal = Seal(await self._keys.of(ref.tenant_id, ref.contact_id), ref.tenant_id, ref.blob_id)
        async with self._lock(path):
            return await self._run(self._finish, path, seal, size_bytes)

    async def write(self, ref: BlobRef, data: bytes) -> BlobInfo:
        await self.append(ref, 0, data)
        return await self.finish(ref, len(data))

    async def read(self, ref: BlobRef, start: int = 0, end: int | None = None) -> bytes:
        return b"".join([piece async for piece in self.stream(ref, start, end)])

    async def stream(
        self, ref: BlobRef, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        seal = await self._seal(ref)
        reading = await self._run(_Reading, self._path(ref), seal)
        try:
            for record in await self._run(reading.records, start, end):
                plain = await self._run(reading.plain, record)
                first = max(0, start - record.plain_offset)
                last = len(plain) if end is None else min(len(plain), end - record.plain_offset)
                yield plain[first:last]
        finally:
            self._threads.submit(reading.close)

    async def delete(self, ref: BlobRef) -> None:
        path = self._path(ref)
        async with self._lock(path):
            self._ends.pop(path, None)
            await self._run(_unlink, path)

    async def erase(self, tenant_id: str, contact_id: str) -> None:
        await self._keys.erase(tenant_id, contact_id)

    async def drop_tenant(self, tenant_id: str) -> None:
        await self._keys.erase_tenant(tenant_id)
        directory = self._tenant_directory(tenant_id)
        for path in [path for path in self._ends if path.is_relative_to(directory)]:
            del self._ends[path]
        await self._run(shutil.rmtree, directory, True)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run file work on a thread; a caller who leaves does not cut it short."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.shield(loop.run_in_executor(self._threads, work, *arguments))
        except FileNotFoundError:
            raise not_found("file") from None
        except OSError as error:
            raise faults.from_os(error, "file store") from error

    async def _seal(self, ref: BlobRef) -> Seal:
        key = await self._keys.existing(ref.tenant_id, ref.contact_id)
        return Seal(key, ref.tenant_id, ref.blob_id)

    def _lock(self, path: Path) -> asyncio.Lock:
        return self._locks.setdefault(path, asyncio.Lock())

    def _tenant_directory(self, tenant_id: str) -> Path:
        if not tenant_id:
            raise ValueError("blobs belong to a tenant")
        return self._directory / hashlib.sha256(tenant_id.encode()).hexdigest()[:32]

    def _path(self, ref: BlobRef) -> Path:
        if not is_id(ref.blob_id):
            raise WeccError("bad_value", "This is not the id of a file.", field="blob_id")
        name = hashlib.sha256(ref.blob_id.encode()).hexdigest()[:40]
        return self._tenant_directory(ref.tenant_id) / name[:2] / name

    # file work, on threads, one at a time per blob

    def _end(self, path: Path, seal: Seal) -> End:
        known = self._ends.get(path)
        if known is not None:
            return known
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            end = sealed.sound_end(descriptor, seal)
        finally:
            os.close(descriptor)
        return end

    def _append(self, path: Path, seal: Seal, offset: int, data: bytes) -> int:
        is_new = not path.exists()
        end = sealed.START if is_new else self._end(path, seal)
        if offset != end.plain_bytes:
            return self._repeat(path, seal, offset, data)
        if end.is_complete:
            raise WeccError("wrong_state", "The file is complete.")
        if data or is_new:
            end = self._extend(path, end, lambda fd: sealed.append(fd, seal, end, data))
        return end.plain_bytes

    def _repeat(self, path: Path, seal: Seal, offset: int, data: bytes) -> int:
        """Accept bytes that are there already; refuse everything else."""
        end = self._end(path, seal) if path.exists() else sealed.START
        if offset + len(data) <= end.plain_bytes:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                stored = _plain(descriptor, seal, offset, offset + len(data))
            finally:
                os.close(descriptor)
            if stored == data:
                return end.plain_bytes
        raise _continues_at(end)

    def _finish(self, path: Path, seal: Seal, size_bytes: int) -> BlobInfo:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            end, sha256 = sealed.digest(descriptor, seal)
        finally:
            os.close(descriptor)
        if end.plain_bytes != size_bytes:
            self._ends[path] = end
            raise _continues_at(end)
        if not end.is_complete:
            self._extend(path, end, lambda fd: sealed.complete(fd, seal, end))
        return BlobInfo(end.plain_bytes, sha256)

    def _extend(self, path: Path, end: End, write: Callable[[int], End]) -> End:
        """Write behind ``end`` and sync; on failure cut back, so that a repeat starts clean."""
        make_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                os.ftruncate(descriptor, end.position)
                new_end = write(descriptor)
                os.fsync(descriptor)
            except OSError:
                self._ends.pop(path, None)
                os.ftruncate(descriptor, end.position)
                raise
        finally:
            os.close(descriptor)
        if end.position == 0:
            sync_directory(path.parent)
        self._ends[path] = new_end
        self._ends.move_to_end(path)
        if len(self._ends) > _KNOWN_ENDS:
            self._ends.popitem(last=False)
        return new_end


class _Reading:
    """A complete blob, open. Its lock keeps the file open while a thread still reads."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._seal = seal
        self._lock = threading.Lock()

    def records(self, start: int, end: int | None) -> list[Record]:
        """The records that hold any byte from ``start`` to ``end``."""
        try:
            with self._lock:
                found = sealed.index(self._descriptor, self._seal)
        except sealed.Damaged as damage:
            raise _damaged(damage) from None
        return [
            record
            for record in found
            if record.plain_offset + record.plain_bytes > start
            and (end is None or record.plain_offset < end)
        ]

    def plain(self, record: Record) -> bytes:
        """The bytes of one record."""
        with self._lock:
            return _open_sound(self._descriptor, self._seal, record)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()


def _open_sound(descriptor: int, seal: Seal, record: Record) -> bytes:
    try:
        return sealed.open_record(descriptor, seal, record)
    except sealed.Damaged as damage:
        raise _damaged(damage) from None


def _plain(descriptor: int, seal: Seal, start: int, end: int) -> bytes:
    pieces = []
    for record in sealed.records(descriptor):
        if record.plain_offset + record.plain_bytes > start and record.plain_offset < end:
            plain = _open_sound(descriptor, seal, record)
            pieces.append(plain[max(0, start - record.plain_offset) : end - record.plain_offset])
    return b"".join(pieces)


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return
    sync_directory(path.parent)


def _damaged(damage: sealed.Damaged) -> WeccError:
    return WeccError("internal", f"The stored file is damaged or not complete ({damage}).")


def _continues_at(end: End) -> WeccError:
    return WeccError("upload_offset", f"The upload continues at byte {end.plain_bytes}.")
