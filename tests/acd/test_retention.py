"""The journal is pruned only as far as what is left can be replayed."""

from __future__ import annotations

import pytest

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.engine import Engine
from gateway.acd.service import snapshots
from gateway.acd.store import journal, retention
from gateway.platform.database.port import Tx
from tests.acd.conftest import TENANT, Floor

DAY_MS = 86_400_000


async def test_what_is_left_after_pruning_gives_the_same_state(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "EVERY", 20)
    monkeypatch.setattr(retention, "AT_ONCE", 7)
    for _ in range(5):
        await floor.ready(1)
        for _ in range(20):
            work = await floor.arrive()
            await floor.acd.abandon(TENANT, work.id)
        floor.clock.advance(8 * DAY_MS)
    end = await floor.database.read(TENANT, journal.end)
    await floor.acd.prune(TENANT, floor.clock.now_ms() - 20 * DAY_MS)

    def left(tx: Tx) -> tuple[list[tuple[int, str]], dict[int, str]]:
        return journal.rows_after(tx, 0, 100_000), retention.kept(tx)

    rows, kept = await floor.database.read(TENANT, left)
    assert rows[0][0] > 1, "the oldest entries are gone"
    assert rows[-1][0] == end
    base = min(kept)
    assert rows[0][0] == base + 1, "what is left begins at a kept snapshot"
    engine = Engine(states.load(kept[base]))
    for _, body in rows:
        engine.apply(e.decode(body))
    live = (await floor.acd.partitions.get(TENANT)).engine
    assert states.dump(engine.state) == states.dump(live.state)


async def test_nothing_young_is_pruned(floor: Floor) -> None:
    await floor.ready(1)
    before = await floor.database.read(TENANT, lambda tx: journal.rows_after(tx, 0, 1_000))
    await floor.acd.prune(TENANT, floor.clock.now_ms() + DAY_MS)
    assert await floor.database.read(TENANT, lambda tx: journal.rows_after(tx, 0, 1_000)) == before
