/** Server time in the browser, and one ticker for every timer on the screen. */
import { useSyncExternalStore } from "react";

let offsetMs = 0;
let bestRttMs = Number.POSITIVE_INFINITY;

/** Learn the offset from a server time; the reading with the shortest round trip wins. */
export function learnOffset(serverAtMs: number, sentAtMs: number, receivedAtMs: number): void {
  const rtt = receivedAtMs - sentAtMs;
  if (rtt > bestRttMs * 1.5 && rtt > 50) return;
  bestRttMs = rtt;
  offsetMs = serverAtMs - (sentAtMs + receivedAtMs) / 2;
}

export const serverNow = () => Date.now() + offsetMs;

const listeners = new Set<() => void>();
let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = serverNow();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const snapshot = () => {
  const current = serverNow();
  if (Math.abs(current - now) > 1_500) now = current;
  return now;
};

/** Server time, ticking once a second. */
export const useNow = () => useSyncExternalStore(subscribe, snapshot);
