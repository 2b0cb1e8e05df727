"""The desk's processor time against the real product: booting, and a conversation of 50,000."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.desk.conftest import AGENT, House
from tests.desk.pace import Pace, counting, pace
from tests.desk.person import SCREENS, Office
from tests.desk.test_connection import talking
from tests.desk.test_work import wrap_up

pytestmark = [pytest.mark.browser, pytest.mark.soak]
BOOT_MS, OPEN_MS, HEAP_MB = 300.0, 300.0, 150.0
ROUNDS, SIZE = 5, 50_000
SETTLED_MS = 1_500

FILL = """
WITH RECURSIVE place(seq) AS (SELECT :first UNION ALL SELECT seq + 1 FROM place WHERE seq < :last)
INSERT INTO messages (tenant_id, id, conversation_id, seq, at_ms, kind, author_kind, author_id,
                      author_name, text, attachment_id, code, params, redacted)
SELECT tenant_id, 'ms_long' || substr('000000' || place.seq, -6), conversation_id, place.seq,
       at_ms + place.seq * 7000, CASE place.seq % 40 WHEN 0 THEN 'note' ELSE 'text' END,
       CASE place.seq / 3 % 2 WHEN 0 THEN 'visitor' ELSE 'agent' END, author_id,
       CASE place.seq / 3 % 2 WHEN 0 THEN 'Nia' ELSE 'Amara' END,
       'Message ' || place.seq || substr(' with some more words, as people write them, and a few '
       || 'sentences that need a second line or even a third one on a narrow screen.', 1,
       place.seq * 37 % 130), NULL, '', '{}', 0
FROM messages, place WHERE conversation_id = :id AND messages.seq = 1
"""


def fill(house: House, conversation_id: str) -> None:
    """Give a conversation a past, behind the product's back."""
    with closing(sqlite3.connect(house.product.data_dir / "wecc.sqlite", timeout=60)) as file:
        where = {"id": conversation_id}
        last = file.execute(
            "SELECT max(seq) FROM messages WHERE conversation_id = :id", where
        ).fetchone()[0]
        file.execute(FILL, where | {"first": last + 1, "last": SIZE})
        file.execute(
            "UPDATE conversations SET last_seq = :last, public_seq = :last WHERE id = :id",
            where | {"last": SIZE},
        )
        file.commit()


def keep(what: str, spent: Pace) -> None:
    """Write a figure down, for people to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (SCREENS / "pace.txt").open("a") as file:
        file.write(f"{what} {spent}\n")


async def boot(office: Office, storage: dict[str, Any], shown: str) -> tuple[Page, Pace]:
    """Open the desk in a browser profile without any cache; count until it can be used."""
    context = await office.browser.new_context(locale="en-GB", storage_state=storage)  # type: ignore[arg-type]
    page = await context.new_page()
    channel = await counting(page)
    await page.goto(office.product.url("desk"))
    await expect(page.get_by_role("button", name="Start shift")).to_be_enabled()
    await expect(page.get_by_text(shown).first).to_be_visible()
    await page.wait_for_timeout(SETTLED_MS)
    return page, await pace(channel)


async def shown_whole(last: Locator) -> None:
    """The newest message is on the screen, and everything has settled."""
    await expect(last).to_be_visible()
    await last.page.wait_for_timeout(SETTLED_MS)


async def test_booting_is_cheap(house: House, office: Office) -> None:
    seat = await office.seat(AGENT)
    await expect(seat.page.get_by_role("button", name="Start shift")).to_be_enabled()
    storage: Any = await seat.context.storage_state()
    await seat.context.close()
    rounds: list[Pace] = []
    for _ in range(ROUNDS):
        page, spent = await boot(office, storage, "Nothing of yours is open")
        rounds.append(spent)
        keep("boot", spent)
        await page.context.close()
    assert min(each.all_ms for each in rounds) <= BOOT_MS


async def test_opening_fifty_thousand_messages_is_cheap(house: House, office: Office) -> None:
    seat, visitor = await talking(house, office)
    fill(house, visitor.conversation)
    storage: Any = await seat.context.storage_state()
    rounds: list[Pace] = []
    for _ in range(ROUNDS):
        page, _boot = await boot(office, storage, "Mine")
        channel = await counting(page)
        before = await pace(channel)
        await page.get_by_role("region", name="Conversations").get_by_role("link").first.click()
        await shown_whole(page.get_by_role("log").get_by_text(f"Message {SIZE} "))
        opened = (await pace(channel)).since(before)
        keep("open", opened)
        rounds.append(opened)
        await page.context.close()
    assert min(each.all_ms for each in rounds) <= OPEN_MS
    assert max(each.heap_mb for each in rounds) <= HEAP_MB
    await wrap_up(seat)
    await visitor.close()
