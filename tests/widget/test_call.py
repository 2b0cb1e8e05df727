"""A visitor's call from a real browser: music while waiting, and words when it cannot be."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.widget.shop import Desk, Shop

pytestmark = [pytest.mark.browser, pytest.mark.server]

REFUSE = """name => { navigator.mediaDevices.getUserMedia =
  () => Promise.reject(new DOMException("no", name)); }"""
PACKETS = """async () => {
  for (const pc of window.legs) for (const one of (await pc.getStats()).values())
    if (one.type === "inbound-rtp" && one.kind === "audio") return one.packetsReceived;
  return 0; }"""
WATCH = """window.legs = []; const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...all) { super(...all); window.legs = [this]; } };"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "microphone is blocked"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "Another program"),
    ],
)
async def test_without_a_microphone_there_is_a_way_on(
    shop: Shop, desk: Desk, name: str, words: str
) -> None:
    widget = await shop.visit(await shop.context())
    await widget.open()
    await widget.page.evaluate(REFUSE, name)
    await widget.root.get_by_role("button", name="Call").click()
    await expect(widget.root.locator(".call [role=status]")).to_contain_text(words)
    await widget.root.get_by_role("button", name="Write instead").click()
    await expect(widget.root.locator("form.home")).to_be_visible()
    assert desk.taken == []


async def test_music_while_waiting_and_the_chat_beside_it(shop: Shop, desk: Desk) -> None:
    context = await shop.context()
    await context.add_init_script(WATCH)
    widget = await shop.visit(context)
    await widget.start("may I call?")
    conversation = await desk.take()
    await widget.root.get_by_role("button", name="Call").click()
    await desk.wait(
        lambda f: f["type"] == "offer.new" and f["offer"]["interaction"]["kind"] == "call"
    )
    status = widget.root.locator(".call [role=status]")
    await expect(widget.root.locator(".call.live")).to_be_visible()
    await widget.page.wait_for_function(f"({PACKETS})().then(count => count > 50)")
    shop.road.cut()
    before = await widget.page.evaluate(PACKETS)
    await widget.say("still here")
    await widget.settled()
    await desk.wait(lambda f: f["type"] == "message.new" and f["message"]["text"] == "still here")
    await widget.page.wait_for_function(f"({PACKETS})().then(count => count > {before + 10})")
    await widget.picture("call")
    other = await shop.visit(context, "/other")
    await expect(other.root.locator(".call [role=status]")).to_contain_text("another tab")
    await other.page.close()
    await widget.page.reload()
    await expect(status).to_contain_text("still on")
    await widget.root.get_by_role("button", name="Rejoin call").click()
    await expect(widget.root.locator(".call.live")).to_be_visible()
    await widget.page.wait_for_function(f"({PACKETS})().then(count => count > 20)")
    await widget.root.get_by_role("button", name="Mute").click()
    await expect(widget.root.get_by_role("button", name="Unmute")).to_be_visible()
    await widget.root.get_by_role("button", name="Hang up").click()
    await expect(status).to_contain_text("Call ended")
    await desk.wait("offer.gone")
    await desk.wait(lambda f: f["type"] == "message.new" and f["message"]["code"] == "call_ended")
    ended = [m for m in await desk.ask_history(conversation) if m["code"] == "call_ended"]
    assert len(ended) == 1
