import { useText } from "../../i18n";
import { duration } from "../../i18n/format";
import { Icon } from "../../icons";
import { useNow } from "../../live/clock";
import { useLive } from "../../live/store";
import css from "./inbox.module.css";

/** The contact still waits for a first reply: how long until somebody else gets the chat. */
export function ReplyDue({ interactionId }: { interactionId: string }) {
  const t = useText();
  const now = useNow();
  const dueAtMs = useLive((state) => state.replyDue[interactionId]);
  if (dueAtMs === undefined) return null;
  const left = dueAtMs - now;
  return (
    <div className={css.replyDue} role="alert">
      <Icon name="alert" />
      {left > 0 ? t("reply.due", { time: duration(left) }) : t("reply.over")}
    </div>
  );
}
