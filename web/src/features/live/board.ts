/** What the live page knows: the board, what the socket said since, and today's figures. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { get } from "../../data/http";
import { useMe } from "../../data/me";
import { useLiveBoard } from "../../data/rest";
import { serverNow } from "../../live/clock";
import { useLive } from "../../live/store";
import type { AgentView, BoardView, InteractionView, QueueBoard, QueueLive } from "../../wire";
import { browserZone } from "../reports/ask";
import css from "./live.module.css";

const EVERY_MS = 10_000;
const SOONEST_MS = 1_000;
/** What happened is counted about a second later. */
const COUNTED_MS = 1_500;

export const KINDS = ["chat", "call", "message"] as const;
export const sum = (record: Record<string, number>) =>
  Object.values(record).reduce((a, b) => a + b, 0);

const byId = <T>(items: T[], id: (item: T) => string) =>
  Object.fromEntries(items.map((item) => [id(item), item]));

/** Asked again a moment after somebody became ready or not: it changes who serves which queue. */
function useAgainWhenStaffed(refetch: () => unknown, agents: Record<string, AgentView>): void {
  const ready = Object.values(agents)
    .filter((agent) => agent.state === "ready")
    .map((agent) => agent.user_id)
    .join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever came or went changes it
  useEffect(() => {
    const timer = setTimeout(() => void refetch(), SOONEST_MS);
    return () => clearTimeout(timer);
  }, [ready, refetch]);
}

/** What the board last said, with what the socket has said since: the newest of both. */
export function useBoard() {
  const board = useLiveBoard();
  const queues = useLive((state) => state.queues);
  const agents = useLive((state) => state.agents);
  const said = board.data;
  useEffect(() => {
    if (!said) return;
    useLive.setState((state) => ({
      queues: { ...state.queues, ...byId(said.queues, (queue) => queue.queue_id) },
      agents: { ...state.agents, ...byId(said.agents, (agent) => agent.user_id) },
    }));
  }, [said]);
  useAgainWhenStaffed(board.refetch, agents);
  const data = board.data && {
    queues: board.data.queues.map((queue): QueueLive => queues[queue.queue_id] ?? queue),
    agents: board.data.agents.map((agent): AgentView => agents[agent.user_id] ?? agent),
    waiting: board.data.waiting,
    counts: board.data.agent_counts,
    inHand: board.data.in_hand,
  };
  return { ...board, data };
}

/** When to ask again: regularly, and as soon as somebody comes near a target or misses it. */
function nextMs(board: BoardView | undefined): number {
  const due = board?.next_at_ms ?? null;
  if (due === null) return EVERY_MS;
  return Math.min(EVERY_MS, Math.max(SOONEST_MS, due - serverNow() + 300));
}

/** Today's figures per queue, the same as a report of today would say. */
export function useToday() {
  const { data: me } = useMe();
  const query = new URLSearchParams({ tz: browserZone() });
  if (me?.is_demo) query.set("robots", "true");
  const found = useQuery({
    queryKey: ["today", query.toString()],
    queryFn: () => get<BoardView>(`/live/board?${query}`),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => nextMs(state.data),
    staleTime: SOONEST_MS,
    enabled: me !== undefined,
  });
  const { refetch } = found;
  const queues = useLive((state) => state.queues);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever came or left a queue changes it
  useEffect(() => {
    const timer = setTimeout(() => void refetch(), COUNTED_MS);
    return () => clearTimeout(timer);
  }, [queues, refetch]);
  return found;
}

/** How a wait is drawn: plain, near its target, or past it. */
export function level(waitedMs: number, withinS: number | undefined): string {
  if (!withinS) return "";
  if (waitedMs >= withinS * 1_000) return css.late ?? "";
  return waitedMs >= withinS * 750 ? (css.near ?? "") : "";
}

/** The target of the kinds that wait; where nobody waits, of all kinds. */
export function targetOf(today: QueueBoard | undefined, waiting: Record<string, number>) {
  if (!today) return undefined;
  const kinds = KINDS.filter((kind) => (waiting[kind] ?? 0) > 0);
  const targets = (kinds.length > 0 ? kinds : KINDS).flatMap((kind) => today.targets[kind] ?? []);
  return targets.sort((a, b) => a.within_s - b.within_s)[0];
}

export const waitOf = (item: InteractionView, now: number) => now - item.enqueued_at_ms;
