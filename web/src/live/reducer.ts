/** The one place where frames become state: pure, and exhaustive over every frame. */
import type {
  AgentWelcome,
  AssignmentChanged,
  CallView,
  ConversationView,
  MessageView,
  OfferGone,
  ServerFrame,
  TypingChanged,
} from "../wire";
import type { Live, LiveCall } from "./state";
import { append, insertPage, replace } from "./thread";

export const TYPING_MS = 6_000;

/** Things the state cannot do by itself, for the connection to carry out. */
export type Effect =
  | { kind: "fill"; conversationId: string; beforeSeq: number }
  | { kind: "arrived"; message: MessageView };

export interface Step {
  state: Live;
  effects: Effect[];
}

const same = (state: Live): Step => ({ state, effects: [] });

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}

function byId<T, K extends keyof T>(items: T[], key: K): Record<string, T> {
  return Object.fromEntries(items.map((item) => [String(item[key]), item]));
}

function withConversation(state: Live, conversation: ConversationView): Live {
  const conversations = { ...state.conversations, [conversation.id]: conversation };
  const mine = conversation.receipts.find((receipt) => receipt.party === "agent")?.read_seq ?? 0;
  const read = Math.max(mine, state.read[conversation.id] ?? 0);
  return { ...state, conversations, read: { ...state.read, [conversation.id]: read } };
}

function welcome(state: Live, frame: AgentWelcome): Step {
  let next: Live = {
    ...state,
    user: frame.user,
    agent: frame.agent,
    offers: byId(frame.offers, "id"),
    interactions: Object.fromEntries(
      frame.assignments
        .filter((item) => !item.gone)
        .map((item) => [item.interaction.id, item.interaction]),
    ),
    queues: byId(frame.queues, "queue_id"),
    calls: Object.fromEntries(
      frame.calls.map((call): [string, LiveCall] => [
        call.id,
        { call, muted: state.calls[call.id]?.muted ?? [] },
      ]),
    ),
    typing: {},
  };
  for (const assignment of frame.assignments)
    next = withConversation(next, assignment.conversation);
  for (const offer of frame.offers) next = withConversation(next, offer.conversation);
  return same(next);
}

function messageNew(state: Live, message: MessageView, nowMs: number): Step {
  const id = message.conversation_id;
  const effects: Effect[] = [];
  let next = state;
  const thread = state.threads[id];
  const known = thread?.items.some((item) => item.id === message.id) ?? false;
  if (thread) {
    const added = append(thread, message);
    next = { ...next, threads: { ...next.threads, [id]: added.thread } };
    if (added.gap) effects.push({ kind: "fill", conversationId: id, beforeSeq: message.seq });
  }
  const conversation = next.conversations[id];
  const fresh = conversation ? message.seq > conversation.last_seq : !known;
  if (conversation && message.seq >= conversation.last_seq) {
    const changed = { ...conversation, last_seq: message.seq, last_message: message };
    next = { ...next, conversations: { ...next.conversations, [id]: changed } };
  }
  if (message.author.kind === "visitor" && nowMs > 0) {
    next = { ...next, typing: without(next.typing, id) };
  }
  if (message.author.kind === "agent") next = replied(next, id);
  if (fresh) effects.push({ kind: "arrived", message });
  return { state: next, effects };
}

/** An agent wrote: the contact waits for no first reply in this conversation any more. */
function replied(state: Live, conversationId: string): Live {
  const still = Object.entries(state.replyDue).filter(
    ([id]) => state.interactions[id]?.conversation_id !== conversationId,
  );
  return still.length === Object.keys(state.replyDue).length
    ? state
    : { ...state, replyDue: Object.fromEntries(still) };
}

function offerGone(state: Live, frame: OfferGone): Step {
  const offer = state.offers[frame.offer_id];
  const next = { ...state, offers: without(state.offers, frame.offer_id) };
  if (!offer || frame.outcome !== "expired") return same(next);
  const missed = {
    offerId: offer.id,
    contactName: offer.conversation.contact.name,
    kind: offer.interaction.kind,
  };
  return same({ ...next, missed });
}

