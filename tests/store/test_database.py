"""The kit of the ``Database`` port: every implementation passes all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from gateway.kernel.errors import WeccError
from gateway.platform.database.port import PLATFORM, Database, Tx
from gateway.platform.database.rows import remove_tenant
from gateway.platform.database.schema import insert
from gateway.platform.events import last_seq, read_after
from tests.store.tables import add_note, counters, marks, metadata, note, note_ids, notes, places


async def test_a_read_sees_every_write_awaited_before(database: Database) -> None:
    for number in range(20):
        await database.write("t1", lambda tx, n=number: add_note(tx, f"note-{n}"))  # type: ignore[misc]
        assert await database.read("t1", lambda tx, n=number: note(tx, f"note-{n}")) == "hello"  # type: ignore[misc]


async def test_write_returns_what_the_work_returned(database: Database) -> None:
    assert await database.write("t1", lambda tx: add_note(tx, "note-1")) == "note-1"


async def test_a_failing_unit_undoes_itself_alone(database: Database) -> None:
    def fails(tx: Tx, number: str) -> str:
        add_note(tx, f"lost-{number}")
        raise WeccError("conflict", "on purpose")

    def clashes(tx: Tx, number: str) -> str:
        add_note(tx, f"clash-{number}")
        return add_note(tx, "taken")

    await database.write("t1", lambda tx: add_note(tx, "taken"))
    outcomes = await asyncio.gather(
        *(
            database.write("t1", lambda tx, n=n: (add_note, fails, clashes)[n % 3](tx, str(n)))  # type: ignore[misc]
            for n in range(60)
        ),
        return_exceptions=True,
    )
    for number, outcome in enumerate(outcomes):
        if number % 3 == 0:
            assert outcome == str(number)
        elif number % 3 == 1:
            assert isinstance(outcome, WeccError)
            assert outcome.code == "conflict"
        else:
            assert isinstance(outcome, sa.exc.IntegrityError)
    stored = await database.read("t1", note_ids)
    assert stored == {"taken"} | {str(n) for n in range(0, 60, 3)}
    events = await database.read("t1", lambda tx: read_after(tx, 0, 1000))
    assert [event.seq for event in events] == list(range(1, 22))
    assert [event.facts["note_id"] for event in events] == ["taken", *map(str, range(0, 60, 3))]


async def test_a_single_failing_unit_leaves_nothing(database: Database) -> None:
    def fails(tx: Tx) -> None:
        add_note(tx, "lost")
        raise StopIteration("even this one")

    with pytest.raises(RuntimeError, match="even this one"):
        await database.write("t1", fails)
    assert await database.read("t1", note_ids) == set()
    assert await database.read("t1", last_seq) == 0


async def test_units_of_a_tenant_are_serial_and_resolve_in_order(database: Database) -> None:
    order: list[int] = []

    def count(tx: Tx, number: int) -> int:
        tx.execute(
            sa.update(counters)
            .where(counters.c.tenant_id == tx.tenant_id, counters.c.name == "n")
            .values(value=counters.c.value + 1)
        )
        row = tx.one(sa.select(counters.c.value).where(counters.c.tenant_id == tx.tenant_id))
        tx.after_commit(lambda: order.append(number))
        assert row is not None
        return int(row["value"])

    def start(tx: Tx) -> None:
        values = {"tenant_id": "t1", "name": "n", "value": 0, "labels": {"a": [1]}}
        tx.execute(sa.insert(counters), values)

    await database.write("t1", start)
    values = await asyncio.gather(
        *(database.write("t1", lambda tx, n=n: count(tx, n)) for n in range(300))  # type: ignore[misc]
    )
    assert values == list(range(1, 301))
    assert order == list(range(300))


async def test_callbacks_run_before_the_caller_resumes_and_only_after_success(
    database: Database,
) -> None:
    told: list[str] = []

    def work(tx: Tx, note_id: str) -> None:
        tx.after_commit(lambda: told.append(note_id))
        add_note(tx, note_id)

    await database.write("t1", lambda tx: work(tx, "note-1"))
    assert told == ["note-1"]
    with pytest.raises(sa.exc.IntegrityError):
        await database.write("t1", lambda tx: work(tx, "note-1"))
    assert told == ["note-1"]


async def test_a_broken_callback_harms_nobody(database: Database) -> None:
    def breaks() -> None:
        raise ValueError("screen gone")

    def work(tx: Tx) -> str:
        tx.after_commit(breaks)
        return add_note(tx, "note-1")

    assert await database.write("t1", work) == "note-1"


async def test_an_event_that_cannot_be_stored_undoes_its_unit(database: Database) -> None:
    def work(tx: Tx, kind: str) -> None:
        add_note(tx, f"note {kind[:3]}")
        tx.record(kind)

    outcomes = await asyncio.gather(
        database.write("t1", lambda tx: work(tx, "x" * 65)),
        database.write("t1", lambda tx: work(tx, "note.seen")),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], ValueError)
    assert outcomes[1] is None
    assert await database.read("t1", note_ids) == {"note not"}


async def test_events_count_per_tenant_and_page_by_cursor(database: Database) -> None:
    def many(tx: Tx) -> None:
        for number in range(250):
            tx.record("thing.done", thing_id=f"{tx.tenant_id}-{number}", count=number, ok=True)

    await asyncio.gather(*(database.write(tenant, many) for tenant in ("t1", "t2", "t1")))
    assert await database.read("t1", last_seq) == 500
    assert await database.read("t2", last_seq) == 250
    first = await database.read("t1", lambda tx: read_after(tx, 0, 300))
    rest = await database.read("t1", lambda tx: read_after(tx, first[-1].seq, 300))
    assert [event.seq for event in first + rest] == list(range(1, 501))
    assert first[0].facts == {"thing_id": "t1-0", "count": 0, "ok": True}
    assert first[0].at_ms > 1_600_000_000_000


async def test_a_caller_who_leaves_does_not_cross_replies(database: Database) -> None:
    """trust.md A-159: a cancelled request must not shift the next one's answer."""

    async def one(number: int) -> None:
        for step in range(10):
            name = f"note-{number}-{step}"
            call = asyncio.ensure_future(
                database.write("t1", lambda tx, n=name: add_note(tx, n, n))  # type: ignore[misc]
            )
            if (number + step) % 3 == 0:
                await asyncio.sleep(0)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            else:
                assert await call == name
                assert await database.read("t1", lambda tx, n=name: note(tx, n)) == name  # type: ignore[misc]

    async def leaving_reader(number: int) -> None:
        for _ in range(10):
            call = asyncio.ensure_future(database.read("t1", note_ids))
            await asyncio.sleep(0.001 * (number % 3))
            call.cancel()
            await asyncio.wait([call])

    await asyncio.gather(*(one(n) for n in range(10)), *(leaving_reader(n) for n in range(6)))


