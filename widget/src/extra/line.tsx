/** Lines of the thread that not every chat has: what happened, and what was refused. */
import type { JSX } from "preact";
import type { Chat } from "../chat/context";
import { Icon } from "../chat/icons";
import type { Line } from "../state/select";
import type { MessageView } from "../wire";
import css from "./line.css?inline";

export { css };

export function System({ chat, message }: { chat: Chat; message: MessageView }): JSX.Element {
  const { speech, t } = chat;
  const name = message.params.name ?? message.params.agent_name ?? message.params.agent;
  return (
    <li class="sys">
      <span dir="auto">
        {speech.maybe(`sys_${message.code}`, "sys_left", { name: name || t("agent") })}
      </span>{" "}
      <time class="n">{speech.time(message.at_ms)}</time>
    </li>
  );
}

export function Failed({ chat, line }: { chat: Chat; line: Line }): JSX.Element | null {
  const { engine, host, speech, t } = chat;
  const { entry } = line;
  if (!entry) return null;
  const { ref } = entry.frame;
  const isAway = entry.failed === "nobody_there";
  const limit = entry.failed === "too_large" ? `${host.config.max_text_chars}` : "";
  return (
    <div class="fail" role="alert">
      <Icon name="failed" />
      <span>{speech.maybe(`err_${entry.failed}`, "failed", { n: limit })}</span>
      <button type="button" onClick={() => (isAway ? engine.asMessage(ref) : engine.retry(ref))}>
        {t(isAway ? "asMessage" : "again")}
      </button>
      <button type="button" onClick={() => engine.discard(ref)}>
        {t("remove")}
      </button>
    </div>
  );
}
