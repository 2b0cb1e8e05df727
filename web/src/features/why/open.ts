import { get } from "../../data/http";
import type { WaitedView } from "../../wire";

/** Asking for an explanation from anywhere in the desk; the sheet is loaded when it is first asked for. */
export const WHY = "wecc-why";

/** Ask about the newest work of a conversation; for leads, whose own work it is not. */
export async function openWhyOf(conversationId: string): Promise<void> {
  const work = await get<WaitedView[]>(`/conversations/${conversationId}/interactions`);
  const newest = work.at(-1);
  if (newest) openWhy(newest.interaction_id);
}

export const openWhy = (interactionId: string) =>
  window.dispatchEvent(new CustomEvent<string>(WHY, { detail: interactionId }));
