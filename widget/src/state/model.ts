/** What the widget knows, and how each server frame changes it: pure, exhaustive, tested alone. */
import type { Availability } from "../loader/api";
import type {
  CallView,
  HistoryPage,
  MessageView,
  QueuePlace,
  ReceiptView,
  ServerFrame,
  VisitorConversation,
  VisitorWelcome,
} from "../wire";

export interface Hole {
  /** Ask for what is before this sequence ... */
  before: number;
  /** ... down to this one. */
  floor: number;
}

export interface Model {
  status: "connecting" | "online" | "waiting" | "stopped";
  stopCode: string;
  visitor: string;
  name: string;
  availability: Availability;
  calls: boolean;
  conversations: Readonly<Record<string, VisitorConversation>>;
  messages: Readonly<Record<string, readonly MessageView[]>>;
  /** Conversations of which the server holds older messages than we do. */
  older: Readonly<Record<string, boolean>>;
  /** Up to which sequence nothing is missing. */
  checked: Readonly<Record<string, number>>;
  holes: Readonly<Record<string, Hole | undefined>>;
  places: Readonly<Record<string, QueuePlace>>;
  live: Readonly<Record<string, { call: CallView; muted: readonly string[] }>>;
  typing: Readonly<Record<string, { name: string; until_ms: number } | undefined>>;
}

export const TYPING_MS = 6_000;

export function emptyModel(availability: Availability, calls: boolean): Model {
  return {
    status: "connecting",
    stopCode: "",
    visitor: "",
    name: "",
    availability,
    calls,
    conversations: {},
    messages: {},
    older: {},
    checked: {},
    holes: {},
    places: {},
    live: {},
    typing: {},
  };
}

/** Add messages to a list that is ordered by `seq`; the same id replaces. */
export function merge(
  list: readonly MessageView[],
  more: readonly MessageView[],
): readonly MessageView[] {
  const byId = new Map(list.map((one) => [one.id, one]));
  for (const one of more) byId.set(one.id, one);
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}

export const placeKey = (place: { conversation_id: string; kind: string }): string =>
  `${place.conversation_id}/${place.kind}`;

function welcome(model: Model, frame: VisitorWelcome): Model {
  const byId = <T>(list: readonly T[], key: (one: T) => string): Record<string, T> =>
    Object.fromEntries(list.map((one) => [key(one), one]));
  return {
    ...model,
    visitor: frame.visitor_id,
    name: frame.name,
    availability: frame.availability,
    conversations: byId(frame.conversations, (one) => one.id),
    places: byId(frame.places, placeKey),
    live: Object.fromEntries(
      frame.calls
        .filter((call) => call.state !== "ended")
        .map((call) => [call.id, { call, muted: model.live[call.id]?.muted ?? [] }]),
    ),
    typing: {},
  };
}

function addMessage(model: Model, message: MessageView): Model {
  const id = message.conversation_id;
  const list = model.messages[id] ?? [];
  const checked = model.checked[id] ?? 0;
  const hole = model.holes[id];
  const isGap = checked > 0 && message.seq > checked + 1;
  const isTheirs = message.author.kind === "agent";
  return {
    ...model,
    messages: { ...model.messages, [id]: merge(list, [message]) },
    checked: { ...model.checked, [id]: Math.max(checked, message.seq) },
    holes: isGap
      ? { ...model.holes, [id]: { before: message.seq, floor: hole?.floor ?? checked } }
      : model.holes,
    typing: isTheirs ? { ...model.typing, [id]: undefined } : model.typing,
  };
}

/** A hole shrinks with each page below it and closes at its floor, or when there is no more. */
function shrink(hole: Hole | undefined, frame: HistoryPage): Hole | undefined {
  const first = frame.page.items[0];
  if (!hole || !first || !frame.page.has_more || first.seq <= hole.floor + 1) return undefined;
  return { before: Math.min(hole.before, first.seq), floor: hole.floor };
}

function addPage(model: Model, frame: HistoryPage): Model {
  const { conversation_id: id, items, has_more: hasMore } = frame.page;
  const before = model.messages[id] ?? [];
  const messages = merge(before, items);
  const checked = model.checked[id] ?? 0;
  const first = items[0];
  const isOldest = !before[0] || (first && first.seq <= before[0].seq);
  const hole =
    frame.gap && first && checked
      ? { before: first.seq, floor: model.holes[id]?.floor ?? checked }
      : shrink(model.holes[id], frame);
  return {
    ...model,
    messages: { ...model.messages, [id]: messages },
    checked: { ...model.checked, [id]: Math.max(checked, messages.at(-1)?.seq ?? 0) },
    holes: { ...model.holes, [id]: hole },
    older: isOldest ? { ...model.older, [id]: hasMore } : model.older,
  };
}

function addReceipt(model: Model, receipt: ReceiptView): Model {
  const found = model.conversations[receipt.conversation_id];
  if (!found) return model;
  const before = found.receipts.find((one) => one.party === receipt.party);
  // An echo may be older than what was read meanwhile: a receipt never goes back.
  const latest = {
    ...receipt,
    delivered_seq: Math.max(receipt.delivered_seq, before?.delivered_seq ?? 0),
    read_seq: Math.max(receipt.read_seq, before?.read_seq ?? 0),
  };
  const receipts = [...found.receipts.filter((one) => one.party !== receipt.party), latest];
  return {
    ...model,
    conversations: { ...model.conversations, [found.id]: { ...found, receipts } },
  };
}

export function apply(model: Model, frame: ServerFrame, nowMs: number): Model {
  switch (frame.type) {
    case "welcome":
      return welcome(model, frame);
    case "availability.changed":
      return { ...model, availability: frame.availability, calls: frame.calls };
    case "conversation.changed": {
      const { conversation } = frame;
      return {
        ...model,
        conversations: { ...model.conversations, [conversation.id]: conversation },
      };
    }
    case "queue.place":
      return { ...model, places: { ...model.places, [placeKey(frame)]: frame } };
    case "message.new":
      return addMessage(model, frame.message);
    case "message.changed": {
      const { message } = frame;
      const list = model.messages[message.conversation_id];
      if (!list?.some((one) => one.id === message.id)) return model;
      return {
        ...model,
        messages: { ...model.messages, [message.conversation_id]: merge(list, [message]) },
      };
    }
    case "history.page":
      return addPage(model, frame);
    case "receipt.changed":
      return addReceipt(model, frame.receipt);
    case "typing.changed":
      if (frame.party !== "agent") return model;
      return {
        ...model,
        typing: {
          ...model.typing,
          [frame.conversation_id]: frame.on
            ? { name: frame.name, until_ms: nowMs + TYPING_MS }
            : undefined,
        },
      };
    case "call.changed":
      return {
        ...model,
        live: { ...model.live, [frame.call.id]: { call: frame.call, muted: frame.muted } },
      };
    case "call.answer":
    case "call.leg_lost":
    case "call.update_wanted":
    case "ack":
    case "error":
    case "pong":
    case "goodbye":
      return model;
    default:
      return model; // a newer server may say more than we know
  }
}
