"""Files at the desk: dropped, pasted, several at once; progress, stop, cuts, refusals in words."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.desk.conftest import House
from tests.desk.person import Office, Seat
from tests.desk.test_connection import talking
from tests.desk.test_work import wrap_up
from tests.live.sockets import Visitor
from tests.patience import at_rest, until

pytestmark = pytest.mark.browser
BIG_BYTES = 40 << 20

HAND = """([selector, kind, files]) => {
  const bag = new DataTransfer();
  for (const { name, type, text, bytes } of files) {
    const part = text ?? new Uint8Array(bytes).map((_, at) => 97 + (((at >> 10) * 7 + at) % 26));
    bag.items.add(new File([part], name, { type }));
  }
  const place = document.querySelector(selector);
  const make = (name) => name === "paste"
    ? new ClipboardEvent(name, { clipboardData: bag, bubbles: true, cancelable: true })
    : new DragEvent(name, { dataTransfer: bag, bubbles: true, cancelable: true });
  for (const name of kind === "drop" ? ["dragover", "drop"] : [kind])
    place.dispatchEvent(make(name));
}"""
THREAD, EDITOR = "[role=log]", "section[aria-label='Write'] textarea"


async def hand(page: Page, selector: str, kind: str, *files: dict[str, Any]) -> None:
    """Drop or paste files that the page makes itself."""
    await page.evaluate(HAND, [selector, kind, list(files)])


def text_file(name: str, text: str = "words") -> dict[str, Any]:
    return {"name": name, "type": "text/plain", "text": text}


def big_file(name: str, size_bytes: int = BIG_BYTES) -> dict[str, Any]:
    return {"name": name, "type": "text/plain", "bytes": size_bytes}


def content(size_bytes: int) -> bytes:
    """What ``big_file`` holds."""
    row = bytes(97 + at % 26 for at in range(2048))
    return b"".join(
        row[start : start + 1024]
        for start in ((place * 7 + (place << 10)) % 26 for place in range(size_bytes >> 10))
    )


async def arrived(visitor: Visitor, name: str, limit_s: float = 60) -> dict[str, Any]:
    """The file as the visitor gets it."""
    frame = await visitor.wait(
        lambda f: (
            f["type"] == "message.new"
            and f["message"]["kind"] == "file"
            and f["message"]["attachment"]["name"] == name
        ),
        limit_s,
    )
    attachment: dict[str, Any] = frame["message"]["attachment"]
    return attachment


async def share(seat: Seat) -> int:
    """How much of the file has been sent, in percent."""
    shown = await seat.page.get_by_role("progressbar").evaluate_all(
        "(all) => all.map((one) => Number(one.ariaValueNow ?? one.getAttribute('aria-valuenow')))"
    )
    return int(shown[0]) if shown else 0


async def test_files_dropped_on_the_thread_pasted_and_refused_in_words(
    house: House, office: Office
) -> None:
    seat, visitor = await talking(house, office)
    page = seat.page
    await hand(page, THREAD, "dragover", text_file("a.txt"))
    place = page.get_by_text(re.compile("^Drop to send to "))
    await expect(place).to_be_visible()
    await seat.picture("files-drop")
    await hand(page, THREAD, "dragleave", text_file("a.txt"))
    await expect(place).to_have_count(0)
    names = ["one.txt", "two.txt", "three.txt"]
    await hand(page, THREAD, "drop", *(text_file(name, name) for name in names))
    for name in names:
        assert (await arrived(visitor, name))["state"] == "clean"
    await expect(seat.messages.filter(has_text="three.txt")).to_have_count(1)
    shown = [text for text in await seat.messages.all_inner_texts() if ".txt" in text]
    assert [next(name for name in names if name in text) for text in shown] == names

    channel = page.locator(EDITOR)
    await channel.fill("half a thought")
    shot = await page.evaluate(
        "async () => { const canvas = new OffscreenCanvas(40, 30);"
        " canvas.getContext('2d').fillRect(0, 0, 40, 30);"
        " const blob = await canvas.convertToBlob(); const bag = new DataTransfer();"
        " bag.items.add(new File([blob], 'image.png', { type: 'image/png' }));"
        f' document.querySelector("{EDITOR}").dispatchEvent(new ClipboardEvent('
        "'paste', { clipboardData: bag, bubbles: true, cancelable: true })); }"
    )
    assert shot is None
    await expect(page.get_by_role("img", name="image.png")).to_be_visible()
    await expect(channel).to_have_value("half a thought")
    await channel.fill("")

    await hand(page, THREAD, "drop", {"name": "run.exe", "type": "", "text": "MZ a program"})
    await hand(page, THREAD, "drop", text_file("empty.txt", ""), big_file("huge.txt", 51 << 20))
    await hand(page, THREAD, "drop", text_file("good.txt"))
    for words in ("The file is empty.", "Files up to 50 MB are accepted."):
        await expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="run.exe")).to_contain_text("rogram")
    await seat.picture("files-refused")
    assert (await arrived(visitor, "good.txt"))["state"] == "clean"
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    await expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    for _ in range(3):
        await page.get_by_role("button", name="Remove").first.click()
    await expect(page.get_by_role("button", name="Remove")).to_have_count(0)

    await seat.outside()
    await page.keyboard.press("n")
    await hand(page, THREAD, "drop", text_file("private.txt"))
    await expect(page.get_by_text("switch to Reply").first).to_be_visible()
    await seat.outside()
    await page.keyboard.press("r")
    await seat.say("that was all")
    await visitor.wait(lambda f: f["type"] == "message.new" and "all" in f["message"]["text"])
    assert "private.txt" not in str(visitor.frames)
    await wrap_up(seat)
    await visitor.close()


async def test_a_big_file_goes_on_after_a_cut_and_can_be_stopped(
    house: House, office: Office
) -> None:
    seat, visitor = await talking(house, office)
    page = seat.page
    office.road.hold_after(BIG_BYTES // 3)
    await hand(page, THREAD, "drop", big_file("big.txt"))

    async def is_under_way() -> bool:
        return await share(seat) >= 10

    await until(is_under_way, "a tenth of the file")
    at_cut = await at_rest(lambda: share(seat))
    assert 10 <= at_cut < 100
    office.road.closed = True
    office.road.cut()
    office.road.deliver()
    await expect(page.get_by_role("status").filter(has_text="big.txt")).to_contain_text(
        "Waits for the connection"
    )
    await seat.picture("files-cut")
    assert await share(seat) >= at_cut - 3
    office.road.closed = False
    attachment = await arrived(visitor, "big.txt")
    assert attachment["size_bytes"] == BIG_BYTES
    path = "/" + attachment["url"].split("/", 3)[3]
    with house.product.http("files") as client:
        body = client.get(path).content
    assert hashlib.sha256(body).digest() == hashlib.sha256(content(BIG_BYTES)).digest()
    await expect(page.get_by_role("progressbar")).to_have_count(0)

    office.road.hold_after(BIG_BYTES // 3)
    await hand(page, THREAD, "drop", big_file("stopped.txt"), text_file("after.txt"))
    await until(is_under_way, "a tenth of the second file")
    await page.get_by_role("button", name="Stop sending").first.click()
    office.road.deliver()
    assert (await arrived(visitor, "after.txt"))["state"] == "clean"
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    assert "stopped.txt" not in str(visitor.frames)
    await wrap_up(seat)
    await visitor.close()
