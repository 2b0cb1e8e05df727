"""A call between a visitor in a real browser and an agent with a real WebRTC peer."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import expect

from tests.patience import becomes, until
from tests.voice.rig import Peer, loudness, main_hertz
from tests.widget.shop import Desk, Shop, Widget

pytestmark = [pytest.mark.browser, pytest.mark.server]

AGENT_HZ = 440.0
LEGS = """window.legs = []; const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...all) { super(...all); window.legs.push(this); } };"""
STRONGEST = """async () => {
  const context = window.listening ??= new AudioContext();
  await context.resume();
  const leg = window.legs.at(-1);
  const stream = new MediaStream(leg.getReceivers().map(one => one.track));
  const ear = context.createAnalyser();
  ear.fftSize = 32768;
  context.createMediaStreamSource(stream).connect(ear);
  await new Promise(done => setTimeout(done, 1200));
  const bins = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(bins);
  const top = bins.reduce((best, level, at) => (level > bins[best] ? at : best), 0);
  return [top * context.sampleRate / ear.fftSize, bins[top]];
}"""


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """The agent's microphone and loudspeaker."""
    peer = Peer(AGENT_HZ)
    yield peer
    await peer.close()


async def answer(desk: Desk, peer: Peer) -> str:
    """Pick up the call that rings; returns its id."""
    frame = await desk.wait(
        lambda f: f["type"] == "offer.new" and f["offer"]["interaction"]["kind"] == "call"
    )
    offer, ref = frame["offer"], uuid.uuid4().hex
    desk.taken.append(offer["interaction"]["id"])
    request = {"type": "offer.accept", "offer_id": offer["id"], "ref": ref}
    await desk.send(request | {"sdp_offer": await peer.offer()})
    answered = await desk.wait(lambda f: f.get("ref") == ref)
    assert answered["type"] == "call.answer", answered
    await peer.answer(answered["sdp_answer"])
    return str(answered["call_id"])


async def hears(peer: Peer, matches: Callable[[float], bool], what: str) -> None:
    """Wait until the agent hears so much; the visitor's test sound beeps once a second."""

    async def does() -> bool:
        return matches(loudness(await peer.hear(2.0)))

    await until(does, what)


def beeps(level: float) -> bool:
    return level > 0.005


def silence(level: float) -> bool:
    return level < 0.001


async def hears_hertz(widget: Widget, hertz: float) -> bool:
    """Whether this tone is the strongest sound the visitor gets."""
    found, level_db = await widget.page.evaluate(STRONGEST)
    return bool(abs(found - hertz) < 5 and level_db > -60)


async def test_a_call_from_ringing_to_hanging_up(shop: Shop, desk: Desk, peer: Peer) -> None:
    context = await shop.context()
    await context.add_init_script(LEGS)
    widget = await shop.visit(context)
    await widget.open()
    await widget.root.get_by_role("button", name="Call").click()
    status = widget.root.locator(".call [role=status]")
    await expect(widget.root.locator(".call.live")).to_be_visible()
    call_id = await answer(desk, peer)
    await expect(status).to_have_text("In a call with Wei")
    await hears(peer, beeps, "the visitor's sound")
    await becomes(lambda: hears_hertz(widget, AGENT_HZ), True)
    await widget.picture("talk")

    button = widget.root.locator(".call").get_by_role("button")
    await button.and_(widget.page.get_by_label("Mute", exact=True)).click()
    muted = await desk.wait(lambda f: f["type"] == "call.changed" and "visitor" in f["muted"])
    assert muted["call"]["id"] == call_id
    await hears(peer, silence, "silence")
    await button.and_(widget.page.get_by_label("Unmute")).click()
    await hears(peer, beeps, "the visitor's sound again")
    await desk.send({"type": "call.mute", "call_id": call_id, "on": True})
    await expect(widget.root.locator(".call")).to_contain_text("microphone is off")
    await desk.send({"type": "call.mute", "call_id": call_id, "on": False})

    await button.and_(widget.page.get_by_label("Hold")).click()
    await expect(status).to_have_text("On hold")
    await desk.wait(lambda f: f["type"] == "call.changed" and f["call"]["held_by"] == "visitor")
    await hears(peer, lambda level: level > 0.003, "music for the agent")
    await becomes(lambda: hears_hertz(widget, AGENT_HZ), False)
    await widget.picture("talk-held")
    await button.and_(widget.page.get_by_label("Resume")).click()
    await expect(status).to_have_text("In a call with Wei")
    await desk.send({"type": "call.hold", "call_id": call_id, "on": True})
    await expect(status).to_have_text("The agent has put you on hold")
    await becomes(lambda: hears_hertz(widget, AGENT_HZ), False)
    await desk.send({"type": "call.hold", "call_id": call_id, "on": False})
    await expect(status).to_have_text("In a call with Wei")
    await becomes(lambda: hears_hertz(widget, AGENT_HZ), True)

    start = len(desk.frames)
    await button.and_(widget.page.get_by_label("Hang up")).click()
    await expect(status).to_have_text("Call ended")
    ended = await desk.wait(
        lambda f: f["type"] == "call.changed" and f["call"]["state"] == "ended", start=start
    )
    assert ended["call"]["end_reason"] == "visitor_hung_up"
    await widget.page.wait_for_function("legs.every(one => one.connectionState === 'closed')")


async def test_the_agent_hangs_up(shop: Shop, desk: Desk, peer: Peer) -> None:
    widget = await shop.visit(await shop.context())
    await widget.page.evaluate("wecc.startCall()")
    call_id = await answer(desk, peer)
    status = widget.root.locator(".call [role=status]")
    await expect(status).to_have_text("In a call with Wei")
    assert main_hertz(await peer.hear(1.0)) > 0
    await desk.send({"type": "call.hang_up", "call_id": call_id})
    await expect(status).to_have_text("Call ended")
    await widget.root.locator(".call").get_by_role("button", name="Close").click()
    await expect(widget.root.locator(".call")).to_have_count(0)
