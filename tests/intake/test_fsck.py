"""``wecc fsck`` on real folders: it changes nothing, and a poisoned tenant stops nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from gateway.kernel.errors import WeccError
from tests.intake.life import alive, furnish, offered, ready, write
from tests.live.command import wecc


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in (".sqlite-shm", ".sqlite-wal")
    }


async def test_one_poisoned_tenant_stops_nobody_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    visitor, agents = await furnish(data)
    other_visitor, other_agents = await furnish(data)
    async with alive(data) as house:
        await ready(house, agents)
        await write(house, visitor)
        assert len(await offered(house, agents)) == 1
    sound, before = wecc("fsck", "--data", data), digests(data)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert sound.stdout.count(": sound") == 2
    assert digests(data) == before
    with contextlib.closing(sqlite3.connect(data / "wecc.sqlite")) as connection:
        mine = (visitor.tenant_id,)
        poison = "UPDATE acd_journal SET body = '{' WHERE tenant_id = ? AND kind = 'offered'"
        assert connection.execute(poison, mine).rowcount == 1
        connection.commit()
    found = wecc("fsck", "--data", data, "--json")
    assert found.returncode == 1
    verdicts = {one["tenant_id"]: one for one in json.loads(found.stdout)}
    assert verdicts[other_visitor.tenant_id]["findings"] == []
    (finding,) = verdicts[visitor.tenant_id]["findings"]
    assert finding["code"] == "unreadable"
    told = wecc("fsck", "--data", data, "--tenant", visitor.tenant_id)
    assert told.returncode == 1
    assert f"position {finding['position']}" in told.stdout
    assert "restore a backup" in told.stdout
    async with alive(data) as house:
        assert list(house.rooms.acd.refused()) == [visitor.tenant_id]
        await ready(house, other_agents)
        await write(house, other_visitor)
        assert len(await offered(house, other_agents)) == 1
        with pytest.raises(WeccError) as error:
            await house.rooms.acd.connected(agents[0], "so_1")
        assert error.value.code == "journal_refused"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    nowhere = wecc("fsck", "--data", tmp_path / "nowhere")
    assert nowhere.returncode == 1
    assert "There is no database" in nowhere.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    sqlite3.connect(empty / "wecc.sqlite").close()
    stranger = wecc("fsck", "--data", empty)
    assert stranger.returncode != 0
    assert stranger.stderr.startswith("wecc: ")
    assert "Traceback" not in stranger.stderr
