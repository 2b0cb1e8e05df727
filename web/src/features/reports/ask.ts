/** What a report shows, kept in the address: links, back and reload bring the same report. */
import { useMemo } from "react";
import { useSearchParams } from "wouter";

export const BYS = ["queue", "agent", "kind", "states"] as const;
export const INTERVALS = ["5", "15", "30", "60", "day", "week", "month"] as const;
export const KINDS = ["chat", "call", "message"] as const;
export const LEVELS = [
  "service_level_settled",
  "service_level_answered",
  "service_level_offered",
  "service_level_patient",
] as const;

/** Intervals of whole days, whose rows need no time of the day. */
export const isDays = (interval: Ask["interval"]) =>
  interval === "day" || interval === "week" || interval === "month";

export interface Ask {
  by: (typeof BYS)[number];
  interval: (typeof INTERVALS)[number];
  from: string;
  to: string;
  tz: string;
  queue: string;
  kind: string;
  level: (typeof LEVELS)[number];
  robots: boolean;
}

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The date ``daysAgo`` days before today in a time zone, as ``YYYY-MM-DD``. */
export function dayIn(tz: string, nowMs: number, daysAgo = 0): string {
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: tz, dateStyle: "short" }).format(nowMs);
  return shift(day, -daysAgo);
}

/** A date some days later, whatever clocks do. */
export function shift(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

function one<T extends string>(value: string | null, known: readonly T[], fallback: T): T {
  return known.find((each) => each === value) ?? fallback;
}

function zoneOf(value: string | null): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value ?? "" });
    return value ?? browserZone();
  } catch {
    return browserZone();
  }
}

export function readAsk(params: URLSearchParams, isDemo: boolean, nowMs: number): Ask {
  const tz = zoneOf(params.get("tz"));
  const date = (name: string) => {
    const value = params.get(name) ?? "";
    return DATE.test(value) && !Number.isNaN(Date.parse(value)) ? value : dayIn(tz, nowMs);
  };
  const robots = params.get("robots");
  return {
    by: one(params.get("by"), BYS, "queue"),
    interval: one(params.get("interval"), INTERVALS, "30"),
    from: date("from"),
    to: date("to"),
    tz,
    queue: params.get("queue") ?? "",
    kind: one(params.get("kind"), KINDS, "" as (typeof KINDS)[number]),
    level: one(params.get("level"), LEVELS, LEVELS[0]),
    robots: robots === null ? isDemo : robots === "true",
  };
}

/** The query of the REST API; the last day is included, so the end is the day after. */
export function queryOf(ask: Ask): string {
  const query = new URLSearchParams({
    by: ask.by === "states" ? "agent" : ask.by,
    interval: ask.interval,
    from: ask.from,
    to: shift(ask.to, 1),
    tz: ask.tz,
  });
  if (ask.queue) query.set("queue_id", ask.queue);
  if (ask.kind) query.set("kind", ask.kind);
  if (ask.robots) query.set("robots", "true");
  return query.toString();
}

/** What is asked now, and a way to change a part of it. */
export function useAsk(isDemo: boolean): [Ask, (change: Partial<Ask>) => void] {
  const [params, setParams] = useSearchParams();
  const ask = useMemo(() => readAsk(params, isDemo, Date.now()), [params, isDemo]);
  const change = (part: Partial<Ask>) => {
    const next = { ...ask, ...part };
    setParams(
      Object.fromEntries(Object.entries(next).map(([name, value]) => [name, String(value)])),
      { replace: true },
    );
  };
  return [ask, change];
}
