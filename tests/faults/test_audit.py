"""The audit itself: it is silent about a sound folder and sees each kind of harm."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.faults.audit import audit
from tests.intake.life import CONVERSATION, MESSAGE, alive, furnish, offered, ready, write

HARM = {
    "DELETE FROM messages": "lost",
    "UPDATE messages SET seq = seq + 1": "has the numbers",
    "DELETE FROM interactions": "has 0 interactions",
    "UPDATE interactions SET state = 'active'": "row_differs",
    "DELETE FROM intakes": "has 0 intakes",
    "DELETE FROM acd_journal WHERE position = 3": "hole",
    "UPDATE acd_partitions SET position = position + 1": "end_differs",
    "INSERT INTO acd_journal SELECT tenant_id, (SELECT max(position) + 1 FROM acd_journal), epoch,"
    " at_ms, kind, body FROM acd_journal WHERE kind = 'offered'": "was offered while",
}


@pytest.mark.fault
async def test_audit_sees_harm(tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    visitor, agents = await furnish(sound)
    async with alive(sound) as house:
        await ready(house, agents)
        await write(house, visitor)
        assert len(await offered(house, agents)) == 1
    for number, (statement, what) in enumerate({"SELECT 1": "", **HARM}.items()):
        folder = tmp_path / str(number)
        shutil.copytree(sound, folder)
        with contextlib.closing(sqlite3.connect(folder / "wecc.sqlite")) as connection:
            connection.execute(statement)
            connection.commit()
        found = audit(folder)
        found.has_each_once({CONVERSATION: [MESSAGE]})
        found.has_one_interaction_each([CONVERSATION])
        assert bool(found.faults) == bool(what), (statement, found.faults)
        assert any(what in fault for fault in found.faults) or not what, found.faults
