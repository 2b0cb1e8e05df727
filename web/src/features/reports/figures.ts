/** Which figures a report shows, and how a value is written. */
import type { Key, Language, Translate } from "../../i18n";
import { duration } from "../../i18n/format";
import type { ReportRow } from "../../wire";
import type { Ask } from "./ask";

const SHARES = new Set(["abandon_rate", "occupancy", "utilisation", "rating_good"]);

/** Figures with a list of contacts behind them. */
export const LISTED = new Set([
  "offered",
  "answered",
  "abandoned",
  "waiting",
  "replied",
  "moved_out",
  "accepted",
  "handled",
  "transferred_in",
  "transferred_out",
]);

const OF_WAITS = [
  "abandon_rate",
  "answer_wait_avg_ms",
  "answer_wait_p90_ms",
  "answer_wait_max_ms",
  "first_reply_avg_ms",
  "handle_avg_ms",
  "transferred_in",
  "transferred_out",
  "unanswered",
  "ratings",
  "rating_avg",
  "rating_good",
];
const OF_AGENTS = [
  "accepted",
  "handled",
  "first_reply_avg_ms",
  "talk_avg_ms",
  "wrap_up_avg_ms",
  "handle_avg_ms",
  "transfers_accepted",
  "transferred_out",
  "ratings",
  "rating_avg",
  "rating_good",
  "offers",
  "declined",
  "unanswered",
  "signed_in_ms",
  "ready_ms",
  "busy_ms",
  "occupancy",
  "utilisation",
];

export function columnsOf(ask: Ask): string[] {
  if (ask.by === "agent") return OF_AGENTS;
  return ["offered", "answered", "abandoned", "waiting", ask.level, ...OF_WAITS];
}

/** What the chart draws: two counts as bars, one share as a line. */
export function drawnOf(ask: Ask): [string, string, string] {
  if (ask.by === "agent") return ["accepted", "unanswered", "occupancy"];
  return ["answered", "abandoned", ask.level];
}

export const isShare = (name: string) => SHARES.has(name) || name.startsWith("service_level");

/** A figure for people; what is unknown is a dash, never a zero. */
export function written(language: Language, name: string, value: number | null | undefined) {
  if (value === null || value === undefined) return "–";
  if (name.endsWith("_ms")) return duration(value);
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  if (name === "rating_avg") return value.toLocaleString(locale, { minimumFractionDigits: 1 });
  if (!isShare(name)) return value.toLocaleString(locale);
  return `${value.toLocaleString(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 })} %`;
}

export const nameOfFigure = (t: Translate, name: string) => t(`figure.${name}` as Key);

/** What a row is about; a queue or person that is gone has no name any more. */
export function nameOfRow(t: Translate, ask: Ask, row: ReportRow): string {
  if (ask.by === "kind") return t(`live.kind.${row.id}` as Key);
  return row.name || t("reports.gone");
}

/** A moment in the report's own time zone, whatever the browser's is. */
export function momentIn(language: Language, tz: string, atMs: number): string {
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    timeZone: tz,
    dateStyle: "medium",
    timeStyle: "short",
  }).format(atMs);
}

export function timeOfRow(language: Language, tz: string, row: ReportRow, isDay: boolean): string {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  const day: Intl.DateTimeFormatOptions = {
    timeZone: tz,
    weekday: "short",
    day: "numeric",
    month: "short",
  };
  if (isDay) return new Intl.DateTimeFormat(locale, day).format(row.start_ms);
  return new Intl.DateTimeFormat(locale, {
    ...day,
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(row.start_ms);
}

/** One value per interval; where nothing happened a count is 0 and a share unknown. */
export function series(intervals: number[], rows: ReportRow[], name: string): (number | null)[] {
  const of = new Map(rows.map((row) => [row.start_ms, row.figures[name] ?? null]));
  return intervals.map((start) => of.get(start) ?? (isShare(name) ? null : 0));
}
