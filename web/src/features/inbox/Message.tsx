import { useLanguage, useText } from "../../i18n";
import { clockTime } from "../../i18n/format";
import { Icon } from "../../icons";
import type { ConversationView, MessageView } from "../../wire";
import { FileCard } from "./FileCard";
import css from "./inbox.module.css";
import { systemWords } from "./words";

interface Props {
  message: MessageView;
  /** Whether name and time stand above it: the first of a run by one author. */
  first: boolean;
  /** Whether it is the newest answer, which tells how far it got. */
  newest: boolean;
  conversation: ConversationView;
}

/** How far the visitor got with my newest message; nothing where nothing is known. */
function Receipt({ message, conversation }: Pick<Props, "message" | "conversation">) {
  const t = useText();
  const receipt = conversation.receipts.find((each) => each.party === "visitor");
  const read = (receipt?.read_seq ?? 0) >= message.seq;
  const delivered = (receipt?.delivered_seq ?? 0) >= message.seq;
  const words = read ? t("receipt.read") : delivered ? t("receipt.delivered") : t("receipt.sent");
  return (
    <span className={css.receipt}>
      <Icon name={delivered || read ? "checks" : "check"} size={14} />
      {words}
    </span>
  );
}

function Body({ message }: { message: MessageView }) {
  const t = useText();
  if (message.attachment) return <FileCard attachment={message.attachment} />;
  if (message.redacted && !message.text) return <em>{t("thread.redacted")}</em>;
  return <>{message.text}</>;
}

export function Message({ message, first, newest, conversation }: Props) {
  const t = useText();
  const language = useLanguage();
  if (message.kind === "system") {
    return (
      <div className={css.system}>
        <span>{systemWords(t, message)}</span>
        <time className="num">{clockTime(language, message.at_ms)}</time>
      </div>
    );
  }
  const mine = message.author.kind === "agent";
  const note = message.kind === "note";
  return (
    <article className={css.message} data-mine={mine} data-note={note} data-message={message.id}>
      {first && (
        <header className={css.meta}>
          <strong>{message.author.name || t("contact.unnamed")}</strong>
          <time className="num">{clockTime(language, message.at_ms)}</time>
        </header>
      )}
      <div className={css.bubble} dir="auto">
        {note && (
          <div className={css.noteHead}>
            <Icon name="lock" size={13} />
            {t("thread.privateNote")}
          </div>
        )}
        <Body message={message} />
      </div>
      {newest && <Receipt message={message} conversation={conversation} />}
    </article>
  );
}
