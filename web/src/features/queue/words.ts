/** A queue's rules in plain words: what a step does, and what is different between two versions. */
import { type Key, t } from "../../i18n";
import { duration } from "../../i18n/format";
import type { QueueOverflow, QueueStep, WrapUpTime } from "../../wire";
import { alike, type Draft, KINDS, startsOf } from "./draft";

export const seconds = (value: number) => duration(value * 1_000);

const join = (parts: string[]) => parts.filter(Boolean).join(t("rule.say.join"));

const who = (expression: string) =>
  expression.trim() ? t("rule.say.meets", { expression }) : t("rule.say.anybody");

function fromWhen(step: QueueStep, start: number, index: number): string {
  if (index === 0)
    return step.after_s === null ? "" : t("rule.say.first", { time: seconds(step.after_s) });
  return step.after_s === null
    ? t("rule.say.last", { time: seconds(start) })
    : t("rule.say.between", { from: seconds(start), to: seconds(start + step.after_s) });
}

/** One step as a sentence. */
export function stepWords(steps: QueueStep[], index: number): string {
  const step = steps[index];
  if (!step) return "";
  const start = startsOf(steps)[index] ?? 0;
  const when = fromWhen(step, start, index);
  return join([
    when ? t("rule.say.step", { when, who: who(step.expression) }) : who(step.expression),
    step.preferred.trim() ? t("rule.say.preferred", { expression: step.preferred }) : "",
    step.priority ? t("rule.say.priority", { n: signed(step.priority) }) : "",
    step.drops_own ? t("rule.say.drops") : "",
    step.skip_if === "none" ? "" : t(`rule.say.skip.${step.skip_if}`),
  ]);
}

export const signed = (value: number) => (value > 0 ? `+${value}` : String(value));

export function wrapUpWords({ mode, seconds: length, extension_s }: WrapUpTime): string {
  const name = t(`rule.wrap.${mode}`);
  if (mode === "none") return name;
  return join([
    mode === "forced" ? name : `${name} ${seconds(length)}`,
    extension_s ? t("rule.say.extension", { time: seconds(extension_s) }) : "",
  ]);
}

export type Names = (noun: "queue" | "hours" | "disposition" | "agent", id: string) => string;

export function overflowWords(rule: QueueOverflow, names: Names): string {
  const limit = rule.when === "wait" ? seconds(rule.limit) : rule.limit;
  const when = t(`rule.say.overflow.${rule.when}`, { n: limit });
  const to = rule.to_queue_id
    ? t("rule.say.toQueue", { name: names("queue", rule.to_queue_id) })
    : t("rule.say.toMessage");
  return t("rule.say.overflow", { when, to });
}

const change = (what: string, from: string, to: string) =>
  t("rule.diff", { what, from: from || "–", to: to || "–" });

const SCALARS: [keyof Draft, Key, (value: never, names: Names) => string][] = [
  ["name", "admin.name", (value: string) => value],
  ["priority", "rule.priority", (value: number) => String(value)],
  [
    "hours_id",
    "rule.hours",
    (value: string | null, names) => (value ? names("hours", value) : t("rule.always")),
  ],
  ["order", "rule.order", (value: Draft["order"] & string) => t(`rule.order.${value}`)],
  ["pull_oldest", "rule.pull", (value: number) => (value ? String(value) : t("rule.off"))],
  ["fairness_window_s", "rule.fairness", (value: number) => timed(value)],
  ["sticky_s", "rule.sticky", (value: number) => timed(value)],
  ["recall", "rule.recall", (value: Draft["recall"]) => recallWords(value)],
  ["no_answer_strikes", "rule.strikes", (value: number) => String(value)],
  ["reply_timeout_s", "rule.reply", (value: number) => timed(value)],
];

const timed = (value: number) => (value ? seconds(value) : t("rule.off"));

const recallWords = ({ minutes, keep }: Draft["recall"]) =>
  minutes
    ? join([seconds(60 * (minutes ?? 0)), t(`rule.recall.${keep ?? "place"}`)])
    : t("rule.off");

function stepChanges(before: QueueStep[], after: QueueStep[]): string[] {
  const most = Math.max(before.length, after.length);
  return Array.from({ length: most }, (_, index) => {
    const name = t("rule.step", { n: index + 1 });
    if (!after[index]) return t("rule.diff.gone", { what: name });
    if (!before[index]) return t("rule.diff.added", { what: name, words: stepWords(after, index) });
    if (alike(before[index], after[index])) return "";
    const [from, to] = [stepWords(before, index), stepWords(after, index)];
    return change(name, from, to);
  });
}

function kindChanges(before: Draft, after: Draft): string[] {
  return KINDS.flatMap((kind) => {
    const name = t(`kind.${kind}`);
    const [ring, rang] = [after.offer_timeout_s[kind] ?? 0, before.offer_timeout_s[kind] ?? 0];
    const [wrap, wrapped] = [after.wrap_up[kind], before.wrap_up[kind]];
    const [aim, aimed] = [after.service_target[kind], before.service_target[kind]];
    const share = (target: typeof aim) =>
      target ? t("rule.say.target", { n: target.percent, time: seconds(target.within_s) }) : "";
    return [
      ring === rang ? "" : change(`${name}: ${t("rule.ring")}`, seconds(rang), seconds(ring)),
      alike(wrap, wrapped) || !wrap || !wrapped
        ? ""
        : change(`${name}: ${t("rule.wrap")}`, wrapUpWords(wrapped), wrapUpWords(wrap)),
      alike(aim, aimed) ? "" : change(`${name}: ${t("rule.target")}`, share(aimed), share(aim)),
    ];
  });
}

/** What is different, a sentence each; nothing when nothing is. */
export function differences(before: Draft, after: Draft, names: Names): string[] {
  const scalars = SCALARS.map(([field, label, words]) => {
    const [from, to] = [before[field] as never, after[field] as never];
    return alike(from, to) ? "" : change(t(label), words(from, names), words(to, names));
  });
  const listed = (rules: QueueOverflow[]) =>
    rules.map((rule) => overflowWords(rule, names)).join(t("rule.say.join"));
  const outcomes = (ids: string[]) => ids.map((id) => names("disposition", id)).join(", ");
  return [
    ...scalars,
    ...stepChanges(before.steps, after.steps),
    alike(before.overflow, after.overflow)
      ? ""
      : change(t("rule.overflow"), listed(before.overflow), listed(after.overflow)),
    ...kindChanges(before, after),
    alike(before.disposition_ids, after.disposition_ids)
      ? ""
      : change(
          t("rule.dispositions"),
          outcomes(before.disposition_ids),
          outcomes(after.disposition_ids),
        ),
  ].filter(Boolean);
}

/** Who joins and who leaves. */
export function membersChanged(before: string[], after: string[], names: Names): string[] {
  const missing = (from: string[], of: string[]) =>
    from
      .filter((id) => !of.includes(id))
      .map((id) => names("agent", id))
      .join(", ");
  const [joins, leaves] = [missing(after, before), missing(before, after)];
  return [
    joins && t("rule.members.join", { names: joins }),
    leaves && t("rule.members.leave", { names: leaves }),
  ].filter(Boolean);
}
