/** The desk's sounds: made with oscillators, so that nothing has to be loaded to ring. */
import { create } from "zustand";

export type Tone = "chime" | "bell" | "pulse" | "off";
export const TONES: Tone[] = ["chime", "bell", "pulse", "off"];

interface Note {
  hz: number;
  atS: number;
  lengthS: number;
}

const RINGS: Record<Exclude<Tone, "off">, Note[]> = {
  chime: [
    { hz: 659.3, atS: 0, lengthS: 0.5 },
    { hz: 523.3, atS: 0.28, lengthS: 0.7 },
  ],
  bell: [
    { hz: 880, atS: 0, lengthS: 0.9 },
    { hz: 1108.7, atS: 0.02, lengthS: 0.8 },
  ],
  pulse: [0, 0.14, 0.28].map((atS) => ({ hz: 740, atS, lengthS: 0.1 })),
};
const EVERY_MS = 2_200;
const PING: Note[] = [{ hz: 784, atS: 0, lengthS: 0.16 }];

/** Whether the browser lets us make sound; until a gesture it usually does not. */
export const useSound = create<{ unlocked: boolean; tone: Tone; volume: number }>(() => ({
  unlocked: false,
  tone: "chime",
  volume: 0.7,
}));

let context: AudioContext | null = null;
let repeating: ReturnType<typeof setInterval> | undefined;

export async function unlockSound(): Promise<boolean> {
  try {
    context ??= new AudioContext();
    if (context.state !== "running") await context.resume();
    useSound.setState({ unlocked: context.state === "running" });
  } catch {
    useSound.setState({ unlocked: false });
  }
  return useSound.getState().unlocked;
}

function play(notes: Note[], volume: number): void {
  if (context?.state !== "running") return;
  const start = context.currentTime + 0.02;
  for (const note of notes) {
    const gain = context.createGain();
    const source = context.createOscillator();
    const from = start + note.atS;
    source.type = "sine";
    source.frequency.value = note.hz;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(0.35 * volume + 0.0001, from + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + note.lengthS);
    source.connect(gain).connect(context.destination);
    source.start(from);
    source.stop(from + note.lengthS + 0.05);
  }
}

function ringOnce(): void {
  const { tone, volume } = useSound.getState();
  if (tone !== "off") play(RINGS[tone], volume);
}

/** Ring until told to stop. */
export function startRinging(): void {
  if (repeating) return;
  ringOnce();
  repeating = setInterval(ringOnce, EVERY_MS);
}

export function stopRinging(): void {
  clearInterval(repeating);
  repeating = undefined;
}

export async function testRing(): Promise<boolean> {
  const unlocked = await unlockSound();
  if (unlocked) ringOnce();
  return unlocked;
}

/** The short tone of a message in a conversation one is not looking at. */
export function pingSound(): void {
  const { tone, volume } = useSound.getState();
  if (tone !== "off") play(PING, volume * 0.6);
}

/** The first gesture of a page unlocks sound without any ceremony, and without delaying it. */
export function unlockOnGesture(): () => void {
  const events = ["pointerdown", "keydown"] as const;
  const end = () => {
    for (const name of events) window.removeEventListener(name, unlock);
  };
  const unlock = () => {
    setTimeout(() => void unlockSound().then((unlocked) => unlocked && end()));
  };
  for (const name of events) window.addEventListener(name, unlock, { passive: true });
  return end;
}
