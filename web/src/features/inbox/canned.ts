/** Canned replies: finding one by what follows the slash, and filling in its places. */
import type { CannedReplyView, ConversationView } from "../../wire";

/** The word after a slash at the caret, or null when there is none. */
export function slashWord(text: string, caret: number): { from: number; word: string } | null {
  const match = /(?:^|\s)\/([\w-]*)$/.exec(text.slice(0, caret));
  return match ? { from: caret - (match[1]?.length ?? 0) - 1, word: match[1] ?? "" } : null;
}

/** Replies that fit ``word``; the visitor's language first, then by shortcut. */
export function findReplies(
  all: CannedReplyView[],
  word: string,
  language: string,
): CannedReplyView[] {
  const wanted = word.toLowerCase();
  const rank = (reply: CannedReplyView) =>
    (reply.language && !language.startsWith(reply.language) ? 2 : 0) +
    (reply.shortcut.toLowerCase().startsWith(wanted) ? 0 : 1);
  return all
    .filter(
      (reply) =>
        reply.shortcut.toLowerCase().includes(wanted) || reply.title.toLowerCase().includes(wanted),
    )
    .sort((a, b) => rank(a) - rank(b) || a.shortcut.localeCompare(b.shortcut))
    .slice(0, 8);
}

/** Fill ``{name}``, ``{agent}``, ``{site}``; a place without a value is left for the agent to see. */
export function fillReply(text: string, conversation: ConversationView, agentName: string): string {
  const values: Record<string, string> = {
    name: conversation.contact.name,
    agent: agentName,
    site: conversation.site_name,
  };
  return text.replace(/\{(name|agent|site)\}/g, (place, key: string) => values[key] || place);
}
