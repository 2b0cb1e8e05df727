/** Pure operations on the messages of one conversation. */
import type { MessagePage, MessageView } from "../wire";
import type { Thread } from "./state";

export const KEEP = 2_000;

/** Merge two ascending runs; a message with a known ``seq`` is replaced by its newer face. */
export function merge(left: MessageView[], right: MessageView[]): MessageView[] {
  const lastLeft = left.at(-1);
  const firstRight = right[0];
  if (!lastLeft) return right;
  if (!firstRight) return left;
  if (lastLeft.seq < firstRight.seq) return [...left, ...right];
  const bySeq = new Map<number, MessageView>();
  for (const message of left) bySeq.set(message.seq, message);
  for (const message of right) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Add one new message. Tells when messages between are missing and must be asked for. */
export function append(thread: Thread, message: MessageView): { thread: Thread; gap: boolean } {
  const last = thread.items.at(-1);
  if (!last || message.seq > last.seq) {
    if (!thread.atTail) return { thread, gap: false };
    const gap = message.seq > (last?.seq ?? message.seq - 1) + 1;
    const items = [...thread.items, message];
    const over = items.length - KEEP;
    const kept = over > 0 ? items.slice(over) : items;
    return { thread: { ...thread, items: kept, hasMore: thread.hasMore || over > 0 }, gap };
  }
  if (message.seq < (thread.items[0]?.seq ?? 0)) return { thread, gap: false };
  return { thread: { ...thread, items: merge(thread.items, [message]) }, gap: false };
}

/** Put a page of history where it belongs. */
export function insertPage(thread: Thread | undefined, page: MessagePage, gap: boolean): Thread {
  const first = page.items[0];
  const last = page.items.at(-1);
  if (!thread || thread.items.length === 0 || gap) {
    return { items: page.items, hasMore: page.has_more, atTail: true };
  }
  const known = thread.items;
  const oldest = known[0]?.seq ?? 0;
  const newest = known.at(-1)?.seq ?? 0;
  if (!first || !last) return { ...thread, hasMore: oldest > 1 && page.has_more };
  if (first.seq > newest + 1) return { items: page.items, hasMore: page.has_more, atTail: true };
  const items = merge(page.items, known);
  const older = first.seq < oldest;
  const hasMore = older ? page.has_more : thread.hasMore;
  if (items.length <= KEEP)
    return { ...thread, items, hasMore, atTail: thread.atTail || last.seq > newest };
  return older
    ? { items: items.slice(0, KEEP), hasMore, atTail: false }
    : { items: items.slice(-KEEP), hasMore: true, atTail: thread.atTail };
}

/** Replace a message by its newer face, wherever it is. */
export function replace(thread: Thread, message: MessageView): Thread {
  const index = thread.items.findIndex((item) => item.id === message.id);
  if (index < 0) return thread;
  return { ...thread, items: thread.items.with(index, message) };
}
