"""The process dies at every single commit on the way of a message into the queue."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.kernel.actor import Actor
from tests.faults.audit import audit
from tests.intake.life import (
    CONVERSATION,
    DIED,
    MESSAGE,
    When,
    alive,
    furnish,
    offered,
    ready,
    write,
)

STATES = {"nothing", "received", "analysed", "ruled", "enqueued"}
COMMITS_MAX = 40


def first_life(data_dir: Path, when: When, number: int, people: list[Actor]) -> tuple[bool, bool]:
    """Live until the commit; tells whether it died there, and whether it acknowledged."""
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.intake.life",
            str(data_dir),
            when,
            str(number),
            msgspec.json.encode(people).decode(),
        ],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode in (0, DIED), ended.stderr.decode()[-3000:]
    return ended.returncode == DIED, b"acked" in ended.stdout


def state_on_disk(data_dir: Path) -> str:
    """How far the intake came."""
    with contextlib.closing(sqlite3.connect(data_dir / "wecc.sqlite")) as connection:
        row = connection.execute("SELECT state FROM intakes").fetchone()
    return "nothing" if row is None else str(row[0])


async def second_life(data_dir: Path, people: list[Actor], *, resend: bool) -> None:
    """The next process takes it up; a browser without its ack sends again."""
    visitor, *agents = people
    async with alive(data_dir) as house:
        await ready(house, agents)
        if resend:
            message = await write(house, visitor)
            assert (message.id, message.seq) == (MESSAGE, 1)
        ringing = await offered(house, agents)
        assert len(ringing) == 1
        assert ringing[0].conversation.id == CONVERSATION


@pytest.mark.fault
@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_every_commit_up_to_the_offer(tmp_path: Path, when: When) -> None:
    (tmp_path / "first").mkdir()
    visitor, agents = await furnish(tmp_path / "first")
    people = [visitor, *agents]
    seen = set()
    for number in range(1, COMMITS_MAX):
        data_dir = tmp_path / f"{when}-{number}"
        shutil.copytree(tmp_path / "first", data_dir)
        has_died, is_acked = first_life(data_dir, when, number, people)
        state = state_on_disk(data_dir)
        seen.add(state)
        assert not is_acked or state != "nothing", "acknowledged, and not on disk"
        # with an even number the ack was lost on its way: the browser sends again all the same
        await second_life(data_dir, people, resend=not is_acked or number % 2 == 0)
        result = audit(data_dir)
        result.has_each_once({CONVERSATION: [MESSAGE]})
        result.has_one_interaction_each([CONVERSATION])
        assert result.faults == [], f"{when} commit {number} ({state})"
        assert [row["state"] for row in result.intakes] == ["enqueued"]
        shutil.rmtree(data_dir)
        if not has_died:
            break
    else:
        raise AssertionError("it never came to an end")
    assert seen >= (STATES if when == "before" else STATES - {"nothing"})
    assert number >= 6
