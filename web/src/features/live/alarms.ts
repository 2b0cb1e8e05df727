/** Alarms in words: the same on the live page, in a notice and in the list of earlier ones. */
import { type Key, type Translate, t as translate } from "../../i18n";
import { duration } from "../../i18n/format";
import type { AlarmView } from "../../wire";

/** Whether a target is missed already; the others come before it is. */
export const isBad = (alarm: AlarmView) => alarm.what === "late" || alarm.what === "nobody";

export function wordsOf(alarm: AlarmView, t: Translate = translate): string {
  const limit = alarm.what === "longest" ? duration(alarm.limit * 1_000) : alarm.limit;
  const queue = alarm.queue_name || t("reports.gone");
  return t(`alarm.${alarm.what}` as Key, { queue, n: alarm.number, limit });
}

export const worstOf = (alarm: AlarmView, t: Translate) =>
  t(alarm.what === "level" ? "alarm.percent" : "alarm.contacts", { n: alarm.worst });
