/** One tab per person rings: the one that holds a lock. The others watch in silence. */
import { create } from "zustand";

export const useLeader = create<{ leading: boolean }>(() => ({ leading: true }));

let release: (() => void) | null = null;
let asked: AbortController | null = null;

function hold(): Promise<void> {
  useLeader.setState({ leading: true });
  return new Promise<void>((resolve) => {
    release = resolve;
  });
}

/** Ask to be the ringing tab; granted at once, or when the present one closes. */
export function joinLeadership(userId: string): void {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return;
  const name = `wecc-ring-${userId}`;
  asked = new AbortController();
  useLeader.setState({ leading: false });
  locks.request(name, { signal: asked.signal }, hold).catch(() => undefined);
}

/** Make this tab the ringing one; the other becomes silent. */
export function takeLeadership(userId: string): void {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return;
  asked?.abort();
  locks
    .request(`wecc-ring-${userId}`, { steal: true }, hold)
    .catch(() => useLeader.setState({ leading: false }));
}

export function leaveLeadership(): void {
  asked?.abort();
  release?.();
  release = null;
}
