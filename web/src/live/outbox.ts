/** Messages on their way, kept in localStorage until the server has them on disk.
 *
 * One entry per message, so that tabs never overwrite each other's; the id is the message's own,
 * so that sending twice is harmless.
 */

export interface Outgoing {
  id: string;
  conversationId: string;
  text: string;
  attachmentId: string | null;
  note: boolean;
  createdAtMs: number;
  /** Empty while it may still be sent; otherwise the code of the refusal. */
  refused: string;
  refusedWords: string;
}

const PREFIX = "wecc.outbox.";

const keyOf = (userId: string, item: Outgoing) => `${PREFIX}${userId}.${item.id}`;

function parse(text: string | null): Outgoing | null {
  if (!text) return null;
  try {
    const value = JSON.parse(text) as Outgoing;
    return typeof value.id === "string" && typeof value.conversationId === "string" ? value : null;
  } catch {
    return null;
  }
}

export class Outbox {
  constructor(
    private readonly storage: Storage,
    private readonly userId: string,
  ) {}

  /** Everything not yet on the server's disk, oldest first. */
  all(): Outgoing[] {
    const found: Outgoing[] = [];
    for (let index = 0; index < this.storage.length; index += 1) {
      const key = this.storage.key(index);
      if (!key?.startsWith(`${PREFIX}${this.userId}.`)) continue;
      const item = parse(this.storage.getItem(key));
      if (item) found.push(item);
    }
    return found.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  }

  put(item: Outgoing): void {
    this.storage.setItem(keyOf(this.userId, item), JSON.stringify(item));
  }

  drop(id: string): void {
    this.storage.removeItem(`${PREFIX}${this.userId}.${id}`);
  }
}

const AGAIN = new Set([
  "rate_limited",
  "store_unavailable",
  "disk_full",
  "not_ready",
  "internal",
  "unauthenticated",
  "timeout",
  "disconnected",
]);

/** Whether a refused message should be sent again by itself. */
export const mayRetry = (code: string) => AGAIN.has(code);
