import { type Key, useText } from "../../i18n";
import { Icon } from "../../icons";
import type { BoardView } from "../../wire";
import css from "./live.module.css";

interface Alarm {
  id: string;
  words: string;
  bad: boolean;
}

function useAlarms(today: BoardView): Alarm[] {
  const t = useText();
  return today.queues.flatMap((queue) => {
    const found: Alarm[] = [];
    const say = (id: string, key: Key, more: Record<string, string | number>, bad: boolean) =>
      found.push({
        id: `${queue.queue_id}/${id}`,
        words: t(key, { queue: queue.name, ...more }),
        bad,
      });
    if (queue.late > 0) say("late", "board.late", { n: queue.late }, true);
    if (queue.soon > 0) say("soon", "board.soon", { n: queue.soon }, false);
    if (queue.below_target.length > 0) {
      const kinds = queue.below_target.map((kind) => t(`live.kind.${kind}` as Key)).join(", ");
      say("below", "board.below", { kinds }, false);
    }
    return found;
  });
}

/** What needs somebody now: said once by screen readers, and never by colour alone. */
export function Alarms({ today }: { today: BoardView }) {
  const t = useText();
  const alarms = useAlarms(today);
  return (
    <section className={css.alarms} aria-label={t("board.alarms")} aria-live="polite">
      {alarms.length === 0 && (
        <p className={css.fine}>
          <Icon name="check" size={16} /> {t("board.fine")}
        </p>
      )}
      {alarms.map((alarm) => (
        <p key={alarm.id} className={alarm.bad ? css.late : css.near}>
          <Icon name={alarm.bad ? "alert" : "bell"} size={16} /> {alarm.words}
        </p>
      ))}
    </section>
  );
}
