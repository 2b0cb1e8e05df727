/** What the server says of a draft while it is being written. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { type ApiError, asApiError, post } from "../../data/http";
import { errorWords } from "../../i18n";
import type { QueueWarning, SkillMatch } from "../../wire";
import { type Draft, NEW } from "./draft";

const MATCH_MS = 250;
const CHECK_MS = 500;

const queueOf = (id: string) => (id === NEW ? null : id);

/** Who meets each expression of the draft, by its text. */
function useMatches(id: string, draft: Draft, members: string[] | null) {
  const now = [...new Set(draft.steps.flatMap((step) => [step.expression, step.preferred]))];
  const [texts] = useDebouncedValue(now, MATCH_MS);
  const { data } = useQuery({
    queryKey: ["matches", id, texts, members],
    queryFn: async () => {
      const body = { queue_id: queueOf(id), expressions: texts, agent_ids: members };
      const found = await post<SkillMatch[]>("/queues/matches", body);
      return new Map(texts.map((text, index) => [text, found[index] as SkillMatch]));
    },
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  return data ?? new Map<string, SkillMatch>();
}

/** Warnings about the draft, or why it would be refused; the name may still be missing. */
function useCheck(id: string, draft: Draft) {
  const whole = { ...draft, name: draft.name.trim() || "\u2026", note: "" };
  const [body] = useDebouncedValue(JSON.stringify(whole), CHECK_MS);
  const path = id === NEW ? "/queues/check" : `/queues/${id}/check`;
  return useQuery({
    queryKey: ["queue check", id, body],
    queryFn: () => post<QueueWarning[]>(path, JSON.parse(body)),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** ``steps[0].after_s`` and ``steps.0.after_s`` are the same field. */
const field = (error: ApiError) => (error.field ?? "").replace(/\[(\d+)\]/g, ".$1");

interface Asked {
  id: string;
  draft: Draft;
  members: string[] | null;
  refused: ApiError | null;
}

export function useAdvice({ id, draft, members, refused }: Asked) {
  const matches = useMatches(id, draft, members);
  const check = useCheck(id, draft);
  const error = refused ?? (check.error ? asApiError(check.error) : null);
  return {
    matches,
    warnings: check.error ? [] : (check.data ?? []),
    error,
    errorOf: (name: string) => (error && field(error) === name ? errorWords(error) : undefined),
  };
}

export interface Rule extends ReturnType<typeof useAdvice> {
  id: string;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** Who is to serve the queue; null until that is known. */
  members: string[] | null;
  join: (members: string[]) => void;
}

export const RuleContext = createContext<Rule | null>(null);

/** The queue this page is about. */
export function useRule(): Rule {
  const rule = useContext(RuleContext);
  if (!rule) throw new Error("outside of a queue's page");
  return rule;
}
