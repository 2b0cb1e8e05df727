/** A line that says what happened. */
import type { JSX } from "preact";
import type { MessageView } from "../wire";
import type { Chat } from "./context";

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
