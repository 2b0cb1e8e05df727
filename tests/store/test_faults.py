"""When the store cannot store: nobody gets an ack, everybody a clear code, and it recovers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.bench.postgresql import PostgresqlServer, find_binaries
from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.blobs import BlobRef, DiskBlobs
from gateway.platform.database import sqlite as sqlite_module
from gateway.platform.database.opening import prepare_server
from gateway.platform.database.port import Database, Tx
from gateway.platform.database.postgresql import PostgresqlDatabase
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.keys import open_keys
from tests.store.tables import add_note, metadata, note_ids

pytestmark = pytest.mark.fault


async def test_a_database_another_program_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "_BUSY_TIMEOUT_MS", 100)
    database = SqliteDatabase(tmp_path / "wecc.db", SystemClock(), prepare=metadata.create_all)
    await database.open()
    other = sqlite3.connect(tmp_path / "wecc.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(
        *(database.write("t1", lambda tx, n=n: add_note(tx, str(n))) for n in range(5)),  # type: ignore[misc]
        return_exceptions=True,
    )
    codes = {outcome.code for outcome in outcomes if isinstance(outcome, WeccError)}
    assert codes == {"store_unavailable"}
    assert await database.read("t1", note_ids) == set()
    other.execute("ROLLBACK")
    other.close()
    assert await database.write("t1", lambda tx: add_note(tx, "after")) == "after"
    assert await database.read("t1", note_ids) == {"after"}
    await database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("only root mounts; the full disk is also tried on FUSE")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk(small_disk: Path) -> None:
    database = SqliteDatabase(small_disk / "wecc.db", SystemClock(), prepare=metadata.create_all)
    await database.open()
    blobs = DiskBlobs(small_disk / "blobs", await open_keys(database, small_disk / "master.key"))
    filler = small_disk / "filler"
    acked: set[str] = set()
    codes: set[str] = set()

    async def store(name: str) -> None:
        try:
            acked.add(await database.write("t1", lambda tx: add_note(tx, name, "x" * 2000)))
        except WeccError as error:
            codes.add(error.code)

    await blobs.append(BlobRef("t1", "contact-1", "file-00000001"), 0, b"begun")
    for round_ in range(2):
        await asyncio.gather(*(store(f"before-{round_}-{n}") for n in range(50)))
        assert codes == set()
        with contextlib.suppress(OSError):
            filler.write_bytes(bytes(4 << 20))
        for burst in range(10):
            await asyncio.gather(*(store(f"full-{round_}-{burst}-{n}") for n in range(50)))
        assert codes == {"disk_full"}
        with pytest.raises(WeccError, match="disk_full"):
            await blobs.append(BlobRef("t1", "contact-1", "file-00000001"), 5, bytes(1 << 20))
        assert await blobs.length(BlobRef("t1", "contact-1", "file-00000001")) == 5
        assert await database.read("t1", note_ids) == acked
        filler.unlink()
        codes.clear()
    await asyncio.gather(*(store(f"after-{n}") for n in range(50)))
    assert codes == set()
    ref = BlobRef("t1", "contact-1", "file-00000001")
    assert await blobs.append(ref, 5, b" and ended") == 15
    await blobs.finish(ref, 15)
    assert await blobs.read(ref) == b"begun and ended"
    assert await database.read("t1", note_ids) == acked
    await database.close()
    await blobs.close()


async def test_a_damaged_file_is_refused_at_start(tmp_path: Path) -> None:
    path = tmp_path / "wecc.db"
    path.write_bytes(os.urandom(8192))
    with pytest.raises(WeccError, match="store_unavailable"):
        await SqliteDatabase(path, SystemClock(), prepare=metadata.create_all).open()


async def test_too_much_waiting_is_refused(
    sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "_QUEUE_UNITS", 20)
    outcomes = await asyncio.gather(
        *(sqlite.write("t1", lambda tx, n=n: add_note(tx, str(n))) for n in range(2000)),  # type: ignore[misc]
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, WeccError)]
    assert refused
    assert {error.code for error in refused} == {"store_unavailable"}
    assert {error.retry_after_s for error in refused} == {1}
    stored = await sqlite.read("t1", note_ids)
    assert stored == {outcome for outcome in outcomes if isinstance(outcome, str)}


def _raise_state(tx: Tx, state: str) -> None:
    tx.execute(sa.text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"))


@pytest.mark.server
@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_lost_race_is_run_again(postgresql: PostgresqlDatabase, state: str) -> None:
    runs = 0

    def twice_unlucky(tx: Tx) -> str:
        nonlocal runs
        runs += 1
        add_note(tx, f"note-{runs}")
        if runs < 3:
            _raise_state(tx, state)
        return f"note-{runs}"

    outcomes = await asyncio.gather(
        *(postgresql.write("t1", lambda tx, n=n: add_note(tx, f"n-{n}")) for n in range(3)),  # type: ignore[misc]
        postgresql.write("t1", twice_unlucky),
    )
    assert outcomes == ["n-0", "n-1", "n-2", "note-3"]
    assert await postgresql.read("t1", note_ids) == set(outcomes)


@pytest.mark.server
@pytest.mark.parametrize(
    ("state", "code"), [("40001", "store_unavailable"), ("53100", "disk_full")]
)
async def test_the_server_refuses(postgresql: PostgresqlDatabase, state: str, code: str) -> None:
    def refused(tx: Tx) -> None:
        add_note(tx, "lost")
        _raise_state(tx, state)

    with pytest.raises(WeccError, match=code):
        await postgresql.write("t1", refused)
    assert await postgresql.read("t1", note_ids) == set()


@pytest.mark.server
async def test_connections_cut_by_the_server(
    postgresql: PostgresqlDatabase, postgresql_server: PostgresqlServer
) -> None:
    for round_ in range(3):
        await asyncio.gather(*(postgresql.read("t1", note_ids) for _ in range(8)))
        postgresql_server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'wecc' AND usename = "
            f"'{postgresql._engine.url.username}'"
        )
        name = f"note-{round_}"
        assert await postgresql.write("t1", lambda tx, n=name: add_note(tx, n)) == name  # type: ignore[misc]
        assert name in await postgresql.read("t1", note_ids)


async def _write_until_told(database: Database, stop: asyncio.Event) -> tuple[set[str], set[str]]:
    acked: set[str] = set()
    codes: set[str] = set()

    async def caller(number: int) -> None:
        step = 0
        while not stop.is_set():
            step += 1
            name = f"{number}-{step}"
            try:
                acked.add(await database.write("t1", lambda tx, n=name: add_note(tx, n)))  # type: ignore[misc]
            except WeccError as error:
                codes.add(error.code)
                await asyncio.sleep(0.02)

    await asyncio.gather(*(caller(number) for number in range(20)))
    return acked, codes


@pytest.mark.server
async def test_a_crashed_server_loses_nothing_acknowledged(
    require_or_skip: Callable[[object, str], None],
) -> None:
    binaries = find_binaries()
    require_or_skip(binaries, "PostgreSQL")
    assert binaries is not None
    server = await asyncio.to_thread(PostgresqlServer(binaries).start)
    try:
        owner, app = server.create_database()
        await prepare_server(owner, app, metadata, metadata.create_all)
        database = await PostgresqlDatabase(app, SystemClock(), metadata).open()
        stop = asyncio.Event()
        load = asyncio.ensure_future(_write_until_told(database, stop))
        for how in (signal.SIGQUIT, signal.SIGINT):
            await asyncio.sleep(0.4)
            await asyncio.to_thread(server.stop, how)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.start)
        await asyncio.sleep(0.4)
        count = len(await database.read("t1", note_ids))
        await asyncio.sleep(0.2)
        stop.set()
        acked, codes = await load
        assert codes == {"store_unavailable"}
        stored = await database.read("t1", note_ids)
        assert acked <= stored
        assert len(stored) > count > 0
        await database.close()
    finally:
        await asyncio.to_thread(server.remove)