async def test_foreign_keys_hold(database: Database) -> None:
    def work(tx: Tx) -> None:
        tx.execute(sa.insert(marks), {"tenant_id": "t1", "id": "mark-1", "note_id": "nowhere"})

    with pytest.raises(sa.exc.IntegrityError):
        await database.write("t1", work)


async def test_insert_unless_there(database: Database) -> None:
    def add(tx: Tx) -> int:
        values = {"tenant_id": "t1", "id": "note-1", "text": "first"}
        return tx.execute(insert(notes).on_conflict_do_nothing(), values).rowcount

    assert [await database.write("t1", add) for _ in range(2)] == [1, 0]


async def test_removing_a_tenant_leaves_the_others(database: Database) -> None:
    def fill(tx: Tx) -> None:
        add_note(tx, "note-1")
        values = {"tenant_id": tx.tenant_id, "id": "mark-1", "note_id": "note-1"}
        tx.execute(sa.insert(marks), values)

    for tenant in ("t1", "t2"):
        await database.write(tenant, fill)
    assert await database.write("t1", lambda tx: remove_tenant(tx, metadata)) == 3
    assert await database.read("t1", note_ids) == set()
    assert await database.read("t1", last_seq) == 0
    assert await database.read("t2", note_ids) == {"note-1"}
    assert await database.read("t2", last_seq) == 1


async def test_platform_rows_have_no_tenant(database: Database) -> None:
    await database.write(PLATFORM, lambda tx: tx.execute(sa.insert(places), {"key": "a"}))
    found = await database.read("t1", lambda tx: tx.all(sa.select(places)))
    assert [row["key"] for row in found] == ["a"]


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises((sa.exc.DBAPIError, WeccError)):
        await database.read("t1", lambda tx: add_note(tx, "note-1"))
    assert await database.read("t1", note_ids) == set()


async def test_close_finishes_what_is_queued(database: Database) -> None:
    calls = [
        asyncio.ensure_future(database.write("t1", lambda tx, n=n: add_note(tx, str(n))))  # type: ignore[misc]
        for n in range(100)
    ]
    await asyncio.sleep(0)
    await database.close()
    assert [await call for call in calls] == [str(n) for n in range(100)]
    with pytest.raises(WeccError, match="store_unavailable"):
        await database.write("t1", lambda tx: add_note(tx, "late"))
    with pytest.raises(WeccError, match="store_unavailable"):
        await database.read("t1", note_ids)
    await database.close()


async def test_two_processes_share_one_database(
    database: Database, another: Callable[[], Awaitable[Database]]
) -> None:
    """A command beside the running gateway: events stay in one count, nothing is lost."""
    other = await another()

    async def caller(through: Database, name: str) -> None:
        for step in range(25):
            await through.write("t1", lambda tx, n=f"{name}-{step}": add_note(tx, n))  # type: ignore[misc]

    await asyncio.gather(
        *(
            caller(through, f"{place}-{n}")
            for place, through in enumerate([database, other])
            for n in range(6)
        )
    )
    assert len(await database.read("t1", note_ids)) == 300
    events = await other.read("t1", lambda tx: read_after(tx, 0, 1000))
    assert [event.seq for event in events] == list(range(1, 301))
    await other.close()
