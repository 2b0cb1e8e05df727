/**
 * What the visitor wrote and the server has not yet acknowledged. One storage key per entry, so
 * that tabs never overwrite each other; the entry's `ref` is its id, so sending twice is harmless.
 */
import type {
  AttachmentView,
  ConversationEnd,
  ConversationRate,
  ConversationStart,
  MessagePost,
} from "../wire";
import type { Keep } from "./keep";

export type Durable = (MessagePost | ConversationStart | ConversationEnd | ConversationRate) & {
  ref: string;
};

export interface Entry {
  at_ms: number;
  frame: Durable;
  attachment: AttachmentView | null;
  /** The error code after a refusal; empty while there is hope. */
  failed: string;
}

export interface Outbox {
  list(): Entry[];
  put(entry: Entry): void;
  drop(ref: string): void;
  /** When the next entry is written: behind all that waits, even if the clock was set back. */
  nextMs(nowMs: number): number;
  /** Read storage again: other tabs write there too. */
  reload(): void;
}

const KEY = "o:";

function read(keep: Keep, key: string): Entry | null {
  try {
    const entry = JSON.parse(keep.get(key) ?? "");
    return typeof entry?.frame?.ref === "string" ? entry : null;
  } catch {
    return null;
  }
}

export function openOutbox(keep: Keep): Outbox {
  let entries = new Map<string, Entry>();
  const outbox: Outbox = {
    list: () => [...entries.values()].sort((a, b) => a.at_ms - b.at_ms),
    put(entry) {
      entries.set(entry.frame.ref, entry);
      keep.set(KEY + entry.frame.ref, JSON.stringify(entry));
    },
    drop(ref) {
      entries.delete(ref);
      keep.drop(KEY + ref);
    },
    nextMs: (nowMs) => Math.max(nowMs, (outbox.list().at(-1)?.at_ms ?? 0) + 1),
    reload() {
      const found = keep.keys(KEY).map((key) => read(keep, key));
      entries = new Map(found.flatMap((entry) => (entry ? [[entry.frame.ref, entry]] : [])));
    },
  };
  outbox.reload();
  return outbox;
}
