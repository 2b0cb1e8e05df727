/** What the screen shows, drawn from what the widget knows. */
import type { Entry } from "../link/outbox";
import type { MessageView, QueuePlace, ReceiptView, VisitorConversation } from "../wire";
import { type Model, placeKey } from "./model";

export type Tick = "sending" | "sent" | "delivered" | "read" | "failed";

/** A line of the thread: what the server holds, or what still waits in the outbox. */
export interface Line {
  message: MessageView;
  tick: Tick | null;
  entry: Entry | null;
}

/** The open conversation, the newest if there are several. */
export function openConversation(model: Model): VisitorConversation | null {
  const open = Object.values(model.conversations).filter((one) => one.state === "open");
  return open.sort((a, b) => b.created_at_ms - a.created_at_ms)[0] ?? null;
}

export function receiptOf(
  model: Model,
  id: string,
  party: ReceiptView["party"],
): Pick<ReceiptView, "delivered_seq" | "read_seq"> {
  const receipts = model.conversations[id]?.receipts ?? [];
  return receipts.find((one) => one.party === party) ?? { delivered_seq: 0, read_seq: 0 };
}

/** Messages of the other side that are above what the visitor has read. */
export function unreadIn(model: Model, id: string): number {
  const { read_seq: read } = receiptOf(model, id, "visitor");
  const list = model.messages[id] ?? [];
  return list.filter((one) => one.seq > read && one.author.kind === "agent").length;
}

export function unreadCount(model: Model): number {
  return Object.keys(model.messages).reduce((sum, id) => sum + unreadIn(model, id), 0);
}

function tickOf(message: MessageView, agent: { delivered_seq: number; read_seq: number }): Tick {
  if (message.seq <= agent.read_seq) return "read";
  return message.seq <= agent.delivered_seq ? "delivered" : "sent";
}

function pendingMessage(model: Model, entry: Entry): MessageView | null {
  const { frame } = entry;
  if (frame.type !== "message.post" && frame.type !== "conversation.start") return null;
  return {
    id: frame.type === "message.post" ? frame.id : frame.message_id,
    conversation_id: frame.conversation_id,
    seq: Number.MAX_SAFE_INTEGER,
    at_ms: entry.at_ms,
    kind: entry.attachment ? "file" : "text",
    author: { kind: "visitor", id: model.visitor, name: "" },
    text: frame.text ?? "",
    attachment: entry.attachment,
    code: "",
    params: {},
    redacted: false,
  };
}

/** The message an acknowledged entry has become, or null where it is none. */
export function settledMessage(
  model: Model,
  entry: Entry,
  seq: number | null,
  atMs: number | null,
): MessageView | null {
  const message = seq === null ? null : pendingMessage(model, entry);
  return message && { ...message, seq: seq as number, at_ms: atMs ?? message.at_ms };
}

export function timeline(model: Model, entries: readonly Entry[], id: string): Line[] {
  const agent = receiptOf(model, id, "agent");
  const known = model.messages[id] ?? [];
  const ids = new Set(known.map((one) => one.id));
  const lines: Line[] = known.map((message) => ({
    message,
    tick: message.author.kind === "visitor" ? tickOf(message, agent) : null,
    entry: null,
  }));
  for (const entry of entries) {
    const message = entry.frame.conversation_id === id ? pendingMessage(model, entry) : null;
    if (message && !ids.has(message.id)) {
      lines.push({ message, tick: entry.failed ? "failed" : "sending", entry });
    }
  }
  return lines;
}

/** Where the visitor stands with the chat, or with the message that was left. */
export function placeOf(model: Model, id: string): QueuePlace | null {
  const chat = placeAt(model, id, "chat");
  const left = chat && chat.state !== "overflowed" ? chat : placeAt(model, id, "message");
  return left ?? null;
}

const placeAt = (model: Model, id: string, kind: string): QueuePlace | undefined =>
  model.places[placeKey({ conversation_id: id, kind })];

/** Who is with the visitor now, in the chat or in the call. */
export function companionOf(model: Model, id: string): string {
  const held = ["chat", "message", "call"].map((kind) => placeAt(model, id, kind));
  return held.find((place) => place?.state === "active" && place.agent_name)?.agent_name ?? "";
}

export function liveCall(model: Model): Model["live"][string] | null {
  return Object.values(model.live).find((one) => one.call.state !== "ended") ?? null;
}
