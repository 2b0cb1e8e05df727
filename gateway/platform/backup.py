"""Backup of a running gateway, and restore onto an empty directory.

A backup is a directory: ``wecc.sqlite``, ``master.key``, ``files/`` and ``manifest.json``. The
database is copied by SQLite's online backup in one step, which is a snapshot the writer does not
wait for. Files are copied before it and again after it, because they only ever grow: so every
file that a row of the snapshot names is there. Whoever holds a backup can read everything in it.

PostgreSQL is backed up with its own tools; then only the files and the key are copied.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import msgspec

from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database import faults
from gateway.platform.database.opening import FILE_NAME
from gateway.platform.disk import make_directory, sync_directory
from gateway.platform.keys import fingerprint_of, load_master_key

KEY_NAME = "master.key"
BLOBS_NAME = "files"
MANIFEST_NAME = "manifest.json"
FORMAT = 1

Progress = Callable[[str, int, int], None]
"""Called with (what, done, all) now and then."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds."""

    format: int
    at_ms: int
    has_database: bool
    database_sha256: str
    blobs: int
    blob_bytes: int


def _silent(_what: str, _done: int, _all: int) -> None:
    pass


def backup(
    data_dir: Path,
    target: Path,
    clock: Clock,
    *,
    files_only: bool = False,
    progress: Progress = _silent,
) -> Manifest:
    """Copy everything in ``data_dir`` to the new directory ``target`` while the gateway runs.

    ``target`` appears only when it is complete and on disk. What was acknowledged before the
    call is in it. ``files_only`` leaves the database to PostgreSQL's tools.
    """
    if not files_only and not (data_dir / FILE_NAME).is_file():
        _refuse(f"there is no {FILE_NAME} in {data_dir}")
    if target.exists():
        _refuse(f"{target} exists already; name a new directory")
    partial = target.with_name(f".{target.name}.partial")
    with _removed_on_failure(partial):
        make_directory(partial)
        _copy_blobs(data_dir, partial, progress)
        if not files_only:
            _copy_database(data_dir / FILE_NAME, partial / FILE_NAME, progress)
        if (data_dir / KEY_NAME).exists():
            _copy_file(data_dir / KEY_NAME, partial / KEY_NAME)
        count, size_bytes = _copy_blobs(data_dir, partial, progress)
        manifest = Manifest(
            format=FORMAT,
            at_ms=clock.now_ms(),
            has_database=not files_only,
            database_sha256="" if files_only else _sha256(partial / FILE_NAME),
            blobs=count,
            blob_bytes=size_bytes,
        )
        _write(partial / MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest)))
        _take_place(partial, target)
    return manifest


def restore(source: Path, data_dir: Path, *, progress: Progress = _silent) -> Manifest:
    """Check the backup ``source`` and copy it to ``data_dir``, which must be new or empty."""
    manifest = _read_manifest(source)
    if data_dir.exists() and any(data_dir.iterdir()):
        _refuse(f"{data_dir} is not empty; restore into a new directory")
    if manifest.has_database and _sha256(source / FILE_NAME) != manifest.database_sha256:
        _refuse(f"{FILE_NAME} is not what was backed up")
    partial = data_dir.with_name(f".{data_dir.name}.partial")
    with _removed_on_failure(partial):
        make_directory(partial)
        count, size_bytes = _copy_blobs(source, partial, progress)
        if (count, size_bytes) != (manifest.blobs, manifest.blob_bytes):
            _refuse(f"{manifest.blobs} files were backed up, {count} are there or some are short")
        if (source / KEY_NAME).exists():
            _copy_file(source / KEY_NAME, partial / KEY_NAME)
        if manifest.has_database:
            _copy_file(source / FILE_NAME, partial / FILE_NAME)
            progress("check", 0, 1)
            _check_database(partial)
        if data_dir.exists():
            data_dir.rmdir()
        _take_place(partial, data_dir)
    return manifest


def _copy_database(source: Path, target: Path, progress: Progress) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    progress("database", 0, 1)
    try:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=30)) as reader,
            contextlib.closing(sqlite3.connect(target)) as writer,
        ):
            reader.backup(writer, pages=-1)
    except sqlite3.Error as error:
        raise faults.from_sqlite(error, target) or error from error
    _sync(target)
    progress("database", 1, 1)


def _check_database(directory: Path) -> None:
    """Refuse a database that is damaged, or that the key beside it does not open."""
    place = f"{(directory / FILE_NAME).absolute().as_uri()}?immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as reader:
            sound = reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            loose = reader.execute("PRAGMA foreign_key_check").fetchone()
            known = {row[0] for row in reader.execute("SELECT fingerprint FROM master_keys")}
    except sqlite3.Error as error:
        raise faults.from_sqlite(error, directory / FILE_NAME) or error from error
    if not sound or loose:
        _refuse(f"{FILE_NAME} is damaged")
    if known and not (directory / KEY_NAME).exists():
        _refuse(f"{KEY_NAME} is missing; put it beside {FILE_NAME} first")
    if known and fingerprint_of(load_master_key(directory / KEY_NAME)) not in known:
        _refuse(f"{KEY_NAME} is not the key of this database")


def _copy_blobs(source: Path, target: Path, progress: Progress) -> tuple[int, int]:
    """Copy files that are not there or have grown; return how many there are, and their bytes."""
    found = sorted((source / BLOBS_NAME).glob("*/*/*"))
    total_bytes = 0
    directories = set()
    for done, path in enumerate(found):
        copy = target / path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            if not copy.exists() or copy.stat().st_size != path.stat().st_size:
                make_directory(copy.parent)
                _copy_file(path, copy)
                directories.add(copy.parent)
            if done % 100 == 0:
                progress("files", done, len(found))
    for directory in directories:
        sync_directory(directory)
    copied = list((target / BLOBS_NAME).glob("*/*/*"))
    total_bytes = sum(path.stat().st_size for path in copied)
    progress("files", len(found), len(found))
    return len(copied), total_bytes


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reader:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            os.fsync(writer.fileno())


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _take_place(partial: Path, target: Path) -> None:
    sync_directory(partial)
    partial.rename(target)
    sync_directory(target.parent)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(source: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((source / MANIFEST_NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        _refuse(f"{source} is not a backup: {MANIFEST_NAME} cannot be read")
    if manifest.format != FORMAT:
        _refuse(f"the backup has format {manifest.format}, this program reads {FORMAT}")
    return manifest


@contextlib.contextmanager
def _removed_on_failure(partial: Path) -> Iterator[None]:
    shutil.rmtree(partial, ignore_errors=True)  # of an attempt that was killed
    try:
        yield
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise faults.from_os(error, "backup") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _refuse(why: str) -> NoReturn:
    raise WeccError("bad_request", f"Refused: {why}.")
