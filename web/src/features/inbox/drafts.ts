/** What was typed and not sent, per conversation; survives reload, sign-out and a dead socket. */

const keyOf = (userId: string, conversationId: string) => `wecc.draft.${userId}.${conversationId}`;

export const readDraft = (userId: string, conversationId: string) =>
  localStorage.getItem(keyOf(userId, conversationId)) ?? "";

export function writeDraft(userId: string, conversationId: string, text: string): void {
  if (text) localStorage.setItem(keyOf(userId, conversationId), text);
  else localStorage.removeItem(keyOf(userId, conversationId));
}
