import { create } from "zustand";
import type { ConversationView, InteractionView, ServerFrame } from "../wire";
import { serverNow } from "./clock";
import { apply, type Effect } from "./reducer";
import { EMPTY, type Live } from "./state";

export const useLive = create<Live>(() => EMPTY);

/** Apply a batch of frames in one update; returns what the connection has to do about them. */
export function applyFrames(frames: ServerFrame[]): Effect[] {
  let state = useLive.getState();
  const effects: Effect[] = [];
  for (const frame of frames) {
    const step = apply(state, frame, serverNow());
    state = step.state;
    effects.push(...step.effects);
  }
  useLive.setState(state, true);
  return effects;
}

export interface Work {
  interaction: InteractionView;
  conversation: ConversationView;
}

/** My open work, the ones waiting longest for me first; wrap-ups at the end. */
export function myWork(state: Live): Work[] {
  const found: Work[] = [];
  for (const interaction of Object.values(state.interactions)) {
    const conversation = state.conversations[interaction.conversation_id];
    if (conversation) found.push({ interaction, conversation });
  }
  return found.sort(
    (a, b) =>
      Number(a.interaction.state === "wrap_up") - Number(b.interaction.state === "wrap_up") ||
      (a.interaction.accepted_at_ms ?? 0) - (b.interaction.accepted_at_ms ?? 0),
  );
}

/** My conversations, each once: one may hold a chat and a call. */
export function myConversations(state: Live): ConversationView[] {
  return [...new Set(myWork(state).map(({ conversation }) => conversation))];
}

/** The interaction of a conversation that is mine, if there is one. A live one wins. */
export function interactionOf(state: Live, conversationId: string): InteractionView | undefined {
  const mine = Object.values(state.interactions).filter(
    (item) => item.conversation_id === conversationId,
  );
  return mine.find((item) => item.state === "active") ?? mine[0];
}

/** My work of a conversation that waits for its wrap-up: a call may have ended while its chat goes on. */
export function wrapUpOf(state: Live, conversationId: string): InteractionView | undefined {
  return Object.values(state.interactions).find(
    (item) => item.conversation_id === conversationId && item.state === "wrap_up",
  );
}

/** How many messages of the visitor I have not seen. */
export function unreadCount(state: Live, conversation: ConversationView): number {
  const read = state.read[conversation.id] ?? 0;
  if (conversation.last_seq <= read) return 0;
  const thread = state.threads[conversation.id];
  const first = thread?.items[0];
  if (thread && first && (first.seq <= read + 1 || !thread.hasMore)) {
    return thread.items.filter((item) => item.seq > read && item.author.kind === "visitor").length;
  }
  return conversation.last_message?.author.kind === "visitor" ? 1 : 0;
}

/** Since when the visitor has been waiting for an answer; null when it is their turn. */
export function waitingSince(conversation: ConversationView): number | null {
  const last = conversation.last_message;
  return last && last.author.kind === "visitor" ? last.at_ms : null;
}
