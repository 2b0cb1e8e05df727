/** Text as text. Addresses become links only when they are http(s), and show their real host. */
import type { ComponentChild } from "preact";
import type { Chat } from "../chat/context";

const ADDRESS = /\bhttps?:\/\/[^\s<>"'\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;

/** The parts of a text: plain strings and links `[address, label]`. */
export function split(text: string): (string | [href: string, label: string])[] {
  const parts: (string | [string, string])[] = [];
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const raw = found[0].replace(/[.,;:!?)\]}、。，！？）]+$/, "");
    const url = URL.canParse(raw) ? new URL(raw) : null;
    if (!url || url.username || url.password) continue;
    if (found.index > at) parts.push(text.slice(at, found.index));
    const isPlain = raw.toLowerCase().startsWith(`${url.protocol}//${url.host}`);
    parts.push([url.href, isPlain ? raw : url.href]);
    at = found.index + raw.length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

export function Linked({ text }: { chat: Chat; text: string }): ComponentChild {
  return split(text).map((part) =>
    typeof part === "string" ? (
      part
    ) : (
      <a href={part[0]} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
        {part[1]}
      </a>
    ),
  );
}
