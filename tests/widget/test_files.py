"""Files of a visitor against the real server: camera, drop, paste, stop, refusals in words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.live.product import Product
from tests.widget.shop import Desk, Shop, Widget

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F
TURN_RIGHT = 6

HAND = """([selector, kind, files]) => {
  const bag = new DataTransfer();
  for (const { name, type, text, bytes } of files)
    bag.items.add(new File([text ?? new Uint8Array(bytes).fill(97)], name, { type }));
  const place = document.querySelector("wecc-widget").shadowRoot.querySelector(selector);
  const make = (name) => name === "paste"
    ? new ClipboardEvent(name, { clipboardData: bag, bubbles: true, composed: true })
    : new DragEvent(name, { dataTransfer: bag, bubbles: true, composed: true });
  for (const name of kind === "drop" ? ["dragover", "drop"] : [kind])
    place.dispatchEvent(make(name));
}"""


def photograph() -> bytes:
    """What a phone held upright stores: 12 megapixels lying on their side, and where it was."""
    picture = Image.effect_noise((4032, 3024), 60).convert("RGB")
    picture.paste((220, 30, 30), (0, 0, 2016, 1512))
    exif = Image.Exif()
    exif[ORIENTATION] = TURN_RIGHT
    exif[MAKE] = "A phone"
    exif.get_ifd(GPS).update({1: "N", 2: (47.0, 22.0, 36.1), 3: "E", 4: (8.0, 32.0, 24.2)})
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def upright(body: bytes, portrait: tuple[int, int] | None) -> None:
    """The picture stands the right way up and says nothing but its pixels."""
    picture = Image.open(io.BytesIO(body))
    assert portrait is None or picture.size == portrait
    assert picture.height > picture.width
    assert dict(picture.getexif()) == {}
    assert picture.getexif().get_ifd(GPS) == {}
    assert b"Exif" not in body
    assert b"A phone" not in body
    width, height = picture.size
    red = picture.convert("RGB").getpixel((width * 3 // 4, height // 4))
    other = picture.convert("RGB").getpixel((width // 4, height // 4))
    assert isinstance(red, tuple)
    assert isinstance(other, tuple)
    assert red[0] > 180
    assert max(red[1:]) < 80
    assert abs(other[0] - other[2]) < 60


async def arrived(desk: Desk, name: str, start: int = 0) -> dict[str, Any]:
    """The checked file as the agent gets it."""
    frame = await desk.wait(
        lambda f: (
            f["type"] in ("message.new", "message.changed")
            and f["message"]["kind"] == "file"
            and f["message"]["attachment"]["name"] == name
            and f["message"]["attachment"]["state"] == "clean"
        ),
        60,
        start,
    )
    attachment: dict[str, Any] = frame["message"]["attachment"]
    return attachment


async def hand(widget: Widget, selector: str, kind: str, *files: dict[str, Any]) -> None:
    """Drop or paste files that the page makes itself."""
    await widget.page.evaluate(HAND, [selector, kind, list(files)])


def fetched(product: Product, url: str) -> bytes:
    """What the files' own origin answers."""
    with product.http("files") as client:
        answer = client.get("/" + url.split("/", 3)[3])
    assert answer.status_code == 200
    return answer.content


async def test_a_photograph_taken_on_a_phone(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context(**PHONE))
    await widget.start("here is a picture")
    await desk.take()
    camera = widget.root.get_by_label("Take a photo")
    await expect(camera).to_be_attached()
    assert await camera.get_attribute("accept") == "image/*"
    assert await camera.get_attribute("capture") == "environment"
    async with widget.page.expect_file_chooser() as opened:
        await widget.root.locator("label.cam").tap()
    chooser = await opened.value
    assert not chooser.is_multiple()
    body = photograph()
    assert len(body) > 2_000_000
    await chooser.set_files({"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": body})
    attachment = await arrived(desk, "IMG_0001.jpg")
    assert (attachment["width_px"], attachment["height_px"]) == (3024, 4032)
    upright(fetched(shop.product, attachment["url"]), (3024, 4032))
    upright(fetched(shop.product, attachment["preview_url"]), None)
    shown = widget.root.get_by_role("img", name="IMG_0001.jpg")
    await expect(shown).to_be_visible()
    await expect(shown).to_have_js_property("complete", True)
    assert await shown.evaluate("(image) => image.naturalHeight > image.naturalWidth")
    await widget.picture("photograph-phone")


async def test_no_camera_where_there_is_a_mouse(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("no camera here")
    await desk.take()
    await expect(widget.root.locator("label.cam")).to_be_hidden()
    await expect(widget.root.get_by_role("button", name="Attach")).to_be_visible()


async def test_dropped_pasted_stopped_and_refused_in_words(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("some files")
    conversation = await desk.take()
    await hand(widget, ".log", "dragover", {"name": "a.txt", "type": "text/plain", "text": "a"})
    await expect(widget.root.locator(".drop")).to_be_visible()
    await widget.picture("files-drop")
    names = ["one.txt", "two.txt", "three.txt"]
    files = [{"name": name, "type": "text/plain", "text": name} for name in names]
    await hand(widget, ".log", "drop", *files)
    for name in names:
        await arrived(desk, name)
    kept = [
        m["attachment"]["name"] for m in await desk.ask_history(conversation) if m["attachment"]
    ]
    assert kept == names
    await widget.editor.fill("half a thought")
    pasted = {"name": "image.txt", "type": "text/plain", "text": "pasted"}
    await hand(widget, ".compose textarea", "paste", pasted)
    await arrived(desk, "image.txt")
    await expect(widget.editor).to_have_value("half a thought")

    await hand(widget, ".log", "drop", {"name": "run.exe", "type": "", "text": "MZ a program"})
    await hand(widget, ".log", "drop", {"name": "empty.txt", "type": "text/plain", "text": ""})
    huge = {"name": "huge.txt", "type": "text/plain", "bytes": 51 << 20}
    await hand(widget, ".log", "drop", huge)
    rows = widget.root.locator(".up")
    await expect(rows.get_by_role("alert")).to_have_count(3)
    alerts = await rows.get_by_role("alert").all_inner_texts()
    for words, alert in zip(("not accepted", "empty", "Too large"), alerts, strict=True):
        assert words in alert
    await expect(rows.get_by_role("button", name="Try again")).to_have_count(0)
    await widget.picture("files-refused")
    for _ in range(3):
        await rows.get_by_role("button", name="Remove").first.click()
    await expect(rows).to_have_count(0)

    shop.road.swallow()
    big = {"name": "big.txt", "type": "text/plain", "bytes": 8 << 20}
    await hand(widget, ".log", "drop", big)
    await expect(rows).to_have_count(1)
    await expect(rows.locator("progress")).to_be_visible()
    await rows.get_by_role("button", name="Remove").click()
    await expect(rows).to_have_count(0)
    shop.road.deliver()
    await widget.attach("after.txt", "text/plain", b"after")
    await arrived(desk, "after.txt")
    kept = [
        m["attachment"]["name"] for m in await desk.ask_history(conversation) if m["attachment"]
    ]
    assert kept == [*names, "image.txt", "after.txt"]
