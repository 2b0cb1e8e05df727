"""Ears and voices for calls: a tone instead of a microphone, and the pitch of what is heard."""

from __future__ import annotations

from playwright.async_api import Page

from tests.patience import until

EARS = """(() => {
  const own = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  window.rings = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...all) {
    if (!this.isVoice) window.rings += 1;
    return start.apply(this, all);
  };
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...own,
    set(stream) {
      own.set.call(this, stream);
      window.ear = null;
      if (!stream || !stream.getAudioTracks().length) return;
      const room = (window.earRoom ??= new AudioContext());
      const ear = room.createAnalyser();
      ear.fftSize = 16384;
      ear.smoothingTimeConstant = 0;
      room.createMediaStreamSource(stream).connect(ear);
      window.ear = ear;
    },
  });
  window.heard = () => {
    const ear = window.ear;
    if (!ear) return { pitch: 0, loud: -200 };
    void window.earRoom.resume();
    const bins = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(bins);
    let top = 0;
    for (let at = 1; at < bins.length; at += 1) if (bins[at] > bins[top]) top = at;
    return { pitch: (top * ear.context.sampleRate) / ear.fftSize, loud: Math.max(-200, bins[top]) };
  };
  window.speak = (hz) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const room = new AudioContext();
      await room.resume();
      const tone = room.createOscillator();
      tone.isVoice = true;
      tone.frequency.value = hz;
      const volume = room.createGain();
      volume.gain.value = 0.5;
      const out = room.createMediaStreamDestination();
      tone.connect(volume).connect(out);
      tone.start();
      window.voice = { room, tone };
      return out.stream;
    };
  };
})();"""
NEAR_HZ = 8.0
LOUD_DB = -50.0
QUIET_DB = -75.0


async def speaks(page: Page, hz: int) -> None:
    """Give the page a microphone that hums one tone."""
    await page.evaluate(f"speak({hz})")


async def heard(page: Page) -> tuple[float, float]:
    """The strongest pitch in the loudspeaker, and its level in decibels."""
    found = await page.evaluate("heard()")
    return found["pitch"], found["loud"]


async def hears(page: Page, hz: int) -> None:
    """Wait until the loudspeaker plays this tone."""

    async def there() -> bool:
        pitch, loud = await heard(page)
        return abs(pitch - hz) < NEAR_HZ and loud > LOUD_DB

    await until(there, f"a tone of {hz} Hz")


async def hears_music(page: Page, but_not: int) -> None:
    """Wait until the loudspeaker plays something that is not the other side's tone."""
    pitches: set[int] = set()

    async def there() -> bool:
        pitch, loud = await heard(page)
        if loud > LOUD_DB and abs(pitch - but_not) > 3 * NEAR_HZ:
            pitches.add(round(pitch / 20))
        return len(pitches) > 2

    await until(there, "music")


async def hears_nothing(page: Page) -> None:
    """Wait until the loudspeaker is silent."""

    async def there() -> bool:
        return (await heard(page))[1] < QUIET_DB

    await until(there, "silence")
