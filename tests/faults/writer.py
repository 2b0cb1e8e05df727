"""A process that stores notes and files and says which were acknowledged, one id per line.

python -m tests.faults.writer DATA_DIR [--normal] [--callers N] [--units N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
from pathlib import Path

from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.blobs import BlobRef, DiskBlobs
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.platform.keys import open_keys
from tests.store.tables import add_note, metadata


class Careless(SqliteDatabase):
    """What many programs run: it acknowledges before the disk has anything."""

    def _configure(self, raw: sqlite3.Connection, record: object) -> None:
        super()._configure(raw, record)
        raw.execute("PRAGMA synchronous = NORMAL")


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


async def run(arguments: argparse.Namespace) -> None:
    data_dir: Path = arguments.data_dir
    kind = Careless if arguments.normal else SqliteDatabase
    database = kind(
        data_dir / "wecc.db",
        SystemClock(),
        prepare=metadata.create_all,
        exclusive=not arguments.shared,
    )
    await database.open()
    blobs = DiskBlobs(data_dir / "blobs", await open_keys(database, data_dir / "master.key"))
    say("open")

    async def caller(number: int) -> None:
        unit = 0
        while unit < arguments.units:
            unit += 1
            name = f"note-{number}-{unit}"
            try:
                await database.write("t1", lambda tx, n=name: add_note(tx, n))  # type: ignore[misc]
                say(name)
                if arguments.files and unit % 20 == 0:
                    await blobs.write(
                        BlobRef("t1", f"contact-{number}", f"file-{name}"), b"content"
                    )
                    say(f"file-{name}")
            except WeccError as error:
                say(f"error {error.code}")
                await asyncio.sleep(0.02)

    await asyncio.gather(*(caller(number) for number in range(arguments.callers)))
    await database.close()
    await blobs.close()
    say("closed")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--normal", action="store_true")
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--units", type=int, default=1_000_000)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
