/** Tell a visitor who looks elsewhere: a short sound, and the number in the page's title. */
import { isHidden } from "../chat/page";

let audio: AudioContext | undefined;

/** Two soft tones, made here: no file to fetch, nothing for a page's policy to refuse. */
export function ring(): void {
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") void audio.resume();
    for (const [index, pitch] of [660, 880].entries()) {
      const at = audio.currentTime + index * 0.14;
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.12, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.32);
    }
  } catch {
    audio = undefined; // no sound device, or not allowed yet: the title still tells
  }
}

let plain: string | undefined;

export function titleCount(unread: number): void {
  const title = Reflect.get(Document.prototype, "title", document);
  const write = (text: string): boolean => Reflect.set(Document.prototype, "title", text, document);
  if (unread && isHidden()) {
    plain ??= title;
    write(`(${unread}) ${plain}`);
  } else if (plain !== undefined) {
    if (title.endsWith(plain)) write(plain);
    plain = undefined;
  }
}
