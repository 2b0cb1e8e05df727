/** The lists of the inbox in one shape, whatever they come from. */
import { useMemo } from "react";
import { create } from "zustand";
import { useConversations, useWaiting } from "../../data/rest";
import { myWork, useLive, type Work } from "../../live/store";
import type { ConversationView, InteractionView } from "../../wire";

export const VIEWS = ["mine", "queue", "all", "closed"] as const;
export type View = (typeof VIEWS)[number];

export interface Item {
  conversation: ConversationView;
  interaction: InteractionView | null;
  /** What else of this conversation is mine: the chat beside a call. */
  beside: InteractionView[];
}

export interface ItemList {
  items: Item[];
  loading: boolean;
  error: unknown;
  more: (() => void) | null;
  again: () => void;
}

/** What the list shows; kept outside of it so that it survives navigation. */
export const useListState = create<{ view: View; search: string; customer: boolean }>(() => ({
  view: "mine",
  search: "",
  customer: false,
}));

function matches(item: Item, search: string): boolean {
  const { contact, last_message, page } = item.conversation;
  const hay =
    `${contact.name} ${contact.email} ${last_message?.text ?? ""} ${page.title}`.toLowerCase();
  return hay.includes(search.toLowerCase());
}

/** One row per conversation: what goes on in it before what only waits for its wrap-up. */
export function grouped(work: Work[]): Item[] {
  const rows = new Map<string, Item>();
  for (const { conversation, interaction } of work) {
    const row = rows.get(conversation.id);
    if (row) row.beside.push(interaction);
    else rows.set(conversation.id, { conversation, interaction, beside: [] });
  }
  return [...rows.values()];
}

function useMine(search: string): ItemList {
  const interactions = useLive((state) => state.interactions);
  const conversations = useLive((state) => state.conversations);
  const loading = useLive((state) => state.user === null);
  const items = useMemo(
    () =>
      grouped(myWork({ ...useLive.getState(), interactions, conversations })).filter((item) =>
        matches(item, search),
      ),
    [interactions, conversations, search],
  );
  return { items, loading, error: null, more: null, again: () => undefined };
}

function useQueued(search: string, enabled: boolean): ItemList {
  const { data, error, isPending, refetch } = useWaiting(enabled);
  const items = (data ?? [])
    .map((item) => ({ ...item, beside: [] }))
    .filter((item) => matches(item, search));
  return { items, loading: isPending, error, more: null, again: () => void refetch() };
}

function useStored(view: View, search: string): ItemList {
  const of = view === "closed" ? "closed" : "all";
  const query = useConversations(of, search, view === "all" || view === "closed");
  const live = useLive((state) => state.conversations);
  const items = useMemo(
    () =>
      (query.data?.pages ?? []).flatMap((page) =>
        page.items.map((item) => ({
          conversation: live[item.id] ?? item,
          interaction: null,
          beside: [],
        })),
      ),
    [query.data, live],
  );
  const more =
    query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : null;
  return {
    items,
    loading: query.isPending,
    error: query.error,
    more,
    again: () => void query.refetch(),
  };
}

export function useItems(view: View, search: string): ItemList {
  const mine = useMine(search);
  const queued = useQueued(search, view === "queue");
  const stored = useStored(view, search);
  if (view === "mine") return mine;
  return view === "queue" ? queued : stored;
}
