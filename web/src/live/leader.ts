/** One tab per person rings: the one that holds a lock. The others watch in silence. */
import { create } from "zustand";

export const useLeader = create<{ leading: boolean }>(() => ({ leading: true }));

let release: (() => void) | null = null;
let asked: AbortController | null = null;

const nameOf = (userId: string) => `wecc-ring-${userId}`;

function hold(): Promise<void> {
  useLeader.setState({ leading: true });
  return new Promise<void>((resolve) => {
    release = resolve;
  });
}

/** Ask for the lock; whoever loses it to another tab queues up for it again. */
function request(userId: string, options: LockOptions): void {
  const signal = asked?.signal;
  navigator.locks.request(nameOf(userId), options, hold).catch(() => {
    useLeader.setState({ leading: false });
    if (signal && !signal.aborted) request(userId, { signal });
  });
}

/** Ask to be the ringing tab; granted at once, or when the present one closes. */
export function joinLeadership(userId: string): void {
  if (!("locks" in navigator)) return;
  asked = new AbortController();
  useLeader.setState({ leading: false });
  request(userId, { signal: asked.signal });
}

/** Make this tab the ringing one; the other becomes silent. */
export function takeLeadership(userId: string): void {
  if (!("locks" in navigator)) return;
  asked?.abort();
  asked = new AbortController();
  request(userId, { steal: true });
}

export function leaveLeadership(): void {
  asked?.abort();
  release?.();
  release = null;
}