function assignment(state: Live, frame: AssignmentChanged): Step {
  const { interaction } = frame;
  const next = withConversation(state, frame.conversation);
  const interactions = frame.gone
    ? without(next.interactions, interaction.id)
    : { ...next.interactions, [interaction.id]: interaction };
  const replyDue = frame.gone ? without(next.replyDue, interaction.id) : next.replyDue;
  return same({ ...next, interactions, replyDue });
}

function typing(state: Live, frame: TypingChanged, nowMs: number): Step {
  if (frame.party !== "visitor") return same(state);
  const rest = without(state.typing, frame.conversation_id);
  if (!frame.on) return same({ ...state, typing: rest });
  const entry = { name: frame.name, untilMs: nowMs + TYPING_MS };
  return same({ ...state, typing: { ...rest, [frame.conversation_id]: entry } });
}

function call(state: Live, view: CallView, muted: string[]): Step {
  const calls =
    view.state === "ended"
      ? without(state.calls, view.id)
      : { ...state.calls, [view.id]: { call: view, muted } };
  return same({ ...state, calls });
}

function receipt(state: Live, view: ConversationView["receipts"][number]): Step {
  const conversation = state.conversations[view.conversation_id];
  if (!conversation) return same(state);
  const others = conversation.receipts.filter((item) => item.party !== view.party);
  return same(withConversation(state, { ...conversation, receipts: [...others, view] }));
}

/** Apply one frame. ``nowMs`` is server time. */
export function apply(state: Live, frame: ServerFrame, nowMs: number): Step {
  switch (frame.type) {
    case "welcome":
      return welcome(state, frame);
    case "message.new":
      return messageNew(state, frame.message, nowMs);
    case "message.changed": {
      const thread = state.threads[frame.message.conversation_id];
      if (!thread) return same(state);
      const threads = {
        ...state.threads,
        [frame.message.conversation_id]: replace(thread, frame.message),
      };
      return same({ ...state, threads });
    }
    case "history.page": {
      const id = frame.page.conversation_id;
      const thread = insertPage(state.threads[id], frame.page, frame.gap);
      return same({ ...state, threads: { ...state.threads, [id]: thread } });
    }
    case "receipt.changed":
      return receipt(state, frame.receipt);
    case "typing.changed":
      return typing(state, frame, nowMs);
    case "conversation.changed":
      return same(withConversation(state, frame.conversation));
    case "agent.changed": {
      const agents = { ...state.agents, [frame.agent.user_id]: frame.agent };
      const mine = frame.agent.user_id === state.user?.id;
      return same({ ...state, agents, agent: mine ? frame.agent : state.agent });
    }
    case "offer.new":
      return same({
        ...withConversation(state, frame.offer.conversation),
        offers: { ...state.offers, [frame.offer.id]: frame.offer },
        missed: null,
      });
    case "offer.gone":
      return offerGone(state, frame);
    case "assignment.changed":
      return assignment(state, frame);
    case "reply.due":
      return same({
        ...state,
        replyDue: { ...state.replyDue, [frame.interaction_id]: frame.due_at_ms },
      });
    case "alarm.changed": {
      const { alarm } = frame;
      const alarms = alarm.ended_at_ms
        ? without(state.alarms, alarm.id)
        : { ...state.alarms, [alarm.id]: alarm };
      return same({ ...state, alarms });
    }
    case "queue.changed":
      return same({ ...state, queues: { ...state.queues, [frame.queue.queue_id]: frame.queue } });
    case "call.changed":
      return call(state, frame.call, frame.muted);
    case "ack":
    case "error":
    case "pong":
    case "goodbye":
    case "call.answer":
    case "call.leg_lost":
    case "agent.signed_out":
    case "call.update_wanted":
      return same(state);
    default:
      return unknown(state, frame);
  }
}

/** A frame of a newer server: tsc proves that none of ours ends here. */
function unknown(state: Live, _frame: never): Step {
  return same(state);
}
