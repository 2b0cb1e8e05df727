import type { Key, Translate } from "../../i18n";
import { duration } from "../../i18n/format";
import type {
  ExclusionView,
  ExplanationView,
  LackView,
  OfferExplanation,
  StretchView,
  TurnView,
} from "../../wire";

/** A line of the story: from when, how long (null: it is a moment, or goes on), and its words. */
export interface Line {
  atMs: number;
  lastsMs: number | null;
  tone: StretchView["cause"] | "turn";
  text: string;
  why: string;
}

/** Names of ids; whom the reader may not know is "somebody". */
export interface Names {
  agent: (id: string | null) => string;
  queue: (id: string | null) => string;
  skill: (id: string) => string;
}

export function namesOf(t: Translate, view: ExplanationView): Names {
  return {
    agent: (id) => (id && view.agents[id]) || t("why.somebody"),
    queue: (id) => (id && view.queues[id]) || t("why.goneQueue"),
    skill: (id) => view.skills[id] || t("why.goneSkill"),
  };
}

function placeWords(t: Translate, places: number[]): string {
  const [first, last] = places;
  if (first === undefined || last === undefined) return "";
  if (first === last) return t("why.place", { place: first });
  return t("why.places", { first, last });
}

function stretchText(t: Translate, names: Names, one: StretchView): string {
  const text = t(`why.cause.${one.cause}` as Key, {
    queue: names.queue(one.queue_id),
    step: one.step + 1,
    name: names.agent(one.agent_id),
    ahead: Math.max(1, (one.places[0] ?? 2) - 1),
  });
  const closed = one.detail ? ` ${t(`why.closed.${one.detail}` as Key)}` : "";
  const place = one.cause === "ringing" || one.cause === "in_hand" ? "" : placeWords(t, one.places);
  return `${text}${closed}${place ? ` ${place}` : ""}`;
}

function reasonOf(t: Translate, turn: TurnView): string {
  return turn.reason ? t(`why.because.${turn.reason}` as Key) : "";
}

function turnText(t: Translate, names: Names, turn: TurnView): string {
  return t(`why.turn.${turn.what}` as Key, {
    name: names.agent(turn.by || turn.agent_id),
    queue: names.queue(turn.queue_id),
    to: turn.to_queue_id ? names.queue(turn.to_queue_id) : t("why.message"),
    step: (turn.step ?? 0) + 1,
    because: reasonOf(t, turn),
    before: turn.ready_before ?? 0,
    after: turn.ready_after ?? 0,
    priority: turn.priority ?? 0,
    from: turn.priority_before ?? 0,
  });
}

const QUIET: TurnView["what"][] = ["accepted", "taken", "readmitted", "overflow_passed"];

/** Everything that happened, in its order, in words. */
export function linesOf(t: Translate, view: ExplanationView): Line[] {
  const names = namesOf(t, view);
  const stretches: Line[] = view.stretches.map((one) => ({
    atMs: one.from_ms,
    lastsMs: (one.to_ms ?? view.until_ms) - one.from_ms,
    tone: one.cause,
    text: stretchText(t, names, one),
    why: "",
  }));
  const turns: Line[] = view.turns
    .filter((turn) => !QUIET.includes(turn.what))
    .map((turn) => ({
      atMs: turn.at_ms,
      lastsMs: null,
      tone: "turn",
      text: turnText(t, names, turn),
      why: turn.why,
    }));
  return [...turns, ...stretches].sort((a, b) => a.atMs - b.atMs);
}

function lackText(t: Translate, names: Names, lack: LackView): string {
  const skill = names.skill(lack.skill_id);
  if (lack.high < 0) return t("why.lack.without", { skill });
  if (lack.has === null) return t("why.lack.none", { skill, low: Math.max(0, lack.low) });
  if (lack.has < lack.low) return t("why.lack.low", { skill, low: lack.low, has: lack.has });
  return t("why.lack.high", { skill, high: lack.high, has: lack.has });
}

/** Everything that kept an agent from the work, in one sentence. */
export function exclusionText(t: Translate, names: Names, one: ExclusionView): string {
  return one.reasons
    .map((reason) => {
      if (reason === "unskilled" && one.lacks.length > 0)
        return one.lacks.map((lack) => lackText(t, names, lack)).join(t("why.and"));
      const more = reason === "not_ready" && one.state_reason ? ` (${stateReason(t, one)})` : "";
      return t(`why.reason.${reason}` as Key, { held: one.held, limit: one.limit }) + more;
    })
    .join(t("why.and"));
}

const KNOWN = ["no_answer", "no_reply", "break", "meal", "meeting", "training", "admin"];

function stateReason(t: Translate, one: ExclusionView): string {
  const code = one.state_reason;
  return KNOWN.includes(code) ? t(`why.state.${code}` as Key) : code;
}

/** Why the choice fell on this agent. */
export function choiceText(t: Translate, names: Names, offer: OfferExplanation): string {
  const name = names.agent(offer.agent_id);
  if (offer.found_by === "hand") {
    const by = names.agent(offer.by || offer.agent_id);
    return t(offer.by ? "why.found.hand" : "why.found.taken", { name, by });
  }
  if (offer.found_by === "agent") return t("why.found.agent", { name, place: offer.place });
  const idle = duration(Math.max(0, offer.at_ms - offer.chosen.idle_since_ms));
  const rule = t(`why.order.${offer.order}` as Key, { held: offer.chosen.held, idle });
  const key = offer.runners_up.length > 0 ? "why.found.work" : "why.found.only";
  return `${t(key, { name, others: offer.runners_up.length + offer.behind })} ${rule}`;
}
