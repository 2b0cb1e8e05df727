/** One line of the thread. */
import { Component, type JSX } from "preact";
import type { Line } from "../state/select";
import type { Chat } from "./context";
import { Icon } from "./icons";
import { Attachment, Failed, Linked, RareSystem } from "./parts";
import { System } from "./system";

interface Props {
  chat: Chat;
  line: Line;
  /** The first of a run by the same author shows the name, the last of it the time. */
  isFirst: boolean;
  isLast: boolean;
}

export class Message extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { line, isFirst, isLast } = this.props;
    return (
      next.line.message !== line.message ||
      next.line.tick !== line.tick ||
      next.line.entry !== line.entry ||
      next.isFirst !== isFirst ||
      next.isLast !== isLast
    );
  }

  override render({ chat, line, isFirst, isLast }: Props): JSX.Element {
    const { message, tick } = line;
    const { speech, t } = chat;
    if (message.kind === "system") {
      const Said = speech.has(`sys_${message.code}`) ? System : RareSystem;
      return <Said chat={chat} message={message} />;
    }
    const isMine = message.author.kind === "visitor";
    return (
      <li class={`m ${isMine ? "me" : "them"}${isFirst ? " first" : ""}`}>
        {isFirst && !isMine && (
          <b class="who" dir="auto">
            {message.author.name || t("agent")}
          </b>
        )}
        <div class="b">
          {message.attachment ? (
            <Attachment chat={chat} file={message.attachment} />
          ) : (
            <p dir="auto">
              {message.text.includes("://") ? (
                <Linked chat={chat} text={message.text} />
              ) : (
                message.text
              )}
            </p>
          )}
          {message.redacted && <small>{t("redacted")}</small>}
        </div>
        {tick === "failed" ? (
          <Failed chat={chat} line={line} />
        ) : (
          (isLast || tick === "sending") && (
            <small class={`meta ${tick ?? ""}`}>
              <time class="n">{speech.time(message.at_ms)}</time>
              {tick && <Icon name={tick} />}
              {tick && <span class="tick">{t(tick)}</span>}
            </small>
          )
        )}
      </li>
    );
  }
}
