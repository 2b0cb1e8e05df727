/** A queue while it is being set up: its defaults, what may stand where, whether it changed. */
import { create } from "zustand";
import type { QueueBody, QueueStep, QueueView, ServiceTarget, WrapUpTime } from "../../wire";

export type Draft = Required<QueueBody>;
export const KINDS = ["chat", "call", "message"] as const;
export type Kind = (typeof KINDS)[number];
export const MOST = 8;
export const NEW = "new";

const RING_S: Record<Kind, number> = { chat: 30, call: 20, message: 120 };
const TARGET: Record<Kind, ServiceTarget> = {
  chat: { percent: 80, within_s: 60 },
  call: { percent: 80, within_s: 20 },
  message: { percent: 80, within_s: 14_400 },
};
const WRAP_UP: WrapUpTime = { mode: "timed", seconds: 60, extension_s: 0 };
const STEP_S = 30;

export const STEP: QueueStep = {
  expression: "",
  preferred: "",
  after_s: null,
  priority: 0,
  skip_if: "none",
  drops_own: false,
};

/** A value for every kind of work: the one that is there, or its default. */
function perKind<Value>(given: Record<string, Value>, otherwise: (kind: Kind) => Value) {
  return Object.fromEntries(KINDS.map((kind) => [kind, given[kind] ?? otherwise(kind)]));
}

/** A new queue: a name is all that it still needs. */
export function blank(): Draft {
  return {
    name: "",
    steps: [STEP],
    order: "longest_idle",
    overflow: [],
    priority: 0,
    hours_id: null,
    offer_timeout_s: perKind({}, (kind) => RING_S[kind]),
    no_answer_strikes: 1,
    reply_timeout_s: 0,
    sticky_s: 0,
    pull_oldest: 100,
    fairness_window_s: 0,
    recall: { minutes: 0, keep: "place" },
    wrap_up: perKind({}, () => WRAP_UP),
    service_target: perKind({}, (kind) => TARGET[kind]),
    disposition_ids: [],
    note: "",
  };
}

/** A published queue, complete, ready to be changed. */
export function draftOf(view: QueueView): Draft {
  const fields = Object.keys(blank()).filter((name) => name in view);
  const body = Object.fromEntries(fields.map((name) => [name, view[name as keyof QueueView]]));
  return {
    ...blank(),
    ...body,
    offer_timeout_s: perKind(view.offer_timeout_s, (kind) => RING_S[kind]),
    wrap_up: perKind(view.wrap_up, () => WRAP_UP),
    service_target: perKind(view.service_target, (kind) => TARGET[kind]),
  };
}

/** Steps as they may stand: every one but the last has a time, the first adds no priority. */
export function settled(steps: QueueStep[]): QueueStep[] {
  return steps.map((step, index) => ({
    ...step,
    priority: index === 0 ? 0 : step.priority,
    ...(index === steps.length - 1
      ? { after_s: null, skip_if: "none" as const }
      : { after_s: step.after_s ?? STEP_S }),
  }));
}

export function moved<Item>(items: Item[], from: number, to: number): Item[] {
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

/** The seconds of waiting at which each step begins. */
export function startsOf(steps: QueueStep[]): number[] {
  let at = 0;
  return steps.map((step) => {
    const start = at;
    at += step.after_s ?? 0;
    return start;
  });
}

const ordered = (value: unknown): unknown =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([key, each]) => [key, ordered(each)]),
      )
    : Array.isArray(value)
      ? value.map(ordered)
      : value;

/** Whether two values say the same, however their fields are ordered. */
export const alike = (a: unknown, b: unknown) =>
  JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));

export interface Kept {
  draft: Draft;
  /** The version it was begun on; 0 for a new queue. */
  base: number;
  /** Who is to serve the queue, when that was changed too. */
  members: string[] | null;
}

/** What was changed and not published, by queue: it outlives leaving the page. */
export const useDrafts = create<{ kept: Record<string, Kept> }>(() => ({ kept: {} }));

export function keep(id: string, kept: Kept): void {
  useDrafts.setState((state) => ({ kept: { ...state.kept, [id]: kept } }));
}

export function forget(id: string): void {
  useDrafts.setState((state) => ({
    kept: Object.fromEntries(Object.entries(state.kept).filter(([key]) => key !== id)),
  }));
}
