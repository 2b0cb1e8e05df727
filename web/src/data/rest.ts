/** Typed reads of the REST API, one hook per thing the desk looks up. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type {
  CannedReplyView,
  ConversationPage,
  ConversationView,
  DirectoryView,
  DispositionView,
  LiveView,
  NotReadyReasonView,
  QueueView,
  WaitingView,
} from "../wire";
import { get } from "./http";

export type ConversationsOf = "all" | "closed";

export function useConversations(view: ConversationsOf, search: string, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["conversations", view, search],
    enabled,
    initialPageParam: "",
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ view });
      if (search) query.set("q", search);
      if (pageParam) query.set("cursor", pageParam);
      return get<ConversationPage>(`/conversations?${query}`);
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** The reasons to be not ready; they change rarely. */
export function useReasons() {
  return useQuery({
    queryKey: ["not-ready-reasons"],
    queryFn: () => get<NotReadyReasonView[]>("/not-ready-reasons"),
    staleTime: 300_000,
  });
}

export function useWaiting(enabled: boolean) {
  return useQuery({
    queryKey: ["waiting"],
    queryFn: () => get<WaitingView[]>("/waiting"),
    enabled,
    staleTime: 2_000,
    refetchInterval: enabled ? 15_000 : false,
  });
}

export function useConversation(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ["conversation", id],
    queryFn: () => get<ConversationView>(`/conversations/${id}`),
    enabled,
  });
}

/** Asked again for each conversation: a person's new one has a past that the last one had not. */
export function usePast(contactId: string, conversationId: string) {
  return useQuery({
    queryKey: ["past", contactId, conversationId],
    queryFn: () => get<ConversationPage>(`/contacts/${contactId}/conversations`),
    enabled: contactId !== "",
  });
}

/** Colleagues who are there, found by name, and queues. */
export function useDirectory(search: string) {
  return useQuery({
    queryKey: ["directory", search],
    queryFn: () => get<DirectoryView>(`/directory?${new URLSearchParams({ q: search })}`),
    staleTime: 5_000,
    placeholderData: keepPreviousData,
  });
}

export function useQueues() {
  return useQuery({
    queryKey: ["queues"],
    queryFn: () => get<QueueView[]>("/queues"),
    staleTime: 300_000,
  });
}

/** Seconds within which a queue wants its work answered; of all kinds, the shortest. */
export function targetS(
  queues: QueueView[] | undefined,
  queueId: string,
  kind?: string,
): number | undefined {
  const targets = queues?.find((queue) => queue.id === queueId)?.service_target ?? {};
  const wanted = kind && targets[kind] ? [targets[kind]] : Object.values(targets);
  return wanted.length ? Math.min(...wanted.map((target) => target.within_s)) : undefined;
}

export function useDispositions(enabled = true) {
  return useQuery({
    queryKey: ["dispositions"],
    queryFn: () => get<DispositionView[]>("/dispositions"),
    staleTime: 300_000,
    enabled,
  });
}

export function useCanned() {
  return useQuery({
    queryKey: ["canned-replies"],
    queryFn: () => get<CannedReplyView[]>("/canned-replies"),
    staleTime: 300_000,
  });
}

export function useLiveBoard() {
  return useQuery({
    queryKey: ["live"],
    queryFn: () => get<LiveView>("/live"),
    refetchInterval: 10_000,
    staleTime: 1_000,
  });
}
