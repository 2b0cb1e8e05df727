import type { Key, Translate } from "../../i18n";
import { duration } from "../../i18n/format";
import type { MessageView } from "../../wire";

const CODES = new Set([
  "joined",
  "left",
  "transferred",
  "requeued",
  "ended",
  "missed",
  "left_message",
  "call_started",
  "call_ended",
  "rated",
  "unanswered",
]);

/** Who or what an event is about: the servers' parameters have several names for it. */
function subject(params: MessageView["params"]): string {
  return params.agent ?? params.name ?? params.to ?? params.queue ?? params.duration_ms ?? "";
}

/** A system event as a sentence. An unknown code is shown as it is, not hidden. */
export function systemWords(t: Translate, message: MessageView): string {
  if (!CODES.has(message.code)) return message.text || message.code;
  const { params } = message;
  const name = subject(params);
  const key = `system.${message.code}${name ? "" : ".plain"}` as Key;
  const length = duration(Number(params.duration_ms ?? 0));
  return t(key, { rating: "", ...params, name, duration: length });
}

/** More than one line of a list holds; the rest would only be laid out to be cut off. */
const LINE_CHARS = 300;

/** The line under a name in a list. */
export function snippet(t: Translate, message: MessageView | null): string {
  if (!message) return t("list.nothingYet");
  if (message.kind === "system") return systemWords(t, message);
  const text =
    message.kind === "file"
      ? t("list.file", { name: message.attachment?.name ?? "" })
      : message.text.slice(0, LINE_CHARS);
  if (message.kind === "note") return t("list.note", { text });
  return message.author.kind === "agent" ? t("list.you", { text }) : text;
}
