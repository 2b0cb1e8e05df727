/** Electing a leader among tabs without Web Locks: the one that has announced itself leads. */
import type { Election } from "./tabs";

const BEAT_MS = 2_000;
const QUIET_MS = 700;

export function announce(
  channel: BroadcastChannel,
  isLeader: () => boolean,
  lead: (next: boolean) => void,
): [(message: Election) => void, () => void] {
  const id = `${Math.random()}`;
  const say = (k: Election["k"]): void => channel.postMessage({ k, id });
  let heard = performance.now();
  const candidate = (): void => {
    if (isLeader()) say("lead");
    else if (performance.now() - heard > BEAT_MS + QUIET_MS) {
      lead(true);
      say("lead");
    }
  };
  const first = setTimeout(
    () => {
      heard = isLeader() || heard > start ? heard : Number.NEGATIVE_INFINITY;
      candidate();
    },
    QUIET_MS * (0.5 + Math.random()),
  );
  const start = heard;
  const beat = setInterval(candidate, BEAT_MS);
  say("who");
  const hear = (message: Election): void => {
    if (message.k === "who" && isLeader()) say("lead");
    if (message.k === "bye") heard = Number.NEGATIVE_INFINITY;
    if (message.k === "lead") {
      heard = performance.now();
      if (isLeader() && message.id < id) lead(false);
    }
  };
  return [
    hear,
    () => {
      clearTimeout(first);
      clearInterval(beat);
      if (isLeader()) say("bye");
    },
  ];
}
