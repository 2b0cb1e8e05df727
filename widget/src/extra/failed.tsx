/** A line that was refused: why, and what can be done. */
import type { JSX } from "preact";
import type { Chat } from "../chat/context";
import { Icon } from "../chat/icons";
import type { Line } from "../state/select";
import css from "./failed.css?inline";

export { css };

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
